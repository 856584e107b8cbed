#!/usr/bin/env python
"""Django's command line. Where no URLs are set, a command that needs them gets the embedded servers."""

import os
import sys
import warnings
from contextlib import AbstractContextManager, nullcontext
from urllib.parse import urlsplit

# these need no servers, or start their own
OFFLINE = {
    "check",
    "collectstatic",
    "compilemessages",
    "diffsettings",
    "findstatic",
    "help",
    "makemessages",
    "makemigrations",
    "test",
    "up",
    "version",
}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wittyagent.settings")
    try:
        _run(sys.argv)
    except KeyboardInterrupt:
        sys.exit(130)


def _run(argv: list[str]) -> None:
    from django.core.management import execute_from_command_line

    from wittyagent.run.processes import StartError

    try:
        _load_settings()
        with _servers(argv[1:]):
            execute_from_command_line(argv)
    except StartError as error:
        sys.exit(f"WittyAgent cannot start: {error}")


def _load_settings() -> None:
    """Loads the settings, and .env with them; an address that makes no sense is refused in one line."""
    from django.conf import settings

    from wittyagent.run.processes import StartError

    try:
        with warnings.catch_warnings():
            # django-environ would print the whole address, password and all
            warnings.simplefilter("ignore")
            engine = settings.DATABASES["default"].get("ENGINE")
    except ValueError:
        for name in ("DATABASE_URL", "REDIS_URL"):
            try:
                urlsplit(os.environ.get(name, "")).port  # noqa: B018
            except ValueError:
                raise StartError(
                    f"{name} cannot be read: is its port a number, and are special characters "
                    "of its password written as %23 (#), %2F (/), %40 (@)?"
                ) from None
        raise
    if engine != "wittyagent.postgres":
        raise StartError("DATABASE_URL is not the address of a PostgreSQL database (postgres://user@host/name)")


def _servers(arguments: list[str]) -> AbstractContextManager[object]:
    """The embedded servers that a command needs, for as long as it runs."""
    from django.conf import settings

    from wittyagent.run import servers

    command = arguments[0] if arguments else "help"
    own_database, own_redis = not os.environ.get("DATABASE_URL"), not os.environ.get("REDIS_URL")
    if command in OFFLINE or command.startswith("-") or not (own_database or own_redis):
        return nullcontext()
    if "--help" in arguments or "-h" in arguments:
        return nullcontext()
    return servers.start_servers(settings.WITTY_DATA, postgres=own_database, redis=own_redis)


if __name__ == "__main__":
    main()
