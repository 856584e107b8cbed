"""Removing files for good: their bytes first, so that a run that is cut off finds their rows again."""

from django.db.models import QuerySet

from chats.models import Attachment

BATCH = 200


def remove_files(files: "QuerySet[Attachment]") -> int:
    """All of these. Returns how many. Raises OSError where the storage fails: what is left can be removed later."""
    removed = 0
    while batch := list(files.order_by("pk")[:BATCH]):
        for one in batch:
            delete_bytes(one)
        Attachment.objects.filter(pk__in=[one.pk for one in batch]).delete()
        removed += len(batch)
    return removed


def delete_bytes(attachment: Attachment) -> None:
    """What is stored for this one alone; a file that it has borrowed stays whose it is. Raises OSError."""
    for stored in (attachment.thumb, None if attachment.is_borrowed else attachment.file):
        if stored:
            stored.storage.delete(str(stored.name))
