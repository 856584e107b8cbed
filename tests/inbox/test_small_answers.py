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
