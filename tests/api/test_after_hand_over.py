"""Once a chat has left its bot no token reads a word of it: not by any operation, event, file or repeated answer."""

import pytest
from django.core.files.base import ContentFile
from django.test import Client

from api.openapi import describe_api
from chats import moves
from chats.models import Attachment, Message
from gateway.endpoints import calls, event_queue
from tests import http_server, people
from tests.api.asking import Asker
from tests.api.conversations import SECRET
from wittybots import tokens
from wittybots.models import Event

OWN_WORDS = ("Hola", "Te paso con Ventas")
BODIES = {"messages": {"content": "x"}, "labels": {"labels": []}, "custom_attributes": {"custom_attributes": {}}}


def operations():
    return [(path, method) for path, methods in describe_api()["paths"].items() for method in methods]


def ask(raw, method, path, body):
    headers = {"Authorization": f"Bearer {raw}", "api-access-token": raw}
    call = getattr(Client(), method)
    return call(path, body, content_type="application/json", headers=headers) if body is not None else call(
        path, headers=headers
    )  # fmt: skip


@pytest.mark.parametrize("whose", ["the bot's", "one made later", "another bot's", "an integration's"])
def test_no_operation_gives_a_word_of_a_chat_that_has_left(whose, gone, bot, other, integration, sofia):
    Message.objects.filter(chat=gone).update(kind="image")
    raw = {
        "the bot's": lambda: tokens.issue_token("producción", bot)[1],
        "one made later": lambda: tokens.issue_token("de Sofía", bot, by=sofia)[1],
        "another bot's": lambda: other.raw,
        "an integration's": lambda: integration.raw,
    }[whose]()
    asked = 0
    for path, method in operations():
        address = path.replace("{account_id}", "1")
        ids = {gone.pk, gone.contact_id} if "{id}" in address else {None}
        for pk in ids:
            body = None if method == "get" else BODIES.get(path.rsplit("/", 1)[1], {})
            for query in ("", "?status=open&state=AGENTE&limit=100") if method == "get" else ("",):
                answer = ask(raw, method, address.replace("{id}", str(pk)) + query, body)
                assert answer.status_code < 500
                asked += 1
                for words in (*OWN_WORDS, SECRET, "era tu tarjeta"):
                    assert words not in answer.content.decode(), (method, path)
    assert asked > 20


@pytest.mark.parametrize(
    ("rest", "body", "word"),
    [
        ("messages", {"content": "Tu clave es 4711", "content_attributes": {"clave": "4711"}}, "4711"),
        ("messages", {"content": "Su clave es 4711", "private": True}, "4711"),
        ("labels", {"labels": ["clave-4711"]}, "4711"),
        ("custom_attributes", {"custom_attributes": {"clave": "4711"}}, "4711"),
    ],
)
def test_a_bot_made_for_chatwoot_repeats_itself_without_words_after_the_hand_over(rest, body, word, chat, bot, api):
    raw, path = tokens.issue_token("Chatwoot", bot)[1], f"/api/v1/accounts/1/conversations/{chat.pk}/{rest}"
    headers = {"api-access-token": raw, "Idempotency-Key": "k"}

    def post():
        return Client().post(path, body, content_type="application/json", headers=headers)

    first = post()
    assert word in first.content.decode()
    assert post().json() == first.json()
    api.hands_over(chat)
    again = post()
    assert (again.status_code, again["Idempotent-Replayed"]) == (200, "true")
    assert word not in again.content.decode()


@pytest.fixture
def told(db, settings, listening):
    """A chat whose bot has been told the customer's words by its webhook, and what it was told."""
    settings.ALLOWED_INTERNAL_HOSTS = ["127.0.0.1"]
    server = listening(http_server.BotServer())
    server.answers = [{"messages": ["¿Qué necesitás?"]}]
    bot = people.external_bot(url=server.url, events=["message_created", "message_updated"])
    chat = people.fresh(people.says(people.received_by(bot), "marta", "Mi clave es 4711").message.chat)
    calls.call_endpoint(bot.endpoint.pk, chat.pk)
    assert server.texts == ["Mi clave es 4711"]
    return chat, server


def test_an_event_that_is_sent_again_carries_no_word_once_people_have_the_chat(told, ana):
    chat, server = told
    asker = Asker(tokens.issue_token("producción", chat.bot)[1])
    asker.hands_over(chat)
    moves.take(chat.pk, ana)
    event = Event.objects.get(kind="message_created")
    assert event_queue.resend_event(event.pk)
    calls.call_endpoint(chat.bot.endpoint.pk, chat.pk)
    event.refresh_from_db()
    assert (event.state, server.texts) == ("dropped", ["Mi clave es 4711"])
    # with the bot again, in another round, it is told what it may read
    moves.close(chat.pk, ana)
    people.says(chat.origin, "marta", "Otra cosa")
    assert event_queue.resend_event(event.pk)
    while calls.call_endpoint(chat.bot.endpoint.pk, chat.pk):
        pass
    assert sorted(server.texts) == ["Mi clave es 4711", "Mi clave es 4711", "Otra cosa"]


def test_the_address_of_a_file_that_a_bot_was_told_is_dead_after_the_hand_over(told, client, ana):
    chat, server = told
    message = people.says(chat.origin, "marta", "", kind="image").message
    Attachment.objects.create(
        message=message, chat=chat, name="foto.png", mime="image/png", size=3, file=ContentFile(b"png", "foto.png")
    )
    calls.call_endpoint(chat.bot.endpoint.pk, chat.pk)
    address = server.bodies[-1]["message"]["attachments"][0]["url"]
    assert client.get(address).status_code == 200
    Asker(tokens.issue_token("producción", chat.bot)[1]).hands_over(chat)
    moves.take(chat.pk, ana)
    assert client.get(address).status_code == 404
    assert client.head(address).status_code in (404, 405)
    assert client.get(address, headers={"If-None-Match": "*", "Range": "bytes=0-1"}).status_code == 404
