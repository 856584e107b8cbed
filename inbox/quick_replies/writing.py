"""Writing quick replies: one check for the form and for files, one lock for all who write."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from chats.errors import Rejected, Rejection
from chats.messages.rows import clean_text
from inbox.models import QuickReply
from inbox.models.quick_reply import MAX_SHORTCUT_CHARS, MAX_TEXT_CHARS, MAX_TITLE_CHARS
from inbox.quick_replies import files as kept_files
from inbox.quick_replies.scopes import Scope
from trays.models import Agent

# in each scope
MAX_REPLIES = 200


@dataclass(frozen=True)
class Draft:
    """What somebody wrote, cleaned; `errors`: what is wrong with it, by field, in words. `uploads` are its new files,
    `removed` the numbers of those that go."""

    scope: Scope | None
    title: str
    shortcut: str
    text: str
    errors: dict[str, str]
    uploads: Sequence[UploadedFile] = ()
    removed: frozenset[int] = frozenset()


def read_draft(given: Mapping[str, Any], scope: Scope | None) -> Draft:
    """`titulo`, `atajo` and `texto` as a form or a line of a file brings them."""
    title = " ".join(clean_text(str(given.get("titulo") or "")).split())
    typed = clean_text(str(given.get("atajo") or "")).strip()
    text = clean_text(str(given.get("texto") or "")).replace("\r\n", "\n").strip()
    # without one, the title is it
    shortcut = make_shortcut(typed) if typed else make_shortcut(title)[:MAX_SHORTCUT_CHARS].strip("-")
    errors = {}
    if not title:
        errors["title"] = _("Falta el título")
    elif len(title) > MAX_TITLE_CHARS:
        errors["title"] = _too_long(title, MAX_TITLE_CHARS)
    if title and not shortcut:
        errors["shortcut"] = _("Usá letras, números y guiones, como envio-interior")
    elif len(shortcut) > MAX_SHORTCUT_CHARS:
        errors["shortcut"] = _too_long(shortcut, MAX_SHORTCUT_CHARS)
    if not text:
        errors["text"] = _("Falta el texto")
    elif len(text) > MAX_TEXT_CHARS:
        errors["text"] = _too_long(text, MAX_TEXT_CHARS)
    return Draft(scope, title, shortcut, text, errors)


def make_shortcut(words: str) -> str:
    """In lower case, without accents, with dashes; letters of other scripts stay."""
    return slugify(words) or slugify(words, allow_unicode=True)


def _too_long(words: str, most: int) -> str:
    return _("Tiene %(n)s caracteres; entran %(most)s") % {"n": len(words), "most": most}


def hold_writing() -> None:
    """Until the transaction ends nobody else writes any: few do, and what is free or full stays so."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('inbox.quick_replies'))")


def check_free(scope: Scope, shortcut: str, *, but: int | None = None) -> str:
    """Why the shortcut cannot be had, '' where it can."""
    taken = QuickReply.objects.filter(**scope.fields, shortcut=shortcut)
    if (taken.exclude(pk=but) if but else taken).exists():
        return _("Ya hay una con el atajo /%(shortcut)s") % {"shortcut": shortcut}
    return ""


def check_room(scope: Scope, more: int = 1) -> str:
    """Why there is no room for so many more, '' where there is."""
    if QuickReply.objects.filter(**scope.fields).count() + more > MAX_REPLIES:
        return _("Entran %(most)s respuestas; borrá las que no uses") % {"most": MAX_REPLIES}
    return ""


@transaction.atomic
def add_reply(agent: Agent, draft: Draft) -> QuickReply:
    """A new one. Raises Wrong where the draft is, its shortcut is taken, or there is no room."""
    hold_writing()
    scope = _check_draft(draft)
    if refusal := check_room(scope):
        raise Wrong({"scope": refusal})
    added = QuickReply.objects.create(**scope.fields, **fields_of(agent, draft))
    _change_files(added, draft)
    return added


@transaction.atomic
def change_reply(agent: Agent, reply: QuickReply, draft: Draft, version: int | None) -> QuickReply:
    """As the draft says. Raises Wrong as add_reply does; Rejected (CONFLICT) where it is not the version that was read
    any more."""
    hold_writing()
    scope = _check_draft(draft, reply)
    standing = QuickReply.objects.select_related("changed_by").filter(pk=reply.pk).first()
    if standing is None:
        raise Rejected(Rejection.NOT_FOUND, _("Esa respuesta ya no está"))
    if standing.version != version:
        who = standing.changed_by or _("Otra persona")
        raise Rejected(Rejection.CONFLICT, _("%(who)s la cambió mientras tanto") % {"who": who})
    if scope.value != standing.scope and (refusal := check_room(scope)):
        raise Wrong({"scope": refusal})
    fields = {**scope.fields, **fields_of(agent, draft), "version": standing.version + 1}
    for name, value in fields.items():
        setattr(standing, name, value)
    standing.save(update_fields=list(fields))
    _change_files(standing, draft)
    return standing


@transaction.atomic
def delete_reply(reply: QuickReply) -> None:
    """It and its files."""
    hold_writing()
    kept_files.drop_files(reply.files.all())
    reply.delete()


class Wrong(Exception):
    """What was written cannot be kept; `errors`: why, by field."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(str(errors))
        self.errors = errors


def _check_draft(draft: Draft, reply: QuickReply | None = None) -> Scope:
    errors = dict(draft.errors)
    if draft.scope is None:
        raise Wrong(errors | {"scope": _("Elegí quién la ve")})
    if not errors and (refusal := check_free(draft.scope, draft.shortcut, but=reply.pk if reply else None)):
        errors["shortcut"] = refusal
    if refusal := kept_files.check_files(draft.scope, reply, draft.uploads, draft.removed):
        errors["files"] = refusal
    if errors:
        raise Wrong(errors)
    return draft.scope


def _change_files(reply: QuickReply, draft: Draft) -> None:
    try:
        kept_files.change_files(reply, draft.uploads, draft.removed)
    except OSError as error:
        raise Rejected(Rejection.UNAVAILABLE, _("No se pudo guardar el archivo. Probá en un rato")) from error


def fields_of(agent: Agent, draft: Draft) -> dict[str, Any]:
    return {
        "title": draft.title, "shortcut": draft.shortcut, "text": draft.text,
        "changed_by": agent, "changed_at": timezone.now(),
    }  # fmt: skip


def scope_named(value: str, scopes: Iterable[Scope]) -> Scope | None:
    return next((one for one in scopes if one.value == value), None)
