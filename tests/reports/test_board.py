"""The supervisors' board: figures of every tray and line, and no message."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chats import expiry, moves
from chats.messages import replies
from chats.models import Chat
from gateway.status import lines
from origins.models import Body, Origin
from reports import rollup
from tests import people
from tests.gateway.status.line_status import NOW, origin, unsent
from trays import presence
from trays.models import Tray

NOW_ = timezone.now()


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
    for words_ in ("Ventas", "34 min", "1 espera en su bandeja", "Personales", "Líneas", str(http_origin)):
        assert words_ in text
    for words_ in ("Marta", "mi clave secreta", "Rosa", "hola Ana"):
        assert words_ not in text


def test_it_asks_for_itself_again(as_sofia):
    whole = as_sofia.get("/supervision/").content.decode()
    assert 'id="figures"' in whole
    assert 'hx-trigger="every 5s' in whole
    part = as_sofia.get("/supervision/", headers={"HX-Request": "true"}).content.decode()
    assert 'id="figures"' in part
    assert "<html" not in part


def line_of(response, agent):
    return next(line for line in response.context["team"].lines if line.agent == agent)


@pytest.fixture
def caio_is_away(caio, soporte, http_origin):
    """Caio holds three chats of Soporte, which Sofía has no access to; he has answered one, and has gone to lunch."""
    chats = [
        people.held(http_origin, caio, soporte, name=name, text=f"secreto de {name}", at=NOW_ - timedelta(minutes=ago))
        for name, ago in (("El Ceibo", 26), ("Nicolás Paz", 21), ("Valeria Quiroga", 19))
    ]
    replies.send_reply(chats[2].pk, caio, "Ya voy")
    presence.set_presence(caio, is_available=False, reason="almuerzo")
    presence.note_seen([caio.pk])
    return chats


def test_sofia_sees_in_figures_who_has_what_and_since_when_customers_wait(as_sofia, caio_is_away, ana, caio, soporte):
    presence.note_seen([ana.pk])
    response = as_sofia.get("/supervision/")
    line = line_of(response, caio)
    assert (line.load.number, line.load.asking, line.presence) == (3, 2, "away")
    assert line.load.since == caio_is_away[0].asked_at
    text = response.content.decode()
    assert "Ausente (almuerzo)" in text
    context = response.context
    assert (context["held"].number, context["held"].asking, context["team"].holding) == (3, 2, 1)
    tray = next(one for one in context["trays"] if one.label == "Soporte")
    assert (tray.attended, tray.here, tray.everyone) == (3, [], soporte.membership_set.count())
    assert tray.pk is None
    assert "almuerzo" in text
    assert "El Ceibo" not in text


def test_who_is_not_there_and_holds_nothing_is_named_at_the_end(as_sofia, bruno):
    team = as_sofia.get("/supervision/").context["team"]
    assert bruno in [line.agent for line in team.absent]
    assert bruno not in [line.agent for line in team.lines]


def test_what_expires_within_the_hour_is_counted_wherever_it_is(as_sofia, ana, ventas, http_origin):
    for where in ("waits", "held", "later"):
        chat = people.waiting(http_origin, ventas)
        if where == "held":
            moves.take(chat.pk, ana)
            replies.send_reply(chat.pk, ana, "Hola")
        left = timedelta(hours=3) if where == "later" else timedelta(minutes=40)
        Chat.objects.filter(pk=chat.pk).update(session_expires_at=NOW_ + left)
    context = as_sofia.get("/supervision/").context
    assert (context["ending"], context["ending_asking"]) == (2, 1)


def test_the_chats_of_an_agent_open_in_place_without_a_word_of_them(as_sofia, caio_is_away, ana, caio, http_origin):
    people.held(http_origin, ana, name="Rosa Galván")
    response = as_sofia.get("/supervision/", {"abierto": caio.pk, "chat": f"{caio_is_away[1].pk}-{caio.pk}"})
    text = response.content.decode()
    for name in ("El Ceibo", "Nicolás Paz", "Valeria Quiroga"):
        assert name in text
        assert f"secreto de {name}" not in text
    assert "Rosa Galván" not in text
    assert [(one.chat, one.is_chosen) for one in line_of(response, caio).chats] == [
        (caio_is_away[0], False), (caio_is_away[1], True), (caio_is_away[2], False),
    ]  # fmt: skip
    assert response.context["team"].chosen == 1


def test_rows_keep_the_order_that_is_asked_for(as_sofia, caio_is_away, ana, caio):
    presence.note_seen([ana.pk])

    def shown(**asked):
        return [line.agent for line in as_sofia.get("/supervision/", asked).context["team"].lines]

    assert shown() == [caio, ana]
    assert shown(orden=f"{ana.pk},{caio.pk}") == [ana, caio]


@pytest.mark.parametrize(
    "bad", ["abierto=x&orden=,,&chat=7&de=-1", "abierto=99999999999999999999", "chat=1-2-3&chat=-"]
)
def test_what_cannot_be_read_in_an_address_is_left_out(bad, as_sofia):
    assert as_sofia.get(f"/supervision/?{bad}").status_code == 200


def move(client, **order):
    return client.post("/supervision/mover/", order)


def results(response):
    return [(one.chat, one.is_done, one.words) for one in response.context["results"]]


def test_sofia_gives_back_what_an_absent_agent_has_each_with_its_result(as_sofia, caio_is_away, ana, caio, soporte):
    one, other, third = caio_is_away
    moves.give_back(other.pk, caio)
    soporte.membership_set.create(agent=ana)
    moves.take(other.pk, ana)
    chosen = [f"{one.pk}-{caio.pk}", f"{other.pk}-{caio.pk}"]
    response = move(as_sofia, what="give_back", chat=chosen, abierto=caio.pk)
    assert response.status_code == 200
    assert [(chat, done) for chat, done, _words in results(response)] == [(one, True), (other, False)]
    assert "Ya lo tomó Ana Ferreyra" in results(response)[1][2]
    assert people.fresh(one).tray == soporte
    assert people.fresh(other).agent == ana
    assert people.fresh(third).agent == caio
    assert "1 de 2" in response.content.decode()


def test_all_that_an_agent_has_is_sent_at_once(as_sofia, caio_is_away, ana, caio, ventas, http_origin):
    hers = people.held(http_origin, ana, name="Rosa Galván")
    response = move(as_sofia, what="send", tray=ventas.pk, de=caio.pk)
    assert [done for _chat, done, _words in results(response)] == [True] * 3
    assert {people.fresh(chat).tray for chat in caio_is_away} == {ventas}
    assert people.fresh(hers).agent == ana
    # the same order once more finds nothing that it could move
    again = move(as_sofia, what="send", tray=ventas.pk, chat=[f"{chat.pk}-{caio.pk}" for chat in caio_is_away])
    assert results(again) == [(None, False, "Ya no podés verlo")] * 3
    assert {people.fresh(chat).tray for chat in caio_is_away} == {ventas}


def test_what_was_moved_is_undone_a_moment_later_from_where_it_was_done(as_sofia, caio_is_away, caio, ventas):
    """Also out of a tray that sofia has no access to, and nothing that somebody else moved."""
    held = Chat.objects.filter(agent=caio, state="AGENTE").order_by("pk")
    first, *others = list(held.values_list("pk", flat=True))
    response = move(as_sofia, what="send", tray=ventas.pk, chat=f"{first}-{caio.pk}")
    assert "Deshacer" in response.content.decode()
    assert people.fresh(Chat.objects.get(pk=first)).tray == ventas
    undone = move(as_sofia, what="undo", chat=[f"{pk}-0" for pk in (first, *others)])
    assert [one.is_done for one in undone.context["results"]] == [True] + [False] * len(others)
    chat = people.fresh(Chat.objects.get(pk=first))
    assert (chat.state, chat.agent) == ("AGENTE", caio)
    assert 'value="undo"' not in undone.content.decode()
    # twice is nothing
    assert not any(one.is_done for one in move(as_sofia, what="undo", chat=f"{first}-0").context["results"])


def test_an_order_that_is_none_moves_nothing(as_sofia, caio_is_away, caio, db):
    chosen = f"{caio_is_away[0].pk}-{caio.pk}"
    closed = Tray.objects.closed().pk
    for order in (
        {"what": "give_back"}, {"chat": chosen}, {"what": "send", "chat": chosen}, {"what": "close", "chat": chosen},
        {"what": "send", "chat": chosen, "tray": "x"}, {"what": "send", "chat": chosen, "tray": closed},
        {"what": "give_back", "chat": [f"{number}-1" for number in range(51)]},
    ):  # fmt: skip
        assert move(as_sofia, **order).status_code == 422, order
    assert people.fresh(caio_is_away[0]).agent == caio


def test_only_supervisors_move_from_the_board_and_not_by_another_page(client, caio_is_away, ana, caio, sofia):
    chosen = f"{caio_is_away[0].pk}-{caio.pk}"
    client.force_login(ana, backend="django.contrib.auth.backends.ModelBackend")
    assert move(client, what="give_back", chat=chosen).status_code == 403
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(sofia, backend="django.contrib.auth.backends.ModelBackend")
    assert move(strict, what="give_back", chat=chosen).status_code == 403
    assert strict.get("/supervision/mover/").url == "/supervision/"
    assert people.fresh(caio_is_away[0]).agent == caio


def test_as_many_queries_for_twelve_agents_and_chats_as_for_one(as_sofia, caio_is_away, caio, soporte, http_origin):
    opened = [caio]

    def asked():
        with CaptureQueriesContext(connection) as queries:
            assert as_sofia.get("/supervision/", {"abierto": [one.pk for one in opened]}).status_code == 200
        return len(queries)

    asked()  # the first page of a session is noted with it
    few = asked()
    for number in range(11):
        agent = people.hire(f"agente{number}")
        soporte.membership_set.create(agent=agent)
        people.held(http_origin, agent, soporte)
        opened.append(agent)
    assert asked() == few


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


def test_a_menu_says_how_many_of_the_chats_that_ended_with_it_today_it_resolved(as_sofia, http_origin, ventas):
    now = timezone.now()
    long_ago = now - timedelta(hours=25)
    people.with_bot(http_origin, name="WittyBots", options=[people.option("Ventas", ventas)])
    other = people.http_origin()
    people.with_bot(other, name="Otro", options=[people.option("Ventas", ventas)])
    for sender in ("marta", "rosa"):
        people.says(http_origin, sender, "hola", at=long_ago, now=long_ago)
    expiry.expire(now=now)
    for text in ("hola", "ventas"):
        people.says(http_origin, "nico", text)
        people.says(other, "belen", text)
    people.says(http_origin, "ceibo", "hola")  # is with it still
    rollup.sweep()
    response = as_sofia.get("/supervision/")
    resolved = {door.name: (one.alone, one.ended) for door, one in response.context["endpoints"]}
    assert resolved == {"WittyBots": (2, 3), "Otro": (0, 1)}
    text = response.content.decode()
    assert "Hoy resolvió 2 de 3 chats." in text
    assert "Hoy resolvió 0 de 1 chat." in text


def test_a_tray_says_the_first_answer_of_half_and_of_nine_of_ten(as_sofia, ventas, ana, http_origin):
    for ago in (2, 2, 2, 2, 2, 2, 2, 2, 30, 30):
        chat = people.held(http_origin, ana, ventas, at=timezone.now() - timedelta(minutes=ago))
        replies.send_reply(chat.pk, ana, "Ya voy")
    rollup.sweep()
    response = as_sofia.get("/supervision/")
    tray = next(one for one in response.context["trays"] if one.label == "Ventas")
    assert tray.half < timedelta(minutes=5) < timedelta(minutes=25) < tray.nine
    assert f"9 de cada 10 en {tray.nine_words}" in response.content.decode()


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
    assert "Seq Scan on origins_body_first" not in plan
    assert Origin.objects.count() == 1
