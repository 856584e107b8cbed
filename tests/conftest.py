"""What every test has: real PostgreSQL and Redis, people with their trays, and no network."""

import os

import pytest
import redis
from asgiref.sync import SyncToAsync
from django.db import connections

from tests import people


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"
    # hashed names need collectstatic; the browser tests do that for the real thing
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture(autouse=True)
def _quick_passwords(settings):
    """A hash made to be slow is most of a test's time."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _own_redis(settings, worker_id):
    """Each xdist worker has its own numbers of groups and its own queue."""
    from live import feed

    number = 0 if worker_id == "master" else int(worker_id.removeprefix("gw")) + 1
    base = os.environ["REDIS_URL"].split("?")[0]
    settings.REDIS_URL = f"{base}?db={number}"
    feed._feed = None
    yield
    feed._feed = None


@pytest.fixture(scope="session")
def _valkey():
    with people.OwnValkey() as valkey:
        yield valkey


@pytest.fixture
def own_valkey(settings, _valkey):
    """A Valkey that nobody else speaks to: what is published knows no database numbers. `.stop()`, `.start()`."""
    redis.Redis.from_url(_valkey.url).flushall()
    settings.REDIS_URL = _valkey.url
    return _valkey


@pytest.fixture
def transactional_db(transactional_db, django_db_serialized_rollback):
    """Really committed. What a test before this one emptied has again what the migrations made."""
    yield
    # async tests and consumers speak to the database in this thread
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()


@pytest.fixture
def ana(db):
    return people.hire("ana", first_name="Ana", last_name="Ferreyra")


@pytest.fixture
def bruno(db):
    return people.hire("bruno", first_name="Bruno", last_name="Paz")


@pytest.fixture
def caio(db):
    return people.hire("caio", first_name="Caio", last_name="Lima")


@pytest.fixture
def dora(db):
    return people.hire("dora", first_name="Dora", last_name="Sosa")


@pytest.fixture
def sofia(db):
    return people.hire("sofia", first_name="Sofía", last_name="Duarte", role="supervisor")


@pytest.fixture
def ventas(db, ana, bruno):
    return people.tray("Ventas", ana, bruno)


@pytest.fixture
def soporte(db, caio):
    return people.tray("Soporte", caio)


@pytest.fixture
def http_origin(db):
    return people.http_origin()
