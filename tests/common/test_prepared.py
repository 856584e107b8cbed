"""Querysets that are made once find what the same queryset finds, whatever they are asked for, in any thread."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from chats.models import Chat
from common.prepared import Prepared
from tests import people


def of_origin(origin_pk, contact_pk):
    found = Chat.objects.select_related("contact__origin", "tray").prefetch_related("contact__addresses")
    return found.filter(origin=origin_pk).exclude(contact=contact_pk).order_by("pk")


@pytest.fixture
def chats(http_origin):
    return [people.waiting(http_origin, sender=f"c-{number}") for number in range(3)]


def test_it_finds_what_the_queryset_finds(chats, http_origin, django_assert_num_queries):
    prepared = Prepared(of_origin)
    for chat in chats:
        with django_assert_num_queries(2):
            found = prepared.find(http_origin.pk, chat.contact_id)
            known = [(one, one.contact.origin, one.tray, list(one.contact.addresses.all())) for one in found]
        same = of_origin(http_origin.pk, chat.contact_id)
        assert known == [(one, one.contact.origin, one.tray, list(one.contact.addresses.all())) for one in same]
    assert prepared.find(http_origin.pk + 1, 0) == []
    assert prepared.find_one(http_origin.pk + 1, 0) is None
    assert prepared.find_one(http_origin.pk, chats[0].contact_id) == chats[1]


def test_what_does_not_stand_in_the_sql_is_refused(db):
    with pytest.raises(TypeError):
        Prepared(lambda pk: Chat.objects.filter(preview=f"chat {pk}")).find(1)


def test_each_thread_asks_by_its_own_connection(transactional_db):
    chat = people.waiting(people.http_origin())
    prepared = Prepared(of_origin)
    assert prepared.find(chat.origin_id, 0) == [chat]

    def ask(_number):
        try:
            return prepared.find(chat.origin_id, 0)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, range(8))) == [[chat]] * 8
