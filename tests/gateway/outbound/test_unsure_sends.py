"""Messages of which nobody knows whether they arrived: never sent again by themselves."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from chats.messages import acceptance, replies
from gateway import tasks
from gateway.outbound import claims
from tests import people
from tests.gateway.outbound.outbox_runs import fresh, held, passed, takes, texts
from tests.http_server import cut
from tests.pumping import deliver_chat


@pytest.mark.parametrize("kind", ["whatsapp", "messenger", "instagram", "telegram"])
def test_a_line_cut_after_the_body_is_unsure_and_is_never_sent_again_by_itself(api, db, ana, kind):
    origin = getattr(people, f"{kind}_origin")(api_url=api.url)
    chat = held(origin, ana)
    first, second = (replies.send_reply(chat.pk, ana, text) for text in ("uno", "dos"))
    answers = iter([cut])
    after = api.answers["messages" if kind != "telegram" else ""]
    api.answers["messages" if kind != "telegram" else "sendMessage"] = lambda handler: next(answers, after)(handler)
    assert deliver_chat(chat.pk) == 1
    assert (fresh(first).status, fresh(second).status) == ("unconfirmed", "sent")
    assert len(api.calls) == 2
    assert claims.find_due_chats(timezone.now() + timedelta(days=1)) == []
    tasks.sweep_outbox()
    deliver_chat(chat.pk)
    assert len(api.calls) == 2


def test_an_unsure_one_is_told_by_its_receipt_or_its_echo(api, db, ana):
    whatsapp, messenger = people.whatsapp_origin(api_url=api.url), people.messenger_origin(api_url=api.url)
    ones = []
    api.answers["messages"] = cut
    for origin in (whatsapp, messenger):
        ones.append(replies.send_reply(held(origin, ana).pk, ana, "Va"))
        deliver_chat(ones[-1].chat_id)
        assert fresh(ones[-1]).status == "unconfirmed"
    people.post_meta(Client(), whatsapp, people.wa_statuses(people.wa_status("wamid.R", "sent", ours=ones[0].uuid)))
    people.post_meta(Client(), messenger, people.meta_echo("messenger", "24001", "Va", id="m_R", ours=ones[1].uuid))
    assert [(fresh(one).status, fresh(one).external_id) for one in ones] == [("sent", "wamid.R"), ("sent", "m_R")]


def test_an_unsure_one_goes_again_when_the_agent_says_so_and_only_once(api, chat, ana):
    api.answers["messages"] = cut
    message = replies.send_reply(chat.pk, ana, "Va")
    deliver_chat(chat.pk)
    takes(api)
    for _ in range(2):
        replies.retry_message(message.pk, ana)
    assert deliver_chat(chat.pk) == 1
    assert deliver_chat(chat.pk) == 0
    assert texts(api) == ["Va", "Va"]
    assert fresh(message).status == "sent"


def test_a_retry_that_turns_out_to_be_needless_does_not_leave(api, origin, chat, ana):
    api.answers["messages"] = cut
    message = replies.send_reply(chat.pk, ana, "Va")
    deliver_chat(chat.pk)
    takes(api)
    replies.retry_message(message.pk, ana)
    people.post_meta(Client(), origin, people.wa_statuses(people.wa_status("wamid.R", "delivered", ours=message.uuid)))
    assert deliver_chat(chat.pk) == 0
    assert (len(api.calls), fresh(message).status) == (1, "delivered")


def test_a_worker_that_died_with_it_leaves_it_unsure_and_the_next_one_goes(api, chat, ana):
    first, second = (replies.send_reply(chat.pk, ana, text) for text in ("uno", "dos"))
    assert claims.claim_first([chat.pk], timezone.now()).sending[0].pk == first.pk
    assert deliver_chat(chat.pk) == 0
    assert claims.find_due_chats(timezone.now()) == []
    assert claims.find_due_chats(timezone.now() + claims.CLAIM + timedelta(seconds=1)) == [chat.pk]
    passed(chat)
    assert deliver_chat(chat.pk) == 1
    assert (fresh(first).status, fresh(second).status, texts(api)) == ("unconfirmed", "sent", ["dos"])
    # the worker was only slow, after all
    acceptance.record_accepted([(first, "wamid.LATE", timezone.now())])
    assert (fresh(first).status, fresh(first).external_id) == ("sent", "wamid.LATE")
