"""Changes of messages that the network refused are reverted and said."""

import pytest
from django.test import Client
from django.utils import timezone

from chats import moves, publish
from chats.errors import Rejected, Rejection
from chats.messages import corrections, replies, reverts
from chats.models import Chat, Message
from tests import people
from tests.gateway.outbound.outbox_runs import fresh, held, takes
from tests.pumping import deliver_chat


def is_refused(api, row, description):
    """Telegram refuses this change: delivered, failed, and undone."""
    api.answers[""] = (400, {"ok": False, "error_code": 400, "description": f"Bad Request: {description}"})
    deliver_chat(row.chat_id)
    assert fresh(row).status == "failed"
    reverts.revert_refused(fresh(row), fresh(row).reason)
    takes(api)


def undone_lines(chat):
    lines = Message.objects.filter(chat=chat, direction="note", author="system").exclude(kind="move")
    return list(lines.order_by("id").values_list("text", flat=True))


@pytest.fixture
def by_telegram(api, db, ana):
    """Ana's chat by Telegram, what the customer wrote, and what Ana has answered."""
    telegram = people.telegram_origin(api_url=api.url)
    people.post_telegram(Client(), telegram, people.tg_text(id=11))
    chat = Chat.objects.get()
    moves.take(chat.pk, ana)
    ours = replies.send_reply(chat.pk, ana, "Hloa")
    deliver_chat(chat.pk)
    return chat, Message.objects.get(direction="in"), ours


def test_a_refused_withdrawal_stands_in_the_thread_again_and_is_said(api, by_telegram, ana):
    chat, _theirs, ours = by_telegram
    row = corrections.withdraw_message(chat.pk, ana, ours.pk)
    assert fresh(ours).withdrawn_at
    is_refused(api, row, "message can't be deleted")
    assert fresh(ours).withdrawn_at is None
    (words,) = undone_lines(chat)
    assert words.startswith("No se pudo retirar el mensaje: Telegram ya no deja")
    # told again, it has been done
    reverts.revert_refused(fresh(row), "otra vez")
    assert undone_lines(chat) == [words]


def test_a_refused_edit_gives_back_the_text_and_when_it_was_edited(api, by_telegram, ana):
    chat, _theirs, ours = by_telegram
    corrections.edit_message(chat.pk, ana, ours.pk, "Hola")
    deliver_chat(chat.pk)
    edited_at = fresh(ours).edited_at
    is_refused(api, corrections.edit_message(chat.pk, ana, ours.pk, "Chau"), "message can't be edited")
    assert (fresh(ours).text, fresh(ours).edited_at) == ("Hola", edited_at)
    assert len(undone_lines(chat)) == 1
    assert "corregir" in undone_lines(chat)[0]


def test_a_first_edit_that_is_refused_leaves_no_trace_of_an_edit(api, by_telegram, ana):
    chat, _theirs, ours = by_telegram
    is_refused(api, corrections.edit_message(chat.pk, ana, ours.pk, "Chau"), "message can't be edited")
    assert (fresh(ours).text, fresh(ours).edited_at) == ("Hloa", None)


def test_a_refused_reaction_gives_back_the_one_before(api, by_telegram, ana):
    chat, theirs, _ours = by_telegram
    corrections.react_to(chat.pk, ana, theirs.pk, "👍")
    deliver_chat(chat.pk)
    is_refused(api, corrections.react_to(chat.pk, ana, theirs.pk, "🎉"), "REACTION_INVALID")
    is_refused(api, corrections.react_to(chat.pk, ana, theirs.pk, ""), "message to react not found")
    assert fresh(theirs).own_reaction == "👍"
    assert [words.split(":")[0] for words in undone_lines(chat)] == [
        "No se pudo reaccionar con 🎉", "No se pudo quitar la reacción",
    ]  # fmt: skip


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_what_was_changed_again_stands_and_falls_by_itself(by_telegram, ana, order):
    chat, theirs, _ours = by_telegram
    rows = [corrections.react_to(chat.pk, ana, theirs.pk, emoji) for emoji in ("👍", "🎉")]
    for number, stands in zip(order, {(0, 1): ("🎉", ""), (1, 0): ("👍", "")}[order], strict=True):
        Message.objects.filter(pk=rows[number].pk).update(status="failed")
        reverts.revert_refused(rows[number], "no")
        assert fresh(theirs).own_reaction == stands


@pytest.mark.parametrize("status", ["queued", "sending", "sent"])
def test_only_what_has_failed_is_undone(by_telegram, ana, status):
    chat, _theirs, ours = by_telegram
    row = corrections.withdraw_message(chat.pk, ana, ours.pk)
    Message.objects.filter(pk=row.pk).update(status=status)
    reverts.revert_refused(row, "no")
    assert fresh(ours).withdrawn_at
    assert undone_lines(chat) == []


def test_an_undone_change_is_told_to_the_screens(by_telegram, ana, monkeypatch, django_capture_on_commit_callbacks):
    chat, _theirs, ours = by_telegram
    row = corrections.withdraw_message(chat.pk, ana, ours.pk)
    Message.objects.filter(pk=row.pk).update(status="failed")
    told = []
    monkeypatch.setattr(publish, "publish_events", lambda events: told.extend(event.render()[1] for event in events))
    with django_capture_on_commit_callbacks(execute=True):
        reverts.revert_refused(row, "no se puede")
    assert any(f'id="m-{ours.pk}"' in html and "Este mensaje se retiró" not in html for html in told)
    assert any("No se pudo retirar el mensaje: no se puede" in html for html in told)


@pytest.mark.parametrize(("kind", "good", "bad"), [("instagram", "❤️", "👍"), ("telegram", "🎉", "🦖")])
def test_a_reaction_that_the_network_does_not_know_is_refused_at_once(api, db, ana, kind, good, bad):
    chat = held(getattr(people, f"{kind}_origin")(api_url=api.url), ana)
    theirs = chat.messages.get(direction="in")
    Message.objects.filter(pk=theirs.pk).update(external_id="in-1")
    with pytest.raises(Rejected, match="no toma esa reacción") as refusal:
        corrections.react_to(chat.pk, ana, theirs.pk, bad)
    assert refusal.value.code == Rejection.INVALID
    assert fresh(theirs).own_reaction == ""
    corrections.react_to(chat.pk, ana, theirs.pk, good)
    corrections.react_to(chat.pk, ana, theirs.pk, "")
    assert chat.messages.filter(kind="reaction").count() == 2


def test_what_was_taken_back_is_not_sent_again(chat, ana):
    sent = replies.send_reply(chat.pk, ana, "Va")
    Message.objects.filter(pk=sent.pk).update(status="unconfirmed", withdrawn_at=timezone.now())
    with pytest.raises(Rejected, match="se retiró") as refusal:
        replies.retry_message(sent.pk, ana)
    assert (refusal.value.code, fresh(sent).status) == (Rejection.INVALID, "unconfirmed")


def test_a_change_that_was_undone_is_not_tried_again_by_itself(by_telegram, ana):
    chat, _theirs, ours = by_telegram
    row = corrections.withdraw_message(chat.pk, ana, ours.pk)
    Message.objects.filter(pk=row.pk).update(status="failed")
    with pytest.raises(Rejected, match="se deshizo"):
        replies.retry_message(row.pk, ana)
    assert fresh(row).status == "failed"


@pytest.mark.parametrize("status", ["failed", "queued", "unconfirmed"])
def test_what_is_not_out_there_is_neither_taken_back_nor_corrected(by_telegram, ana, status):
    chat, _theirs, ours = by_telegram
    # it got its id and failed by its receipt, or is tried again
    Message.objects.filter(pk=ours.pk).update(status=status)
    for change in (
        lambda: corrections.withdraw_message(chat.pk, ana, ours.pk),
        lambda: corrections.edit_message(chat.pk, ana, ours.pk, "x"),
    ):
        with pytest.raises(Rejected) as refusal:
            change()
        assert refusal.value.code == Rejection.INVALID
    assert (fresh(ours).withdrawn_at, fresh(ours).text) == (None, "Hloa")
