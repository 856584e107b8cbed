"""A row of the outbox as a network gets it, with what is checked once more before it leaves."""

from datetime import datetime
from functools import partial

from django.db.models import Q
from django.utils.translation import gettext as _

from chats import file_links
from chats.messages.templates import call_of
from chats.models import Attachment, Message, Template
from chats.window import free_text_allowed, is_late
from common.errors import Failure, OriginError
from origins import facts
from origins.facts import Known, Outgoing, TemplateCall

ABOUT = Message.COMMANDS


def build_outgoing(message: Message, now: datetime) -> Outgoing:
    """Raises OriginError where it may not leave any more: the contact was blocked, the window closed, …"""
    _check_block(message)
    _check_window(message, now)
    file = None
    if message.kind not in ("text", "location", "contact", *ABOUT):
        file = message.attachments.order_by("id").first()
    quoted = message.reply_to
    return Outgoing(
        uuid=str(message.uuid),
        to=_customer_addresses(message),
        kind=message.kind,
        text=message.text,
        author=message.author,
        choices=tuple(message.payload.get("choices", ())),
        reply_to=(quoted.external_id or "") if quoted else "",
        file=outgoing_file(file) if file else None,
        template=_template_call(message) if message.kind == "template" else None,
        payload=message.payload,
        target=_target_ref(message),
        via=_thread_of(message),
        late=is_late(message.chat, now),
    )


def _check_block(message: Message) -> None:
    """It may have waited here since before the block, or be tried again by itself."""
    if message.chat.is_blocked:
        raise OriginError(_("El contacto está bloqueado: no se le puede escribir"), failure=Failure.FINAL)


def _check_window(message: Message, now: datetime) -> None:
    """A text may have waited here until its window closed."""
    if message.kind == "template" or not message.chat.origin.has_window:
        return
    if is_late(message.chat, now) and not free_text_allowed(message.chat, now, by_person=message.author == "agent"):
        words = _("Pasaron 24 h desde el último mensaje del cliente. Enviá una plantilla")
        raise OriginError(words, failure=Failure.FINAL)


def _customer_addresses(message: Message) -> tuple[Known, ...]:
    """The ids that are still this contact's, those that people are answered to first."""
    addresses = message.chat.contact.addresses.filter(revoked_at=None).order_by("id")
    return tuple(addresses.values_list("kind", "value"))


def _thread_of(message: Message) -> str:
    """Where the customer last wrote, or was last written to from the phone: it is answered there."""
    if not message.chat.origin.can.has_threads:
        return ""
    heard = message.chat.messages.filter(Q(direction="in") | Q(payload__has_key="from_phone"))
    last = heard.order_by("-created_at", "-id").values_list("payload", flat=True).first()
    return str((last or {}).get("via", ""))


def _template_call(message: Message) -> TemplateCall:
    """What is sent: ours from what was filled in; an account's only while it stands there, approved."""
    kept = message.payload.get("template", {})
    if "id" not in kept:
        return TemplateCall(kept.get("name", ""), kept.get("language", "es"), kept.get("variables", {}))
    template = Template.objects.filter(pk=kept["id"]).first()
    if template is None or template.status != Template.Status.APPROVED or not template.is_active:
        status = template.get_status_display().lower() if template else _("borrada")
        raise OriginError(_("La plantilla ya no se puede usar: %(status)s") % {"status": status})
    return call_of(template, kept.get("variables", {}))


def _target_ref(message: Message) -> str:
    """The origin's id of the message that this one is about."""
    if message.kind not in ABOUT:
        return ""
    ref = Message.objects.filter(pk=message.payload.get("target")).values_list("external_id", "uuid").first()
    if ref is None:
        raise OriginError(_("El mensaje ya no está"))
    return ref[0] or str(ref[1])


def outgoing_file(attachment: Attachment) -> facts.File:
    """A file as a network sends it; its bytes are read from the storage when they are needed."""
    # not FieldFile.open: it gives the same file, where it stood, to everybody who asks
    return facts.File(
        name=attachment.name,
        mime=attachment.mime,
        size=attachment.size,
        open=partial(attachment.file.storage.open, str(attachment.file.name), "rb"),
        url=file_links.file_url(attachment),
        is_voice=attachment.is_voice,
        traits=attachment.trait_names,
        shared=str(attachment.file.name) if attachment.is_borrowed else "",
    )
