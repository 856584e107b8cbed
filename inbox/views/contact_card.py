"""Changing a contact's card in place: each field is a form that saves alone, with scripts and without."""

from collections.abc import Callable

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import time_format
from django.utils.translation import gettext as _

from chats.errors import Rejected, Rejection
from common.parsing import parse_id
from contacts import card
from contacts.models import AttributeDefinition, Contact, Tag
from gateway.rejections import http_status
from inbox.actions import action
from inbox.contact_cards import Refused, change_card, read_card
from inbox.rejections import redirect_with_notice
from inbox.views.contacts import show_card
from trays.requests import AgentRequest

FIELDS, NOTES = "inbox/_contact_fields.html", "inbox/_contact_notes.html"


def _card_page(_request: AgentRequest, pk: int, **_more: int) -> str:
    return reverse("contact", args=[pk]) + "?ver=datos"


def _notes_page(_request: AgentRequest, pk: int, **_more: int) -> str:
    return reverse("contact", args=[pk]) + "?ver=notas"


@action(_card_page)
def rename_contact(request: AgentRequest, pk: int) -> HttpResponse:
    """`name`; `was`: the one that was read."""
    name, was = request.POST.get("name", ""), request.POST.get("was")
    contact = _find(request, pk)
    return _save(
        request, contact, "name", name, _("Nombre"),
        lambda: card.rename_contact(contact.pk, request.user, name, was=was),
    )  # fmt: skip


@action(_card_page)
def set_attribute(request: AgentRequest, pk: int, definition_pk: int) -> HttpResponse:
    """`value` as a person writes it; `was` as it is kept."""
    contact = _find(request, pk)
    definition = get_object_or_404(AttributeDefinition, pk=definition_pk)
    typed, was = request.POST.get("value", ""), request.POST.get("was")
    return _save(
        request, contact, f"a-{definition.pk}", typed, definition.label,
        lambda: card.set_attribute(contact.pk, request.user, definition, typed, was=was),
    )  # fmt: skip


@action(_card_page)
def give_tag(request: AgentRequest, pk: int) -> HttpResponse:
    """`tag`: one that is given."""
    return _change_tag(request, pk, card.give_tag)


@action(_card_page)
def take_tag(request: AgentRequest, pk: int) -> HttpResponse:
    """`tag`: one that is taken away."""
    return _change_tag(request, pk, card.take_tag)


def _change_tag(request: AgentRequest, pk: int, act: Callable[..., bool]) -> HttpResponse:
    contact = _find(request, pk)
    number = parse_id(request.POST.get("tag", ""))
    tag = Tag.objects.filter(pk=number).first() if number is not None else None

    def change() -> bool:
        if tag is None:
            raise Rejected(Rejection.INVALID, _("Elegí una etiqueta"))
        return act(contact.pk, request.user, tag)

    return _save(request, contact, "tag", "", _("Etiqueta %(tag)s") % {"tag": tag or ""}, change)


@action(_notes_page)
def add_note(request: AgentRequest, pk: int) -> HttpResponse:
    """`text`."""
    contact, text = _find(request, pk), request.POST.get("text", "")
    return _save(
        request, contact, "note", text, _("Nota"), lambda: card.add_note(contact.pk, request.user, text), part=NOTES
    )


@action(_notes_page)
def change_note(request: AgentRequest, pk: int, note_pk: int) -> HttpResponse:
    """`text`, `version`: the one that was read; `what` remove: without words."""
    contact, version = _find(request, pk), parse_id(request.POST.get("version", ""))
    text = "" if request.POST.get("what") == "remove" else request.POST.get("text", "")
    if version is None:
        raise Rejected(Rejection.MALFORMED, _("El formulario está dañado. Recargá la página"))
    return _save(
        request, contact, f"n-{note_pk}", text, _("Nota"),
        lambda: card.change_note(contact.pk, request.user, note_pk, text, version), part=NOTES,
    )  # fmt: skip


def _find(request: AgentRequest, pk: int) -> Contact:
    return get_object_or_404(Contact.objects.visible_to(request.user), pk=pk)


def _save(
    request: AgentRequest, contact: Contact, form: str, typed: str, what: str, change: Callable[[], object],
    *, part: str = FIELDS,
) -> HttpResponse:  # fmt: skip
    """The part of the card again; where it was not saved, with what was typed and why (409, 422)."""
    try:
        change_card(contact, change)
    except Rejected as refusal:
        is_conflict = refusal.code == Rejection.CONFLICT
        was = request.POST.get("was", request.POST.get("version", ""))
        refused = Refused(form, refusal.message, typed[: 4 * card.MAX_NOTE_CHARS], is_conflict, was)
        if not request.htmx:
            return show_card(request, contact.pk, refused=refused, status=http_status(refusal))
        return _render_part(request, contact, part, refused=refused, status=http_status(refusal))
    if not request.htmx:
        page = _notes_page if part == NOTES else _card_page
        saved = _("%(what)s: guardado %(at)s") % {"what": what, "at": time_format(timezone.localtime(), "H:i")}
        return redirect_with_notice(request, page(request, contact.pk), saved)
    return _render_part(request, contact, part)


def _render_part(
    request: AgentRequest, contact: Contact, part: str, *, refused: Refused | None = None, status: int = 200
) -> HttpResponse:
    fresh = Contact.objects.with_states().get(pk=contact.pk)
    return render(request, part, {"contact": fresh, "card": read_card(fresh, refused=refused)}, status=status)
