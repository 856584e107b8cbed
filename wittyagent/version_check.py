"""Who refuses to start: an older version on a newer database, which it does not know, and any on one half restored."""

import sys
import threading

from django.db import Error, connection

from gateway.status.system import find_newer_migrations
from wittyagent.backups.marker import unfinished_restore


def unfit_database() -> str:
    """Why this code must not work on this database; '' where it may."""
    if unfinished := unfinished_restore():
        return unfinished
    newer = find_newer_migrations()
    return (
        f"the database belongs to a newer version of WittyAgent ({', '.join(newer)}): start that one" if newer else ""
    )


def refuse_unfit_database() -> None:
    """Ends this process, with that in one line. A database that cannot be asked is for later to find out."""
    found: list[str] = []

    def ask() -> None:
        try:
            found.append(unfit_database())
        except Error:
            return
        finally:
            connection.close()

    # a server may load us inside of its event loop, where Django asks no database
    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    if any(found):
        sys.exit(f"WittyAgent cannot start: {found[0]}")
