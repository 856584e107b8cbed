"""expire_chats, check_history and replay: what an operator does by hand."""

import json
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
from gateway.inbound import body_processing
from gateway.inbound import raw_bodies as bodies
from gateway.management.commands import replay
from origins.models import Body
from tests import people
from trays.models import Tray


def run(*args, **options):
    out = StringIO()
    call_command(*args, stdout=out, stderr=out, **options)
    return out.getvalue()


# --- expire_chats --------------------------------------------------------------------------------


def test_the_sweep_by_hand(http_origin):
    chat = people.waiting(http_origin)
    assert run("expire_chats") == "0 expired\n"
    later = chat.session_expires_at + timedelta(seconds=1)
    assert run("expire_chats", "--now", later.isoformat()) == "1 expired\n"
    assert people.fresh(chat).state == "EXPIRADO"
    assert run("expire_chats", "--now", later.isoformat()) == "0 expired\n"


def test_a_time_without_zone_is_the_installations(http_origin):
    chat = people.waiting(http_origin)
    local = timezone.localtime(chat.session_expires_at).replace(tzinfo=None)
    assert run("expire_chats", "--now", (local - timedelta(minutes=1)).isoformat()) == "0 expired\n"
    assert run("expire_chats", "--now", (local + timedelta(minutes=1)).isoformat()) == "1 expired\n"


@pytest.mark.parametrize("text", ["mañana", "2026-13-01", "1750000000x"])
@pytest.mark.parametrize("command", [("expire_chats", "--now"), ("replay", "--since")])
def test_a_bad_time_is_said_so(db, command, text):
    with pytest.raises(CommandError, match="not a time in ISO 8601"):
        run(*command, text)


# --- check_history -------------------------------------------------------------------------------


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
    monkeypatch.setattr(check_history, "MOST_LINES", 3)
    monkeypatch.setattr(check_history, "BATCH", 2)
    Contact.objects.update(previous=None, current=None)
    expected = sum(min(2, chat.contact.changes.count()) for chat in chats.values())
    out = StringIO()
    with pytest.raises(CommandError, match=f"differences in all: {expected}$"):
        call_command("check_history", stdout=out)
    assert len(out.getvalue().splitlines()) == 3


# --- replay --------------------------------------------------------------------------------------


def keep(origin, *ids):
    raw = json.dumps({"messages": [{"id": i, "from": "cust-1", "type": "text", "text": i} for i in ids]})
    return bodies.keep_body(origin, raw.encode())[0]


def test_what_was_stored_once_stays_once(http_origin):
    for ids in (("a", "b"), ("c",)):
        body_processing.process_body(keep(http_origin, *ids))
    Message.objects.filter(external_id="c").delete()
    assert run("replay") == ("2 bodies: 1 accepted, 2 duplicates, 0 rejected, 0 crashed, 0 of an origin that is off\n")
    assert sorted(Message.objects.exclude(external_id=None).values_list("external_id", flat=True)) == ["a", "b", "c"]


def test_oldest_first_in_batches_and_since(http_origin, monkeypatch):
    monkeypatch.setattr(replay, "BATCH", 2)
    now = timezone.now()
    kept = [keep(http_origin, str(n)) for n in range(5)]
    for hours, body in enumerate(kept):
        Body.objects.filter(pk=body.pk).update(received_at=now - timedelta(hours=hours))
    seen = []
    monkeypatch.setattr(body_processing, "process_body", lambda body: seen.append(body.pk) or body_processing.Outcome())
    run("replay")
    assert seen == [body.pk for body in reversed(kept)]
    seen.clear()
    run("replay", "--since", (now - timedelta(hours=1)).isoformat())
    assert seen == [kept[1].pk, kept[0].pk]
    seen.clear()
    run("replay", "--id", str(kept[3].pk))
    assert seen == [kept[3].pk]


def test_a_body_that_crashes_does_not_stop_the_others(http_origin, monkeypatch):
    first, _second = keep(http_origin, "a"), keep(http_origin, "b")
    really = body_processing.process_body

    def process(body):
        if body.pk == first.pk:
            raise RuntimeError("boom")
        return really(body)

    monkeypatch.setattr(body_processing, "process_body", process)
    out = run("replay")
    assert f"body {first.pk}: RuntimeError: boom" in out
    assert "2 bodies: 1 accepted, 0 duplicates, 0 rejected, 1 crashed" in out


def test_an_origin_that_is_off_is_left_alone(http_origin):
    keep(http_origin, "a")
    type(http_origin).objects.update(is_active=False)
    assert "1 of an origin that is off" in run("replay")
    assert not Message.objects.exists()


def test_an_unknown_id_is_said_so(db):
    with pytest.raises(CommandError, match="no body 7 is kept"):
        run("replay", "--id", "7")
