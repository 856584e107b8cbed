"""The supervisors' board: figures of every tray and line, and no message."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gateway.status import lines
from origins.models import Body, Origin
from tests import people
from tests.gateway.status.line_status import NOW, origin, unsent


@pytest.fixture
def as_sofia(client, sofia):
    client.force_login(sofia, backend="django.contrib.auth.backends.ModelBackend")
    return client


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


def test_figures_of_every_tray_and_no_message_and_no_contact(as_sofia, ventas, ana, http_origin):
    people.waiting(
        http_origin, ventas, name="Marta Gómez", text="mi clave secreta", at=timezone.now() - timedelta(minutes=34)
    )
    people.waiting(http_origin, ana.personal_tray, name="Rosa Galván", text="hola Ana")
    text = as_sofia.get("/supervision/").content.decode()
    for words_ in ("Ventas", "34 min", "Personal de Ana Ferreyra", "Líneas", str(http_origin)):
        assert words_ in text
    for words_ in ("Marta", "mi clave secreta", "Rosa", "hola Ana"):
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
    asked()  # the first page of a session is noted with it
    few = asked()
    for number in range(10):
        unsent(origin(), 5)
        people.tray(f"Bandeja {number}")
    assert asked() == few


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
