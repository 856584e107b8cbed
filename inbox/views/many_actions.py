"""Actions on the chats that were chosen in a tray: the list again, with what became of each beside it."""

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from chats.errors import Rejected, Rejection
from contacts.models import Tag
from inbox import many
from inbox.actions import action
from inbox.addresses import asking_page
from inbox.views.chat_actions import parse_id
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
    if not Tray.objects.open_to(request.user).in_use().filter(pk=pk).exists():
        raise Http404
    pks = list(dict.fromkeys(_read_chat(text) for text in request.POST.getlist("chat")))
    what = request.POST.get("what", "")
    if what == "take":
        title, results = _("Tomar"), many.take_many(request.user, pks)
    elif what == "close":
        title, results = _("Cerrar"), many.send_many(request.user, pks, Tray.objects.closed())
    elif request.POST.get("tag"):
        tag = _read_tag(request.POST["tag"])
        title, results = _("Etiquetar: %(tag)s") % {"tag": tag}, many.tag_many(request.user, pks, tag)
    elif what == "send" or request.POST.get("tray"):
        tray = _read_tray(request.POST.get("tray", ""))
        title, results = _("Enviar a %(tray)s") % {"tray": tray}, many.send_many(request.user, pks, tray)
    else:
        raise Rejected(Rejection.INVALID, _("Elegí qué hacer con los chats"))
    done = sum(one.is_done for one in results)
    stays = {one.pk for one in results if not one.is_done}
    return show_chats_of(request, pk, {"results": results, "results_title": title, "done": done, "picked": stays})


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
