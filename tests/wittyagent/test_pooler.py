"""Behind a real PgBouncer that hands each transaction another connection: all works, and nothing complains."""

import json
import re
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import httpx
import pytest
from django.conf import settings
from django.db import connection

from common.signature import sign_bytes
from tests import people
from tests.commands import product_environment
from tests.install_programs import need
from tests.ports import free_port
from tests.wittyagent.installation import ROOT, message
from wittyagent.run import processes
from wittyagent.run.embedded.postgres import Postgres

POOLER = """
[databases]
* = host={host} port={port} user={user} {password} pool_size=4
[pgbouncer]
pool_mode = transaction
auth_type = any
listen_addr =
unix_socket_dir = {folder}
listen_port = 6432
max_client_conn = 200
"""


@pytest.fixture
def pooled_url(transactional_db):
    """The database behind a PgBouncer."""
    database = connection.settings_dict
    way = Postgres(Path(settings.WITTY_DATA)).way
    with tempfile.TemporaryDirectory(prefix="witty-pool-") as name:
        folder = Path(name)
        password = f"password={database['PASSWORD']}" if database["PASSWORD"] else ""
        (folder / "pool.ini").write_text(POOLER.format(
            host=database["HOST"], port=database["PORT"] or 5432, user=database["USER"], password=password,
            folder=folder,
        ))  # fmt: skip
        way.own(folder)
        pooler = processes.spawn_process(
            [need("pgbouncer"), str(folder / "pool.ini")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **way.credentials,
        )
        ends = time.monotonic() + 30
        while not (folder / ".s.PGSQL.6432").exists():
            assert pooler.poll() is None
            assert time.monotonic() < ends
            time.sleep(0.05)
        yield f"postgres://{database['USER']}@:6432/{folder}/{database['NAME']}"
        processes.stop_processes({pooler: signal.SIGTERM}, 10)


class Up:
    """`manage.py up` on the pooled database."""

    def __init__(self, folder, pooled_url, own_valkey):
        self.port, self.log = free_port(), folder / "up.log"
        environment = product_environment(
            DATABASE_URL=pooled_url, REDIS_URL=own_valkey.url, WITTY_DATA=str(folder), PORT=str(self.port)
        )
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up"], cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT
            )

    def wait_until_ready(self):
        ends = time.monotonic() + 200
        while not self._is_ready():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < ends, self.log.read_text()
            time.sleep(0.3)

    def _is_ready(self):
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/readyz", timeout=30).status_code == 200
        except httpx.HTTPError:
            return False

    def send(self, origin, number):
        raw = json.dumps(message(f"pool-{number}", f"cust-{number % 5}", f"Hola {number}")).encode()
        headers = {"X-Witty-Signature": sign_bytes(origin.secret, raw), "Content-Type": "application/json"}
        url = f"http://127.0.0.1:{self.port}/webhooks/{origin.key}/"
        return httpx.post(url, content=raw, headers=headers, timeout=60).json()

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(120)


def test_behind_a_pooler_by_transaction_all_works_without_a_warning(pooled_url, own_valkey, tmp_path, ana):
    origin = people.http_origin()
    held = people.held(origin, ana, sender="cust-0")
    for start in (0, 40):  # a lock that leaked would hold the second start up
        running = Up(tmp_path, pooled_url, own_valkey)
        try:
            running.wait_until_ready()
            before = held.messages.count()
            with ThreadPoolExecutor(8) as pool:
                answers = list(pool.map(partial(running.send, origin), range(start, start + 40)))
            assert all(answer["accepted"] == 1 for answer in answers), answers
            assert held.messages.count() == before + 8
        finally:
            assert running.stop() == 0
    # that it was not ready yet is no complaint
    said = "\n".join(line for line in running.log.read_text().splitlines() if not line.endswith("/readyz"))
    assert not re.findall(r"^.*(?:WARNING|ERROR|Traceback).*$", said, re.M), said
    with connection.cursor() as cursor:
        # other tests have theirs in other databases of the same server
        cursor.execute(
            "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database"
            " WHERE locktype = 'advisory' AND datname = current_database()"
        )
        assert cursor.fetchone() == (0,)


def test_where_no_pooler_stands_the_quick_way_is_prepared(db):
    assert connection.settings_dict["DISABLE_SERVER_SIDE_CURSORS"] is False


def test_nothing_is_dumped_through_a_pooler_but_past_it(pooled_url, tmp_path):
    target = tmp_path / "copies"
    direct = product_environment()["DATABASE_URL"]
    for more, code, said in (({}, 1, "set DIRECT_DATABASE_URL"), ({"DIRECT_DATABASE_URL": direct}, 0, " rows, ")):
        done = subprocess.run(
            [sys.executable, "manage.py", "backup", str(target)], cwd=ROOT, capture_output=True, text=True, check=False,
            env=product_environment(DATABASE_URL=pooled_url, **more),
        )  # fmt: skip
        assert (done.returncode, said in done.stdout + done.stderr) == (code, True), done.stdout + done.stderr
