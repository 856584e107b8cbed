"""Customers' reactions: they stand at their message and bring no chat back."""

import pytest

from chats import expiry, moves
from chats.messages import amendments
from chats.models import Chat, Message
from contacts.models import StateChange
from origins.facts import Reaction
from tests import people
from tests.chats.messages.samples import DAY, NOW
from trays.models import Tray


def test_a_reaction_stands_at_its_message_and_is_taken_back(http_origin):
    message = people.says(http_origin, "c", "Hola", external_id="m-1").message
    assert amendments.apply_amendment(http_origin, Reaction("c", "m-1", "👍🏽"))
    assert Message.objects.get(pk=message.pk).reaction == "👍🏽"
    assert amendments.apply_amendment(http_origin, Reaction("c", str(message.uuid), ""))
    assert Message.objects.get(pk=message.pk).reaction == ""


@pytest.mark.parametrize(
    "fact", [Reaction("c", "m-9", "👍"), Reaction("otro", "m-1", "👍"), Reaction("c", "m-1", "👍", "user")]
)
def test_a_reaction_to_what_is_unknown_or_anothers_changes_nothing(http_origin, fact):
    people.says(http_origin, "c", "Hola", external_id="m-1")
    assert not amendments.apply_amendment(http_origin, fact)
    assert not amendments.apply_amendment(people.http_origin(), Reaction("c", "m-1", "👍"))
    assert Message.objects.exclude(reaction="").count() == 0


@pytest.mark.parametrize("place", ["expired", "closed"])
def test_a_reaction_never_makes_a_chat_arrive(http_origin, ana, place):
    people.with_bot(http_origin)
    chat = people.says(http_origin, "c", "Hola", external_id="m-1", now=NOW - 2 * DAY).message.chat
    if place == "expired":
        expiry.expire(now=NOW)
    else:
        moves.hand_over(chat.pk, Tray.objects.general())
        moves.take(chat.pk, ana)
        moves.close(chat.pk, ana)
    before = (Chat.objects.values().get(), StateChange.objects.count(), Message.objects.count())
    assert amendments.apply_amendment(http_origin, Reaction("c", "m-1", "👍"))
    assert (Chat.objects.values().get(), StateChange.objects.count(), Message.objects.count()) == before
