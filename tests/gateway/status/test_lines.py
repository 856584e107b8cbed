"""The health of lines: what is said of each, its trouble first."""

from datetime import timedelta

from django.utils import timezone

from chats.models import Message
from gateway.inbound import raw_bodies
from gateway.status import lines
from origins.models import Body
from tests import people
from tests.gateway.status.line_status import NOW, origin, unsent


def health_of(one, **more):
    return next(line for line in lines.list_line_statuses(**more) if line.origin.pk == one.pk)


def words(line):
    return " ".join(f"{note.words} {note.advice}" for note in line.notes)


def test_a_line_that_works_has_nothing_to_say(db):
    line = health_of(origin())
    assert (line.level, line.notes, line.unsent, line.broken) == ("good", [], 0, 0)


def test_what_waits_to_leave_and_since_when(db):
    one = origin(callback_url="https://example.com/in")
    unsent(one, 7)
    unsent(one, 30, status="sending")
    unsent(origin(), 90)
    Message.objects.filter(origin=one, status="sent").update(created_at=NOW - timedelta(days=1))
    line = health_of(one, now=NOW)
    assert (line.unsent, line.unsent_since) == (2, NOW - timedelta(minutes=30))
    assert line.level == "look"
    assert "2 mensajes esperan para salir, el más viejo desde hace 30 min." in words(line)
    assert "worker" in words(line)


def test_what_has_just_been_written_is_no_news(db):
    one = origin()
    unsent(one, 1)
    assert health_of(one, now=NOW).level == "good"


def test_a_line_that_was_told_to_wait_says_until_when(db):
    one = origin(held_until=NOW + timedelta(minutes=10))
    unsent(one, 7)
    at = timezone.localtime(NOW + timedelta(minutes=10)).strftime("%H:%M")
    assert f"hasta las {at}" in words(health_of(one, now=NOW))


def test_trouble_is_told_first_with_its_time_and_what_to_do(db):
    one = origin("whatsapp", trouble="El token venció.", trouble_at=NOW - timedelta(minutes=12))
    unsent(one, 10)
    line = health_of(one, now=NOW)
    assert line.level == "bad"
    assert line.notes[0].words == "El token venció. Desde hace 12 min."
    assert "Probar conexión" in line.notes[0].advice


def test_a_line_that_never_heard_anything_and_one_that_fell_silent(db):
    assert "Todavía no llegó nada" in words(health_of(origin("telegram", heard_at=None)))
    silent = origin("messenger", heard_at=NOW - timedelta(hours=30))
    assert "una hora sin respuesta" in words(health_of(silent, now=NOW))
    assert health_of(people.web_origin()).notes == []


def test_refused_and_unfinished_bodies_of_this_line(db):
    one, other = origin(), origin()
    for number in range(3):
        kept, _is_new = raw_bodies.keep_body(one, b"{}" * (number + 1))
        Body.objects.filter(pk=kept.pk).update(state="broken")
    old, _is_new = raw_bodies.keep_body(one, b"viejo")
    Body.objects.filter(pk=old.pk).update(state="broken", received_at=NOW - timedelta(days=2))
    left, _is_new = raw_bodies.keep_body(one, b"sin terminar")
    Body.objects.filter(pk=left.pk).update(received_at=NOW - timedelta(minutes=9))
    line = health_of(one, now=NOW)
    assert (line.broken, line.unfinished, line.unfinished_since) == (3, 1, NOW - timedelta(minutes=9))
    assert "3 recibidos que no se entendieron" in words(line)
    assert "1 recibido sin procesar, desde hace 9 min." in words(line)
    assert health_of(other, now=NOW).notes == []


def test_counts_stop(db, monkeypatch):
    one = origin()
    monkeypatch.setattr(lines, "MAX_COUNTED", 3)
    chat = people.waiting(one)
    Message.objects.bulk_create(
        Message(
            chat=chat, origin=one, direction="out", author="bot", status="queued", created_at=NOW - timedelta(hours=1)
        )
        for _number in range(5)
    )
    line = health_of(one, now=NOW)
    assert line.unsent == 3
    assert "2+ mensajes" in words(line)


def test_a_line_that_is_off_is_no_trouble(db):
    line = health_of(origin(is_active=False, trouble="El token venció"))
    assert (line.level, len(line.notes)) == ("off", 1)
