"""*¿Por qué veo esto?*: the rule of visibility in words, for one chat and who asks; supervisors see who else may."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from chats.models import Chat
from contacts.place import Place, Viewer, Why, is_for_everyone, who_may_see, why_visible
from inbox.pages import begin_agent_page
from live.pages import asks_for_part, render_page
from trays.requests import AgentRequest

MAX_NAMES = 50


@require_GET
def explain_visibility(request: AgentRequest, pk: int) -> HttpResponse:
    """A dialog; by its address a page. 404 for who may not see the chat, which says nothing of why."""
    chat = get_object_or_404(Chat.objects.visible_to(request.user).with_people(), pk=pk)
    place = Place.of(chat)
    why = why_visible(Viewer.of(request.user), place)
    context = {"chat": chat, "reason": _reason_in_words(chat, why) if why else "", "names": None}
    if request.user.is_supervisor:
        context |= _who_else(place)
    if asks_for_part(request):
        return render(request, "inbox/_visibility.html", context)
    return render_page(request, "inbox/visibility.html", begin_agent_page(request) | context | {"nav": "contactos"})


def _who_else(place: Place) -> dict[str, object]:
    """The names of all who may see it now, of many the first ones; of everybody none."""
    if is_for_everyone(place):
        return {"names": [], "is_for_everyone": True}
    found = list(who_may_see(place).order_by("first_name", "last_name", "username")[: MAX_NAMES + 1])
    return {"names": found[:MAX_NAMES], "are_more": len(found) > MAX_NAMES}


def _reason_in_words(chat: Chat, why: Why) -> str:
    named = {"tray": chat.tray, "agent": chat.agent}
    if why is Why.EVERYWHERE:
        if chat.state == Chat.State.BOT:
            return _("Lo atiende el bot. Mientras está con el bot, lo ve todo el equipo.")
        return _("Su sesión expiró. Los chats expirados los ve todo el equipo.")
    if why is Why.OPEN_TRAY:
        return _("Está en %(tray)s, que es de todos: lo ve todo el equipo.") % named
    if why is Why.ACCESS:
        return _("Está en %(tray)s, y tenés acceso a esa bandeja.") % named
    if why is Why.OWN_TRAY:
        return _("Está en tu bandeja personal: lo ven vos y los supervisores.")
    if why is Why.HOLDS:
        return _("Lo tenés vos. Mientras lo atendés, lo ven vos y los supervisores.")
    if chat.state == Chat.State.AGENTE:
        return _("Lo tiene %(agent)s, y lo ves porque supervisás.") % named
    return _("Está en %(tray)s, y lo ves porque supervisás.") % named
