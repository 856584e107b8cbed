"""What is said of a message before it is there: kept, and applied once it is. Nothing waits for ever."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from chats import moves, window
from chats.messages import acceptance, parked, replies
from chats.models import Chat, Message, ParkedFact
from gateway import tasks
from origins.facts import Receipt
from tests import people

MARTA = "5491155550101"


@pytest.fixture
def whatsapp(db):
    return people.whatsapp_origin()


@pytest.fixture
def chat(whatsapp, ana):
    return people.held(whatsapp, ana, sender=MARTA, address_kind="wa_id", external_id="wamid.1")


def takes(origin, body):
    post = people.post_telegram if origin.kind == "telegram" else people.post_meta
    answer = post(Client(), origin, body)
    assert (answer.status_code, answer.json()["rejected"]) == (200, [])


def reaction(target, emoji="❤️", **more):
    return people.wa_texts(
        people.wa_message(MARTA, type="reaction", reaction={"message_id": target, "emoji": emoji}, **more)
    )


def edit(target, text, **more):
    new = {"original_message_id": target, "message": {"type": "text", "text": {"body": text}}}
    return people.wa_texts(people.wa_message(MARTA, type="edit", edit=new, **more))


def revoke(target):
    return people.wa_texts(people.wa_message(MARTA, type="revoke", revoke={"original_message_id": target}))


def said(external_id):
    return Message.objects.get(external_id=external_id)


@pytest.mark.parametrize("together", [True, False])
def test_a_reaction_that_comes_before_its_message(whatsapp, chat, together):
    takes(whatsapp, reaction("wamid.2"))
    assert Message.objects.filter(direction="in").count() == 1
    more = [people.wa_message(MARTA, "otro más")] if together else []
    takes(whatsapp, people.wa_texts(people.wa_message(MARTA, "la que gustó", id="wamid.2"), *more))
    assert said("wamid.2").reaction == "❤️"
    assert not ParkedFact.objects.exists()


def test_reactions_that_come_before_their_message_are_applied_in_their_order(whatsapp, chat):
    for emoji in ("👍", "", "😮"):
        takes(whatsapp, reaction("wamid.2", emoji))
    takes(whatsapp, people.wa_text(MARTA, id="wamid.2"))
    assert said("wamid.2").reaction == "😮"


def test_an_edit_and_a_withdrawal_that_come_before_their_message(whatsapp, chat):
    takes(whatsapp, edit("wamid.2", "corregido"))
    takes(whatsapp, people.wa_text(MARTA, "coregido", id="wamid.2"))
    assert (said("wamid.2").text, bool(said("wamid.2").edited_at)) == ("corregido", True)
    assert people.fresh(chat).preview == "corregido"
    takes(whatsapp, revoke("wamid.3"))
    takes(whatsapp, people.wa_text(MARTA, "secreto", id="wamid.3"))
    assert said("wamid.3").withdrawn_at
    assert people.fresh(chat).preview == "Mensaje retirado"
    assert not ParkedFact.objects.exists()


def test_edits_in_the_wrong_order_end_with_the_later_one(whatsapp, chat):
    now = timezone.now()
    takes(whatsapp, edit("wamid.1", "segunda", at=now - timedelta(seconds=10)))
    takes(whatsapp, edit("wamid.1", "primera", at=now - timedelta(seconds=20)))
    assert said("wamid.1").text == "segunda"


def test_before_the_very_first_message_of_somebody_new(whatsapp):
    takes(whatsapp, reaction("wamid.9"))
    assert not Chat.objects.exists()
    takes(whatsapp, people.wa_text(MARTA, "hola", id="wamid.9"))
    assert said("wamid.9").reaction == "❤️"
    assert people.all_consistent()


def test_another_persons_early_word_changes_nothing(whatsapp, chat):
    stranger = people.wa_message("5491100000000", type="revoke", revoke={"original_message_id": "wamid.2"})
    takes(whatsapp, people.wa_texts(stranger))
    takes(whatsapp, people.wa_text(MARTA, "mío", id="wamid.2"))
    assert said("wamid.2").withdrawn_at is None


def test_an_answer_that_comes_before_what_it_quotes(whatsapp, chat):
    takes(whatsapp, people.wa_text(MARTA, "la respuesta", id="wamid.3", context={"id": "wamid.2"}))
    assert said("wamid.3").reply_to is None
    takes(whatsapp, people.wa_text(MARTA, "la pregunta", id="wamid.2"))
    assert said("wamid.3").reply_to == said("wamid.2")
    assert not ParkedFact.objects.exists()


def test_a_quote_of_what_never_comes_stays_a_message(whatsapp, chat):
    takes(whatsapp, people.wa_text(MARTA, "respondo a algo", id="wamid.3", context={"id": "wamid.NUNCA"}))
    assert (said("wamid.3").text, said("wamid.3").reply_to) == ("respondo a algo", None)


def test_nobody_quotes_another_chats_message(whatsapp, chat):
    takes(whatsapp, people.wa_text("5491100000000", "mirá", id="wamid.4", context={"id": "wamid.1"}))
    assert said("wamid.4").reply_to is None
    takes(whatsapp, people.wa_text("5491100000000", "mirá", id="wamid.5", context={"id": "wamid.6"}))
    takes(whatsapp, people.wa_text(MARTA, "de Marta", id="wamid.6"))
    assert said("wamid.5").reply_to is None


# --- receipts before our request has returned -----------------------------------------------------


def sending(chat, ana):
    message = replies.send_reply(chat.pk, ana, "Va")
    Message.objects.filter(pk=message.pk).update(status="sending", attempts=1)
    message.refresh_from_db()
    return message


@pytest.mark.parametrize("named", [True, False])
def test_receipts_that_are_quicker_than_the_answer(whatsapp, chat, ana, named):
    """With our own id at once, by the network's alone as soon as we know it."""
    message = sending(chat, ana)
    ours = message.uuid if named else None
    for status in ("read", "sent", "delivered"):
        takes(whatsapp, people.wa_statuses(people.wa_status("wamid.O", status, ours=ours)))
    message.refresh_from_db()
    assert message.status == ("read" if named else "sending")
    acceptance.record_accepted([(message, "wamid.O", timezone.now())])
    message.refresh_from_db()
    assert (message.status, message.external_id) == ("read", "wamid.O")
    assert not ParkedFact.objects.exists()


@pytest.mark.parametrize("named", [True, False])
def test_a_failure_that_is_quicker_than_the_answer_stands(whatsapp, chat, ana, named):
    message = sending(chat, ana)
    ours = message.uuid if named else None
    takes(whatsapp, people.wa_statuses(people.wa_status("wamid.O", "failed", ours=ours, code=131026)))
    acceptance.record_accepted([(message, "wamid.O", timezone.now())])
    message.refresh_from_db()
    assert (message.status, bool(message.reason)) == ("failed", True)


def test_a_failure_by_the_window_that_was_early_shuts_it(whatsapp, chat, ana, django_capture_on_commit_callbacks):
    message = sending(chat, ana)
    takes(whatsapp, people.wa_statuses(people.wa_status("wamid.O", "failed", code=131047)))
    with django_capture_on_commit_callbacks(execute=True):
        acceptance.record_accepted([(message, "wamid.O", timezone.now())])
    assert people.fresh(chat).window_shut_at is not None
    assert not window.free_text_allowed(people.fresh(chat), timezone.now())


def test_messengers_receipts_that_are_quicker_than_the_answer(db, ana):
    messenger = people.messenger_origin()
    chat = people.held(messenger, ana, sender="24001", address_kind="psid")
    message = sending(chat, ana)
    takes(messenger, people.meta_event("messenger", "24001", delivery={"mids": ["m_o"], "watermark": people.millis()}))
    acceptance.record_accepted([(message, "m_o", timezone.now())])
    message.refresh_from_db()
    assert message.status == "delivered"


def test_an_instagram_echo_that_was_quicker_and_not_known_gives_way_to_ours(db, ana):
    """A place goes to Instagram as words: its echo does not look like it."""
    instagram = people.instagram_origin()
    chat = people.held(instagram, ana, sender="90001", address_kind="igsid")
    message = replies.send_place(chat.pk, ana, latitude=-34.6, longitude=-58.4, name="Local")
    Message.objects.filter(pk=message.pk).update(status="sending", attempts=1)
    takes(instagram, people.meta_echo("instagram", "90001", "Local\nhttps://www.google.com/maps/…", id="i_o"))
    assert said("i_o").payload["from_phone"]
    acceptance.record_accepted([(message, "i_o", timezone.now())])
    assert said("i_o").pk == message.pk
    assert said("i_o").status == "sent"
    assert Message.objects.filter(chat=chat, direction="out").count() == 1


# --- kept once, swept, forgotten ------------------------------------------------------------------


def test_the_same_early_word_is_kept_once(whatsapp, chat):
    at = timezone.now()
    for number in range(3):
        body = reaction("wamid.2", at=at)
        body["entry"][0]["time"] = number  # another body, the same fact
        takes(whatsapp, body)
    assert ParkedFact.objects.count() == 1


def test_what_met_its_message_unseen_is_swept(whatsapp, chat):
    takes(whatsapp, reaction("wamid.2"))
    kept = ParkedFact.objects.values("ref", "fact", "data").get()
    ParkedFact.objects.all().delete()
    takes(whatsapp, people.wa_text(MARTA, id="wamid.2"))
    ParkedFact.objects.create(origin=whatsapp, **kept)
    assert tasks.sweep_parked() == 1
    assert (said("wamid.2").reaction, ParkedFact.objects.count(), tasks.sweep_parked()) == ("❤️", 0, 0)


def test_a_word_and_its_message_at_the_same_instant_meet(transactional_db, ana):
    origin = people.whatsapp_origin()
    people.held(origin, ana, sender=MARTA, address_kind="wa_id", external_id="wamid.1")
    with transaction.atomic():
        people.says(origin, MARTA, "hola", address_kind="wa_id", external_id="wamid.2")
        takes_from_outside = start_free(lambda: takes(origin, reaction("wamid.2")))
    takes_from_outside.result(20)
    tasks.sweep_parked()
    assert (said("wamid.2").reaction, ParkedFact.objects.count()) == ("❤️", 0)


def start_free(act):
    """`act` to its end on another connection, while ours has not committed."""
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connection

    def run():
        try:
            return act()
        finally:
            connection.close()

    pool = ThreadPoolExecutor(1)
    future = pool.submit(run)
    pool.shutdown(wait=True)
    return future


def test_what_no_message_came_for_is_forgotten_after_the_last_retry(whatsapp, chat):
    takes(whatsapp, reaction("wamid.NUNCA"))
    assert parked.prune_parked() == 0
    ParkedFact.objects.update(created_at=timezone.now() - timedelta(days=7))
    assert parked.prune_parked() == 0
    ParkedFact.objects.update(created_at=timezone.now() - timedelta(days=9))
    assert parked.prune_parked() == 1


def test_early_words_of_another_line_are_not_mixed_up(whatsapp, chat):
    other = people.whatsapp_origin(line_id="1000002")
    parked.park_fact(other, Receipt("wamid.O", "read"))
    takes(whatsapp, people.wa_text(MARTA, id="wamid.O"))
    assert ParkedFact.objects.count() == 1


def test_a_reaction_never_makes_a_chat_arrive_however_early(whatsapp, chat, ana):
    moves.close(chat.pk, ana)
    before = people.fresh(chat)
    takes(whatsapp, reaction("wamid.2"))
    takes(whatsapp, reaction("wamid.1"))
    after = people.fresh(chat)
    assert (after.state, after.tray, after.session_expires_at, after.unread) == (
        before.state, before.tray, before.session_expires_at, before.unread,
    )  # fmt: skip


def test_http_is_still_told_that_it_is_unknown(http_origin):
    body = {"reactions": [{"from": "cust-17", "message": "m-9", "emoji": "👍"}]}
    assert people.post_signed(Client(), http_origin, body).json()["rejected"]
    assert not ParkedFact.objects.exists()


def test_the_message_is_shown_as_it_is_and_not_as_it_came(
    whatsapp, chat, django_capture_on_commit_callbacks, monkeypatch
):
    """The screens get it with the reaction that was there before it."""
    from chats import publish

    shown = []
    monkeypatch.setattr(
        publish, "messages_heard", lambda heard: shown.extend(said.reaction for one in heard for said in one.messages)
    )
    takes(whatsapp, reaction("wamid.2"))
    takes(whatsapp, people.wa_text(MARTA, id="wamid.2"))
    assert shown == ["❤️"]
