"""The files of a chat, newest first, by what they are; and the pictures before and after one."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from chats.models import Attachment, Chat, Message
from common.parsing import parse_id

PAGE_SIZE = 30
PICTURES, SOUNDS, DOCUMENTS = "fotos", "audios", "documentos"
_PICTURES = Q(width__isnull=False) | Q(mime__startswith="video/")
_SOUNDS = Q(mime__startswith="audio/")
KINDS = {PICTURES: _PICTURES, SOUNDS: _SOUNDS, DOCUMENTS: ~_PICTURES & ~_SOUNDS}


@dataclass(frozen=True)
class FilesPage:
    kind: str
    files: list[Attachment]
    before: str  # key of the next older page, '' at the end


@dataclass(frozen=True)
class Neighbours:
    older: Attachment | None
    newer: Attachment | None


def shown_files(chat: Chat) -> QuerySet[Attachment]:
    """Those of its messages, by the index of its files; what was withdrawn is not shown, a sticker is no picture."""
    said = Attachment.objects.filter(chat=chat, message__isnull=False, message__withdrawn_at=None)
    return said.exclude(message__kind=Message.Kind.STICKER).select_related("message__agent")


def read_files(chat: Chat, kind: str, before: str = "") -> FilesPage:
    """A page of this kind (else of pictures), older than the key `before` (a bad one is ignored)."""
    kind = kind if kind in KINDS else PICTURES
    files = shown_files(chat).filter(KINDS[kind])
    if (last := parse_id(before)) is not None:
        files = files.filter(pk__lt=last)
    page = list(files.order_by("-id")[: PAGE_SIZE + 1])
    more = len(page) > PAGE_SIZE
    return FilesPage(kind, page[:PAGE_SIZE], str(page[PAGE_SIZE - 1].pk) if more else "")


def find_neighbours(chat: Chat, picture: Attachment) -> Neighbours:
    pictures = shown_files(chat).filter(width__isnull=False)
    return Neighbours(
        pictures.filter(pk__lt=picture.pk).order_by("-id").first(),
        pictures.filter(pk__gt=picture.pk).order_by("id").first(),
    )
