"""A bot with its token, a chat that it has, and who asks the API."""

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from chats import moves
from chats.messages import replies
from chats.models import Chat
from tests import people
from tests.api.asking import Asker
from tests.api.conversations import SECRET
from wittybots import tokens


@pytest.fixture
def bot(db):
    return people.external_bot()


@pytest.fixture
def line(bot):
    """An HTTP origin that this bot attends."""
    return people.received_by(bot)


@pytest.fixture
def chat(line):
    """Marta's, with the bot."""
    return people.fresh(people.says(line, "marta", "Hola", name="Marta Gómez").message.chat)


@pytest.fixture
def token(bot):
    return tokens.issue_token("producción", bot)[0]


@pytest.fixture
def api(bot):
    """Who asks with the bot's token."""
    return Asker(tokens.issue_token("producción", bot)[1])


@pytest.fixture
def other(db):
    """Another bot, and who asks with its token."""
    bot = people.external_bot()
    asker = Asker(tokens.issue_token("otro", bot)[1])
    asker.bot = bot
    return asker


@pytest.fixture
def integration(db):
    """Who asks with a token that has no bot."""
    return Asker(tokens.issue_token("CRM")[1])


@pytest.fixture
def served(db):
    """The WSGI application as the server runs it, on the test's own database connection."""
    from wittyagent.wsgi import application

    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield application
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def gone(chat, ventas, ana, api):
    """The bot has said something and handed it over; Ana has taken it, and they talk of what is no bot's business."""
    api.says(chat, "Te paso con Ventas")
    assert api.hands_over(chat, tray="Ventas").status_code == 200
    people.says(chat.origin, "marta", SECRET)
    moves.take(chat.pk, ana)
    replies.send_reply(chat.pk, ana, "No entendí: ¿cuál era tu tarjeta?")
    replies.write_note(chat.pk, ana, f"nota: {SECRET}")
    Chat.objects.filter(pk=chat.pk).update(attributes={"private": SECRET}, tags=[SECRET[:20]])
    return people.fresh(chat)


# --- at the same instant --------------------------------------------------------------------------


@pytest.fixture
def committed(transactional_db):
    bot = people.external_bot()
    line = people.received_by(bot)
    return bot, line, Asker(tokens.issue_token("producción", bot)[1])
