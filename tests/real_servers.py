"""A pytest plugin (-p tests.real_servers): real servers, up before Django reads its settings, and fewer looks for garbage."""

import atexit
import gc
import os
import shutil
import tempfile
from pathlib import Path

from wittyagent.run import servers

# what is imported and collected is kept to the end: to go over it again and again costs more than some tests do
gc.set_threshold(100_000, 20, 100)


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()


def _start() -> None:
    """The first process starts them and names them in the environment; xdist's workers inherit that."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    folder = Path(tempfile.mkdtemp(prefix="witty-test-"))
    folder.chmod(0o755)
    # nothing is collected into it, but every client would say that it is missing
    (folder / "static").mkdir()
    os.environ["WITTY_DATA"] = str(folder)
    if not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")):
        started = servers.start_servers(folder, durable=False)
        os.environ["DATABASE_URL"], os.environ["REDIS_URL"] = servers.server_urls(folder)
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        atexit.register(started.stop)


_start()
