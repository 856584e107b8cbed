"""Steps of the demo's stories: each step goes through the product's own verbs, at its own time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chats import assigning, forgotten, moves, undo
from chats.attachments import peaks, uploads
from chats.messages import acceptance, amendments, blocks, receipts, reminders, replies, scheduled, snoozing, surveys
from chats.messages import templates as message_templates
from chats.models import Attachment, Chat, Message, Template
from chats.receive import receiving
from common.errors import Failure
from contacts import joining
from contacts.models import Contact
from demo import files as demo_files
from inbox import drafts
from origins.facts import Charge, Edit, Incoming, Known, Reaction, Receipt, Withdrawal
from origins.models import Origin
from trays import presence
from trays.models import Agent, LastSeen, Tray


@dataclass
class Stage:
    """What the stories play on, by the names that they use."""

    origins: dict[str, Origin]
    agents: dict[str, Agent]
    trays: dict[str, Tray]
    # the bot's, by their labels
    options: dict[str, str]
    templates: dict[str, Template]

    def tray(self, name: str) -> Tray:
        """A tray by its name; a personal one by its owner's user name."""
        return self.agents[name].personal_tray if name in self.agents else self.trays[name]


@dataclass
class Talk:
    """One customer's chat while its story is played."""

    stage: Stage
    origin: Origin
    sender: str
    name: str
    address_kind: str
    aliases: tuple[Known, ...] = ()
    shown: str = ""
    chat_pk: int = 0
    said: int = 0
    left: int = 0

    @property
    def holder(self) -> Agent:
        return self.stage.agents[Chat.objects.values_list("agent__username", flat=True).get(pk=self.chat_pk)]

    @property
    def contact(self) -> Contact:
        return Contact.objects.get(chat=self.chat_pk)

    def last_of_ours(self) -> Message:
        return Message.objects.filter(chat=self.chat_pk, direction="out").order_by("-id")[0]

    @property
    def last_id(self) -> str:
        """The origin's id of the customer's last message."""
        return f"{self.sender}:{self.said}"


Step = Callable[[Talk, datetime], Any]


# --- the customer ------------------------------------------------------------------------------


def customer_says(text: str = "", kind: str = "text", *, late: float = 0, file: str = "", **payload: Any) -> Step:
    """`late`: hours that the message was on its way."""

    def step(talk: Talk, at: datetime) -> None:
        _receive_text(talk, at - timedelta(hours=late), at, text, kind, dict(payload), file=file)

    return step


def _receive_text(
    talk: Talk, said_at: datetime, at: datetime, text: str, kind: str, payload: dict[str, Any],
    *, file: str = "", reply_to: str = "",
) -> None:  # fmt: skip
    _read_ours(talk, at)
    talk.said += 1
    kept = _keep_file(file, at, origin=talk.origin, visitor=talk.sender)
    if talk.shown:
        payload["shown_address"] = talk.shown
    fact = Incoming(
        talk.last_id, talk.sender, kind, text, talk.name, said_at, payload, reply_to,
        tuple(str(one.uuid) for one in kept), talk.address_kind, talk.aliases,
    )  # fmt: skip
    talk.chat_pk = receiving.receive(talk.origin, fact, now=at).message.chat_id


def _keep_file(file: str, at: datetime, **owner: Any) -> list[Attachment]:
    if not file:
        return []
    kept = uploads.keep_bytes(demo_files.make_file(file), file, created_at=at, **owner)
    # the demo waits for no worker
    peaks.make_peaks(kept.pk)
    return [kept]


def _read_ours(talk: Talk, at: datetime) -> None:
    """Whoever writes has read what an agent said; Telegram tells nobody."""
    if talk.origin.kind == "telegram":
        return
    ours = Message.objects.filter(chat=talk.chat_pk, author="agent", status__in=("sent", "delivered"))
    for uuid in ours.values_list("uuid", flat=True):
        receipts.apply_receipt(talk.origin, Receipt(str(uuid), "read", at=at))


def pick_option(label: str) -> Step:
    """A button of the bot's menu."""

    def step(talk: Talk, at: datetime) -> None:
        customer_says(label, "choice", payload=talk.stage.options[label])(talk, at)

    return step


def send_photo(file: str, text: str = "") -> Step:
    return customer_says(text, "image", file=file)


def send_document(file: str, text: str = "") -> Step:
    return customer_says(text, "document", file=file)


def send_voice() -> Step:
    return customer_says("", "audio", file="nota-de-voz.wav")


def send_video(text: str = "") -> Step:
    return customer_says(text, "video", file="ruido.webm")


def send_sticker() -> Step:
    return customer_says("", "sticker", file="gracias.webp")


def send_location(address: str, latitude: float, longitude: float) -> Step:
    return customer_says("", "location", address=address, latitude=latitude, longitude=longitude)


def send_contact_card(name: str, phone: str) -> Step:
    return customer_says("", "contact", name=name, phone=phone)


def send_unsupported(type_: str) -> Step:
    return customer_says("", "unsupported", type=type_)


def from_ad(text: str, headline: str, body: str) -> Step:
    """The first message after a tap on an ad."""
    ad = {"source_type": "ad", "source_id": "120210000000", "source_url": "https://fb.me/demo", "headline": headline}
    return customer_says(text, referral=ad | {"body": body})


def answers_story(text: str) -> Step:
    """An answer to a story of ours, on Instagram."""
    return customer_says(text, story={"id": "17900000000000001", "url": ""})


def quote_ours(text: str) -> Step:
    """Answers our last message by quoting it."""
    return lambda talk, at: _receive_text(talk, at, at, text, "text", {}, reply_to=str(talk.last_of_ours().uuid))


def react_to_ours(emoji: str) -> Step:
    def step(talk: Talk, at: datetime) -> None:
        target = str(talk.last_of_ours().uuid)
        amendments.apply_amendment(talk.origin, Reaction(talk.sender, target, emoji, talk.address_kind, at))

    return step


def correct_last(text: str) -> Step:
    """The customer's last message says something else now."""

    def step(talk: Talk, at: datetime) -> None:
        amendments.apply_amendment(talk.origin, Edit(talk.sender, talk.last_id, text, talk.address_kind, at))

    return step


def withdraw_last() -> Step:
    """The customer's last message is gone."""
    return lambda talk, at: amendments.apply_amendment(
        talk.origin, Withdrawal(talk.sender, talk.last_id, talk.address_kind, at)
    )


# --- the agent ---------------------------------------------------------------------------------


def take_chat(who: str) -> Step:
    return lambda talk, at: moves.take(talk.chat_pk, talk.stage.agents[who], at=at)


def reply_text(text: str = "", file: str = "") -> Step:
    return lambda talk, at: replies.send_reply(talk.chat_pk, talk.holder, text, files=_keep_file(file, at), now=at)


def leave_note(text: str) -> Step:
    return lambda talk, at: replies.write_note(talk.chat_pk, talk.holder, text, now=at)


def schedule_reply(text: str, hours: int) -> Step:
    """It leaves so many hours later, unless the customer writes before."""
    return lambda talk, at: scheduled.schedule_message(
        talk.chat_pk, talk.holder, text, at + timedelta(hours=hours), now=at
    )


def begin_draft(text: str) -> Step:
    return lambda talk, _at: drafts.keep_draft(talk.holder, talk.chat_pk, text, is_note=False, version=0)


def snooze_chat(hours: float) -> Step:
    return lambda talk, at: snoozing.snooze_chat(talk.chat_pk, talk.holder, at + timedelta(hours=hours), now=at)


def ask_reminder(hours: float, text: str) -> Step:
    return lambda talk, at: reminders.set_reminder(talk.chat_pk, talk.holder, at + timedelta(hours=hours), text, now=at)


def assign_chat(who: str) -> Step:
    """As on a day on which the agent was there and the tray gave its chats by turns."""

    def step(talk: Talk, at: datetime) -> None:
        agent, tray = talk.stage.agents[who], Tray.objects.get(chats=talk.chat_pk)
        Tray.objects.filter(pk=tray.pk).update(assigning=Tray.Assigning.TURNS)
        presence.note_seen([agent.pk])
        assigning.assign_next(tray.pk, at=at)
        LastSeen.objects.filter(agent=agent).delete()
        Tray.objects.filter(pk=tray.pk).update(assigning=Tray.Assigning.OFF)

    return step


def sweep_forgotten(talk: Talk, at: datetime) -> None:
    """The clock looks who waits for an agent too long."""
    forgotten.tend_held(now=at)


def give_back() -> Step:
    return lambda talk, at: moves.give_back(talk.chat_pk, talk.holder, at=at)


def undo_move(who: str) -> Step:
    return lambda talk, at: undo.undo_move(talk.chat_pk, talk.stage.agents[who], at=at)


def send_to_tray(tray: str, why: str = "") -> Step:
    return lambda talk, at: moves.send(talk.chat_pk, talk.stage.tray(tray), talk.holder, note=why, at=at)


def close_chat() -> Step:
    return lambda talk, at: moves.close(talk.chat_pk, talk.holder, at=at)


def ask_score(talk: Talk, at: datetime) -> None:
    """The clock asks those whose chats were closed a moment ago how it was."""
    surveys.ask_due(now=at)


def answer_score(score: int) -> Step:
    """A button of that question, or its number; nothing where nobody was asked, this time."""

    def step(talk: Talk, at: datetime) -> None:
        chat = Chat.objects.get(pk=talk.chat_pk)
        if chat.survey_until is None:
            return
        carried = f"survey:{chat.survey_id}:{score}"
        has_buttons = talk.origin.can.choices[0]
        said = customer_says(str(surveys.LABELS[score]), "choice", payload=carried)
        (said if has_buttons else customer_says(str(score)))(talk, at)

    return step


def block_contact(who: str, reason: str) -> Step:
    return lambda talk, at: blocks.block_contact(talk.contact.pk, talk.stage.agents[who], reason, at=at)


def join_card(who: str, name: str) -> Step:
    """To the card of this name."""

    def step(talk: Talk, at: datetime) -> None:
        other = Contact.objects.get(name=name, origin__in=talk.stage.origins.values())
        joining.join_cards(talk.contact, other, talk.stage.agents[who], at=at)

    return step


def relocate_chat(who: str, tray: str) -> Step:
    """A supervisor, out of a personal tray."""

    def step(talk: Talk, at: datetime) -> None:
        moves.relocate(talk.chat_pk, talk.stage.tray(tray), actor=talk.stage.agents[who], at=at)

    return step


def send_template(who: str, name: str, **values: str) -> Step:
    def step(talk: Talk, at: datetime) -> None:
        stage = talk.stage
        message_templates.send_template(talk.chat_pk, stage.agents[who], stage.templates[name], values, now=at)

    return step


def mark_sent(talk: Talk, at: datetime) -> None:
    """What waits to leave has left, as the network would have taken it: nothing is sent when the demo is loaded."""
    waiting = Message.objects.filter(chat=talk.chat_pk, status__in=("queued", "sending")).select_related("chat")
    for message in waiting.order_by("id"):
        talk.left += 1
        acceptance.record_accepted([(message, f"{talk.sender}:{1000 + talk.left}", at)])
        if talk.origin.kind == "whatsapp":
            receipts.apply_receipt(talk.origin, Receipt(str(message.uuid), "sent", at=at, charge=_charge_of(message)))


def _charge_of(message: Message) -> Charge:
    """As sandbox/whatsapp.py has it."""
    if message.kind != "template":
        return Charge("service", "free_customer_service", is_billable=False)
    name = message.payload.get("template", {}).get("name")
    return Charge(Template.objects.filter(name=name).values_list("category", flat=True)[0], "regular")


def comes_to(status: str, reason: str = "", failure: Failure | None = None, code: str = "") -> Step:
    """What becomes of our last message: delivered, read or failed."""

    def step(talk: Talk, at: datetime) -> None:
        told = Receipt(str(talk.last_of_ours().uuid), status, reason, at=at, failure=failure, code=code)
        receipts.apply_receipt(talk.origin, told)

    return step
