"""What the card of a contact shows of what agents keep: fields with what was typed into the one that was refused."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from django.db.models import OuterRef, Q, Subquery
from django.utils.translation import gettext as _

from chats import publish
from chats.errors import Rejected, Rejection
from contacts import card
from contacts.errors import CardConflict, CardRefused
from contacts.models import AttributeDefinition, AttributeValue, CardChange, Contact, ContactNote, Tag
from contacts.tags import MAX_OFFERED
from contacts.values import say_value

MAX_ATTRIBUTES, MAX_CHANGES = 100, 30


@dataclass(frozen=True)
class Refused:
    """A form that was not carried out: which (`name`, `tag`, `a-5`, `note`, `n-7`), why, and what was typed into it."""

    form: str
    why: str
    typed: str
    is_conflict: bool = False
    # what its person had read: only the button that says so writes over what stands now
    was: str = ""


@dataclass(frozen=True)
class Attribute:
    definition: AttributeDefinition
    value: str

    @property
    def form(self) -> str:
        return f"a-{self.definition.pk}"

    @property
    def shown(self) -> str:
        return say_value(self.definition, self.value)


@dataclass
class Card:
    """`last`: what was last saved of it; `errors`: what was refused, by form."""

    contact: Contact
    attributes: list[Attribute]
    notes: list[ContactNote]
    given: list[Tag]
    offered: list[Tag]
    last: CardChange | None
    refused: Refused | None = None
    errors: dict[str, Refused] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.refused:
            self.errors = {self.refused.form: self.refused}


def read_card(contact: Contact, *, refused: Refused | None = None) -> Card:
    """Four statements, however much there is."""
    mine = AttributeValue.objects.filter(contact=contact, definition=OuterRef("pk")).values("value")
    definitions = AttributeDefinition.objects.alias(mine=Subquery(mine)).annotate(value=Subquery(mine))
    known = definitions.filter(Q(archived_at=None) | Q(mine__isnull=False)).in_order()[:MAX_ATTRIBUTES]
    tags = list(
        Tag.objects.filter(Q(archived_at=None) | Q(pk__in=contact.tag_ids)).in_order()[: MAX_OFFERED + card.MAX_TAGS]
    )
    given = {one.pk: one for one in tags}
    notes = list(contact.notes.select_related("author", "changed_by").order_by("-id"))
    if refused and refused.form.startswith("n-") and refused.form not in {f"n-{one.pk}" for one in notes}:
        # removed by another meanwhile: the words are not lost
        refused = replace(refused, form="note", is_conflict=False)
    fields = contact.card_changes.exclude(field__in=CardChange.STEPS).select_related("actor", "definition")
    return Card(
        contact,
        [Attribute(one, one.value or "") for one in known],
        notes,
        [given[pk] for pk in contact.tag_ids if pk in given],
        [one for one in tags if one.pk not in contact.tag_ids and one.archived_at is None],
        fields.order_by("-id").first(),
        refused,
    )


def read_changes(contact: Contact, before: int | None) -> tuple[list[CardChange], int | None]:
    """A page of the card's history, the newest first, and where the next one begins."""
    steps = contact.card_changes.select_related("actor", "definition").order_by("-id")
    if before is not None:
        steps = steps.filter(pk__lt=before)
    page = list(steps[: MAX_CHANGES + 1])
    for one in page:
        if one.definition:
            one.before, one.after = (say_value(one.definition, value) for value in (one.before, one.after))
    more = len(page) > MAX_CHANGES
    return page[:MAX_CHANGES], page[MAX_CHANGES - 1].pk if more else None


def change_card(contact: Contact, change: Callable[[], object]) -> bool:
    """One verb of contacts/card.py, told to the screens; its refusals in the edges' words. Whether anything changed."""
    try:
        changed = bool(change())
    except CardConflict as refused:
        raise Rejected(Rejection.CONFLICT, refused.message) from refused
    except CardRefused as refused:
        raise Rejected(Rejection.INVALID, refused.message) from refused
    except ContactNote.DoesNotExist as error:
        raise Rejected(Rejection.CONFLICT, _("Esa nota ya no está")) from error
    if changed:
        publish.card_changed([contact.pk])
    return changed
