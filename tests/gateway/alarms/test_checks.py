"""Each check: what it finds, in words, and that it finds nothing where all is well."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from gateway.alarms import certificate
from gateway.alarms.checks import find_here, find_troubles
from gateway.alarms.facts import Found
from gateway.status.backups import note_backup
from live import feed
from origins.models import Body, Origin
from tests import people
from tests.gateway.status.line_status import origin
from tests.tls_server import TlsServer
from trays.models import Agent

NOW = timezone.now


def names():
    return {trouble.name: f"{trouble.words} {trouble.advice}" for trouble in find_troubles(NOW()).troubles}


def test_where_all_is_well_nothing_is_found(all_well):
    assert names() == {}
    assert find_here(NOW(), NOW()) == []


@pytest.mark.parametrize("role", ["worker", "caller", "beat"])
def test_who_gives_no_sign_is_found(all_well, role):
    feed.current_feed().redis.delete(f"signs:{role}")
    assert f"({role})" in names()[role]


def test_without_redis_nobody_knows_who_works(all_well, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    feed._feed = None
    found = find_troubles(NOW())
    assert [trouble.name for trouble in found.troubles] == ["redis"]
    assert {"worker", "caller", "beat", "certificate"} == found.unknown


def test_a_queue_that_is_older_than_a_minute_is_found(all_well):
    Body.objects.create(
        origin=origin(), raw=b"{}", digest=b"1", received_at=NOW() - timedelta(seconds=50), state="received"
    )
    assert names() == {}
    Body.objects.update(received_at=NOW() - timedelta(seconds=75))
    assert names()["queue:bodies"].startswith("Hay recibidos sin procesar desde hace 1")


def test_a_line_in_trouble_is_found_with_where_to_mend_it(all_well):
    line = people.http_origin(name="HTTP Ventas")
    Origin.objects.filter(pk=line.pk).update(trouble="El token venció")
    (trouble,) = find_troubles(NOW()).troubles
    assert trouble.name == f"line:{line.pk}"
    assert trouble.words.startswith("HTTP Ventas: El token venció.")
    assert trouble.page == f"/admin/origins/origin/{line.pk}/change/"


def test_a_disk_that_fills_is_found(all_well, settings):
    settings.ALARM_DISK_PERCENT = 101
    (trouble,) = find_here(NOW(), NOW())
    assert trouble.name.startswith("disk:")
    assert "% libre" in trouble.words


@pytest.mark.parametrize(("seconds", "word"), [(3600, "adelanta 1 h"), (-86400, "atrasa")])
def test_a_clock_that_is_off_is_found(all_well, seconds, word):
    (trouble,) = find_here(NOW(), NOW() + timedelta(seconds=seconds))
    assert trouble.name.startswith("clock:")
    assert word in trouble.words
    assert find_here(NOW(), NOW() + timedelta(seconds=4)) == []


def test_a_backup_that_is_too_old_or_was_never_made_is_found(all_well, ana, settings):
    assert names() == {}, "the first days of an installation"
    Agent.objects.update(date_joined=NOW() - timedelta(days=9))
    assert names()["backup"].startswith("Nunca se hizo")
    note_backup("/srv/backups", NOW() - timedelta(hours=49), 100)
    assert names()["backup"].startswith("La última copia de seguridad es de hace 2 d")
    settings.ALARM_BACKUP_HOURS = 0
    assert names() == {}, "not looked at"
    settings.ALARM_BACKUP_HOURS = 48
    note_backup("/srv/backups", NOW() - timedelta(hours=1), 100)
    assert names() == {}


# --- the certificate -------------------------------------------------------------------------------


@pytest.fixture
def secure(listening, settings):
    server = listening(TlsServer(days=5))
    settings.ALLOWED_INTERNAL_HOSTS = ["localhost"]
    return server


def test_a_certificate_says_when_it_ends(secure):
    ends = certificate.look_at("localhost", secure.port, secure.trusting())["ends_at"]
    assert ends[:10] == (NOW() + timedelta(days=5)).date().isoformat()


def test_one_that_nobody_trusts_is_refused_and_who_does_not_answer_is_silent(secure):
    assert "self-signed" in certificate.look_at("localhost", secure.port)["refused"].replace(
        "self signed", "self-signed"
    )
    assert certificate.look_at("localhost", 1) == {"silent": True}


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        ({"ends_at": 5}, "vence en 5 d"),
        ({"refused": "certificate has expired"}, "no vale: certificate has expired"),
        ({"ends_at": 40}, None),
    ],
)
def test_a_certificate_is_told_of_two_weeks_ahead(all_well, monkeypatch, seen, said):
    looks = []

    def look(host, _port):
        looks.append(host)
        return seen | (
            {"ends_at": (NOW() + timedelta(days=seen["ends_at"], hours=1)).isoformat()} if "ends_at" in seen else {}
        )

    monkeypatch.setattr(certificate, "look_at", look)
    for _ in range(2):
        certificate.look_again(NOW())
    assert looks == ["chat.example.org"], "once an hour"
    found = Found()
    certificate.find_ending(found, NOW())
    assert [trouble.words for trouble in found.troubles if said in trouble.words] if said else not found.troubles


def test_the_command_says_what_is_wrong_and_ends_so(all_well, capsys):
    call_command("alarms")
    assert capsys.readouterr().out == "all is well\n"
    feed.current_feed().redis.delete("signs:beat")
    with pytest.raises(SystemExit):
        call_command("alarms")
    assert capsys.readouterr().out.startswith("beat: No da señales el reloj")
    with pytest.raises(CommandError, match="EMAIL_URL"):
        call_command("alarms", "--try")
