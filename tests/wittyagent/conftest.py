import shutil
import tempfile
from pathlib import Path

import pytest

from tests.site import DAPHNE, UVICORN, Site, environment_for
from wittyagent.run.embedded.server import socket_folder


@pytest.fixture
def data():
    """A data folder of one's own. Not tmp_path: as root its servers run as another user, who cannot enter that."""
    folder = Path(tempfile.mkdtemp(prefix="witty-test-"))
    folder.chmod(0o711)
    yield folder / "var"
    shutil.rmtree(folder)
    shutil.rmtree(socket_folder(folder / "var"), ignore_errors=True)


@pytest.fixture(params=[DAPHNE, UVICORN], ids=["daphne", "uvicorn"])
def serve(request, transactional_db, worker_id, tmp_path):
    """`serve(NAME="value", …)`: the product under this server, with these settings."""
    sites = []

    def start(**settings):
        log = (tmp_path / f"{len(sites)}.log").open("wb")
        # pages without collected static files
        site = Site(environment_for(worker_id) | {"DEBUG": "on"} | settings, log, request.param)
        sites.append(site)
        site.start()
        return site

    yield start
    for site in sites:
        site.stop()
        site.log.close()
