"""check_history: chats that do not agree with their history are named."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from chats import expiry, moves
from chats.management.commands import check_history
from chats.messages import templates
from chats.models import Chat, Message, Template
from contacts.models import Contact
from tests import people
from tests.commands import run
from trays.models import Tray


@pytest.fixture
def chats(http_origin, ventas, ana, sofia):
    """A chat in every state, by every move."""
    people.with_bot(http_origin)
    found = {"bot": people.says(http_origin, "c-bot", "Hola").message.chat}

    def in_ventas(sender):
        chat = people.says(http_origin, sender, "Hola").message.chat
        people.says(http_origin, sender, "ventas")
        return people.fresh(chat)

    for name in ("tray", "held", "back", "sent", "closed", "moved"):
        found[name] = in_ventas(f"c-{name}")
    for name in ("held", "back", "sent", "closed", "moved"):
        moves.take(found[name].pk, ana)
    moves.give_back(found["back"].pk, ana)
    moves.send(found["sent"].pk, ana.personal_tray, ana)
    moves.close(found["closed"].pk, ana)
    moves.relocate(found["moved"].pk, Tray.objects.general())
    template = Template.objects.create(name="Retomar", body="Hola")
    late = timezone.now() - timedelta(hours=30)
    for name in ("expired", "again", "again_closed"):
        found[name] = people.says(http_origin, f"c-{name}", "Hola", at=late, now=late).message.chat
    people.says(http_origin, "c-again_closed", "ventas", at=late, now=late)
    moves.take(found["again_closed"].pk, ana, at=late)
    moves.close(found["again_closed"].pk, ana, at=late)
    expiry.expire()
    for name in ("again", "again_closed"):
        templates.send_template(found[name].pk, ana, template, {})
    return {name: people.fresh(chat) for name, chat in found.items()}


def test_what_the_moves_write_agrees(chats, ventas):
    assert {chat.state for chat in chats.values()} == {"BOT", "BANDEJA", "AGENTE", "EXPIRADO"}
    assert chats["again"].taken_from.kind == "general"
    assert chats["again_closed"].taken_from == ventas
    assert run("check_history") == "every chat is where its history says\n"


def test_with_nobody_it_agrees(db):
    assert "every chat" in run("check_history")


@pytest.mark.parametrize(
    ("model", "name", "field", "wrong"),
    [
        (Chat, "tray", "tray", lambda: Tray.objects.general()),
        (Chat, "sent", "tray", lambda: Tray.objects.closed()),
        (Chat, "held", "agent", lambda: people.hire("otro")),
        (Chat, "held", "taken_from", lambda: Tray.objects.general()),
        (Chat, "held", "taken_from", lambda: None),
        (Chat, "again_closed", "taken_from", lambda: Tray.objects.general()),
        (Chat, "back", "taken_from", lambda: Tray.objects.general()),
        (Chat, "bot", "state", lambda: "EXPIRADO"),
        (Chat, "expired", "state", lambda: "BOT"),
        (Chat, "moved", "change", lambda: None),
        (Contact, "tray", "tray", lambda: Tray.objects.general()),
        (Contact, "held", "agent", lambda: people.hire("otro")),
        (Contact, "bot", "state", lambda: "EXPIRADO"),
        (Contact, "held", "previous", lambda: None),
        (Contact, "held", "current", lambda: None),
    ],
)
def test_each_column_that_differs_is_named(chats, model, name, field, wrong):
    pk = chats[name].pk if model is Chat else chats[name].contact_id
    model.objects.filter(pk=pk).update(**{field: wrong()})
    out = StringIO()
    with pytest.raises(CommandError, match=r"differences in all: 1$"):
        call_command("check_history", stdout=out)
    kind = model.__name__.lower()
    assert out.getvalue().startswith(f"contact {chats[name].contact_id}: {kind}.{field} is ")


def test_a_contact_whose_chat_is_gone_is_named(chats):
    chat = chats["bot"]
    Message.objects.filter(chat=chat).delete()
    Chat.objects.filter(pk=chat.pk).delete()
    with pytest.raises(CommandError):
        run("check_history")


def test_the_list_is_bounded_and_goes_over_batches(chats, monkeypatch):
    monkeypatch.setattr(check_history, "MAX_LINES", 3)
    monkeypatch.setattr(check_history, "BATCH", 2)
    Contact.objects.update(previous=None, current=None)
    expected = sum(min(2, chat.contact.changes.count()) for chat in chats.values())
    out = StringIO()
    with pytest.raises(CommandError, match=f"differences in all: {expected}$"):
        call_command("check_history", stdout=out)
    assert len(out.getvalue().splitlines()) == 3
