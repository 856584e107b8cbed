"""What every test has: real PostgreSQL and Redis, people with their trays, and no network."""

import functools
import itertools
import os

import pytest
import redis
from asgiref.sync import SyncToAsync
from django.db import connection, connections
from django.test import TransactionTestCase
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from common.clocks import watched
from origins import public_address
from tests import people
from tests.database_template import make_template

# no test asks how long something takes, on a busy machine neither does Hypothesis; it looks further at night
hypothesis_settings.register_profile(
    "unhurried",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    max_examples=2000 if os.environ.get("WITTY_NIGHTLY") == "1" else 100,
)
hypothesis_settings.load_profile("unhurried")

# nobody asks the database for it in between, nor while tests are being collected
NO_ADDRESS = (float("inf"), "")
public_address._kept = NO_ADDRESS
# tests move their clock; those of a wrong one say so
watched.note = lambda _database_now: None


@pytest.fixture(scope="session")
def _folders(tmp_path_factory):
    """Names of folders that nobody has used. Not tmp_path: to make one, pytest goes through all there are."""
    folder = tmp_path_factory.mktemp("files")
    return (folder / str(number) for number in itertools.count(1))


@pytest.fixture(autouse=True)
def _own_files(settings, _folders):
    settings.MEDIA_ROOT = next(_folders)
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
    """Each xdist worker has its own numbers of groups and its own queue, and each test has them empty.

    Ids come back with the tables' sequences: what a chat may still send now is no longer another's of the same id.
    """
    from live import feed

    number = 0 if worker_id == "master" else int(worker_id.removeprefix("gw")) + 1
    base = os.environ["REDIS_URL"].split("?")[0]
    settings.REDIS_URL = f"{base}?db={number}"
    _redis_of(settings.REDIS_URL).flushdb()
    feed._feed = None
    yield
    feed._feed = None


@functools.cache
def _redis_of(url):
    return redis.Redis.from_url(url)


@pytest.fixture(autouse=True)
def _no_public_address(monkeypatch):
    """None is set, whatever the test before has set."""
    monkeypatch.setattr(public_address, "_kept", NO_ADDRESS)


@pytest.fixture
def listening(settings):
    """`listening(server)`: that server of this machine, which may be asked until the test is over."""
    settings.ALLOWED_INTERNAL_HOSTS = ["127.0.0.1"]
    servers = []

    def keep(server):
        servers.append(server)
        return server

    yield keep
    for server in servers:
        server.close()


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


# Django empties every table with TRUNCATE, which makes new files for each, and loads the rest anew from JSON
KEEP = """
CREATE SCHEMA kept;
CREATE FUNCTION kept.put_back() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('is_superuser') = 'on' THEN
    -- all goes: no row needs to be asked who refers to it
    SET LOCAL session_replication_role = replica;
  END IF;
  %s
END $$;
"""
PUT_BACK = """
  IF EXISTS ((SELECT {columns} FROM {table} EXCEPT SELECT {columns} FROM kept.{table}) UNION ALL
             (SELECT {columns} FROM kept.{table} EXCEPT SELECT {columns} FROM {table})) THEN
    DELETE FROM {table};
    INSERT INTO {table} ({columns}) SELECT {columns} FROM kept.{table};
  END IF;
"""


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings):
    database = connection.settings_dict
    database["TEST"]["TEMPLATE"] = make_template(database)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """What the migrations made is kept aside: after a test that really commits, it is all there is again."""
    with django_db_blocker.unblock():
        _keep_what_is_there()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_setup", classmethod(lambda cls: None))
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda self: _put_back())
        yield


def _keep_what_is_there():
    quote, steps, copies = connection.ops.quote_name, [], []
    with connection.cursor() as cursor:
        for name in connection.introspection.table_names(cursor):
            table = quote(name)
            cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {table})")  # noqa: S608 (our own names)
            if cursor.fetchone()[0]:
                described = connection.introspection.get_table_description(cursor, name)
                steps.append(PUT_BACK.format(table=table, columns=", ".join(quote(one.name) for one in described)))
                copies.append(f"CREATE TABLE kept.{table} AS TABLE {table}")
            else:
                steps.append(f"DELETE FROM {table};")  # noqa: S608 (our own names)
        for statement in (KEEP % "\n  ".join(steps), *copies):
            cursor.execute(statement)


def _put_back():
    with connection.cursor() as cursor:
        cursor.execute("SELECT kept.put_back()")


@pytest.fixture
def transactional_db(transactional_db):
    """Really committed."""
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
