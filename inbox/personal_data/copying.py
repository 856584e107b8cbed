"""The copy of a person's data: a zip of JSON and files. Each chat is asked for anew, by batches, as one that its agent
may see now; raw bodies are not in it, as others stand in them too."""

import json
import shutil
from collections.abc import Callable, Iterator
from tempfile import TemporaryFile
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from django.core.files import File
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet
from django.utils import timezone

from chats.models import Attachment, Chat, Message, Survey
from chats.serializers import PRIVATE_PAYLOAD
from contacts.models import AttributeValue, CardChange, Contact
from contacts.place import where
from inbox.models import DataCopy
from trays.models import Agent

BATCH = 500
CHUNK_BYTES = 1024 * 1024
DATA, FILES = "datos.json", "archivos"


class NotSeen(Exception):
    """A chat is where its agent may not see it any more."""


def write_copy(job: DataCopy, contacts: list[Contact], tell: Callable[[int], None]) -> str:
    """The name of the file in the storage. `tell` hears how many messages a batch had. Raises NotSeen; OSError."""
    with TemporaryFile() as out:
        with ZipFile(out, "w", ZIP_DEFLATED) as packed:
            cards = [_describe_card(one, job.with_notes) for one in contacts]
            packed.writestr(DATA, _as_json({"hecho": timezone.now(), "tarjetas": cards}))
            for contact in contacts:
                _write_chat(packed, job, contact, tell)
        out.seek(0)
        return str(job.file.storage.save(f"copias/{job.pk}.zip", File(out)))


def _as_json(value: Any) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1)


# --- the card ------------------------------------------------------------------------------------


def _describe_card(contact: Contact, with_notes: bool) -> dict[str, Any]:
    values = AttributeValue.objects.filter(contact=contact).select_related("definition")
    said = {
        "contacto": contact.pk,
        "nombre": contact.name,
        "linea": contact.origin.name,
        "red": contact.origin.get_kind_display(),
        "direccion": contact.shown_address,
        "direcciones": list(contact.addresses.order_by("id").values("kind", "value", "revoked_at")),
        "desde": contact.created_at,
        "ultima_actividad": contact.active_at,
        "etiquetas": [tag.word for tag in contact.tags.order_by("id")],
        "atributos": {one.definition.label: one.value for one in values},
        "estados": [_describe_step(one, with_notes) for one in _steps_of(contact)],
    }
    if chat := Chat.objects.filter(contact=contact).first():
        said["del_bot"] = {"atributos": chat.attributes, "etiquetas": chat.tags, "resumen": chat.bot_summary}
    scores = Survey.objects.answered().filter(chat__contact=contact).order_by("id")
    said["puntajes"] = list(scores.values("asked_at", "answered_at", "score"))
    if with_notes:
        said["notas"] = list(contact.notes.order_by("id").values("text", "written_at"))
        said["bloqueos"] = list(contact.blocks.order_by("id").values("at", "reason", "lifted_at"))
        said["cambios"] = [_describe_change(one) for one in contact.card_changes.order_by("id")]
    return said


def _steps_of(contact: Contact) -> QuerySet[Any]:
    return contact.changes.select_related("tray__owner", "agent").order_by("id")


def _describe_step(step: Any, with_notes: bool) -> dict[str, Any]:
    said = {"desde": step.at, "estado": where(step), "causa": step.get_cause_display()}
    return said | {"motivo": step.note} if with_notes and step.note else said


def _describe_change(change: CardChange) -> dict[str, Any]:
    return {"cuando": change.at, "que": change.what, "antes": change.before, "despues": change.after}


# --- the chat ------------------------------------------------------------------------------------


def _write_chat(packed: ZipFile, job: DataCopy, contact: Contact, tell: Callable[[int], None]) -> None:
    """`mensajes-<contact>.json`, and the files behind it."""
    name, files = f"mensajes-{contact.pk}.json", []
    with packed.open(ZipInfo(name, timezone.localtime().timetuple()[:6]), "w", force_zip64=True) as out:
        before = b"["
        for message in _messages_of(contact, job.agent, job.with_notes, tell):
            kept = list(message.attachments.all())
            files += [(one, _name_file(one)) for one in kept]
            out.write(before + b"\n" + _as_json(_describe_message(message, kept)).encode())
            before = b","
        out.write(b"[]\n" if before == b"[" else b"\n]\n")
    for one, path in files:
        with packed.open(ZipInfo(path), "w", force_zip64=True) as out:
            _copy_file(one, out)
        tell(0)


def _messages_of(contact: Contact, agent: Agent, with_notes: bool, tell: Callable[[int], None]) -> Iterator[Message]:
    """In their order; what the network says later than that it said it stands by its time."""
    after: tuple[Any, int] | None = None
    while True:
        # by the rights of now: the chat may have gone elsewhere, or the agent lost access
        if not Chat.objects.visible_to(agent).filter(contact=contact).exists():
            raise NotSeen
        said = Message.objects.filter(chat__contact=contact).exclude(kind=Message.Kind.MOVE)
        if not with_notes:
            said = said.exclude(direction=Message.Direction.NOTE)
        if after is not None:
            said = said.filter(created_at__gte=after[0]).exclude(created_at=after[0], pk__lte=after[1])
        batch = list(
            said.select_related("agent", "bot").prefetch_related("attachments").order_by("created_at", "pk")[:BATCH]
        )
        if not batch:
            return
        yield from batch
        after = batch[-1].created_at, batch[-1].pk
        tell(len(batch))


def _describe_message(message: Message, files: list[Attachment]) -> dict[str, Any]:
    return {
        "numero": message.pk,
        "cuando": message.created_at,
        "de": message.get_author_display(),
        "sentido": message.get_direction_display(),
        "agente": message.agent.short_name if message.agent else None,
        "clase": message.get_kind_display(),
        "texto": message.text,
        "mas": {name: value for name, value in message.payload.items() if name not in PRIVATE_PAYLOAD},
        "responde_a": message.reply_to_id,
        "reaccion": message.reaction or None,
        "corregido": message.edited_at,
        "retirado": message.withdrawn_at,
        "estado": message.get_status_display() or None,
        "archivos": [_name_file(one) for one in files],
    }


def _name_file(file: Attachment) -> str:
    """Its own name behind its number: no two are the same, and none leads out of the folder."""
    own = "".join(letter for letter in file.name if letter.isalnum() or letter in " ._-").strip(" .")
    return f"{FILES}/{file.pk}-{own[-100:] or 'archivo'}"


def _copy_file(file: Attachment, out: IO[bytes]) -> None:
    try:
        opened = file.file.storage.open(str(file.file.name), "rb")
    except FileNotFoundError:
        return  # an empty one says that it was there
    with opened as stored:
        shutil.copyfileobj(stored, out, CHUNK_BYTES)
