"""Supervisión and the health of lines: figures, for supervisors, in as many queries as for one."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chats.models import Message
from gateway.inbound import raw_bodies
from gateway.status import lines
from origins.models import Body, Origin
from tests import people

NOW = timezone.now()


@pytest.fixture
def as_sofia(client, sofia):
    client.force_login(sofia, backend="django.contrib.auth.backends.ModelBackend")
    return client


def origin(kind="http", **fields):
    number = Origin.objects.count()
    own = {"name": f"Línea {number}", "key": f"l-{number}", "heard_at": NOW - timedelta(minutes=3)}
    return Origin.objects.create(kind=kind, **own | fields)


def health_of(one, **more):
    return next(line for line in lines.list_line_statuses(**more) if line.origin.pk == one.pk)


def words(line):
    return " ".join(f"{note.words} {note.advice}" for note in line.notes)


def unsent(one, minutes, status="queued"):
    """An answer that waits to leave."""
    chat = people.waiting(one, sender=f"c-{minutes}-{status}")
    return Message.objects.create(
        chat=chat, origin=one, direction="out", author="bot", status=status, text="Hola",
        created_at=NOW - timedelta(minutes=minutes),
    )  # fmt: skip


# --- who ----------------------------------------------------------------------------------------


def test_supervisors_only(client, ana, sofia):
    client.force_login(ana, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/supervision/").status_code == 403
    assert "/supervision/" not in client.get("/contactos/").content.decode()
    client.force_login(sofia, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/supervision/").status_code == 200
    assert 'href="/supervision/"' in client.get("/contactos/").content.decode()


def test_an_administrator_is_no_supervisor_by_that(client, db):
    admin = people.hire("admin", is_superuser=True)
    client.force_login(admin, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/supervision/").status_code == 403


# --- figures, nothing else ----------------------------------------------------------------------


def test_figures_of_every_tray_and_no_message_and_no_contact(as_sofia, ventas, ana, http_origin):
    people.waiting(
        http_origin, ventas, name="Marta Gómez", text="mi clave es 1234", at=timezone.now() - timedelta(minutes=34)
    )
    people.waiting(http_origin, ana.personal_tray, name="Rosa Galván", text="hola Ana")
    text = as_sofia.get("/supervision/").content.decode()
    for words_ in ("Ventas", "34 min", "Personal de Ana Ferreyra", "Líneas", str(http_origin)):
        assert words_ in text
    for words_ in ("Marta", "1234", "Rosa", "hola Ana"):
        assert words_ not in text


def test_it_asks_for_itself_again(as_sofia):
    whole = as_sofia.get("/supervision/").content.decode()
    assert 'id="figures"' in whole
    assert 'hx-trigger="every 5s"' in whole
    part = as_sofia.get("/supervision/", headers={"HX-Request": "true"}).content.decode()
    assert 'id="figures"' in part
    assert "<html" not in part


def test_as_many_queries_for_ten_lines_as_for_one(as_sofia, http_origin):
    def asked():
        with CaptureQueriesContext(connection) as queries:
            as_sofia.get("/supervision/")
        return len(queries)

    unsent(http_origin, 5)
    few = asked()
    for number in range(10):
        unsent(origin(), 5)
        people.tray(f"Bandeja {number}")
    assert asked() == few


# --- the health of a line -----------------------------------------------------------------------


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
    assert "3 cuerpos con partes rechazadas" in words(line)
    assert "1 cuerpo recibido sin procesar, desde hace 9 min." in words(line)
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


def test_the_worst_line_comes_first(as_sofia):
    fine, bad = origin(name="A"), origin(name="Z", trouble="El token venció")
    shown = [line.origin for line in as_sofia.get("/supervision/").context["lines"]]
    assert shown == [bad, fine]


def multiply(row, many, **own):
    """So many copies of a row, made where rows are kept; `own`: SQL of what each has for itself, of its number n."""
    quote, meta = connection.ops.quote_name, row._meta
    columns = {field.column: quote(field.column) for field in meta.concrete_fields if not field.primary_key}
    names, values = ", ".join(columns.values()), ", ".join((columns | own).values())
    table, key = quote(meta.db_table), quote(meta.pk.column)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({names}) "  # noqa: S608 (our own names)
            f"SELECT {values} FROM {table}, generate_series(1, {many}) n WHERE {key} = %s",
            [row.pk],
        )


@pytest.mark.django_db
def test_figures_are_read_by_index():
    """With many rows: nothing of the large tables is read whole."""
    one = origin()
    chat = people.waiting(one)
    multiply(chat.messages.earliest("id"), 20_000, uuid="gen_random_uuid()", external_id="NULL")
    body = Body.objects.create(origin=one, raw=b"x", digest=b"x" * 32, state="processed")
    multiply(body, 20_000, digest="sha256(n::text::bytea)")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE chats_message, origins_body, origins_origin")
        asked = {"pks": [one.pk], "most": 1000, "since": NOW - timedelta(days=1)}
        cursor.execute("EXPLAIN " + lines._FIGURES, asked)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Seq Scan on chats_message" not in plan
    assert "Seq Scan on origins_body" not in plan
    assert Origin.objects.count() == 1
