"""Sending by WhatsApp: one message of ours as the Cloud API wants it."""

import re
import unicodedata
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from common.errors import Failure, OriginError
from common.text_splitting import cut_text
from origins import graph
from origins.capabilities import CAPABILITIES
from origins.choices import number_choices, payload_of, prompt_above_choices, title_of
from origins.facts import File, Outgoing, Sent
from origins.file_rules import FilePlan, plan_outgoing
from origins.whatsapp import shared_uploads
from origins.whatsapp.identifiers import is_phone
from origins.whatsapp.template_call import build_template

if TYPE_CHECKING:
    from origins.models import Origin

Part = dict[str, Any]

MAX_TEXT_CHARS, MAX_CAPTION_CHARS = CAPABILITIES["whatsapp"].text, CAPABILITIES["whatsapp"].caption
FILES = ("image", "audio", "video", "document", "sticker")
# what may stand above buttons
IN_HEADER = ("image", "video", "document")
_LINK = re.compile(r"https?://\w", re.I)
# of interactive messages, in characters
MAX_BUTTONS, MAX_BUTTON_TITLE_CHARS, MAX_BUTTON_ID_CHARS, MAX_BUTTON_BODY_CHARS = 3, 20, 256, 1024
MAX_ROWS, MAX_ROW_TITLE_CHARS, MAX_ROW_ID_CHARS, MAX_ROW_MORE_CHARS = 10, 24, 200, 72


def send(origin: "Origin", out: Outgoing) -> Sent:
    """Give one message to WhatsApp. Raises OriginError."""
    if out.kind in ("edit", "withdrawal"):
        raise OriginError(_("WhatsApp no permite corregir ni retirar mensajes desde acá. Enviá otro que lo aclare."))
    if out.late and out.kind != "template":
        raise OriginError(graph.find_failure(131047)[1], failure=Failure.WINDOW)
    body: Part = {
        "messaging_product": "whatsapp", "recipient_type": "individual", **address_recipient(out),
        "biz_opaque_callback_data": out.uuid,
    }  # fmt: skip
    if out.reply_to and out.kind not in ("reaction", "template"):
        body["context"] = {"message_id": out.reply_to}
    try:
        answer = _post_message(origin, body, out)
    except OriginError as error:
        if not (out.file and shared_uploads.forget_refused(origin, out.file, body, error)):
            raise
        # nothing of it has left: with an id that the network knows
        answer = _post_message(origin, body, out)
    given = answer.get("messages")
    first = given[0] if isinstance(given, list) and given and isinstance(given[0], dict) else {}
    # taken all the same without one: its receipts carry our own id
    return Sent(str(first.get("id") or "")[:200])


def _post_message(origin: "Origin", body: Part, out: Outgoing) -> dict[str, Any]:
    kind, content = build_content(origin, out)
    body |= {"type": kind, kind: content}
    return graph.call_graph(origin, "POST", f"{origin.line_id}/messages", unsure=True, json=body)


def address_recipient(out: Outgoing) -> Part:
    """Who it goes to: by phone, always with its +, else by user id."""
    phone = out.address("wa_id", "phone")
    if phone:
        # without it Meta puts the business's own country before it
        return {"to": f"+{phone}" if is_phone(phone) else phone}
    if bsuid := out.address("bsuid", "parent_bsuid"):
        return {"recipient": bsuid}
    raise OriginError(_("El contacto no tiene un número ni un usuario de WhatsApp. Revisá sus datos."))


def build_content(origin: "Origin", out: Outgoing) -> tuple[str, Any]:
    """WhatsApp's type and what goes under it; a file is uploaded for it."""
    if out.kind == "template":
        return "template", build_template(out, lambda file, kind: upload_file(origin, file, file_mime(file)))
    if out.kind == "location":
        return "location", _build_location(out.payload)
    if out.kind == "contact":
        return "contacts", _build_contacts(out.payload)
    if out.kind == "reaction":
        if not out.target:
            raise OriginError(_("No se sabe a qué mensaje reaccionar."))
        return "reaction", {"message_id": out.target, "emoji": str(out.payload.get("emoji", out.text))}
    if out.kind in FILES:
        return _build_file(origin, out)
    if out.kind in ("text", "choice"):
        return _build_text(out)
    raise OriginError(_("WhatsApp no admite este tipo de mensaje. Envialo de otra forma."))


# --- text and choices --------------------------------------------------------------------------


def _build_text(out: Outgoing) -> tuple[str, Part]:
    if interactive := _build_interactive(out):
        return "interactive", interactive
    text = number_choices(out.text, out.choices)
    if not text.strip():
        raise OriginError(_("El mensaje está vacío."))
    _check_length(text, MAX_TEXT_CHARS)
    # asked for where there is something to preview
    return "text", {"body": text, "preview_url": bool(_LINK.search(text))}


def _check_length(text: str, most: int) -> None:
    if len(text) > most:
        raise OriginError(
            _("El texto tiene más de %(most)s caracteres, que es lo que admite WhatsApp. Envialo en partes.")
            % {"most": most}
        )


def _build_interactive(out: Outgoing, header: Part | None = None) -> Part | None:
    """The choices as buttons, else as a list; None where neither holds them without losing anything.

    Buttons may have a file above them, as their header; a list may not.
    """
    offered = [(title_of(choice), payload_of(choice)) for choice in out.choices]
    titles, ids = [title for title, _id in offered], [carried for _title, carried in offered]
    text = prompt_above_choices(out.text)
    if not offered or not all(titles) or len(set(ids)) < len(ids) or len(text) > MAX_TEXT_CHARS:
        return None
    as_buttons = (
        len(offered) <= MAX_BUTTONS
        and max(map(len, titles)) <= MAX_BUTTON_TITLE_CHARS
        and len(text) <= MAX_BUTTON_BODY_CHARS
    )
    if as_buttons and len(set(titles)) == len(titles) and max(map(len, ids)) <= MAX_BUTTON_ID_CHARS:
        buttons = [{"type": "reply", "reply": {"id": carried, "title": title}} for title, carried in offered]
        return {"type": "button", **(header or {}), "body": {"text": text}, "action": {"buttons": buttons}}
    if (
        header
        or len(offered) > MAX_ROWS
        or max(map(len, titles)) > MAX_ROW_MORE_CHARS
        or max(map(len, ids)) > MAX_ROW_ID_CHARS
    ):
        return None
    sections = [
        {"title": cut_text(_("Opciones"), MAX_ROW_TITLE_CHARS), "rows": [_build_row(*choice) for choice in offered]}
    ]
    return {
        "type": "list", "body": {"text": text},
        "action": {"button": cut_text(_("Ver opciones"), MAX_BUTTON_TITLE_CHARS), "sections": sections},
    }  # fmt: skip


def _build_row(title: str, carried: str) -> Part:
    """One line of a list; a long title stands whole below its beginning."""
    more = {"description": title} if len(title) > MAX_ROW_TITLE_CHARS else {}
    return {"id": carried, "title": cut_text(title, MAX_ROW_TITLE_CHARS), **more}


# --- files -------------------------------------------------------------------------------------


def file_mime(file: File) -> str:
    return file.mime.split(";")[0].strip().lower() or "application/octet-stream"


def _build_file(origin: "Origin", out: Outgoing) -> tuple[str, Part]:
    file = out.file
    if file is None:
        raise OriginError(_("El archivo del mensaje ya no está. Adjuntalo de nuevo."))
    plan = plan_outgoing(CAPABILITIES["whatsapp"], "WhatsApp", out.kind, file)
    if plan.kind in IN_HEADER and _build_interactive(out, {"header": {}}):
        content = _describe_file(origin, file, plan)
        return "interactive", _build_interactive(out, {"header": {"type": plan.kind, plan.kind: content}}) or {}
    caption = number_choices(out.text, out.choices) if out.choices else out.text
    if caption.strip() and plan.kind not in CAPABILITIES["whatsapp"].captioned:
        raise OriginError(_("WhatsApp no lleva texto junto a un audio o un sticker. Envialo aparte."))
    _check_length(caption, MAX_CAPTION_CHARS)
    content = _describe_file(origin, file, plan)
    if caption.strip():
        content["caption"] = caption
    if file.is_voice and plan.kind == "audio" and plan.mime == "audio/ogg":
        content["voice"] = True
    return plan.kind, content


def _describe_file(origin: "Origin", file: File, plan: FilePlan) -> Part:
    """A file as a message or a header names it; it is uploaded for it."""
    content: Part = {"id": upload_file(origin, file, plan.mime)}
    if plan.kind == "document":
        content["filename"] = _clean_filename(file.name)
    return content


def _clean_filename(name: str) -> str:
    """A name without a path or anything that is not seen, its ending kept."""
    shown = "".join(char for char in name if unicodedata.category(char) not in ("Cc", "Cf", "Cs"))
    plain = shown.replace("\\", "/").rsplit("/", 1)[-1].strip() or "archivo"
    stem, dot, ending = plain.rpartition(".")
    return f"{stem[:200]}{dot}{ending[:20]}" if stem else plain[:200]


def upload_file(origin: "Origin", file: File, mime: str) -> str:
    """The id under which WhatsApp has the file now; of one that many messages show that of the first. Raises
    OriginError."""
    if file.shared:
        return shared_uploads.find_or_upload(origin, file.shared, lambda: _upload_file(origin, file, mime))
    return _upload_file(origin, file, mime)


def _upload_file(origin: "Origin", file: File, mime: str) -> str:
    """May be repeated: nobody sees an upload."""
    try:
        with file.open() as data:
            answer = graph.call_graph(
                origin, "POST", f"{origin.line_id}/media", timeout=60,
                data={"messaging_product": "whatsapp", "type": mime},
                files={"file": (_clean_filename(file.name), data, mime)},
            )  # fmt: skip
    except OSError as error:
        raise OriginError(_("El archivo del mensaje ya no está. Adjuntalo de nuevo.")) from error
    except OriginError as error:
        if error.failure == Failure.FINAL:
            raise OriginError(graph.find_failure(131053)[1], code=error.code) from error
        raise
    given = str(answer.get("id") or "")
    if not given:
        raise OriginError(_("WhatsApp no dijo dónde guardó el archivo. Se vuelve a intentar."), permanent=False)
    return given


# --- places and people -------------------------------------------------------------------------


def _build_location(payload: dict[str, Any]) -> Part:
    if payload.get("latitude") is None or payload.get("longitude") is None:
        raise OriginError(_("A la ubicación le faltan sus coordenadas."))
    content = {"latitude": payload["latitude"], "longitude": payload["longitude"]}
    for ours, theirs in (("place", "name"), ("address", "address")):
        if payload.get(ours):
            content[theirs] = str(payload[ours])
    return content


def _build_contacts(payload: dict[str, Any]) -> list[Part]:
    cards = payload.get("contacts") or [{"name": payload.get("name"), "phones": [payload.get("phone")]}]
    people = []
    for card in cards:
        phones = [str(phone) for phone in card.get("phones") or [] if phone]
        name = str(card.get("name") or "").strip() or next(iter(phones), "")
        if not name:
            continue
        # one more part of the name than the formatted one is asked for
        person: Part = {"name": {"formatted_name": name, "first_name": name}}
        if phones:
            person["phones"] = [{"phone": phone, "type": "CELL"} for phone in phones]
        people.append(person)
    if not people:
        raise OriginError(_("La tarjeta de contacto está vacía."))
    return people
