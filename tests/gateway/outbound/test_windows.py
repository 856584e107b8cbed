"""The window of 24 hours and what a person may still write after it, when messages leave."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from chats import window
from chats.errors import Rejected
from chats.messages import blocks, replies, templates
from chats.models import Chat, Message, Template
from tests import people
from tests.gateway.outbound.outbox_runs import MARTA, fresh, held, refuses, takes
from tests.pumping import deliver_chat


@pytest.mark.parametrize("afterwards", [False, True])
def test_a_window_that_the_network_says_is_closed_is_closed_until_the_customer_writes(
    api, origin, chat, ana, django_capture_on_commit_callbacks, afterwards
):
    message = replies.send_reply(chat.pk, ana, "Va")
    with django_capture_on_commit_callbacks(execute=True):
        if afterwards:
            deliver_chat(chat.pk)
            failed = people.wa_status(fresh(message).external_id, "failed", ours=message.uuid, code=131047)
            people.post_meta(Client(), origin, people.wa_statuses(failed))
        else:
            refuses(api, 131047)
            deliver_chat(chat.pk)
    takes(api)
    assert (fresh(message).status, "plantilla" in fresh(message).reason) == ("failed", True)
    standing = people.fresh(chat)
    assert (standing.window_shut_at is not None, window.window_state(standing, timezone.now())) == (True, "shut")
    with pytest.raises(Rejected, match="plantilla"):
        replies.send_reply(chat.pk, ana, "¿Y?")
    with pytest.raises(Rejected, match="plantilla"):
        replies.retry_message(message.pk, ana)
    Chat.objects.update(window_shut_at=timezone.now() - timedelta(seconds=2))
    people.post_meta(Client(), origin, people.wa_text(MARTA, "Acá estoy"))
    replies.retry_message(message.pk, ana)
    assert deliver_chat(chat.pk) == 1
    assert fresh(message).status == "sent"


def test_a_text_that_waited_past_its_window_does_not_leave(api, chat, ana):
    message = replies.send_reply(chat.pk, ana, "Va")
    long_ago = timezone.now() - timedelta(hours=24, seconds=1)
    Chat.objects.filter(pk=chat.pk).update(last_customer_at=long_ago)
    deliver_chat(chat.pk)
    assert (fresh(message).status, api.calls) == ("failed", [])
    assert "plantilla" in fresh(message).reason


def test_24_hours_to_the_second(api, chat, ana):
    now = timezone.now()
    for ago, may in ((timedelta(hours=24), False), (timedelta(hours=24) - timedelta(seconds=1), True)):
        Chat.objects.filter(pk=chat.pk).update(last_customer_at=now - ago, session_expires_at=now + timedelta(hours=9))
        assert window.free_text_allowed(people.fresh(chat), now) is may


@pytest.mark.parametrize("kind", ["messenger", "instagram"])
def test_what_a_person_writes_goes_out_for_seven_days_where_meta_allows_it(api, db, ana, kind):
    origin = getattr(people, f"{kind}_origin")(api_url=api.url, human_agent=True, session_hours=24 * 8)
    chat = held(origin, ana)
    Chat.objects.update(last_customer_at=timezone.now() - timedelta(days=3))
    assert window.window_state(people.fresh(chat), timezone.now()) == "human_agent"
    message = replies.send_reply(chat.pk, ana, "¿Seguís ahí?")
    assert deliver_chat(chat.pk) == 1
    sent = api.last.json
    assert (sent["messaging_type"], sent["tag"]) == ("MESSAGE_TAG", "HUMAN_AGENT")
    # not the bot
    bot = Message.objects.create(
        chat=chat, origin=origin, direction="out", author="bot", text="Soy un bot", status="queued"
    )
    assert deliver_chat(chat.pk) == 0
    assert (fresh(bot).status, len(api.calls)) == ("failed", 1)
    # and not after seven days
    late = replies.send_reply(chat.pk, ana, "¿Y ahora?")
    Chat.objects.update(last_customer_at=timezone.now() - timedelta(days=7, seconds=1))
    assert deliver_chat(chat.pk) == 0
    assert (fresh(late).status, len(api.calls)) == ("failed", 1)
    with pytest.raises(Rejected):
        replies.send_reply(chat.pk, ana, "tarde")
    assert fresh(message).status == "sent"


def test_without_that_right_nobody_writes_after_a_day(api, db, ana):
    origin = people.messenger_origin(api_url=api.url, session_hours=24 * 8)
    chat = held(origin, ana)
    Chat.objects.update(last_customer_at=timezone.now() - timedelta(days=3))
    with pytest.raises(Rejected):
        replies.send_reply(chat.pk, ana, "¿Seguís ahí?")
    ours = Template.objects.create(name="Retomar", body="Hola")
    with pytest.raises(Rejected, match="no tiene plantillas"):
        templates.send_template(chat.pk, ana, ours, {})


def test_telegram_has_no_window(api, db, ana):
    origin = people.telegram_origin(api_url=api.url, session_hours=24 * 8)
    chat = held(origin, ana)
    Chat.objects.update(last_customer_at=timezone.now() - timedelta(days=3))
    replies.send_reply(chat.pk, ana, "¿Seguís ahí?")
    assert deliver_chat(chat.pk) == 1


def test_what_waited_when_its_customer_was_blocked_does_not_leave(api, chat, ana):
    message = replies.send_reply(chat.pk, ana, "Va")
    blocks.block_contact(chat.contact_id, ana, "insultos")
    deliver_chat(chat.pk)
    assert (fresh(message).status, api.calls) == ("failed", [])
    assert "bloqueado" in fresh(message).reason
    blocks.unblock_contact(chat.contact_id, ana)
    replies.retry_message(message.pk, ana)
    assert deliver_chat(chat.pk) == 1
    assert fresh(message).status == "sent"
