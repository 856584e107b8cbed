"""Internal notes: who may write one, and that they never leave."""

import pytest

from chats import access
from chats.errors import Rejected, Rejection
from chats.messages import replies
from tests import people


def test_a_note_never_leaves_and_is_no_news_for_lists(ana):
    origin = people.http_origin(callback_url="https://example.com/in")
    chat = people.held(origin, ana)
    note = replies.write_note(chat.pk, ana, "Pidió factura")
    assert (note.direction, note.author, note.status) == ("note", "agent", "")
    assert people.fresh(chat).preview == "Hola"


def test_who_may_write_a_note(chat, bruno, sofia):
    assert replies.write_note(chat.pk, sofia, "Revisalo con Ana")
    with pytest.raises(Rejected) as refusal:
        replies.write_note(chat.pk, bruno, "Hola")
    assert refusal.value.code == Rejection.FORBIDDEN


def test_a_supervisor_who_has_left_writes_no_note(chat, sofia):
    access.deactivate_agent(sofia)
    with pytest.raises(Rejected) as refusal:
        replies.write_note(chat.pk, sofia, "Hola")
    assert refusal.value.code == Rejection.FORBIDDEN


@pytest.mark.parametrize("text", ["", "  ", "x" * 4097])
def test_a_note_says_something_short(chat, ana, text):
    with pytest.raises(Rejected) as refusal:
        replies.write_note(chat.pk, ana, text)
    assert refusal.value.code == Rejection.INVALID


def test_a_note_goes_only_to_an_open_chat(http_origin, sofia, ana):
    waiting = people.waiting(http_origin)
    for agent in (sofia, ana):
        with pytest.raises(Rejected) as refusal:
            replies.write_note(waiting.pk, agent, "Hola")
        assert refusal.value.code == Rejection.CONFLICT
