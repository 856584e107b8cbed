import pytest

from tests.site import DAPHNE, UVICORN, Site, environment_for
from tests.wittyagent.run.running import own_folder


@pytest.fixture
def data():
    with own_folder() as folder:
        yield folder


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
