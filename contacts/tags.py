"""The tags of many contacts, read at once: few tags for many rows, and no statement where nobody has any."""

from collections.abc import Iterable, Sequence

from contacts.models import Contact, Tag


def read_tags(contacts: Iterable[Contact]) -> dict[int, list[Tag]]:
    """{contact: its tags that are in use, in the order in which they were given}."""
    contacts = list(contacts)
    wanted = {pk for one in contacts for pk in one.tag_ids}
    known = Tag.objects.in_use().in_bulk(wanted) if wanted else {}
    return {one.pk: [known[pk] for pk in one.tag_ids if pk in known] for one in contacts}


def show_tags(contacts: Sequence[Contact]) -> None:
    """Gives each its `shown_tags`."""
    tags = read_tags(contacts)
    for one in contacts:
        one.shown_tags = tags[one.pk]
