"""The tags of many contacts, read at once: few tags for many rows, and no statement where nobody has any."""

from collections.abc import Iterable, Sequence

from contacts.models import Contact, Tag

MAX_OFFERED = 200


def list_tags() -> list[Tag]:
    """Those that can be given, and filtered by."""
    return list(Tag.objects.in_use().in_order()[:MAX_OFFERED])


def show_tags(contacts: Sequence[Contact], tags: Iterable[Tag] = ()) -> None:
    """Gives each its `shown_tags`, those in use, in the order in which they were given; `tags`: known already."""
    known = {one.pk: one for one in tags}
    wanted = {pk for one in contacts for pk in one.tag_ids} - set(known)
    known |= Tag.objects.in_use().in_bulk(wanted) if wanted else {}
    for one in contacts:
        one.shown_tags = [known[pk] for pk in one.tag_ids if pk in known]
