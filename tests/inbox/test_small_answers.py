"""What an action answers to HTMX: what changed, and not the page around it."""

import re
from uuid import uuid4

import pytest
from django.urls import reverse

from chats import moves
from inbox import thread
from tests import people
from tests.inbox.pages import HTMX, network, signed_in


@pytest.fixture
def post(chat, ana):
    """`post("reply", text="…")`: Ana's action on her chat, by HTMX."""
    client = signed_in(ana)
    return lambda action, **form: client.post(reverse(action, args=[chat.pk]), form, headers=HTMX)


def lines_in(answer):
    return [int(pk) for pk in re.findall(r'id="m-(\d+)"', answer.text)]


@pytest.mark.parametrize("action", ["reply", "note"])
def test_a_message_brings_itself_and_its_day(chat, post, action):
    answer = post(action, text="Ya sale")
    sent = chat.messages.get(text="Ya sale")
    assert lines_in(answer) == [sent.pk]
    assert f'id="day-{chat.pk}-' in answer.text
    assert f'<hx-upsert hx-target="#log-{chat.pk}"' in answer.text
    assert not re.search(r"<form|data-mark|data-feed|csrf|pane-", answer.text)
    assert answer["HX-Push-Url"] == "false"


def test_a_note_by_the_composer_does_too(chat, post):
    answer = post("reply", text="es mayorista", note="on")
    assert lines_in(answer) == [chat.messages.get(text="es mayorista").pk]


def test_a_long_text_brings_all_its_parts_in_order(ventas, ana):
    chat = people.held(network("telegram"), ana, ventas)
    answer = signed_in(ana).post(reverse("reply", args=[chat.pk]), {"text": "palabra " * 1500}, headers=HTMX)
    sent = list(chat.messages.filter(direction="out", author="agent").order_by("id").values_list("pk", flat=True))
    assert len(sent) == 3
    assert lines_in(answer) == sent


def test_the_same_form_twice_brings_the_message_and_what_came_after(chat, post):
    form = {"text": "Una vez", "client_id": str(uuid4())}
    first = lines_in(post("reply", **form))
    said = people.says(chat.origin, "marta", "Gracias").message
    assert lines_in(post("reply", **form)) == [*first, said.pk]


def test_where_too_much_came_after_it_is_the_pane(chat, post, monkeypatch):
    form = {"text": "Una vez", "client_id": str(uuid4())}
    post("reply", **form)
    people.says(chat.origin, "marta", "Gracias")
    monkeypatch.setattr(thread, "PAGE_SIZE", 1)
    assert f'id="pane-{chat.pk}"' in post("reply", **form).text


def test_a_chat_that_has_left_shows_nothing_of_it(chat, post, ana, soporte):
    """Sent twice, the second time once the chat is where Ana sees nothing."""
    form = {"text": "Una vez", "client_id": str(uuid4())}
    post("reply", **form)
    moves.send(chat.pk, soporte, ana)
    answer = post("reply", **form)
    assert "Una vez" not in answer.text
    assert lines_in(answer) == []


def test_without_htmx_it_leads_to_the_chat(chat, ana):
    answer = signed_in(ana).post(reverse("reply", args=[chat.pk]), {"text": "Hola"})
    assert (answer.status_code, answer.url) == (303, reverse("chat", args=[chat.pk]))


# --- a preview ---------------------------------------------------------------------------------


@pytest.fixture
def look(http_origin, ventas, ana):
    """`look(current)`: Ana chooses a chat of Ventas on the page with this address."""
    chat = people.waiting(http_origin, ventas, text="¿Hay talles?")
    client = signed_in(ana)

    def choose(current, **headers):
        given = {**HTMX, "HX-Current-URL": f"http://testserver{current}", **headers}
        return client.get(reverse("preview", args=[ventas.pk, chat.pk]), headers=given)

    choose.chat = chat
    return choose


def test_a_list_that_is_open_gets_the_preview_alone(look, ventas, soporte):
    own = reverse("tray", args=[ventas.pk])
    for current in (own, f"{own}12/"):
        answer = look(current)
        assert answer.text.startswith(f"<hx-partial hx-target=\"[data-list='{ventas.pk}'] > #preview\"")
        assert "¿Hay talles?" in answer.text
        assert f'data-feed="chat.{look.chat.pk}.{look.chat.change_id}"' in answer.text
        # of the list it says nothing, so it vouches for nothing of it
        assert not re.search(r'id="feeds"|id="chat-|wa-traylist|<main', answer.text)
        assert answer["Cache-Control"] == "no-store"
        assert {"HX-Request", "HX-Current-URL", "Cookie"} <= set(answer["Vary"].split(", "))


@pytest.mark.parametrize(
    "current",
    [
        "/bandejas/{own}/?q=marta",
        "/bandejas/{other}/",
        "/bandejas/{own}1/",
        "/bandejas/",
        "/contactos/",
        "/chat/3/",
        "/",
    ],
)
def test_every_other_page_gets_the_screen(current, look, ventas, soporte):
    answer = look(current.format(own=ventas.pk, other=soporte.pk))
    assert '<main class="wa-main"' in answer.text
    assert 'id="feeds"' in answer.text
    assert "Witty-Part" not in answer


def test_without_an_address_or_asked_again_or_going_back_it_is_the_screen(look, ventas, ana):
    own = reverse("tray", args=[ventas.pk])
    assert "<html" in look(own, **{"HX-History-Restore-Request": "true"}).text
    asked = signed_in(ana).get(
        reverse("preview", args=[ventas.pk, look.chat.pk]), headers={**HTMX, "Witty-Refresh": "1"}
    )
    assert '<main class="wa-main"' in asked.text


def test_an_address_that_is_none_is_no_list(look):
    assert '<main class="wa-main"' in look("", **{"HX-Current-URL": "http://[x/bandejas/1/"}).text


def test_a_chat_that_has_left_the_tray_is_shown_where_it_is(look, ventas, ana, bruno):
    moves.take(look.chat.pk, ana)
    answer = look(reverse("tray", args=[ventas.pk]))
    assert answer.url == reverse("chat", args=[look.chat.pk])


def test_a_preview_costs_as_many_queries_with_thirty_chats_as_with_one(
    look, http_origin, ventas, django_assert_max_num_queries
):
    own = reverse("tray", args=[ventas.pk])
    look(own)
    for number in range(30):
        people.waiting(http_origin, ventas, sender=f"otro-{number}")
    with django_assert_max_num_queries(20):
        look(own)
