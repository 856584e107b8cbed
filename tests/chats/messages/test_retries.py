"""A failed message tried again by its agent."""

import pytest
from django.utils import timezone

from chats import moves
from chats.errors import Rejected, Rejection
from chats.messages import replies, templates
from chats.models import Chat, Message
from tests import people
from tests.chats.messages.samples import DAY, HOUR, approved


def test_retrying_is_a_new_attempt_of_the_same_message(failed, ana):
    for _click in range(2):
        message = replies.retry_message(failed.pk, ana)
        assert (message.pk, message.status, message.reason, message.attempts) == (failed.pk, "queued", "", 0)
    assert Message.objects.filter(author="agent").count() == 1


@pytest.mark.parametrize("status", ["queued", "sending", "sent", "delivered", "read"])
def test_what_has_not_failed_is_not_tried_again(failed, ana, status):
    Message.objects.filter(pk=failed.pk).update(status=status)
    assert replies.retry_message(failed.pk, ana).status == status


def test_only_who_has_the_chat_retries(failed, bruno, sofia, ana):
    for agent in (bruno, sofia):
        with pytest.raises(Rejected) as refusal:
            replies.retry_message(failed.pk, agent)
        assert refusal.value.code == Rejection.FORBIDDEN
    moves.give_back(failed.chat_id, ana)
    with pytest.raises(Rejected) as refusal:
        replies.retry_message(failed.pk, ana)
    assert refusal.value.code == Rejection.CONFLICT
    failed.refresh_from_db()
    assert failed.status == "failed"


def test_a_text_is_not_tried_again_when_its_window_has_closed(whatsapp, ana):
    chat = people.held(whatsapp, ana, at=timezone.now() - 2 * HOUR)
    text = replies.send_reply(chat.pk, ana, "Hola")
    template = templates.send_template(chat.pk, ana, approved(whatsapp), {})
    Message.objects.filter(direction="out").update(status="failed")
    Chat.objects.update(last_customer_at=timezone.now() - DAY)
    with pytest.raises(Rejected, match="plantilla") as refusal:
        replies.retry_message(text.pk, ana)
    assert refusal.value.code == Rejection.CONFLICT
    assert replies.retry_message(template.pk, ana).status == "queued"
