"""Templates: the messages that open a new session, filled in, checked, and sent.

Names of variables: those of the body as they stand between double braces; `header_<name>` of a text header;
`button_<index>` of a button that carries something (the end of its address, a code to copy).
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chats import locks, moves, publish
from chats.attachments.conversion import plan_reply_file
from chats.errors import Rejected, Rejection
from chats.messages.replies import check_holder, check_not_blocked
from chats.messages.rows import ANSWERED, clean_text, first_status, mark_answered, update_preview
from chats.models import Attachment, Chat, Message, Template
from chats.window import HUMAN_WINDOW, is_late
from contacts.models import State
from origins.facts import TemplateCall
from trays.models import Agent

VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
MAX_VALUE_CHARS = 60
# of what a network's template takes; ours are meant to be short
MAX_REMOTE_VALUE_CHARS = 500
MAX_BODY_CHARS = 1_024
HEADER_KINDS = {"IMAGE": "image", "VIDEO": "video", "DOCUMENT": "document"}
# of which type its file is
HEADER_TYPES = {"IMAGE": "image/jpeg,image/png", "VIDEO": "video/mp4", "DOCUMENT": "application/pdf"}


def say_header_rule(header_format: str) -> str:
    if header_format == "IMAGE":
        return _("Tiene que ser una foto JPEG o PNG")
    if header_format == "VIDEO":
        return _("Tiene que ser un video MP4")
    return _("Tiene que ser un documento PDF")


def variables_of(template: Template) -> list[str]:
    """The names of all that has to be filled in, each once, in order."""
    return list(dict.fromkeys(_iter_variables(template)))


def _iter_variables(template: Template) -> Iterator[str]:
    if template.header_format == "TEXT":
        yield from (f"header_{name}" for name in VARIABLE.findall(template.header))
    yield from VARIABLE.findall(template.body)
    for index, button in enumerate(template.buttons):
        if VARIABLE.search(str(button.get("url", ""))) or button.get("type") == "COPY_CODE":
            yield f"button_{index}"


def max_value_chars(template: Template) -> int:
    return MAX_REMOTE_VALUE_CHARS if template.remote_id else MAX_VALUE_CHARS


def filled_in(template: Template, values: dict[str, str]) -> dict[str, str]:
    """Its variables as they leave: one line each, no run of blanks. Raises Rejected (INVALID) naming the bad one."""
    filled, most = {}, max_value_chars(template)
    for name in variables_of(template):
        value = " ".join(clean_text(values.get(name, "")).split())
        if not value or len(value) > most:
            raise Rejected(
                Rejection.INVALID,
                _("Completá “%(name)s” con %(most)s caracteres como máximo") % {"name": name, "most": most},
            )
        filled[name] = value
    return filled


def fill_body(template: Template, values: dict[str, str]) -> str:
    """The text that the customer reads. Raises Rejected (INVALID) naming what is missing or too long."""
    filled = filled_in(template, values)
    text = VARIABLE.sub(lambda match: filled[match[1]], template.body)
    if template.remote_id and len(text) > MAX_BODY_CHARS:
        raise Rejected(
            Rejection.INVALID, _("Con esos datos el texto pasa de %(most)s caracteres") % {"most": MAX_BODY_CHARS}
        )
    if template.header_format == "TEXT" and template.header:
        head = VARIABLE.sub(lambda match: filled[f"header_{match[1]}"], template.header)
        text = f"{head}\n{text}"
    return f"{text}\n{template.footer}" if template.footer else text


def call_of(template: Template, values: dict[str, str]) -> TemplateCall:
    """The template as a network is asked to send it."""
    return TemplateCall(
        template.name, template.language, values, template.parameter_format, tuple(template.components),
        is_local=not template.remote_id,
    )  # fmt: skip


@transaction.atomic
def send_template(
    chat_pk: int,
    agent: Agent,
    template: Template,
    values: dict[str, str],
    *,
    client_id: UUID | None = None,
    header_file: Attachment | None = None,
    now: datetime | None = None,
) -> Message:
    """Send a template: reopens an EXPIRADO chat as its sender's, or goes out from an open pane. Raises Rejected."""
    now = now or timezone.now()
    locks.hold_active_agent(agent)
    chat = locks.lock_chat(chat_pk)
    if client_id and (standing := Message.objects.filter(chat=chat, client_id=client_id).first()):
        return standing
    if chat.state == State.AGENTE:
        check_holder(chat, agent)
    else:
        moves.authorise("reopen", chat, agent)
    check_not_blocked(chat)
    check_usable(chat, template)
    _check_reach(chat, template, now)
    _check_header(chat, template, header_file)
    text, filled = fill_body(template, values), filled_in(template, values)
    chat.last_template_at = now
    chat.session_expires_at = max(chat.session_expires_at, now + chat.origin.session)
    chat.save(update_fields=("last_template_at", "session_expires_at"))
    if chat.state == State.EXPIRADO:
        moves.reopen(chat, agent, at=now)
    message = Message.objects.create(
        chat=chat, origin_id=chat.origin_id, direction="out", author="agent", agent=agent, kind="template", text=text,
        payload={"template": kept_template(template, filled)}, client_id=client_id, created_at=now,
        **first_status(chat, now),
    )  # fmt: skip
    if header_file:
        header_file.message, header_file.chat = message, chat
        header_file.save(update_fields=("message", "chat"))
    mark_answered(chat, now)
    update_preview(chat, message, ANSWERED)
    publish.message_stored(chat, message)
    return message


def kept_template(template: Template, filled: dict[str, str]) -> dict[str, Any]:
    """What the thread shows of it, and what the worker needs to send it."""
    what: dict[str, Any] = {"name": template.name, "language": template.language, "variables": filled}
    if template.remote_id:
        what["id"] = template.pk
    if template.buttons:
        what["buttons"] = [str(button.get("text", ""))[:60] for button in template.buttons]
    return what


def check_usable(chat: Chat, template: Template) -> None:
    """Raises Rejected where it is not one of this line's, or may not be sent (any more)."""
    origin = chat.origin
    if not Template.objects.usable_on(origin).filter(pk=template.pk).exists():
        if template.status != Template.Status.APPROVED:
            status = template.get_status_display().lower()
            words = _("La plantilla ya no se puede usar: %(status)s") % {"status": status}
            raise Rejected(Rejection.INVALID, words, chat=chat)
        raise Rejected(Rejection.INVALID, _("La plantilla ya no se puede usar"), chat=chat)


def _check_reach(chat: Chat, template: Template, now: datetime) -> None:
    """A network without templates takes ours as a text, and so only as long as it takes one from a person."""
    origin, heard = chat.origin, chat.last_customer_at
    if template.remote_id or not is_late(chat, now):
        return
    if origin.human_agent and heard and now < heard + HUMAN_WINDOW:
        return
    raise Rejected(
        Rejection.CONFLICT,
        _("%(kind)s no tiene plantillas: pasadas las 24 h no deja escribir. Esperá a que el cliente escriba")
        % {"kind": origin.get_kind_display()},
        chat=chat,
    )


def _check_header(chat: Chat, template: Template, file: Attachment | None) -> None:
    wanted = HEADER_KINDS.get(template.header_format)
    if wanted is None:
        if file is not None:
            raise Rejected(Rejection.INVALID, _("Esta plantilla no lleva archivo"))
        return
    if file is None:
        raise Rejected(Rejection.INVALID, _("Adjuntá el archivo del encabezado"))
    if plan_reply_file(chat, file).kind != wanted:
        words = {
            "image": _("El encabezado lleva una foto"), "video": _("El encabezado lleva un video"),
            "document": _("El encabezado lleva un documento"),
        }[wanted]  # fmt: skip
        raise Rejected(Rejection.INVALID, words)
