"""An answer as a form brings it: a text, and files that leave as a message each."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID, uuid5

from django.core.files.uploadedfile import UploadedFile

from chats.attachments import uploads
from chats.errors import Rejected, Rejection
from chats.messages import replies
from chats.models import Message
from trays.models import Agent

# of a file, not of the chat: the others may still go
_OF_A_FILE = (Rejection.INVALID, Rejection.TOO_LARGE)


@dataclass(frozen=True)
class ReplyForm:
    """What a form carries beside its files."""

    text: str
    client_id: UUID | None
    last_seen: int | None
    quotes: int | None
    voice: bool


def send_files(chat_pk: int, agent: Agent, form: ReplyForm, files: Sequence[UploadedFile]) -> tuple[Message, list[str]]:
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
            refused.append(f"{uploads.safe_name(file.name or '')}: {refusal.message}")
            latest = refusal
        else:
            first = first or sent
    if first is None:
        raise Rejected(latest.code, " ".join(refused), chat=latest.chat)
    return first, refused


def _send(chat_pk: int, agent: Agent, form: ReplyForm, *files: UploadedFile) -> Message:
    kept = [uploads.keep_upload(file) for file in files]
    try:
        return replies.send_reply(
            chat_pk, agent, form.text, files=kept, client_id=form.client_id, last_seen=form.last_seen,
            quotes=form.quotes, voice=bool(kept) and form.voice,
        )  # fmt: skip
    except Rejected:
        for one in kept:
            uploads.drop_upload(one)
        raise
