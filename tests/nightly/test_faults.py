"""What an operator meets once a year: a disk that fills up, a database server that dies and gives way to its replica."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import httpx
import pytest

from tests import replicas
from tests.wittyagent.installation import PREPARE, Web, manage, message, post_signed
from tests.wittyagent.run.running import Up, copy_prepared, own_folder, wait_for
from wittyagent.run import servers

STORED = (
    "from chats.models import Message;"
    "print(list(Message.objects.filter(direction='in').values_list('external_id', flat=True)))"
)


class Sender(threading.Thread):
    """A network: it posts one message after the other, each again until it is accepted."""

    def __init__(self, url):
        super().__init__(daemon=True)
        self.url, self.accepted, self.refused, self.is_over = url, [], [], False

    def run(self):
        number = 0
        while not self.is_over:
            try:
                answer = post_signed(self.url, message(f"m-{number}", f"cliente-{number % 7}", f"mensaje {number}"))
            except httpx.HTTPError as error:
                self.refused.append(type(error).__name__)
            else:
                if answer.status_code == 200:
                    self.accepted.append(f"m-{number}")
                    number += 1
                else:
                    self.refused.append(answer.status_code)
            time.sleep(0.05)

    def end(self):
        self.is_over = True
        self.join(60)


# --- a disk that is full --------------------------------------------------------------------------


@pytest.fixture
def small_disk():
    """A disk of its own, on which one can write until it is full."""
    folder = Path(tempfile.mkdtemp(prefix="witty-disk-"))
    folder.chmod(0o711)
    disk = folder / "disk"
    disk.mkdir(mode=0o711)
    # only root may; a nightly run that cannot is no run
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=600m,mode=0711", "tmpfs", str(disk)], check=True)
    # what is printed is somewhere else, as it is with a journal
    (disk / "output").symlink_to(folder / "output")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)
    shutil.rmtree(folder)


def test_a_full_disk_refuses_and_loses_nothing_and_all_goes_on_once_there_is_room(small_disk):
    running = Up(small_disk / "var", SECRET_KEY="una-clave")
    try:
        address = running.ready().rstrip("/")
        environment = os.environ | {"WITTY_DATA": str(small_disk / "var"), "DATABASE_URL": "", "REDIS_URL": "",
                                    "SECRET_KEY": "una-clave"}  # fmt: skip
        manage(environment, "shell", "--verbosity", "0", "-c", PREPARE)
        sender = Sender(address)
        sender.start()
        wait_for(lambda: len(sender.accepted) > 20)
        full = small_disk / "everything else"
        with pytest.raises(OSError, match="No space"), full.open("wb") as file:
            while True:
                file.write(bytes(1 << 20))
                file.flush()
        # it goes on for as long as there is room in what is there, then it says no
        wait_for(lambda: sender.refused, 600)
        assert "No space left" in running.output.read_text()
        full.unlink()
        before = len(sender.accepted)
        wait_for(lambda: len(sender.accepted) > before + 20, 300)
        sender.end()
        wait_for(lambda: '"ready": true' in httpx.get(f"{address}/readyz", timeout=60).text, 300)
        stored = re.findall(r"m-\d+", manage(environment, "shell", "--verbosity", "0", "-c", STORED))
        assert set(sender.accepted) <= set(stored)
        assert len(stored) == len(set(stored))
        assert set(sender.refused) <= {503, "ReadError", "ConnectError", "RemoteProtocolError"}, set(sender.refused)
        manage(environment, "check_history")
    finally:
        running.process.send_signal(signal.SIGINT)
        running.process.wait(120)


# --- the database gives way to its replica ----------------------------------------------------------


def test_a_database_that_dies_gives_way_to_its_replica_and_nothing_accepted_is_lost():
    with own_folder() as data:
        copy_prepared(data)
        with servers.start_servers(data, durable=True) as running:
            place = data.parent / "current"
            database, redis = servers.server_urls(data)
            first = next(server for server in running.processes if server.name == "db")
            place.symlink_to(first.sockets)
            environment = os.environ | {
                "WITTY_DATA": str(data), "DATABASE_URL": database.replace(str(first.sockets), str(place)),
                "REDIS_URL": redis, "PUBLIC_URL": "", "SECRET_KEY": "una-clave", "DEBUG": "off", "PYTHONUNBUFFERED": "1",
            }  # fmt: skip
            manage(environment, "migrate", "--verbosity", "0")
            manage(environment, "shell", "--verbosity", "0", "-c", PREPARE)
            copy = data.parent / "second"
            copy.mkdir()
            with replicas.following(data, copy) as (second, _process):
                # what is accepted is at both
                replicas.run_sql(first, "ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()")
                web = Web("daphne", "wittyagent.asgi:application", data / "web.log", environment)
                web.start()
                sender = Sender(web.url)
                try:
                    sender.start()
                    wait_for(lambda: len(sender.accepted) > 30)
                    running.processes[first].kill()
                    wait_for(lambda: sender.refused)
                    replicas.run_sql(second, "SELECT pg_promote()")
                    place.unlink()
                    place.symlink_to(second.sockets)
                    before = len(sender.accepted)
                    wait_for(lambda: len(sender.accepted) > before + 30, 300)
                    sender.end()
                    stored = re.findall(r"m-\d+", manage(environment, "shell", "--verbosity", "0", "-c", STORED))
                    assert len(stored) == len(set(stored))
                    assert set(sender.accepted) <= set(stored)
                    assert set(sender.refused) <= {503}, set(sender.refused)
                    assert httpx.get(f"{web.url}/readyz", timeout=60).json()["wrong"].keys() <= {
                        "worker",
                        "caller",
                        "beat",
                    }
                finally:
                    sender.end()
                    web.stop()
