"""`manage.py doctor` on a real database and Redis: what it finds, and what it keeps to itself."""

import json
import threading
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from gateway.status.backups import note_backup
from live import signs
from tests.ports import free_port
from wittyagent.doctor import running

ROLES = ("worker", "caller", "beat")


def ask(*arguments):
    """(whether something is wrong, what it says)"""
    out = StringIO()
    try:
        call_command("doctor", *arguments, stdout=out)
    except SystemExit as ended:
        return ended.code == 1, out.getvalue()
    return False, out.getvalue()


def findings():
    return json.loads(ask("--json")[1])


def about(name, found):
    return [(one["level"], one["paste"]) for one in found if one["about"] == name]


@pytest.fixture
def good(transactional_db, own_valkey, settings, tmp_path):
    """An installation that has all it needs, but for an address and mail."""
    settings.STATIC_ROOT = tmp_path
    settings.SECRET_KEY = "k" * 40
    (tmp_path / "staticfiles.json").write_text("{}")
    for role in ROLES:
        signs.give_sign(role)
    note_backup("/mnt/copies", timezone.now(), 1)


def test_where_nothing_is_wrong_it_says_what_it_looked_at(good):
    found = findings()
    # the tests' own servers sync nothing to the disk, and theirs may be nearly full
    wrong = {one["about"] for one in found if one["level"] == "wrong"} - {"PostgreSQL", "disk"}
    assert wrong == set(), found
    assert {"processes", "clock", "files", "backups"} <= {one["about"] for one in found if one["level"] == "good"}
    assert about("public address", found) == [("odd", "PUBLIC_URL=https://chat.example.org")]
    assert about("mail", found)[0][0] == "odd"


def test_what_is_missing_comes_with_the_line_to_paste(transactional_db, own_valkey, settings, tmp_path):
    settings.STATIC_ROOT, settings.DEBUG, settings.ALLOWED_HOSTS = tmp_path, False, ["*"]
    note_backup("/mnt/copies", timezone.now() - timedelta(days=9), 1)
    is_wrong, said = ask()
    assert is_wrong
    for line in (
        "ALLOWED_HOSTS=chat.example.org", "celery -A wittyagent beat", "python manage.py collectstatic --noinput",
        "python manage.py backup /mnt/copies", "ALTER SYSTEM SET fsync = on;",
    ):  # fmt: skip
        assert f"         {line}\n" in said


def test_a_redis_that_hangs_hides_nothing_else(good, own_valkey):
    own_valkey.hang()
    try:
        found = findings()
    finally:
        own_valkey.go_on()
    assert [level for level, _paste in about("Redis", found)] == ["wrong"]
    assert about("backups", found) == [("good", "")]


def test_backups_on_the_disk_of_what_they_are_of_are_odd(good, settings, tmp_path):
    settings.WITTY_DATA = tmp_path
    # later than that of the fixture; /dev is a file system of its own
    for target, levels in ((tmp_path / "copies", ["good"]), (tmp_path, ["good", "odd"]), ("/dev", ["good"])):
        note_backup(str(target), timezone.now(), 1)
        assert [level for level, _paste in about("backups", findings())] == levels
    note_backup(str(tmp_path), timezone.now(), 1)
    assert f"odd    backups: {tmp_path} lies on the same disk as {tmp_path}: " in ask()[1]


def test_a_check_that_never_ends_is_named(good, monkeypatch):
    ended = threading.Event()
    monkeypatch.setitem(running.CHECKS, "mail", lambda: ended.wait() and ())
    monkeypatch.setattr(running, "SECONDS", 0.5)
    assert ("wrong", "") in about("mail", findings())
    ended.set()


def test_no_secret_is_said(good, settings, monkeypatch):
    settings.PUBLIC_URL, settings.SENDS_MAIL = "https://127.0.0.1", True
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    settings.EMAIL_HOST_PASSWORD = "muy-secreto"

    def fail():
        raise RuntimeError(f"535 muy-secreto {settings.SECRET_KEY}")

    monkeypatch.setitem(running.CHECKS, "settings", fail)
    _wrong, said = ask()
    assert "wrong  settings: RuntimeError: 535 … …" in said
    assert "wrong  mail: the server of EMAIL_URL does not take us" in said
    assert "muy-secreto" not in said
