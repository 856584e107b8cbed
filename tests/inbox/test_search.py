"""Buscar: which messages are found, in which order, by which filters, what is marked; and no table is read for it."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from chats.messages import replies
from chats.models import Message
from contacts.models import Contact
from inbox.search import messages
from inbox.search.messages import Filters, build_statement, find_messages
from inbox.search.words import read_words
from inbox.templatetags.found import marked
from tests import people
from tests.inbox.pages import signed_in

SAID = "Hola, ¿me pasás la COTIZACIÓN Nº FC-0931/22 de las 3 heladeras? Mi mail es marta@correo.com.ar"
FINDS = [
    "cotizacion", "cotización", "cotizaciones", "Cotiz", "heladera", "HELADERAS", "helad", "0931", "FC-0931", "fc-0931/22",
    "marta@correo", "pasas", "pasás la cotización", "heladera cotización", '"las 3 heladeras"', '"me pasas la cotizacion"',
    "931", "FC 0931", "93122", "0931 heladera", "heladera -lavarropas", "-lavarropas heladera", "la heladera", "heladera %", "ma", "correo.com",
]  # fmt: skip
FINDS_NOT = [
    "932", "32 22", "ladera", "heladerax", "lavarropas", '"heladeras 3"', '"3 heladera"', "heladera lavarropas",
    "heladera -cotización", "cotizador9", "zz",
]  # fmt: skip
NOTHING_TO_FIND = ["", " ", "a", "¿?", "-", '""', "-heladera", "de la", "\\", "'", "&|!", ":*", "%", "_"]


@pytest.fixture
def marta(http_origin, ventas):
    return people.waiting(http_origin, ventas, name="Marta Gómez", sender="marta", text=SAID)


def found(agent, typed, **filters):
    return [one.text for one in find_messages(agent, read_words(typed), Filters(**filters)).messages]


@pytest.mark.parametrize("typed", FINDS)
def test_what_was_said_is_found_however_it_is_typed(typed, marta, ana):
    assert found(ana, typed) == [SAID]


@pytest.mark.parametrize("typed", FINDS_NOT)
def test_what_was_not_said_is_not_found(typed, marta, ana):
    assert found(ana, typed) == []


@pytest.mark.parametrize("typed", NOTHING_TO_FIND)
def test_where_nothing_is_asked_nothing_is_looked_for(typed, marta, ana):
    assert not read_words(typed)
    page = signed_in(ana).get(reverse("search"), {"q": typed})
    assert page.status_code == 200
    assert page.context["found"].messages == []


def test_why_nothing_was_looked_for_is_said(marta, ana):
    client = signed_in(ana)
    assert "Escribí al menos dos letras" in client.get(reverse("search"), {"q": "x"}).content.decode()
    assert "casi todos los mensajes" in client.get(reverse("search"), {"q": "de la"}).content.decode()
    assert "Nada con “lavarropas”" in client.get(reverse("search"), {"q": "lavarropas"}).content.decode()


@pytest.mark.parametrize(
    "text", ["x" * 65_000, "ﷺ" * 20_000, "á" * 3000, "\u2028\n\t", "🌸", "'\\' & !", "1 " * 30_000, "王小明" * 9000]
)
def test_a_message_is_kept_whatever_it_says(text, http_origin):
    assert people.says(http_origin, "marta", text).message.pk


def test_a_word_that_is_very_long_is_found_by_its_beginning(http_origin, ana):
    people.says(http_origin, "marta", "x" * 65_000)
    assert len(found(ana, "x" * 90)) == 1


@pytest.mark.parametrize(
    "typed", ["099 417 265", "+598 99 417 265", "99417265", "417265", "598 99-417-265", "265", "099417265 heladera"]
)
def test_a_number_is_found_however_it_was_written(typed, http_origin, ana):
    said = "heladera: +598 (99) 417-265 o 1.500 kg"
    people.says(http_origin, "marta", said)
    people.says(http_origin, "otra", "heladera: +598 99 417 366 o 26 6")
    assert found(ana, typed) == [said]
    assert found(ana, "1500") == [said]
    assert found(ana, "265 -heladera") == []


def test_files_are_found_by_their_name(http_origin, ventas, ana, caio):
    message = people.waiting(http_origin, ventas, text="Acá va", kind="document").messages.get(direction="in")
    message.attachments.create(
        chat=message.chat, name="Cotización-Heladeras_0931.pdf", mime="application/pdf", size=1200, file="a.pdf"
    )
    Message.objects.filter(pk=message.pk).update(text="")
    for typed in ("heladera", "0931", "cotizaciones pdf"):
        page = signed_in(ana).get(reverse("search"), {"q": typed, "archivo": "1"})
        assert [one.pk for one in page.context["found"].messages] == [message.pk]
        assert '<mark class="wa-hit">' in page.content.decode()
        assert find_messages(caio, read_words(typed), Filters()).messages == []
    assert found(ana, "heladera -cotización") == [""]


def test_words_side_by_side_are_found_and_marked_in_the_name_of_a_file(http_origin, ventas, ana):
    message = people.waiting(http_origin, ventas, text="Lista B de precios").messages.get(direction="in")
    for name in ("Lista B de precios.pdf", "precios de otra lista.pdf"):
        message.attachments.create(chat=message.chat, name=name, mime="application/pdf", size=1200, file="a.pdf")
    Message.objects.filter(pk=message.pk).update(kind="document")
    # by its text and its file it is found once
    assert found(ana, '"lista b"') == ["Lista B de precios"]
    Message.objects.filter(pk=message.pk).update(text="")
    assert found(ana, '"lista b"') == [""]
    assert found(ana, '"b lista"') == []
    page = signed_in(ana).get(reverse("search"), {"q": '"lista b"'}).content.decode()
    assert '<mark class="wa-hit">Lista</mark> <mark class="wa-hit">B</mark> de precios.pdf' in page


# --- in which order, and which -----------------------------------------------------------------------


def test_the_newest_stand_first_and_pages_go_on_where_the_last_ended(http_origin, ana, ventas):
    start = timezone.now() - timedelta(hours=20)
    chat = people.waiting(http_origin, ventas, sender="marta", at=start)
    Message.objects.bulk_create(
        # several at one instant: the id decides
        Message(chat=chat, origin=http_origin, direction="in", author="customer", text=f"heladera {number:03}",
                created_at=start + timedelta(minutes=number // 3))
        for number in range(120)
    )  # fmt: skip
    client, seen, after = signed_in(ana), [], None
    while after != "":
        page = client.get(reverse("search"), {"q": "heladera", **({"antes": after} if after else {})})
        seen += [one.text for one in page.context["found"].messages]
        after = page.context["found"].after
    assert seen == [f"heladera {number:03}" for number in reversed(range(120))]


@pytest.fixture
def talk(http_origin, ventas, ana):
    """Said by a customer, a bot, agents, in a note, withdrawn, about a move."""
    chat = people.held(http_origin, ana, ventas, sender="marta", text="heladera uno")
    replies.send_reply(chat.pk, ana, "heladera dos")
    replies.write_note(chat.pk, ana, "heladera tres")
    Message.objects.create(
        chat=chat, origin=http_origin, direction="out", author="bot", status="sent", text="heladera bot"
    )
    gone = people.says(http_origin, "marta", "heladera retirada").message
    Message.objects.filter(pk=gone.pk).update(withdrawn_at=timezone.now())
    Message.objects.filter(kind="move").update(text="heladera movida")
    return chat


@pytest.mark.parametrize(
    ("by", "texts"),
    [
        ("", {"uno", "dos", "tres", "bot"}),
        ("cliente", {"uno"}),
        ("agentes", {"dos"}),
        ("bot", {"bot"}),
        ("notas", {"tres"}),
        ("ana", {"dos", "tres"}),
        ("bruno", set()),
        ("nadie", {"uno", "dos", "tres", "bot"}),
    ],
)
def test_by_who_said_it(by, texts, talk, ana, bruno):
    by = {"ana": str(ana.pk), "bruno": str(bruno.pk)}.get(by, by)
    page = signed_in(ana).get(reverse("search"), {"q": "heladera", "de": by})
    assert {one.text.split()[1] for one in page.context["found"].messages} == texts


def test_by_line_tray_agent_date_and_file(talk, http_origin, ventas, soporte, ana, sofia):
    other = people.waiting(
        people.http_origin(), ventas, name="Otra", text="heladera de otra", at=timezone.now() - timedelta(days=3)
    )
    client = signed_in(ana)
    people.says(http_origin, "con-foto", "heladera en la foto", kind="image", payload={"media": {}})
    shown = Message.objects.get(text="heladera en la foto")
    shown.attachments.create(chat=shown.chat, name="a.png", mime="image/png", size=1, file="a.png")

    def texts(**query):
        page = client.get(reverse("search"), {"q": "heladera", **query})
        return {one.text.removeprefix("heladera ") for one in page.context["found"].messages}

    whole = {"uno", "dos", "tres", "bot", "de otra", "en la foto"}
    today = timezone.localdate()
    assert texts() == whole
    assert texts(origen=other.origin_id) == {"de otra"}
    assert texts(bandeja=ventas.pk) == {"de otra"}
    assert texts(bandeja=soporte.pk) == set()
    assert texts(agente=ana.pk) == {"uno", "dos", "tres", "bot"}
    assert texts(fecha="hoy", de="cliente", origen=other.origin_id) == set()
    assert texts(fecha="7", origen=other.origin_id) == {"de otra"}
    assert texts(fecha="rango", hasta=today - timedelta(days=2)) == {"de otra"}
    assert texts(fecha="rango", desde=today - timedelta(days=2)) >= {"dos", "tres"}
    assert texts(fecha="rango", desde=today - timedelta(days=9), hasta=today - timedelta(days=5)) == set()
    assert texts(archivo="1") == {"en la foto"}
    assert texts(origen="x", bandeja="-1", agente="9" * 30, fecha="nunca") == whole


def test_contacts_are_found_by_name_and_number(http_origin, ventas, ana):
    people.waiting(http_origin, name="José Ñandú", sender="59899417265", payload={"shown_address": "+59899417265"})
    for typed in ("nandu", "099 417 265", "417265"):
        page = signed_in(ana).get(reverse("search"), {"q": typed})
        assert [one.name for one in page.context["contacts"]] == ["José Ñandú"]
    for number in range(7):
        people.waiting(http_origin, name=f"Marta {number}")
    page = signed_in(ana).get(reverse("search"), {"q": "marta"})
    assert len(page.context["contacts"]) == 5
    assert f"{reverse('contacts')}?q=marta" in page.content.decode()


# --- the message in its thread -----------------------------------------------------------------------


def test_a_message_is_shown_in_its_thread_with_what_stands_around_it(http_origin, ventas, ana):
    start = timezone.now() - timedelta(hours=3)
    chat = people.waiting(http_origin, ventas, sender="marta", at=start)
    made = Message.objects.bulk_create(
        Message(chat=chat, origin=http_origin, direction="in", author="customer", text=f"dicho {number:03}",
                created_at=start + timedelta(minutes=number))
        for number in range(1, 121)
    )  # fmt: skip
    client = signed_in(ana)

    def opened(number):
        page = client.get(reverse("search"), {"q": "dicho", "m": made[number - 1].pk})
        return page, [line.message.text for line in page.context["thread"].lines if line.message.kind == "text"]

    page, texts = opened(60)
    assert texts == [f"dicho {number:03}" for number in range(36, 86)]
    assert page.context["thread"].before
    # a thread that goes on takes nothing by push: it would stand behind a gap
    assert "data-feed" not in page.content.decode()
    assert f"m={made[84].pk}" in page.content.decode()
    page, texts = opened(120)
    assert texts[-1] == "dicho 120"
    assert page.context["thread"].after == 0
    assert f'data-feed="chat.{chat.pk}.' in page.content.decode()


def test_a_message_that_one_may_not_see_is_as_one_that_there_is_not(http_origin, ventas, ana, caio):
    hidden = people.waiting(http_origin, ventas, text="heladera").messages.get(direction="in")
    answers = [
        signed_in(caio)
        .get(reverse("search"), {"q": "heladera", "m": number})
        .content.decode()
        .replace(str(number), "N")
        for number in (hidden.pk, hidden.pk + 1000)
    ]
    assert "Ese mensaje no se puede mostrar" in answers[0]
    assert _without_tokens(answers[0]) == _without_tokens(answers[1])


def _without_tokens(page):
    return re.sub(
        r'(csrf\w*" value|X-CSRFToken|nonce|data-now|data-login|content|data-[\w-]+)=?"?:? ?"[^"]*"', "", page
    )


# --- what is marked --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "typed", "shown"),
    [
        ("La Heladería", "heladera", 'La <mark class="wa-hit">Heladería</mark>'),
        (
            "<b>heladera</b> & <script>",
            "heladera",
            '&lt;b&gt;<mark class="wa-hit">heladera</mark>&lt;/b&gt; &amp; &lt;script&gt;',
        ),
        ("O’Higgins 12", "ohiggins", '<mark class="wa-hit">O’Higgins</mark> 12'),
        ("<img onerror=1>", "img", '&lt;<mark class="wa-hit">img</mark> onerror=1&gt;'),
        ("uno  dos\ntres", "dos", 'uno <mark class="wa-hit">dos</mark> tres'),
        ("FC-10931-B", "931", 'FC-<mark class="wa-hit">10931</mark>-B'),
        ("Pedido n_0931", "0931", 'Pedido n_<mark class="wa-hit">0931</mark>'),
        ("nada de eso", "heladera", "nada de eso"),
    ],
)
def test_the_words_are_marked_and_all_else_is_escaped(db, text, typed, shown):
    assert marked(text, read_words(typed)) == shown


def test_of_a_long_text_the_line_around_the_first_word_is_shown(db):
    shown = marked("palabras " * 100 + "heladera " + "y más " * 100, read_words("heladera"))
    assert shown.startswith("…palabras ")
    assert shown.endswith("…")
    assert '<mark class="wa-hit">heladera</mark>' in shown


def test_what_a_customer_wrote_does_nothing_on_the_page(http_origin, ventas, ana):
    people.waiting(http_origin, ventas, name="<i>Marta</i>", text='heladera <img src=x onerror="alert(1)">')
    page = signed_in(ana).get(reverse("search"), {"q": 'heladera "><script>'}).content.decode()
    assert "heladera &quot;&gt;&lt;script&gt;" in page
    assert "<script>" not in page
    page = signed_in(ana).get(reverse("search"), {"q": "heladera"}).content.decode()
    assert "&lt;img src=x" in page
    assert "<img src=x" not in page
    assert "&lt;i&gt;Marta" in page


# --- no table is read --------------------------------------------------------------------------------


@pytest.fixture
def many(http_origin, ventas, ana):
    chat = people.waiting(http_origin, ventas, sender="marta")
    Message.objects.bulk_create(
        Message(chat=chat, origin=http_origin, direction="in", author="customer", text=f"hola heladera {number} cosa")
        for number in range(3000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE chats_message, chats_chat, contacts_contact, trays_tray")
    return chat


@pytest.mark.parametrize(
    "typed", ["hola", "ho", "zz", "heladera 2999", "2999", "-hola", "hola -cosa", '"hola heladera"', "cosa", "%", "de"]
)
@pytest.mark.parametrize(
    "filters",
    [
        {},
        {"origin": 1},
        {"tray": 1},
        {"holder": 1},
        {"author": "notas"},
        {"with_file": True},
        {"writer": 1},
        {"since": datetime(2026, 1, 1, tzinfo=UTC)},
    ],
    ids=str,
)
def test_the_table_of_messages_is_never_read_whole(typed, filters, many, ana):
    words = read_words(typed)
    if not words:
        return
    for after in ("", f"{timezone.now().isoformat()},7"):
        sql, params = build_statement(ana, words, Filters(**filters), after)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(messages._BEGIN, ["1000"])
            cursor.execute(f"EXPLAIN {sql}", params)
            plan = "\n".join(line for (line,) in cursor.fetchall())
            cursor.execute("RESET enable_seqscan")
        assert "messages_by_words" in plan, plan
        assert "Index Scan using" not in plan
        assert "Seq Scan on chats_message" not in plan
        assert "Seq Scan on chats_attachment" not in plan
        assert "Seq Scan on chats_chat" not in plan


def test_words_that_stand_in_too_many_messages_are_said_to_be(many, ana, monkeypatch):
    monkeypatch.setattr(messages, "MAX_MILLISECONDS", 1)
    monkeypatch.setattr(messages, "_FIND", "SELECT 1 FROM pg_sleep(30)")
    page = signed_in(ana).get(reverse("search"), {"q": "hola"})
    assert page.status_code == 200
    assert "Esas palabras están en demasiados mensajes" in page.content.decode()
    # the request goes on, and the connection is as it was
    assert Contact.objects.exists()
