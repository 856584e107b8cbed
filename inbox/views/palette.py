"""The palette (Ctrl+K): what it can lead to, as the list that static/inbox/palette.js searches; contacts as they are
typed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from contacts.models import Contact
from inbox import saved_views
from inbox.held_chats import read_held
from inbox.search.words import clean_typed
from trays.models import Tray
from trays.requests import AgentRequest

MAX_CONTACTS = 5


@dataclass(frozen=True)
class Option:
    """What the palette leads to: an address, or a button of the page (`press`, a selector) that it presses."""

    key: str
    name: str
    icon: str
    url: str = ""
    press: str = ""
    keys: str = ""
    hint: str = ""


def _list_actions() -> list[Option]:
    fold = "#work.is-list [data-key-fold]"
    return [
        Option("next", _("Tomar siguiente"), "user-check", press="[data-key-next]", keys="N"),
        Option("undo", _("Deshacer"), "arrow-back-up", press="[data-key-undo]", keys="Z"),
        Option("unanswered", _("El próximo sin responder"), "messages", reverse("next_unanswered")),
        Option("presence", _("Disponible o Ausente"), "circle-check", press="#presence button"),
        Option("fold", _("Plegar la lista de chats"), "layout-sidebar-left-collapse", press=fold, keys="["),
        Option("theme", _("Cambiar de tema"), "moon", press="[data-theme-toggle]"),
        Option("reply", _("Nueva respuesta rápida"), "bolt", reverse("quick_reply_new")),
        Option("keys", _("Atajos de teclado"), "keyboard", press="[commandfor=shortcuts]", keys="?"),
    ]


def _list_places(trays: Sequence[Tray], views: Iterable[saved_views.ViewLink]) -> list[Option]:
    return [
        *(Option(f"tray-{tray.pk}", str(tray), tray.icon, reverse("tray", args=[tray.pk])) for tray in trays),
        *(
            Option(f"view-{one.pk}", one.name, "filter", reverse("tray", args=[one.tray_id]) + one.query, hint=one.tray)
            for one in views
        ),
        Option("chats", _("Chat"), "messages", reverse("chats"), keys="GH"),
        Option("contacts", _("Contactos"), "users", reverse("contacts"), keys="GC"),
        Option("search", _("Buscar"), "search", reverse("search"), keys="GF"),
        Option("replies", _("Respuestas rápidas"), "bolt", reverse("quick_replies"), keys="GR"),
        Option("settings", _("Mis ajustes"), "adjustments", reverse("settings")),
        Option("access", _("Acceso y seguridad"), "shield-lock", reverse("own_access")),
    ]


@require_GET
def show_palette(request: AgentRequest) -> HttpResponse:
    """The dialog, with the agent's places and the chats that it holds."""
    open_trays = Tray.objects.open_to(request.user).in_use().in_order().select_related("owner")
    trays = list(saved_views.with_views(open_trays, request.user))
    context = {
        "actions": _list_actions(),
        "places": _list_places(trays, saved_views.list_links(trays)),
        "held": read_held(request.user).chats,
        "search_option": Option("messages", "", "search"),
    }
    return _answer(request, "inbox/_palette.html", context)


@require_GET
def find_contacts(request: AgentRequest) -> HttpResponse:
    """The first few contacts of whom something was typed (`q`): every agent sees all of them."""
    typed = clean_typed(request.GET.get("q", ""))
    seen = Contact.objects.visible_to(request.user).exclude(state="")
    found = seen.called(typed).select_related("origin").order_by("-active_at", "-id")
    context = {"contacts": found[:MAX_CONTACTS] if typed else ()}
    return _answer(request, "inbox/_palette_contacts.html", context)


def _answer(request: AgentRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    response = render(request, template, context)
    response["Cache-Control"] = "no-store"
    return response
