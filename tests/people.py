"""Factories: plain functions that make people, trays, origins and chats through the product's own doors."""

import itertools
import json
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

from django.utils import timezone

_numbers = itertools.count(1)
PASSWORD = "una-clave-larga-1"


def hire(username, **fields):
    from trays.people import hire as really

    return really(username=username, password=PASSWORD, **fields)


def tray(name, *agents):
    from chats import access
    from trays.models import Tray

    made = Tray.objects.create(name=name)
    access.give(made, agents)
    return made


def http_origin(**fields):
    from origins.models import Origin

    number = next(_numbers)
    return Origin.objects.create(kind="http", **{"name": f"HTTP {number}", "key": f"http-{number}", **fields})


def web_origin(**fields):
    from origins.models import Origin

    number = next(_numbers)
    return Origin.objects.create(kind="web", **{"name": f"Web {number}", "key": f"web-{number}", **fields})


def with_bot(origin, **fields):
    from wittybots.models import Bot, Reception

    bot = Bot.objects.create(**fields)
    Reception.objects.create(origin=origin, bot=bot)
    return bot


def says(origin, sender, text, **fields):
    """A customer's message through the core's door. Returns messaging.Stored."""
    from chats import messaging
    from origins.facts import Incoming

    now = fields.pop("now", None)
    ref = fields.pop("external_id", f"m-{next(_numbers)}")
    kind = fields.pop("kind", "text")
    return messaging.receive(origin, Incoming(ref, sender, kind, text, **fields), now=now)


def waiting(origin, where=None, *, sender=None, name="Marta Gómez", text="Hola", at=None):
    """A chat that waits in a tray (General unless told)."""
    from chats import moves

    at = at or timezone.now() - timedelta(minutes=5)
    sender = sender or f"cust-{next(_numbers)}"
    stored = says(origin, sender, text, name=name, at=at, now=at)
    chat = stored.message.chat
    if where is not None and where.kind != "general":
        from trays.models import Agent

        holder = Agent.objects.filter(username="mover").first() or hire("mover", role="supervisor")
        moves.take(chat.pk, holder, at=at)
        moves.send(chat.pk, where, holder, at=at)
    return fresh(chat)


def held(origin, agent, where=None, **fields):
    """A chat that an agent has taken."""
    from chats import moves

    chat = waiting(origin, where, **fields)
    moves.take(chat.pk, agent)
    return fresh(chat)


def nowhere(origin, sender=None):
    """A chat as it is in the middle of a first message: stored, and not yet anywhere."""
    from chats.models import Chat
    from contacts.models import Address, Contact

    now = timezone.now()
    sender = sender or f"cust-{next(_numbers)}"
    contact = Contact.objects.create(origin=origin, name="Marta Gómez", shown_address=sender)
    Address.objects.create(contact=contact, origin=origin, kind="http", value=sender)
    return Chat.objects.create(contact=contact, origin=origin, state="EXPIRADO", session_expires_at=now)


def member(tray):
    """Somebody with access to this tray."""
    from chats import access

    agent = hire(f"member-{next(_numbers)}")
    access.give(tray, [agent])
    return agent


def fresh(chat):
    from chats.models import Chat

    return Chat.objects.with_people().get(pk=chat.pk)


def post_signed(client, origin, body, **headers):
    from django.urls import reverse

    from origins.signature import sign

    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post(
        reverse("webhook", args=[origin.key]),
        raw,
        content_type=headers.pop("content_type", "application/json"),
        headers={"X-Witty-Signature": sign(origin.secret, raw), **headers},
    )


def all_consistent():
    """Every chat is where the last step of its history says; its contact and its lines say the same."""
    from chats.models import Chat, Message
    from contacts.models import StateChange

    for chat in Chat.objects.select_related("contact", "change", "tray"):
        steps = list(StateChange.objects.filter(contact=chat.contact_id).order_by("id"))
        last = steps[-1]
        place = (chat.state, chat.tray_id, chat.agent_id)
        assert chat.change_id == chat.contact.current_id == last.pk
        assert chat.contact.previous_id == (steps[-2].pk if len(steps) > 1 else None)
        assert place == (last.state, last.tray_id, last.agent_id)
        assert place == (chat.contact.state, chat.contact.tray_id, chat.contact.agent_id)
        assert (chat.taken_from_id is not None) == (chat.state == "AGENTE")
        assert not (chat.tray and chat.tray.archived_at)
        lines = Message.objects.filter(chat=chat, kind="move").order_by("id").values_list("change", flat=True)
        assert list(lines) == [step.pk for step in steps]
    return True


class OwnValkey:
    """A Valkey server of one's own, which can be stopped and started again."""

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="witty-test-"))
        self.folder.chmod(0o711)
        self.start()
        return self

    @property
    def url(self):
        from wittyagent import servers

        return servers.urls(self.folder)[1]

    def start(self):
        from wittyagent import servers

        self.servers = servers.start(self.folder, durable=False, postgres=False)

    def stop(self):
        self.servers.stop()

    def __exit__(self, *_):
        from wittyagent.embedded.server import socket_folder

        self.stop()
        shutil.rmtree(self.folder)
        shutil.rmtree(socket_folder(self.folder), ignore_errors=True)
