"""Who is behind a contact: blocking it, and joining its card to others of the same person."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django_htmx.http import trigger_client_event

from chats import publish
from chats.errors import Rejected, Rejection
from chats.messages import blocks, opting_out
from chats.models import Chat
from common.parsing import parse_id
from contacts.joining import NotJoined, find_cards, join_cards, separate_card
from contacts.models import MAX_REASON_CHARS, Contact
from contacts.place import Place, Viewer, may_see
from inbox.actions import action, form_page
from inbox.kept_words import take_words
from inbox.pages import show_form
from inbox.rejections import redirect_with_notice
from inbox.views import workspaces
from inbox.views.contacts import show_card
from trays.requests import AgentRequest

# that the form to join offers at once
MAX_FOUND = 8


def _card_page(_request: AgentRequest, pk: int) -> str:
    return reverse("contact", args=[get_object_or_404(Contact.objects.known(), pk=pk).pk])


@form_page
def block_contact(request: AgentRequest, pk: int) -> HttpResponse:
    """The form that asks why; POST `reason` blocks it."""
    contact = get_object_or_404(Contact.objects.known(), pk=pk)
    given = take_words(request, request.path) if request.method == "GET" else request.POST
    context = {"contact": contact, "reason": given.get("reason", ""), "longest": MAX_REASON_CHARS}
    if request.method == "GET":
        return _show_form(request, "inbox/_block_form.html", context)
    try:
        _known(lambda: blocks.block_contact(pk, request.user, request.POST.get("reason", "")))
    except Rejected as refusal:
        if refusal.code != Rejection.INVALID:
            raise
        return _show_form(request, "inbox/_block_form.html", context | {"error": refusal.message}, status=422)
    words = _("Contacto bloqueado")
    if not request.htmx:
        return redirect_with_notice(request, reverse("contact", args=[pk]), words)
    done = {"title": words, "text": str(contact), "url": reverse("unblock", args=[pk])}
    return trigger_client_event(_answer_with_card(request, pk), "undo", done)


@action(_card_page)
def unblock_contact(request: AgentRequest, pk: int) -> HttpResponse:
    """From its card, or (`pane`) from the pane of its chat."""
    chat = _known(lambda: blocks.unblock_contact(pk, request.user))
    words = _("Desbloqueado: lo próximo que escriba entra como siempre")
    if request.htmx and request.POST.get("pane"):
        return _say(workspaces.show_pane(request, chat.pk), words)
    if request.POST.get("pane"):
        return redirect_with_notice(request, reverse("chat", args=[chat.pk]), words)
    return _answer_done(request, pk, words)


@action(_card_page)
def switch_broadcasts(request: AgentRequest, pk: int) -> HttpResponse:
    """`wants` (1 or 0): whether the contact is to get broadcasts."""
    wants = request.POST.get("wants") == "1"
    contact = get_object_or_404(Contact.objects.visible_to(request.user), pk=pk)
    try:
        is_changed = opting_out.switch(contact.pk, request.user, wants=wants)
    except Chat.DoesNotExist as error:
        raise Http404 from error
    if is_changed:
        publish.card_changed([pk])
    words = _("Vuelve a recibir difusiones") if wants else _("No recibe más difusiones")
    return _answer_done(request, pk, words)


def _known(act: Any) -> Chat:
    """What is asked of the chat of a contact; 404 where there is none."""
    try:
        chat: Chat = act()
    except Chat.DoesNotExist as error:
        raise Http404 from error
    return chat


@form_page
def join_contact(request: AgentRequest, pk: int) -> HttpResponse:
    """The form that finds the other card (`q`); POST `other` joins the two."""
    contact = get_object_or_404(Contact.objects.known().select_related("origin"), pk=pk)
    if request.method == "GET":
        return _show_form(request, "inbox/_join_form.html", _join_context(request, contact))
    wanted = parse_id(request.POST.get("other", ""))
    other = Contact.objects.known().exclude(state="").filter(pk=wanted).first() if wanted else None
    if other is None:
        raise Rejected(Rejection.INVALID, _("Elegí la otra tarjeta"))
    _refuse_in_words(lambda: join_cards(contact, other, request.user))
    publish.card_changed(sorted(find_cards(contact)))
    return _answer_done(request, pk, _("Unidas: %(one)s y %(other)s") % {"one": contact, "other": other})


def _join_context(request: AgentRequest, contact: Contact) -> dict[str, Any]:
    typed = request.GET.get("q", contact.name).replace("\x00", "").strip()[:100]
    found: list[Contact] = []
    if typed:
        others = Contact.objects.known().exclude(state="").exclude(pk=contact.pk).called(typed)
        found = list(others.with_states().order_by("-active_at", "-id")[:MAX_FOUND])
    viewer = Viewer.of(request.user)
    for one in found:
        # only for the template
        one.is_hidden = bool(one.current) and not may_see(viewer, Place.of(one.current))  # type: ignore[attr-defined]
    return {"contact": contact, "typed": typed, "found": found}


@action(_card_page)
def separate_contact(request: AgentRequest, pk: int) -> HttpResponse:
    """The card is on its own again. `from`: the card on which that was asked."""
    contact = get_object_or_404(Contact.objects.known(), pk=pk)
    cards = find_cards(contact)
    _refuse_in_words(lambda: separate_card(contact, request.user))
    publish.card_changed(sorted(cards))
    asked_on = parse_id(request.POST.get("from", ""))
    shown = asked_on if asked_on and Contact.objects.known().filter(pk=asked_on).exists() else pk
    return _answer_done(request, shown, _("Separada: %(name)s") % {"name": contact})


def _refuse_in_words(act: Any) -> None:
    try:
        act()
    except NotJoined as refusal:
        raise Rejected(Rejection.CONFLICT, refusal.message) from refusal


# --- answers -----------------------------------------------------------------------------------


def _answer_with_card(request: AgentRequest, pk: int) -> HttpResponse:
    return show_card(request, pk, url=reverse("contact", args=[pk]))


def _answer_done(request: AgentRequest, pk: int, words: str) -> HttpResponse:
    if not request.htmx:
        return redirect_with_notice(request, reverse("contact", args=[pk]), words, messages.SUCCESS)
    return _say(_answer_with_card(request, pk), words)


def _say(response: HttpResponse, words: str) -> HttpResponse:
    return trigger_client_event(response, "toast", {"level": "success", "title": words, "text": ""})


def _show_form(request: AgentRequest, part: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    return show_form(request, part, context, page="inbox/contact_form.html", nav="contactos", status=status)
