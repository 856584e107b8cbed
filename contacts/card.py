"""The verbs on a contact's card: name, notes, tags, attributes. The only writer of them; its history has steps of who
is behind it as well (contacts/joining.py, chats/messages/blocks.py).

Who may see the contact may change it; callers find it by `Contact.objects.visible_to`. Each verb is one transaction
that locks the contact's row, so what is compared is what is written over. `was`: what its person had before the eyes,
None where nobody looked (files, programs). Each returns whether anything changed; edges tell the screens
(chats/publish.py: `card_changed`).
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from common.names import show_name
from contacts.errors import CardConflict, CardRefused
from contacts.models import (
    AttributeDefinition,
    AttributeValue,
    CardChange,
    Contact,
    ContactNote,
    ContactTag,
    PastTag,
    Tag,
)
from contacts.models.card import MAX_NOTE_CHARS
from contacts.values import clean_lines, clean_words, read_value, say_value
from trays.models import Agent

MAX_NAME_CHARS = 200
MAX_TAGS, MAX_NOTES = 20, 200
Field = CardChange.Field


def rename_contact(contact_pk: int, agent: Agent | None, name: str, *, was: str | None = None) -> bool:
    """Raises CardRefused; CardConflict where another has renamed it."""
    wanted = clean_words(name)
    if len(wanted) > MAX_NAME_CHARS:
        raise CardRefused(_too_long(wanted, MAX_NAME_CHARS))
    with transaction.atomic():
        contact = _hold(contact_pk)
        # as screens show it: nothing in it turns the direction of what stands around
        standing = show_name(contact.name)
        _compare(contact, Field.NAME, standing=standing, was=was, wanted=wanted)
        if wanted in (standing, contact.name):
            return False
        if not wanted:
            raise CardRefused(_("Falta el nombre"))
        _record(contact, agent, Field.NAME, contact.name, wanted)
        Contact.objects.filter(pk=contact.pk).update(name=wanted)
    return True


def set_attribute(
    contact_pk: int, agent: Agent | None, definition: AttributeDefinition, typed: str, *, was: str | None = None
) -> bool:
    """`typed` as a person or a file writes it, '' for none; `was` as it is kept. Raises CardRefused; CardConflict."""
    wanted = read_value(definition, typed)
    with transaction.atomic():
        contact = _hold(contact_pk)
        mine = AttributeValue.objects.filter(contact=contact, definition=definition)
        standing = mine.values_list("value", flat=True).first() or ""
        _compare(contact, Field.ATTRIBUTE, definition, standing=standing, was=was, wanted=wanted)
        if standing == wanted:
            return False
        if definition.archived_at is not None and wanted:
            raise CardRefused(_("%(what)s ya no se usa") % {"what": definition.label})
        if not wanted:
            mine.delete()
        elif not mine.update(value=wanted):
            AttributeValue.objects.create(contact=contact, definition=definition, value=wanted)
        _record(contact, agent, Field.ATTRIBUTE, standing, wanted, definition)
    return True


# --- tags --------------------------------------------------------------------------------------


def give_tag(contact_pk: int, agent: Agent | None, tag: Tag, *, at: datetime | None = None) -> bool:
    """Raises CardRefused where the tag is archived or there are too many. Who has it already keeps it."""
    at = at or timezone.now()
    with transaction.atomic():
        contact = _hold(contact_pk)
        if tag.pk in contact.tag_ids:
            return False
        if not Tag.objects.in_use().filter(pk=tag.pk).exists():
            raise CardRefused(_("La etiqueta %(tag)s ya no se usa") % {"tag": tag})
        if len(contact.tag_ids) >= MAX_TAGS:
            raise CardRefused(_("Entran %(most)s etiquetas; quitá alguna") % {"most": MAX_TAGS})
        ContactTag.objects.create(contact=contact, tag=tag, given_by=agent, given_at=at)
        _keep_tags(contact, [*contact.tag_ids, tag.pk])
        _record(contact, agent, Field.TAG, "", tag.word, at=at)
    return True


def take_tag(contact_pk: int, agent: Agent | None, tag: Tag, *, at: datetime | None = None) -> bool:
    at = at or timezone.now()
    with transaction.atomic():
        contact = _hold(contact_pk)
        if tag.pk not in contact.tag_ids:
            return False
        end_tags(ContactTag.objects.filter(contact=contact, tag=tag), at)
        _keep_tags(contact, [pk for pk in contact.tag_ids if pk != tag.pk])
        _record(contact, agent, Field.TAG, tag.word, "", at=at)
    return True


def end_tags(given: QuerySet[ContactTag], at: datetime) -> None:
    """What its contacts had until now. In the transaction of whoever writes what they have."""
    ended = [
        PastTag(contact_id=one.contact_id, tag_id=one.tag_id, given_at=one.given_at, taken_at=max(at, one.given_at))
        for one in given
    ]
    PastTag.objects.bulk_create(ended)
    given.delete()


def _keep_tags(contact: Contact, tag_ids: Iterable[int]) -> None:
    Contact.objects.filter(pk=contact.pk).update(tag_ids=list(tag_ids))


# --- notes -------------------------------------------------------------------------------------


def add_note(contact_pk: int, agent: Agent | None, text: str) -> ContactNote:
    """Raises CardRefused where it says nothing, is too long, or there are too many."""
    wanted = _read_note(text)
    if not wanted:
        raise CardRefused(_("Escribí la nota"))
    with transaction.atomic():
        contact = _hold(contact_pk)
        if contact.notes.count() >= MAX_NOTES:
            raise CardRefused(_("Entran %(most)s notas; borrá las que no sirvan") % {"most": MAX_NOTES})
        added = ContactNote.objects.create(contact=contact, text=wanted, author=agent)
        _record(contact, agent, Field.NOTE, "", wanted)
    return added


def add_note_once(contact_pk: int, agent: Agent | None, text: str) -> bool:
    """The same where none says just that. Raises CardRefused."""
    with transaction.atomic():
        contact = _hold(contact_pk)
        if contact.notes.filter(text=clean_lines(text)).exists():
            return False
        add_note(contact_pk, agent, text)
    return True


def change_note(contact_pk: int, agent: Agent | None, note_pk: int, text: str, version: int | None = None) -> bool:
    """Without words it is removed. `version`: the one that was read. Raises CardRefused; CardConflict where it is not
    that any more; ContactNote.DoesNotExist."""
    wanted = _read_note(text)
    with transaction.atomic():
        contact = _hold(contact_pk)
        note = contact.notes.select_related("changed_by").get(pk=note_pk)
        if version not in (None, note.version) and note.text != wanted:
            raise CardConflict(_who_changed(note.changed_by, note.text), standing=note.text, tried=wanted)
        if note.text == wanted:
            return False
        _record(contact, agent, Field.NOTE, note.text, wanted)
        if not wanted:
            note.delete()
            return True
        note.text, note.changed_by, note.version = wanted, agent, note.version + 1
        note.save(update_fields=["text", "changed_by", "version"])
    return True


def _read_note(text: str) -> str:
    wanted = clean_lines(text)
    if len(wanted) > MAX_NOTE_CHARS:
        raise CardRefused(_too_long(wanted, MAX_NOTE_CHARS))
    return wanted


# --- what they share ---------------------------------------------------------------------------


def _hold(contact_pk: int) -> Contact:
    # not its key: messages that are stored for it meanwhile need not wait
    contact = Contact.objects.select_for_update(no_key=True).get(pk=contact_pk)
    if contact.erased_at is not None:
        raise CardRefused(_("Los datos de este contacto se borraron"))
    return contact


def _compare(
    contact: Contact, field: str, definition: AttributeDefinition | None = None, *,
    standing: str, was: str | None, wanted: str,
) -> None:  # fmt: skip
    """Raises CardConflict where what stands is neither what was read nor what is wanted."""
    if was is None or standing in (clean_words(was), wanted):
        return
    steps = CardChange.objects.filter(contact=contact, field=field, definition=definition).select_related("actor")
    last = steps.order_by("-id").first()
    shown = say_value(definition, standing) if definition else standing
    raise CardConflict(_who_changed(last.actor if last else None, shown), standing=standing, tried=wanted)


def _who_changed(actor: Agent | None, value: str) -> str:
    who = {"who": actor.short_name if actor else "", "value": value}
    if not value:
        return _("%(who)s lo borró") % who if actor else _("Lo borraron mientras tanto")
    return _("%(who)s lo cambió a “%(value)s”") % who if actor else _("Cambió a “%(value)s” mientras tanto") % who


def _record(
    contact: Contact, agent: Agent | None, field: str, before: str, after: str,
    definition: AttributeDefinition | None = None, *, at: datetime | None = None,
) -> None:  # fmt: skip
    """One step of the history."""
    CardChange.objects.create(
        contact=contact, actor=agent, field=field, definition=definition, before=before, after=after,
        at=at or timezone.now(),
    )  # fmt: skip


def _too_long(words: str, most: int) -> str:
    return _("Tiene %(n)s caracteres; entran %(most)s") % {"n": len(words), "most": most}
