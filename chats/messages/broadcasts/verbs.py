"""What a supervisor does with a broadcast. Each verb is one transaction that holds it; one that does not fit any more
raises Rejected and changes nothing."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chats import jobs, publish
from chats.errors import Rejected, Rejection
from chats.locks import hold_active_agent, lock_chat
from chats.messages.adding import add_contact
from chats.messages.broadcasts import headers
from chats.messages.broadcasts.filling import STOPPED
from chats.messages.broadcasts.sending import build_message
from chats.messages.broadcasts.wording import say
from chats.messages.rows import SHOWN, show_latest
from chats.messages.templates import HEADER_TYPES, variables_of
from chats.models import Broadcast, Chat, Message, Recipient, Template
from chats.models.broadcast import MAX_NAME_CHARS
from contacts.place import Place, Viewer, may_see
from origins.models import Origin
from trays.models import Agent

State = Broadcast.State
MAX_WORDS_CHARS = 200
# of an agent, not begun
MAX_DRAFTS = 50


def usable_templates(origin: Origin) -> list[Template]:
    """On a line that may write first; else none: out of 24 h nothing would leave. A header is a text or a file."""
    if origin.has_window and not origin.can.remote_templates:
        return []
    found = Template.objects.usable_on(origin).order_by("name", "language")
    return [one for one in found if one.header_format in ("", "TEXT", *HEADER_TYPES)]


@transaction.atomic
def create(
    agent: Agent, name: str, origin: Origin, template: Template, variables: Mapping[str, str],
    audience: Mapping[str, Any], data: bytes | None = None, header: tuple[bytes, str] = (b"", ""),
) -> Broadcast:  # fmt: skip
    """Its list is made by a worker. `data`: the file of numbers, which was looked at; `header`: bytes and name of the
    file above its message. Raises Rejected."""
    _check_right(agent)
    name = " ".join(name.replace("\x00", "").split())
    if not name or len(name) > MAX_NAME_CHARS:
        raise Rejected(
            Rejection.INVALID, _("Ponele un nombre, de %(most)s letras como máximo") % {"most": MAX_NAME_CHARS}
        )
    if template not in usable_templates(origin):
        raise Rejected(Rejection.INVALID, _("Esa plantilla no sirve para difusiones en esta línea"))
    words = {one: " ".join(variables.get(one, "").replace("\x00", "").split()) for one in variables_of(template)}
    for one, said in words.items():
        if not said or len(said) > MAX_WORDS_CHARS:
            raise Rejected(Rejection.INVALID, _("Completá “%(name)s”") % {"name": one})
    if Broadcast.objects.filter(author=agent, state__in=(State.DRAFT, State.FILLING)).count() >= MAX_DRAFTS:
        raise Rejected(Rejection.INVALID, _("Tenés muchos borradores: descartá alguno"))
    made = Broadcast(
        name=name, origin=origin, template=template, template_name=template.name, variables=words,
        audience=dict(audience), author=agent,
    )  # fmt: skip
    facts = headers.read_header(origin, template, *header)
    headers.keep_header(made, facts, header[0])
    if data is not None:
        made.file.save("numeros.csv", ContentFile(data), save=False)
    made.save(force_insert=True)
    jobs.tend_broadcasts()
    return made


@transaction.atomic
def discard(broadcast_pk: int, agent: Agent) -> None:
    """A draft goes, with its list."""
    broadcast = _hold(broadcast_pk, agent, State.DRAFT, State.FAILED)
    headers.drop_files(broadcast)
    broadcast.delete()


@transaction.atomic
def start(broadcast_pk: int, agent: Agent, at: datetime | None = None, *, now: datetime | None = None) -> Broadcast:
    """Now, or at an hour to come."""
    now = now or timezone.now()
    broadcast = _hold(broadcast_pk, agent, State.DRAFT)
    if not broadcast.pending:
        raise Rejected(Rejection.INVALID, _("No hay a quién enviarle"))
    if at is not None and at <= now:
        raise Rejected(Rejection.INVALID, _("Esa hora ya pasó"))
    broadcast.started_by, broadcast.start_at = agent, at
    if at is None:
        broadcast.state, broadcast.started_at = State.RUNNING, now
    else:
        broadcast.state = State.SCHEDULED
    broadcast.save(update_fields=("started_by", "start_at", "started_at", "state"))
    jobs.tend_broadcasts()
    return broadcast


@transaction.atomic
def pause(broadcast_pk: int, agent: Agent) -> None:
    """What is in the outbox leaves; nothing more goes into it."""
    broadcast = _hold(broadcast_pk, agent, State.RUNNING)
    broadcast.state, broadcast.reason = State.PAUSED, _("La pausó %(name)s") % {"name": agent}
    broadcast.save(update_fields=("state", "reason"))


@transaction.atomic
def resume(broadcast_pk: int, agent: Agent) -> None:
    broadcast = _hold(broadcast_pk, agent, State.PAUSED)
    broadcast.state, broadcast.reason, broadcast.ignores_failures = State.RUNNING, "", True
    broadcast.save(update_fields=("state", "reason", "ignores_failures"))
    jobs.tend_broadcasts()


@transaction.atomic
def stop(broadcast_pk: int, agent: Agent, *, now: datetime | None = None) -> int:
    """For good; back to a draft where it had but its hour. Returns how many do not get it."""
    broadcast = _hold(broadcast_pk, agent, State.SCHEDULED, State.RUNNING, State.PAUSED)
    if broadcast.state == State.SCHEDULED:
        broadcast.state, broadcast.start_at, broadcast.started_by = State.DRAFT, None, None
        broadcast.save(update_fields=("state", "start_at", "started_by"))
        return 0
    waiting = Recipient.objects.filter(broadcast=broadcast, status=Recipient.Status.PENDING)
    stopped = waiting.update(status=Recipient.Status.LEFT_OUT, reason=STOPPED, columns={})
    left_out = dict(broadcast.left_out)
    if stopped:
        left_out[STOPPED] = left_out.get(STOPPED, 0) + stopped
    broadcast.state, broadcast.ended_at, broadcast.pending = State.STOPPED, now or timezone.now(), 0
    broadcast.left_out = left_out
    broadcast.save(update_fields=("state", "ended_at", "pending", "left_out"))
    return stopped


@transaction.atomic
def send_test(broadcast_pk: int, agent: Agent, typed: str, *, now: datetime | None = None) -> Message:
    """To a phone of one's own, filled in as for the first of the list. Raises Rejected."""
    now = now or timezone.now()
    broadcast = _hold(broadcast_pk, agent, State.DRAFT)
    template = broadcast.template
    if template is None or template not in usable_templates(broadcast.origin):
        raise Rejected(Rejection.INVALID, _("La plantilla ya no se puede usar"))
    first = Recipient.objects.filter(broadcast=broadcast, status=Recipient.Status.PENDING).order_by("id").first()
    if first is None:
        raise Rejected(Rejection.INVALID, _("No hay a quién enviarle"))
    contact, _is_new = add_contact(broadcast.origin, typed, agent, at=now)
    chat = lock_chat(Chat.objects.values_list("pk", flat=True).get(contact=contact))
    if chat.is_blocked or not may_see(Viewer.of(agent), Place.of(chat)):
        raise Rejected(Rejection.INVALID, _("A ese contacto no se le puede enviar la prueba"))
    text, filled = say(broadcast, template, first.contact, first.columns)
    message = build_message(chat, template, text, filled, now, broadcast_pk=broadcast.pk)
    message.save(force_insert=True)
    headers.copy_header(broadcast, message)
    show_latest(chat, message)
    chat.save(update_fields=SHOWN)
    publish.message_stored(chat, message)
    return message


def _check_right(agent: Agent) -> None:
    hold_active_agent(agent)
    if not agent.is_supervisor:
        raise Rejected(Rejection.FORBIDDEN, _("Las difusiones son de los supervisores"))


def _hold(broadcast_pk: int, agent: Agent, *states: str) -> Broadcast:
    """Locked until the transaction ends. Raises Rejected; Broadcast.DoesNotExist."""
    _check_right(agent)
    held = Broadcast.objects.select_for_update(of=("self",)).select_related("template", "origin")
    broadcast = held.get(pk=broadcast_pk)
    if broadcast.state not in states:
        words = _("La difusión está así: %(state)s") % {"state": broadcast.get_state_display().lower()}
        raise Rejected(Rejection.CONFLICT, words)
    return broadcast
