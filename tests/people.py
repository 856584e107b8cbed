"""Factories: plain functions that make people, trays, origins and chats through the product's own doors."""

import hashlib
import hmac
import itertools
import json
import shutil
import signal
import tempfile
from datetime import timedelta
from pathlib import Path

from django.utils import timezone

_numbers = itertools.count(1)
PASSWORD = "una-clave-larga-1"


def hire(username, **fields):
    from trays.models import hire as really

    return really(username=username, password=PASSWORD, **fields)


def tray(name, *agents):
    from chats import access
    from trays.models import Tray

    made = Tray.objects.create(name=name)
    access.give_access(made, agents)
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
    """A menu bot that receives an origin's chats. With any part of a menu given, that is published; else it offers
    the trays that exist."""
    from wittybots.models import Bot, Reception

    parts = {name: fields.pop(name) for name in MENU_PARTS if name in fields}
    if "farewell" in parts:
        fields["farewell"] = parts["farewell"]
    bot = Bot.objects.create(**fields)
    if parts:
        publish(bot, **parts)
    Reception.objects.create(origin=origin, bot=bot)
    return bot


MENU_PARTS = ("greeting", "misfit", "farewell", "fallback_tray", "options")


def publish(bot, **parts):
    """The bot's menu from now on: what is not given is as in a new one. Options as `option` makes them."""
    from wittybots.menu import tree, versions

    tray = parts.get("fallback_tray")
    whole = versions.default_tree(bot) if "options" not in parts else tree.new()
    versions.save_draft(bot, whole | parts | {"fallback_tray": getattr(tray, "pk", tray)}, None)
    return versions.publish_draft(bot, None)


def option(label, tray=None, **more):
    """A node of a menu; its id is made of its label unless told."""
    from wittybots.menu import intents, tree

    id = more.pop("id", "-".join(intents.fold_words(label).split())[:20])
    id = f"{id}-1" if id in tree.RESERVED_IDS else id
    return tree.option(id, label, getattr(tray, "pk", tray), **more)


def says(origin, sender, text, **fields):
    """A customer's message through the core's door. Returns Stored."""
    from chats.receive import receiving
    from origins.facts import Incoming

    now = fields.pop("now", None)
    ref = fields.pop("external_id", f"m-{next(_numbers)}")
    kind = fields.pop("kind", "text")
    return receiving.receive(origin, Incoming(ref, sender, kind, text, **fields), now=now)


def waiting(origin, where=None, *, sender=None, name="Marta Gómez", text="Hola", at=None, **fields):
    """A chat that waits in a tray (General unless told)."""
    from chats import moves

    at = at or timezone.now() - timedelta(minutes=5)
    sender = sender or f"cust-{next(_numbers)}"
    stored = says(origin, sender, text, name=name, at=at, now=at, **fields)
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
    return Chat.objects.create(contact=contact, origin=origin, session_expires_at=now)


def member(tray):
    """Somebody with access to this tray."""
    from chats import access

    agent = hire(f"member-{next(_numbers)}")
    access.give_access(tray, [agent])
    return agent


def fresh(chat):
    from chats.models import Chat

    return Chat.objects.with_people().get(pk=chat.pk)


def post_signed(client, origin, body, **headers):
    from django.urls import reverse

    from common.signature import sign_bytes

    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post(
        reverse("webhook", args=[origin.key]),
        raw,
        content_type=headers.pop("content_type", "application/json"),
        headers={"X-Witty-Signature": sign_bytes(origin.secret, raw), **headers},
    )


# --- lines of the networks, and what those send ----------------------------------------------------

WABA, LINE, PAGE, ACCOUNT, BOT = "2000001", "1000001", "3000001", "17841400000001", "7000001"
APP_SECRET = "el-secreto-de-la-app"


def whatsapp_origin(**fields):
    return _line("whatsapp", {"line_id": LINE, "account_id": WABA, **fields})


def messenger_origin(**fields):
    return _line("messenger", {"line_id": PAGE, **fields})


def instagram_origin(**fields):
    return _line("instagram", {"line_id": ACCOUNT, **fields})


def telegram_origin(**fields):
    return _line("telegram", {"line_id": BOT, "secret": "secreto-de-telegram", "access_token": f"{BOT}:AAA", **fields})


def _line(kind, fields):
    from origins.models import Origin

    number = next(_numbers)
    given = {
        "name": f"{kind} {number}", "key": f"{kind}-{number}", "secret": APP_SECRET, "access_token": "EAAtoken",
        "verify_token": "verificame",
    }  # fmt: skip
    return Origin.objects.create(kind=kind, **{**given, **fields})


def meta_signature(secret, raw):
    return "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()


def post_meta(client, origin, body, *, secret=None, **headers):
    """What Meta posts to a line's webhook: bytes as they are, anything else as JSON, signed with the app's secret."""
    from django.urls import reverse

    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    signed = {"X-Hub-Signature-256": meta_signature(secret or origin.secret, raw), **headers}
    return client.post(
        reverse("webhook", args=[origin.key]), raw, content_type="application/json", CONTENT_TYPE="application/json",
        headers={name: value for name, value in signed.items() if value is not None},
    )  # fmt: skip


def post_telegram(client, origin, body, *, secret=None):
    from django.urls import reverse

    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post(
        reverse("webhook", args=[origin.key]), raw, content_type="application/json", CONTENT_TYPE="application/json",
        headers={"X-Telegram-Bot-Api-Secret-Token": secret or origin.secret},
    )  # fmt: skip


def seconds(at=None):
    """A time as WhatsApp writes it; what is no time stays as it is."""
    at = timezone.now() if at is None else at
    return str(int(at.timestamp())) if hasattr(at, "timestamp") else at


def millis(at=None):
    at = timezone.now() if at is None else at
    return int(at.timestamp() * 1000) if hasattr(at, "timestamp") else at


def wa_message(sender="5491155550101", text="Hola", *, id=None, at=None, bsuid="", **more):
    """One of `messages`. `sender` '' for who has no number."""
    said = {"id": id or f"wamid.{next(_numbers)}", "timestamp": seconds(at)}
    said |= {"type": "text", "text": {"body": text}} if "type" not in more else {}
    said |= ({"from": sender} if sender else {}) | ({"from_user_id": bsuid} if bsuid else {})
    return {name: value for name, value in (said | more).items() if value is not None}


def wa_person(sender="5491155550101", name="Marta Gómez", *, bsuid="", username=""):
    """One of `contacts`."""
    profile = {"name": name} | ({"username": username} if username else {})
    return {"profile": profile} | ({"wa_id": sender} if sender else {}) | ({"user_id": bsuid} if bsuid else {})


def wa_value(*, line=LINE, **lists):
    metadata = {"display_phone_number": "15550001000", "phone_number_id": line}
    return {"messaging_product": "whatsapp", "metadata": metadata, **lists}


def wa_change(field="messages", value=None, **lists):
    return {"field": field, "value": wa_value(**lists) if value is None else value}


def wa_body(*changes, account=WABA, at=None):
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": account, "time": int(seconds(at)), "changes": list(changes)}],
    }


def wa_text(sender="5491155550101", text="Hola", *, line=LINE, name="Marta Gómez", username="", **more):
    """A whole body with one message in it."""
    bsuid = more.get("bsuid", "")
    person = wa_person(sender, name, bsuid=bsuid, username=username)
    return wa_body(wa_change(line=line, contacts=[person], messages=[wa_message(sender, text, **more)]))


def wa_texts(*messages, line=LINE):
    """A whole body with these messages in it."""
    return wa_body(wa_change(line=line, messages=list(messages)))


def wa_status(id, status, *, to="5491155550101", at=None, ours=None, code=None, **more):
    """One of `statuses`."""
    said = {"id": id, "status": status, "timestamp": seconds(at), "recipient_id": to}
    said |= {"biz_opaque_callback_data": str(ours)} if ours else {}
    said |= {"errors": [{"code": code, "title": "x"}]} if code else {}
    return said | more


def wa_statuses(*statuses, line=LINE):
    return wa_body(wa_change(line=line, statuses=list(statuses)))


def wa_echo(to, text, *, id=None, at=None, line=LINE):
    """Typed in the business's own phone app."""
    said = {
        "from": "15550001000", "to": to, "id": id or f"wamid.{next(_numbers)}", "timestamp": seconds(at),
        "type": "text", "text": {"body": text},
    }  # fmt: skip
    return wa_body(wa_change("smb_message_echoes", line=line, message_echoes=[said]))


def meta_event(kind, sender, line=None, *, at=None, **said):
    """A whole body of Messenger's or Instagram's with one event in it. `sender` '': the line itself, to `to`."""
    line = line or {"messenger": PAGE, "instagram": ACCOUNT}[kind]
    to = said.pop("to", line)
    event = {"sender": {"id": sender or line}, "recipient": {"id": to}, "timestamp": millis(at), **said}
    return meta_events(kind, event, line=line)


def meta_events(kind, *events, line=None):
    line = line or {"messenger": PAGE, "instagram": ACCOUNT}[kind]
    name = {"messenger": "page", "instagram": "instagram"}[kind]
    return {"object": name, "entry": [{"id": line, "time": millis(), "messaging": list(events)}]}


def meta_text(kind, sender="24001", text="Hola", *, id=None, **more):
    return meta_event(kind, sender, message={"mid": id or f"m_{next(_numbers)}", "text": text}, **more)


def meta_echo(kind, to, text, *, id=None, ours="", **more):
    said = {"mid": id or f"m_{next(_numbers)}", "is_echo": True, "text": text}
    said |= {"metadata": str(ours)} if ours else {}
    return meta_event(kind, "", to=to, message=said, **more)


def tg_person(sender=5001, **more):
    return {"id": sender, "is_bot": False, "first_name": "Marta", "last_name": "Gómez", **more}


def tg_update(name, said):
    return {"update_id": next(_numbers), name: said}


def tg_message(sender=5001, text="Hola", *, id=None, at=None, **more):
    person = tg_person(sender)
    said = {
        "message_id": id or next(_numbers), "from": person, "chat": {"id": sender, "type": "private"},
        "date": int(seconds(at)),
    }  # fmt: skip
    said |= {"text": text} if text is not None else {}
    return said | more


def tg_text(sender=5001, text="Hola", **more):
    return tg_update("message", tg_message(sender, text, **more))


def tg_tap(sender=5001, data="ventas", *, id=None, message=40):
    said = {"message_id": message, "chat": {"id": sender, "type": "private"}, "date": int(seconds())}
    tap = {"id": id or f"tap-{next(_numbers)}", "from": tg_person(sender), "data": data, "message": said}
    return tg_update("callback_query", tap)


def fetch_files(chat):
    """What the worker does with files that messages of a chat name, as far as it is due."""
    from gateway.inbound import media

    for pk in chat.messages.filter(media_due_at__isnull=False).order_by("pk").values_list("pk", flat=True):
        media.fetch_media(pk)


def all_consistent():
    """Every chat is where the last step of its history says; its contact and its lines say the same, and lists say
    of it what its messages say."""
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
        assert_numbers_are_kept(chat)
    return True


def assert_numbers_are_kept(chat):
    """What lists say of a chat, told from all its messages."""
    said = list(chat.messages.exclude(direction="note").exclude(kind__in=("reaction", "edit", "withdrawal")))
    if not said or chat.contact.blocks.exists():
        # of what is written while blocked lists say nothing
        return
    is_choice = {one.pk: one.kind == "choice" or bool(one.payload.get("chosen")) for one in said}
    words = [one for one in said if one.author != "bot" and (one.author == "agent" or not is_choice[one.pk])]
    shown = max(words or said, key=lambda one: (one.created_at, one.pk))
    assert chat.last_message_at == max(one.created_at for one in said)
    assert (chat.preview_at, chat.preview_author) == (shown.created_at, shown.author)
    assert chat.preview_agent_id == shown.agent_id
    text = "Mensaje retirado" if shown.withdrawn_at else " ".join(shown.text.split())[:140]
    assert chat.preview == text
    kind = "choice" if is_choice[shown.pk] else shown.kind
    assert chat.preview_kind == ("text" if shown.withdrawn_at else kind)
    assert (chat.asked_at is not None) == (chat.unread > 0)
    answers = [one.created_at for one in said if one.author == "agent"]
    assert chat.answered_at == (max(answers) if answers else None)


class OwnValkey:
    """A Valkey server of one's own, which can be stopped and started again."""

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="witty-test-"))
        self.folder.chmod(0o711)
        self.start()
        return self

    @property
    def url(self):
        from wittyagent.run import servers

        return servers.server_urls(self.folder)[1]

    def start(self):
        from wittyagent.run import servers

        self.servers = servers.start_servers(self.folder, durable=False, postgres=False)

    def stop(self):
        self.servers.stop()

    def hang(self):
        """It takes connections and answers nobody."""
        self._signal(signal.SIGSTOP)

    def go_on(self):
        self._signal(signal.SIGCONT)

    def _signal(self, number):
        for process in self.servers.processes.values():
            process.send_signal(number)

    def __exit__(self, *_):
        from wittyagent.run.embedded.server import socket_folder

        self.go_on()
        self.stop()
        shutil.rmtree(self.folder)
        shutil.rmtree(socket_folder(self.folder), ignore_errors=True)


# --- external bots ----------------------------------------------------------------------------------

SIGNING = "whsec_c2VjcmV0bw=="


def external_bot(kind="webhook", url="https://bot.example/witty", *, events=None, secret=SIGNING, **fields):
    """A bot that is reached by its endpoint."""
    from wittybots.models import Bot, Endpoint

    number = next(_numbers)
    bot = Bot.objects.create(kind=kind, name=f"Bot {number}")
    given = {"events": events} if events is not None else {}
    Endpoint.objects.create(bot=bot, name=f"Bot {number}", url=url, secret=secret, **given, **fields)
    return bot


def received_by(bot, origin=None, **fields):
    """An origin (an HTTP one unless told) whose chats this bot attends."""
    from wittybots.models import Reception

    origin = origin or http_origin()
    Reception.objects.create(origin=origin, bot=bot, **fields)
    return origin
