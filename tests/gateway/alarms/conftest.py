"""An installation in which all is well: whatever a test then breaks is all that is found."""

import pytest

from gateway.status import system
from live import signs
from tests.http_server import BotServer
from tests.smtp_server import MailServer


@pytest.fixture
def all_well(db, settings):
    settings.ALARM_DISK_PERCENT = 0
    settings.PUBLIC_URL = "https://chat.example.org"
    for role in system.ROLES:
        signs.give_sign(role)


@pytest.fixture
def mail_server(settings):
    """Takes our mails, and has their texts."""
    server = MailServer()
    settings.EMAIL_BACKEND, settings.SENDS_MAIL = "django.core.mail.backends.smtp.EmailBackend", True
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    yield server
    server.close()


@pytest.fixture
def webhook(settings, listening):
    server = listening(BotServer())
    server.answers = [{}]
    settings.ALARM_WEBHOOK_URL = f"{server.url}/hook"
    return server
