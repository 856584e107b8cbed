"""The inbox's pages and panes, as tests read them."""

import re
from datetime import timedelta
from io import BytesIO

from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from chats.models import Chat
from origins.models import Origin

SECRET = "el número de la tarjeta es 4111"
REASON = "motivo reservado"
HTMX = {"HX-Request": "true"}


def signed_in(agent):
    client = Client()
    client.force_login(agent)
    return client


def picture(form="PNG"):
    data = BytesIO()
    Image.new("RGB", (20, 10), "red").save(data, form)
    return data.getvalue()


def network(kind, **fields):
    return Origin.objects.create(kind=kind, name=f"Línea de {kind}", key=f"line-{kind}", line_id="1", **fields)


def pane_of(client, chat, **query):
    client.get(reverse("chat", args=[chat.pk]))
    return client.get(reverse("pane", args=[chat.pk]), query).content.decode()


def line(page, message):
    """The HTML of one message."""
    start, depth = page.rindex("<li", 0, page.index(f'id="m-{message.pk}"')), 0
    for tag in re.finditer(r"<(/?)li\b", page[start:]):
        depth += -1 if tag[1] else 1
        if not depth:
            return page[start : start + tag.start()]
    raise AssertionError("its line does not end")


def words_of(html):
    """What is read of it."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def said_ago(chat, hours, **fields):
    heard = timezone.now() - timedelta(hours=hours)
    expires = timezone.now() + timedelta(days=6)
    Chat.objects.filter(pk=chat.pk).update(last_customer_at=heard, session_expires_at=expires, **fields)
