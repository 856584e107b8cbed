"""Events are told in order and once, also by several workers."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.utils import timezone

from chats.models import Chat
from tests import http_server
from tests.gateway.endpoints.endpoint_calls import asks, tell, tell_all
from wittybots.models import Event


def test_messages_are_told_in_the_order_in_which_they_came(origin, server):
    chats = [asks(origin, f"{sender} 1", f"cust-{sender}") for sender in "abc"]
    for number in range(2, 8):
        for sender in "abc":
            asks(origin, f"{sender} {number}", f"cust-{sender}")
    for chat in chats:
        tell(chat)
    for sender in "abc":
        assert [words for words in server.texts if words[0] == sender] == [f"{sender} {n}" for n in range(1, 8)]


@pytest.mark.usefixtures("transactional_db")
def test_several_workers_at_once_tell_each_chat_in_order_and_once(origin, server):
    server.answers = [http_server.delayed(0.005, {"messages": []})]
    for number in range(15):
        for sender in "abc":
            asks(origin, f"{sender} {number}", f"cust-{sender}")
    chats = list(Chat.objects.select_related("bot__endpoint"))
    busy, most = {}, {}
    lock = threading.Lock()

    def act(told):
        chat_pk = told.body["conversation"]["id"]
        with lock:
            busy[chat_pk] = busy.get(chat_pk, 0) + 1
            most[chat_pk] = max(most.get(chat_pk, 0), busy[chat_pk])
        time.sleep(0.005)
        with lock:
            busy[chat_pk] -= 1
        return {"messages": []}

    server.act = act

    def work(number):
        try:
            for _round in range(20):
                tell(chats[number % 3])
        finally:
            connection.close()

    with ThreadPoolExecutor(9) as pool:
        list(pool.map(work, range(9)))
    for chat in chats:
        tell_all(chat)
    for sender in "abc":
        assert [words for words in server.texts if words[0] == sender] == [f"{sender} {n}" for n in range(15)]
    assert set(most.values()) == {1}
    assert server.most_busy > 1, "chats did not wait for one another"


def test_what_comes_next_waits_for_what_is_tried_again(origin, server):
    server.answers = [(500, None, {}), {"messages": []}]
    chat = asks(origin, "uno")
    asks(origin, "dos")
    tell(chat)
    tell(chat)
    assert server.texts == ["uno"]
    Event.objects.filter(state="queued", attempts=1).update(next_try_at=timezone.now())
    tell(chat)
    assert server.texts == ["uno", "uno", "dos"]
