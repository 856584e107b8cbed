"""The embedded servers: started, found, restarted after a kill, refused with one line."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import environ
import psycopg
import pytest
import redis
from kombu import Connection

from live.addresses import read_broker
from wittyagent.run import processes, servers
from wittyagent.run.embedded.postgres import Postgres
from wittyagent.run.embedded.server import make_private, socket_folder


def database(data):
    settings = environ.Env.db_url_config(servers.server_urls(data)[0])
    names = {"host": "HOST", "port": "PORT", "user": "USER", "dbname": "NAME"}
    return psycopg.connect(**{name: settings[key] for name, key in names.items()}, autocommit=True)


def cache(data):
    return redis.from_url(servers.server_urls(data)[1])


def pids(started):
    return {server.name: process.pid for server, process in started.processes.items()}


def test_both_answer_at_their_addresses(data):
    with servers.start_servers(data, durable=False):
        with database(data) as connection:
            assert connection.execute("SELECT lower('ÁÑ'), current_setting('max_connections')").fetchone() == (
                "áñ",
                "300",
            )
            connection.execute("CREATE EXTENSION pg_trgm")
        assert cache(data).ping()


def test_celery_reaches_the_same_redis(data):
    with servers.start_servers(data, durable=False, postgres=False):
        with Connection(read_broker(servers.server_urls(data)[1])[0]) as broker:
            broker.SimpleQueue("errands").put({"for": "ana"})
        assert cache(data).llen("errands") == 1


def test_data_is_still_there_after_a_restart(data):
    with servers.start_servers(data):
        with database(data) as connection:
            connection.execute("CREATE TABLE kept (word text)")
            connection.execute("INSERT INTO kept VALUES ('hola')")
        cache(data).set("kept", "hola")
    with servers.start_servers(data):
        with database(data) as connection:
            assert connection.execute("SELECT word FROM kept").fetchall() == [("hola",)]
        assert cache(data).get("kept") == b"hola"


def test_killed_servers_start_again_with_their_data(data):
    killed = servers.start_servers(data)
    connection = database(data)
    connection.execute("CREATE TABLE kept (word text)")
    for pid in pids(killed).values():
        os.kill(pid, signal.SIGKILL)
    with servers.start_servers(data) as again:
        assert set(pids(again)) == {"db", "redis"}
        with database(data) as fresh:
            assert fresh.execute("SELECT count(*) FROM kept").fetchone() == (0,)
    killed.stop()
    connection.close()


def test_a_left_pid_file_with_the_number_of_another_process_is_no_obstacle(data):
    servers.start_servers(data, durable=False, redis=False).stop()
    leftover = data / "postgresql" / "postmaster.pid"
    leftover.write_text(f"{os.getppid()}\n{data / 'postgresql'}\n")
    with servers.start_servers(data, durable=False, redis=False) as started:
        assert "db" in pids(started)


def test_who_comes_second_uses_what_runs_and_leaves_it_running(data):
    with servers.start_servers(data, durable=False):
        with servers.start_servers(data, durable=False) as second:
            assert pids(second) == {}
        assert cache(data).ping()
        database(data).close()


def test_two_that_start_at_once_share_the_servers(data):
    code = (
        "import sys; from pathlib import Path; from wittyagent.run import servers\n"
        "started = servers.start_servers(Path(sys.argv[1]), durable=False)\n"
        "print(len(started.processes), flush=True); sys.stdin.read(); started.stop()"
    )
    both = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(data)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    assert sorted(one.stdout.readline().strip() for one in both) == ["0", "2"]
    for one in both:
        one.communicate()


def test_servers_end_with_whoever_started_them_even_if_killed(data):
    code = (
        "import os, sys; from pathlib import Path; from wittyagent.run import servers\n"
        "servers.start_servers(Path(sys.argv[1]), durable=False); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(data)], check=False)
    for folder, program in (("postgresql", "postgres"), ("valkey", "valkey-server")):
        assert processes.wait_gone((data / folder).resolve(), program, 60) is None


def test_nobody_else_can_enter_the_folder_of_the_sockets(data):
    with servers.start_servers(data, durable=False):
        sockets = socket_folder(data)
        assert sockets.stat().st_mode & 0o777 == 0o700
        assert len(str(sockets / ".s.PGSQL.5432")) < 100
    assert not sockets.exists()


def as_nobody(*command):
    return subprocess.run(command, user="nobody", group="nogroup", extra_groups=[], capture_output=True, check=False)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's database could be another's")
def test_roots_database_is_nobody_elses(data):
    with servers.start_servers(data, durable=False) as started:
        assert data.stat().st_mode & 0o777 == 0o700
        pid = pids(started)["db"]
        uid = os.stat(f"/proc/{pid}").st_uid
        assert uid == processes.OWN_UID
        assert as_nobody("ls", str(data)).returncode != 0
        assert as_nobody("ls", str(socket_folder(data))).returncode != 0
        assert as_nobody("ls", f"/proc/{pid}/cwd/").returncode != 0
        assert as_nobody("test", "-S", f"{socket_folder(data)}/.s.PGSQL.5432").returncode != 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's database belonged to nobody")
def test_a_data_folder_of_an_earlier_version_goes_on_working(data):
    """It was open to pass through, and database and sockets belonged to nobody."""
    with servers.start_servers(data), database(data) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 'hola' AS word")
    nobody = processes.Way(owner=processes.nobody_ids())
    nobody.own(data / "postgresql")
    sockets = socket_folder(data)
    sockets.mkdir(mode=0o700)
    nobody.own(sockets)
    data.chmod(0o711)
    with servers.start_servers(data), database(data) as connection:
        assert connection.execute("SELECT word FROM kept").fetchone() == ("hola",)
        owners = {path.stat().st_uid for path in (data / "postgresql", sockets)}
        assert processes.nobody_ids()[0] not in owners
    assert data.stat().st_mode & 0o777 == 0o700


def test_the_key_that_comes_first_makes_a_folder_for_its_owner_alone(data):
    """The settings write the kept key before anything starts."""
    environment = os.environ | {"WITTY_DATA": str(data), "SECRET_KEY": ""}
    subprocess.run([sys.executable, "manage.py", "version"], env=environment, check=True, capture_output=True)
    assert (data / "secret_key").exists()
    assert data.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("mode", [0o755, 0o775, 0o750])
def test_a_data_folder_that_was_left_open_is_closed(data, mode):
    data.mkdir()
    data.chmod(mode)
    servers.data_folder(data)
    assert data.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_everybody_shares_stays_everybodys(data):
    data.mkdir()
    data.chmod(0o1777)
    servers.data_folder(data)
    assert data.stat().st_mode & 0o7777 == 0o1777


def test_a_folder_of_sockets_that_others_can_enter_is_refused(data):
    sockets = socket_folder(data)
    sockets.mkdir()
    sockets.chmod(0o777)
    with pytest.raises(servers.StartError, match="not a private folder"):
        servers.start_servers(data)
    with pytest.raises(servers.StartError, match="not a private folder"):
        make_private(sockets, data / "postgresql")


def test_addresses_depend_on_the_data_folder_alone(data, monkeypatch):
    here = servers.server_urls(data)
    monkeypatch.setenv("TMPDIR", "/elsewhere")
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.chdir(data.parent)
    assert servers.server_urls(Path("var")) == here
    assert servers.server_urls(data.parent / "other") != here


def test_a_data_folder_below_a_file_is_refused_in_one_line(data):
    data.write_text("not a folder")
    with pytest.raises(servers.StartError, match="not writable") as refusal:
        servers.start_servers(data / "deeper")
    assert "\n" not in str(refusal.value)


def test_a_server_that_does_not_start_says_why_and_leaves_none_behind(data):
    servers.start_servers(data, durable=False).stop()
    (data / "postgresql" / "PG_VERSION").write_text("9.6\n")
    with pytest.raises(servers.StartError, match="incompatible") as refusal:
        servers.start_servers(data, durable=False)
    assert "\n" not in str(refusal.value)
    assert processes.wait_gone((data / "valkey").resolve(), "valkey-server", 0) is None


def test_with_no_way_to_drop_root_one_line_says_what_to_do(data, monkeypatch):
    monkeypatch.setattr(processes.os, "geteuid", lambda: 0)
    monkeypatch.setattr(processes, "_can_run", lambda *_: False)
    with pytest.raises(servers.StartError, match="WITTY_DATA") as refusal:
        processes.unprivileged_way(Path("postgres"), data)
    assert "DATABASE_URL" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_binaries_may_be_named_by_the_environment(data, monkeypatch):
    monkeypatch.setenv("WITTY_POSTGRES_BIN", "/opt/elsewhere/bin")
    assert Postgres(data).binary == Path("/opt/elsewhere/bin/postgres")
    with pytest.raises(servers.StartError):
        servers.start_servers(data, redis=False)


def test_a_child_that_ignores_its_signal_is_killed_in_time():
    child = processes.spawn_process(
        ["sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1; done"], stdout=subprocess.PIPE
    )
    child.stdout.readline()
    waits, wait = [], child.wait
    child.wait = lambda seconds=None: (waits.append(seconds), wait(seconds))
    processes.stop_processes({child: signal.SIGTERM}, 0.5)
    # no longer than it was given; once it is killed nothing is left to wait for
    assert len(waits) == 2
    assert 0 <= waits[0] <= 0.5
    assert child.returncode == -signal.SIGKILL
    child.stdout.close()
