"""An answer, or a note, as a form brings it: a text, and files that are a message each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from uuid import UUID, uuid5

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from chats.attachments import uploads
from chats.errors import Rejected, Rejection
from chats.messages import replies
from chats.models import Attachment, Message
from inbox.quick_replies import files as quick_files
from trays.models import Agent

# of a file, not of the chat: the others may still go
_OF_A_FILE = (Rejection.INVALID, Rejection.TOO_LARGE)
# of quick replies that a form may name
MAX_NAMED = 20


@dataclass(frozen=True)
class ReplyForm:
    """What a form carries beside its files."""

    text: str
    client_id: UUID | None
    last_seen: int | None
    quotes: int | None
    voice: bool
    # it stays inside, with its files
    is_note: bool = False


@dataclass(frozen=True)
class FormFile:
    """A file that a form brings: `keep` writes it as an attachment without a message. Raises Rejected."""

    name: str
    keep: Callable[[], Attachment]


def read_files(agent: Agent, uploaded: Sequence[UploadedFile], named: Sequence[str]) -> list[FormFile]:
    """Those that came with the form, then those of quick replies, which it names. Raises Rejected: MALFORMED."""
    if len(named) > MAX_NAMED:
        raise Rejected(Rejection.INVALID, _("Van hasta %(most)s archivos") % {"most": MAX_NAMED})
    try:
        lent = [UUID(one) for one in named]
    except ValueError as error:
        raise Rejected(Rejection.MALFORMED, _("El formulario está dañado. Recargá la página")) from error
    return [
        *(FormFile(uploads.safe_name(one.name or ""), partial(uploads.keep_upload, one)) for one in uploaded),
        *(FormFile(_("respuesta rápida"), partial(quick_files.lend_file, agent, one)) for one in lent),
    ]


def send_files(chat_pk: int, agent: Agent, form: ReplyForm, files: Sequence[FormFile]) -> tuple[Message, list[str]]:
    """Send the answer. Returns its first message, and what was refused, in words.

    Raises Rejected where nothing went; the text goes on with the first file that does.
    """
    if len(files) < 2:
        return _send(chat_pk, agent, form, *files), []
    first, refused, latest = None, [], Rejected(Rejection.INVALID, "")
    for number, file in enumerate(files):
        own = form if number == 0 else replace(form, client_id=form.client_id and uuid5(form.client_id, str(number)))
        try:
            sent = _send(chat_pk, agent, own if first is None else replace(own, text="", quotes=None), file)
        except Rejected as refusal:
            if refusal.code not in _OF_A_FILE:
                raise
            refused.append(f"{file.name}: {refusal.message}")
            latest = refusal
        else:
            first = first or sent
    if first is None:
        raise Rejected(latest.code, " ".join(refused), chat=latest.chat)
    return first, refused


def _send(chat_pk: int, agent: Agent, form: ReplyForm, *files: FormFile) -> Message:
    kept = [file.keep() for file in files]
    try:
        if form.is_note:
            return replies.write_note(chat_pk, agent, form.text, files=kept, client_id=form.client_id, voice=form.voice)
        return replies.send_reply(
            chat_pk, agent, form.text, files=kept, client_id=form.client_id, last_seen=form.last_seen,
            quotes=form.quotes, voice=bool(kept) and form.voice,
        )  # fmt: skip
    except Rejected:
        for one in kept:
            uploads.drop_upload(one)
        raise
