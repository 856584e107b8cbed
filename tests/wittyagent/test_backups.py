"""The drill: a backup of what runs, and an empty installation that becomes what it holds; both killed in the middle."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection

from chats.attachments import uploads
from chats.messages import replies
from gateway.models import Backup
from gateway.status.backups import last_backup
from tests import people
from tests.commands import product_environment, run
from tests.s3_server import BUCKET, bucket_at, running_service
from tests.wittyagent.installation import ROOT
from wittyagent.backups.parts import list_backups, pool_name, read_list, read_manifest
from wittyagent.backups.places import Folder

# a restore that reaches its first index stays there
HOLD = """
CREATE SCHEMA hold;
CREATE FUNCTION hold.wait() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(3600); END $$;
CREATE EVENT TRIGGER hold ON ddl_command_end WHEN TAG IN ('CREATE INDEX') EXECUTE FUNCTION hold.wait();
"""
ASLEEP = "SELECT pid FROM pg_stat_activity WHERE datname = %s AND wait_event = 'PgSleep'"


def server(name="postgres"):
    database = connection.settings_dict
    return psycopg.connect(
        dbname=name, user=database["USER"], password=database["PASSWORD"] or None, host=database["HOST"] or None,
        port=database["PORT"] or None, autocommit=True,
    )  # fmt: skip


@pytest.fixture
def empty_database(worker_id, django_db_setup):
    """The name of one in which nothing is."""
    name = f"witty_restored_{worker_id}"
    with server() as main:
        main.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        main.execute(f'CREATE DATABASE "{name}"')
        yield name
        main.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def shop(transactional_db, ana):
    """A chat with an answer, a file, and a line with a secret. The file's content."""
    chat = people.held(people.http_origin(key="linea", secret="secreto"), ana)
    content = os.urandom(300_000)
    replies.send_reply(chat.pk, ana, "Acá va", files=[uploads.keep_bytes(content, "papel.bin")])
    return content


@pytest.fixture(scope="module")
def service():
    with running_service() as port:
        yield port


def address_of(service):
    address = {"endpoint_url": f"http://127.0.0.1:{service}", "access_key": "key", "secret_key": "secret"}
    return {**address, "region": "us-east-1"}


def in_environment(service):
    names = ("ENDPOINT_URL", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "REGION")
    return {f"BACKUP_S3_{name}": value for name, value in zip(names, address_of(service).values(), strict=True)}


def start(*arguments, **environment):
    return subprocess.Popen(
        [sys.executable, "manage.py", *arguments], cwd=ROOT, env=product_environment(**environment),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def ended(process):
    out, error = process.communicate(timeout=300)
    return process.returncode, out + error


def wait_for(condition, process):
    until = time.monotonic() + 120
    while not (found := condition()):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.05)
    return found


def kill(process):
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()


@contextmanager
def locked_table():
    """A dump that wants to read it waits."""
    with server(connection.settings_dict["NAME"]) as other, other.transaction():
        other.execute("LOCK TABLE reports_hourfigure IN ACCESS EXCLUSIVE MODE")
        yield


def url_of(name):
    head, _slash, rest = os.environ["DATABASE_URL"].rpartition("/")
    query = rest.partition("?")[2]
    return f"{head}/{name}" + (f"?{query}" if query else "")


def restore(source, database, data, *arguments, **environment):
    given = {"SECRET_KEY": "", "DATABASE_URL": url_of(database), "WITTY_DATA": str(data)} | environment
    return start("restore", str(source), *arguments, **given)


# --- the drill --------------------------------------------------------------------------------------


def test_a_backup_that_is_killed_is_none_and_the_next_one_leaves_nothing_of_it(shop, tmp_path, settings):
    target = tmp_path / "copies"
    with locked_table():
        killed = start("backup", str(target), WITTY_DATA=str(tmp_path / "var"))
        wait_for(lambda: list(target.glob("*.unfinished/*")), killed)
        kill(killed)
    assert list_backups(Folder(str(target))) == []
    assert last_backup() is None
    with pytest.raises(CommandError, match="no complete backup"):
        call_command("restore", str(target))
    call_command("backup", str(target))
    (name,) = list_backups(Folder(str(target)))
    assert {path.name for path in target.iterdir()} == {name, "files"}
    assert last_backup().target == str(target)
    modes = {path.stat().st_mode & 0o077 for path in target.rglob("*")}
    assert modes == {0}


def test_an_empty_installation_becomes_what_was_backed_up_though_it_is_killed_halfway(
    shop, empty_database, tmp_path, settings
):
    target, data = tmp_path / "copies", tmp_path / "var"
    call_command("backup", str(target))
    with server(empty_database) as there:
        there.execute(HOLD)
    killed = restore(target, empty_database, data)
    with server() as main:
        (pid,) = wait_for(lambda: main.execute(ASLEEP, [empty_database]).fetchone(), killed)
        kill(killed)
        main.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])
    with server(empty_database) as there:
        there.execute("DROP EVENT TRIGGER hold")
    given = {"DATABASE_URL": url_of(empty_database), "WITTY_DATA": str(data), "SECRET_KEY": ""}
    code, said = ended(start("backup", str(tmp_path / "other"), **given))
    assert (code, "a restore into this database was not finished" in said) == (1, True), said
    code, said = ended(start("up", **given, PORT="1"))
    assert code == 1, said
    again = restore(target, empty_database, data)
    code, said = ended(again)
    assert (code, "Restored: " in said) == (0, True), said
    assert "every chat is where its history says" in said
    assert "All hours agree with the history." in said
    assert (data / "secret_key").read_text() == settings.SECRET_KEY
    asked = (
        "import json; from origins.models import Origin; from chats.models import Attachment;"
        "o = Origin.objects.get(key='linea'); a = Attachment.objects.get();"
        "print(json.dumps([o.secret, a.file.read().hex()]))"
    )
    code, said = ended(start("shell", "--verbosity", "0", "-c", asked, **given))
    assert json.loads(said.splitlines()[0]) == ["secreto", shop.hex()]
    code, said = ended(restore(target, empty_database, data))
    assert (code, "people work in this installation already" in said) == (1, True), said


def test_a_restore_that_is_killed_amid_its_files_is_begun_anew_and_doubles_none(shop, ana, empty_database, tmp_path):
    """The file that it was writing is a pipe in the backup, through which half of it has come."""
    target, data = tmp_path / "copies", tmp_path / "var"
    chat = people.held(people.http_origin(), ana)
    for number in range(2):
        files = [uploads.keep_bytes(os.urandom(200_000), f"hoja-{number}.bin")]
        replies.send_reply(chat.pk, ana, "", files=files)
    call_command("backup", str(target))
    place = Folder(str(target))
    (name,) = list_backups(place)
    first, half, last = read_list(place, name)
    whole = {file.name: place.open(file.stands_at).read() for file in (first, half, last)}
    pipe = target / half.stands_at
    pipe.unlink()
    os.mkfifo(pipe)
    killed = restore(target, empty_database, data)
    # all of them are read once before anything changes
    pipe.write_bytes(whole[half.name])
    wait_for((data / "files" / first.name).exists, killed)
    with pipe.open("wb", buffering=0) as writer:
        writer.write(whole[half.name][:150_000])
        begun = data / "files" / half.name
        wait_for(lambda: begun.exists() and begun.stat().st_size, killed)
        kill(killed)
    assert begun.stat().st_size < half.size
    assert (data / "files" / first.name).read_bytes() == whole[first.name]
    assert not (data / "files" / last.name).exists()
    with server(empty_database) as there:
        tables = there.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        assert tables == [("unfinished_restore",)]
    pipe.unlink()
    pipe.write_bytes(whole[half.name])
    code, said = ended(restore(target, empty_database, data))
    assert (code, "Restored: " in said) == (0, True), said
    found = {path.relative_to(data / "files"): path for path in (data / "files").rglob("*") if path.is_file()}
    assert {str(path): there.read_bytes() for path, there in found.items()} == whole
    with server(empty_database) as there:
        assert there.execute("SELECT count(*) FROM chats_attachment").fetchone() == (3,)


# --- what is in a backup ----------------------------------------------------------------------------


def test_what_is_written_while_it_is_made_is_in_the_next_one_whole(shop, ana, tmp_path):
    """Counts, names and dump are of one moment, and a file that the one before has is not read again."""
    place = Folder(str(tmp_path))
    call_command("backup", str(tmp_path))
    (first,) = list_backups(place)
    (kept,) = read_list(place, first)
    chat = people.held(people.http_origin(), ana)
    other = uploads.keep_bytes(b"otro", "otro.txt")
    replies.send_reply(chat.pk, ana, "", files=[other])
    wait_a_second(first)
    # whose bytes stand in the place already
    Path(default_storage.path(kept.name)).write_bytes(b"")
    call_command("backup", str(tmp_path))
    second = list_backups(place)[-1]
    files = {file.name: file for file in read_list(place, second)}
    assert files[kept.name] == kept
    assert place.open(files[other.file.name].stands_at).read() == b"otro"
    before, after = (read_manifest(place, name) for name in (first, second))
    assert after.counts["chats_attachment"] == before.counts["chats_attachment"] + 1 == 2
    assert after.files == 2


def wait_a_second(name):
    """Until the next one has another name."""
    while time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()) <= name.removeprefix("wittyagent-"):
        time.sleep(0.05)


def test_the_newest_are_kept_with_their_files_and_nothing_else(shop, ana, tmp_path):
    place = Folder(str(tmp_path))
    call_command("backup", str(tmp_path))
    (first,) = list_backups(place)
    (old,) = read_list(place, first)
    connection.cursor().execute("DELETE FROM chats_attachment")
    stray = tmp_path / pool_name("ab" * 32)
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(b"")
    assert place.exists(old.stands_at)
    wait_a_second(first)
    said = run("backup", str(tmp_path), "--keep", "1")
    assert f"Removed: {first}." in said
    assert (len(list_backups(place)), list(place.names("files/"))) == (1, [])


def test_a_file_that_is_gone_is_counted_and_stops_nothing(shop, tmp_path):
    place = Folder(str(tmp_path))
    Path(default_storage.path(connection_file())).unlink()
    said = run("backup", str(tmp_path))
    assert "1 files that the database names were not to be found" in said
    (name,) = list_backups(place)
    assert (read_manifest(place, name).missing_files, list(read_list(place, name))) == (1, [])


def connection_file():
    from chats.models import Attachment

    return Attachment.objects.get().file.name


def test_a_bucket_holds_the_same_and_gives_it_back(shop, service, empty_database, tmp_path, settings):
    settings.BACKUP_S3 = address_of(service)
    target = f"s3://{BUCKET}/copias"
    # one that was killed there: nothing in a bucket has another name meanwhile
    bucket_at(service).client.put_object(
        Bucket=BUCKET, Key="copias/wittyagent-20200101T000000Z/database.dump", Body=b"x"
    )
    call_command("backup", target, "--keep", "3")
    assert last_backup().target == target
    keys = [one["Key"] for one in bucket_at(service).client.list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert len(keys) == 5, keys
    assert not [key for key in keys if "2020" in key]
    code, said = ended(restore(target, empty_database, tmp_path, **in_environment(service)))
    assert (code, "Restored: " in said) == (0, True), said
    (file,) = (path for path in (tmp_path / "files").rglob("*") if path.is_file())
    assert file.read_bytes() == shop


# --- what is refused --------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["ftp://x/y", "s3://", "s3://key:secret@bucket/x"])
def test_a_target_that_makes_no_sense_is_refused_in_words(target, db):
    with pytest.raises(CommandError, match=r"s3://bucket/prefix") as refused:
        call_command("backup", target)
    assert "secret" not in str(refused.value)


def test_a_target_that_cannot_be_written_is_said_in_words(shop, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandError, match="the backup was not finished"):
        call_command("backup", str(tmp_path / "file"))
    assert last_backup() is None


def test_a_target_whose_disk_is_not_mounted_is_refused_until_it_is_back(shop, tmp_path):
    """What a disk leaves where it was is an empty folder."""
    mount, disk = tmp_path / "mnt", tmp_path / "disk"
    mount.mkdir()
    call_command("backup", str(mount), "--keep", "3")
    call_command("backup", str(mount / "own"), "--keep", "3")
    (first,) = list_backups(Folder(str(mount)))
    noted = list(Backup.objects.values())
    mount.rename(disk)
    mount.mkdir()
    for target in (mount, mount / "own"):
        code, said = ended(start("backup", str(target), "--keep", "3"))
        assert (code, f"{target}: the backup of " in said, "--new-target" in said) == (1, True, True), said
    assert list(mount.iterdir()) == []
    assert list(Backup.objects.values()) == noted
    call_command("backup", str(mount), "--new-target")
    shutil.rmtree(mount)
    disk.rename(mount)
    wait_a_second(first)
    call_command("backup", str(mount))
    assert (list_backups(Folder(str(mount)))[0], len(list_backups(Folder(str(mount))))) == (first, 2)


def test_an_emptied_bucket_is_refused_as_a_folder_is(shop, service, settings):
    settings.BACKUP_S3 = address_of(service)
    target = f"s3://{BUCKET}/vaciado"
    call_command("backup", target)
    keys = {"Bucket": BUCKET, "Prefix": "vaciado/"}
    for one in (client := bucket_at(service).client).list_objects_v2(**keys)["Contents"]:
        client.delete_object(Bucket=BUCKET, Key=one["Key"])
    with pytest.raises(CommandError, match="none is there now"):
        call_command("backup", target)
    assert client.list_objects_v2(**keys)["KeyCount"] == 0
    call_command("backup", target, "--new-target")
    assert client.list_objects_v2(**keys)["KeyCount"] == 5


def test_folders_above_a_target_are_not_made(shop, tmp_path):
    for more in ((), ("--new-target",)):
        with pytest.raises(CommandError, match=f"{tmp_path}/mnt is not there: mount its disk"):
            call_command("backup", str(tmp_path / "mnt" / "copies"), *more)
    assert not (tmp_path / "mnt").exists()
    assert last_backup() is None


@contextmanager
def halfway_through_a_file(target, data, **environment):
    """A backup that has put the database and reads a file, until this ends: that file is a pipe."""
    pipe = data / "files" / connection_file()
    pipe.parent.mkdir(parents=True)
    os.mkfifo(pipe)
    process = start("backup", str(target), WITTY_DATA=str(data), **environment)
    with os.fdopen(wait_for(lambda: open_for_writing(pipe), process), "wb") as writer:
        writer.write(b"x" * 1000)
        yield process


def open_for_writing(pipe):
    """Its handle; None where nobody reads it."""
    try:
        return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as error:
        assert error.errno == errno.ENXIO
        return None


@pytest.mark.parametrize("leaves_a_folder", [True, False])
def test_a_folder_that_goes_away_in_the_middle_ends_the_backup_and_gets_nothing_more(shop, tmp_path, leaves_a_folder):
    target, disk = tmp_path / "copies", tmp_path / "disk"
    with halfway_through_a_file(target, tmp_path / "var") as process:
        assert list(target.glob("*.unfinished/database.dump"))
        target.rename(disk)
        if leaves_a_folder:
            target.mkdir()
    code, said = ended(process)
    assert (code, f"not finished: {target} went away meanwhile" in said) == (1, True), said
    assert list(target.rglob("*")) == []
    assert target.exists() == leaves_a_folder
    assert list_backups(Folder(str(disk))) == []
    assert last_backup() is None
    with suppress(FileNotFoundError):
        target.rmdir()
    disk.rename(target)
    call_command("backup", str(target))
    (name,) = list_backups(Folder(str(target)))
    assert {path.name for path in target.iterdir()} == {name, "files"}


def test_a_bucket_that_dies_in_the_middle_ends_the_backup_in_words(shop, tmp_path):
    with ExitStack() as service:
        port = service.enter_context(running_service())
        with halfway_through_a_file(f"s3://{BUCKET}/copias", tmp_path / "var", **in_environment(port)) as process:
            keys = [one["Key"] for one in bucket_at(port).client.list_objects_v2(Bucket=BUCKET)["Contents"]]
            assert [key.rpartition("/")[2] for key in keys] == ["database.dump"]
            service.close()
    code, said = ended(process)
    assert (code, "the backup was not finished: S3: " in said) == (1, True), said
    assert last_backup() is None


@pytest.fixture
def copied(shop, tmp_path):
    """A backup that stands alone: its folder."""
    call_command("backup", str(tmp_path / "copies"))
    (name,) = list_backups(Folder(str(tmp_path / "copies")))
    return tmp_path / "copies" / name


def change_manifest(folder, **values):
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda folder: (folder / "database.dump").write_bytes(b"x"), "database.dump is damaged"),
        (lambda folder: (folder / "files.jsonl").write_bytes(b""), "files.jsonl is damaged"),
        (lambda folder: (folder / "secret_key").write_bytes(b"x"), "secret_key is damaged"),
        (lambda folder: (folder / "manifest.json").write_text("{"), "the backup is damaged"),
        (
            lambda folder: next(path for path in (folder.parent / "files").rglob("*") if path.is_file()).unlink(),
            "1 files of .* are damaged",
        ),
        (lambda folder: change_manifest(folder, format=2), "a newer WittyAgent"),
        (
            lambda folder: change_manifest(folder, migrations=["chats.0999_drones"]),
            r"a newer version of WittyAgent \(chats.0999_drones\)",
        ),
        (lambda folder: change_manifest(folder, server=99), "is of PostgreSQL 99 and this server is"),
        (lambda folder: change_manifest(folder, pg_dump=99), "there is no pg_restore of PostgreSQL 99 or newer"),
    ],
)
def test_what_is_damaged_or_newer_is_refused_before_anything_changes(
    copied, empty_database, monkeypatch, damage, words, settings, tmp_path
):
    damage(copied)
    settings.DIRECT_DATABASE = {"NAME": empty_database}
    settings.MEDIA_ROOT = tmp_path / "restored"
    with pytest.raises(CommandError, match=words):
        call_command("restore", str(copied))
    with server(empty_database) as there:
        assert there.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)
    assert not (tmp_path / "restored").exists()


def test_a_database_of_something_else_or_with_others_at_work_is_no_empty_one(copied, empty_database, settings):
    settings.DIRECT_DATABASE = {"NAME": empty_database}
    with server(empty_database) as there:
        with pytest.raises(CommandError, match="1 others are connected"):
            call_command("restore", str(copied))
        there.execute("CREATE TABLE recipes (id int)")
    with pytest.raises(CommandError, match=r"tables of something else \(recipes\)"):
        call_command("restore", str(copied))


def test_another_key_in_the_environment_is_refused(copied, empty_database, tmp_path):
    code, said = ended(restore(copied, empty_database, tmp_path / "var", SECRET_KEY="otra"))
    assert (code, "SECRET_KEY is another than the backup's" in said) == (1, True), said
    assert "otra" not in said.replace("another", "")
