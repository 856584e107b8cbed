"""Actions on the chats that were chosen in a tray: the list again, with what became of each beside it."""

from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_htmx.http import trigger_client_event

from chats.errors import Rejected, Rejection
from common.parsing import parse_id
from contacts.models import Tag
from inbox import many
from inbox.actions import action
from inbox.addresses import asking_page
from inbox.views.trays import show_chats_of
from trays.models import Tray
from trays.requests import AgentRequest


def _list_page(request: AgentRequest, pk: int) -> str:
    return asking_page(request) or reverse("tray", args=[pk])


@action(_list_page)
def act_on_many(request: AgentRequest, pk: int) -> HttpResponse:
    """`what`: take, close, or send to `tray`; `tag`: give it; `chat`: each that was chosen, each with its result.

    Raises Rejected where it is no order.
    """
    pks = _begin(request, pk, request.POST.getlist("chat"))
    what = request.POST.get("what", "")
    if what == "take":
        return _show_results(request, pk, _("Tomar"), many.take_many(request.user, pks))
    if what == "close":
        results = many.send_many(request.user, pks, Tray.objects.closed())
        return _show_results(request, pk, _("Cerrar"), results, {"undo": "move"})
    if request.POST.get("tag"):
        tag = _read_tag(request.POST["tag"])
        title, results = _("Etiquetar: %(tag)s") % {"tag": tag}, many.tag_many(request.user, pks, tag)
        return _show_results(request, pk, title, results, {"undo": "tag", "tag": tag.pk})
    if what == "send" or request.POST.get("tray"):
        tray = _read_tray(request.POST.get("tray", ""))
        title, results = _("Enviar a %(tray)s") % {"tray": tray}, many.send_many(request.user, pks, tray)
        return _show_results(request, pk, title, results, {"undo": "move"})
    raise Rejected(Rejection.INVALID, _("Elegí qué hacer con los chats"))


@action(_list_page)
def undo_many(request: AgentRequest, pk: int) -> HttpResponse:
    """Take back one's own last order on many. `undo`: move, or tag with `tag`; `chats`: those that it changed."""
    pks = _begin(request, pk, request.POST.get("chats", "").split(","))
    what = request.POST.get("undo", "")
    if what == "move":
        results = many.undo_many(request.user, pks)
    elif what == "tag":
        results = many.untag_many(request.user, pks, _read_tag(request.POST.get("tag", "")))
    else:
        raise Rejected(Rejection.INVALID, _("Elegí qué hacer con los chats"))
    return _show_results(request, pk, _("Deshacer"), results)


def _begin(request: AgentRequest, pk: int, chats: list[str]) -> list[int]:
    if not Tray.objects.open_to(request.user).in_use().filter(pk=pk).exists():
        raise Http404
    return list(dict.fromkeys(_read_chat(text) for text in chats if text))


def _show_results(
    request: AgentRequest, pk: int, title: str, results: list[many.Result], undo: dict[str, Any] | None = None
) -> HttpResponse:
    """The list with the results. `undo`: what takes those back that were changed."""
    done = sum(one.is_done for one in results)
    stays = {one.pk for one in results if not one.is_done}
    shown = {"results": results, "results_title": title, "done": done, "picked": stays}
    changed = [str(one.pk) for one in results if one.is_changed]
    if undo is None or not changed:
        return show_chats_of(request, pk, shown)
    vals = undo | {"chats": ",".join(changed)}
    response = show_chats_of(request, pk, shown | {"undo_vals": vals})
    words = ngettext("%(n)s chat", "%(n)s chats", len(changed)) % {"n": len(changed)}
    bar = {"title": title, "text": words, "url": reverse("many_undo", args=[pk]), "vals": vals}
    return trigger_client_event(response, "undo", bar)


def _read_chat(text: str) -> int:
    found = parse_id(text)
    if found is None:
        raise Rejected(Rejection.INVALID, _("Uno de los chats elegidos no existe. Recargá la página"))
    return found


def _read_tag(text: str) -> Tag:
    found = parse_id(text)
    tag = Tag.objects.in_use().filter(pk=found).first() if found is not None else None
    if tag is None:
        raise Rejected(Rejection.INVALID, _("Elegí una etiqueta"))
    return tag


def _read_tray(text: str) -> Tray:
    found = parse_id(text)
    tray = Tray.objects.in_use().select_related("owner").filter(pk=found).first() if found is not None else None
    if tray is None:
        raise Rejected(Rejection.INVALID, _("Elegí la bandeja adonde enviarlos"))
    return tray
