"""Signed addresses of attachments, for networks and bots that fetch them."""

from django.core import signing

from chats.models import Attachment
from origins import public_address

FILE_SALT = "witty.file"


def file_url_for_bot(file: Attachment, bot_pk: int) -> str:
    """Where a bot fetches a file: signed, for a day, and only while it may read the message (chats/bots/reading.py)."""
    token = signing.dumps([str(file.uuid), bot_pk], salt=FILE_SALT)
    return f"{public_address.base_url()}/webhooks/files/{token}/"


def file_url(file: Attachment) -> str:
    """Where an HTTP origin's callback fetches a file: signed, for a day."""
    token = signing.dumps(str(file.uuid), salt=FILE_SALT)
    return f"{public_address.base_url()}/webhooks/files/{token}/"
