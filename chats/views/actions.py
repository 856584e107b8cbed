"""What agents do with a chat. Plain forms answer 303 to where the chat is now; HTMX gets that screen's main part."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from chats import files, messaging, moves
from chats.models import Chat, Message, Template
from chats.moves import Refused
from chats.refusals import notice
from chats.views import panes
from chats.views.trays import place_url
from contacts.models import Cause, State
from trays.models import Tray
from trays.words import duration


def action(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A POST about a chat: no such chat is 404."""

    def found(request: HttpRequest, pk: int, **more: Any) -> HttpResponse:
        try:
            return view(request, pk, **more)
        except Chat.DoesNotExist as error:
            raise Http404 from error

    return require_POST(found)


@action
def take(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        chat = moves.take(pk, request.user)
    except Refused as refusal:
        if refusal.status == 409 and request.htmx and refusal.chat and refusal.chat.taken_from:
            return _lost(request, refusal, refusal.chat.taken_from)
        raise
    return _open(request, chat, _("Tomaste el chat de %(name)s") % {"name": chat.contact})


@require_POST
def take_next(request: HttpRequest) -> HttpResponse:
    chat = moves.take_next(request.user)
    if chat is not None:
        return _open(request, chat, _("Tomaste el chat de %(name)s") % {"name": chat.contact})
    words = _("Nadie espera")
    if request.htmx:
        return trigger_client_event(HttpResponse(status=204), "toast", {"level": "info", "title": words, "text": ""})
    return notice(request, reverse("inbox"), words)


@action
def give_back(request: HttpRequest, pk: int) -> HttpResponse:
    chat = moves.give_back(pk, request.user)
    return _left(request, chat, _("Devuelto a %(tray)s") % {"tray": chat.tray})


@action
def send(request: HttpRequest, pk: int) -> HttpResponse:
    wanted = request.POST.get("tray", "")
    if not wanted.isascii() or not wanted.isdecimal() or len(wanted) > 18:
        raise Refused(_("Elegí la bandeja adonde enviarlo"), status=422)
    tray = Tray.objects.filter(pk=int(wanted)).first()
    if tray is None:
        raise Refused(_("Esa bandeja no existe"), status=422)
    note = messaging.clean(request.POST.get("note", "")).strip()[:300]
    chat = Chat.objects.with_people().get(pk=pk)
    if chat.state == State.BANDEJA and chat.tray.kind == Tray.Kind.PERSONAL and request.user.is_supervisor:
        chat = moves.relocate(pk, tray, actor=request.user, note=note)
    else:
        chat = moves.send(pk, tray, request.user, note=note)
    return _left(request, chat, _("Enviado a %(tray)s") % {"tray": chat.tray})


@action
def close(request: HttpRequest, pk: int) -> HttpResponse:
    chat = moves.close(pk, request.user)
    again = {"label": _("Volver a tomar"), "url": reverse("take", args=[pk]), "post": True}
    return _left(request, chat, _("Chat cerrado"), action=again)


@action
def reply(request: HttpRequest, pk: int) -> HttpResponse:
    """The agent's answer, with files; all or nothing. With `note` it stays inside."""
    if request.POST.get("note"):
        if request.FILES:
            raise Refused(_("Las notas van sin archivos"), status=422)
        return note(request, pk)
    last_seen = request.POST.get("last_seen", "")
    uploads = request.FILES.getlist("files")
    if len(uploads) > 1:
        raise Refused(_("Un archivo por mensaje"), status=422)
    # asked before a file is written to disk for a chat that is not his
    chat = moves.Chat.objects.with_people().get(pk=pk)
    messaging._holds(chat, request.user)
    kept = [files.keep(upload) for upload in uploads]
    message = messaging.reply(
        pk,
        request.user,
        request.POST.get("text", ""),
        files=kept,
        client_id=_form_id(request),
        last_seen=int(last_seen) if last_seen.isascii() and last_seen.isdecimal() and len(last_seen) < 19 else None,
    )
    return _said(request, message)


@action
def note(request: HttpRequest, pk: int) -> HttpResponse:
    return _said(request, messaging.note(pk, request.user, request.POST.get("text", ""), client_id=_form_id(request)))


@action
def template(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a template: `template` is its id, its variables are `v_<name>`."""
    wanted = request.POST.get("template", "")
    if not wanted.isascii() or not wanted.isdecimal() or len(wanted) > 18:
        raise Refused(_("Elegí una plantilla"), status=422)
    chosen = Template.objects.filter(pk=int(wanted)).first()
    if chosen is None:
        raise Refused(_("Esa plantilla no existe"), status=422)
    values = {
        name: request.POST.get(f"v_{name}", request.POST.get(name, "")) for name in messaging.variables_of(chosen)
    }
    message = messaging.send_template(pk, request.user, chosen, values, client_id=_form_id(request))
    return _open(request, message.chat, _("Plantilla enviada"))


@require_POST
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    """*Reintentar* a message that failed."""
    message = get_object_or_404(
        Message.objects.filter(chat__in=Chat.objects.visible_to(request.user), direction="out"), pk=pk
    )
    messaging.retry(message.pk, request.user)
    # what became of it is told to every screen that shows it, wherever this was asked from
    if request.htmx:
        return HttpResponse(status=204)
    return notice(request, reverse("chat", args=[message.chat_id]), _("Se reintenta"))


def _form_id(request: HttpRequest) -> UUID | None:
    given = request.POST.get("client_id", "")
    if not given:
        return None
    try:
        return UUID(given)
    except ValueError as error:
        raise Refused(_("El formulario está dañado. Recargá la página"), status=400) from error


def _lost(request: HttpRequest, refusal: Refused, tray: Tray) -> HttpResponse:
    """Somebody was quicker: the toast says who, and offers the next of that tray."""
    toast: dict[str, Any] = {"level": "error", "title": refusal.words, "text": ""}
    mine = Chat.objects.visible_to(request.user).with_people()
    following = mine.filter(state=State.BANDEJA, tray=tray).longest_first().first()
    if following:
        waits = duration(max(timezone.now() - following.waiting_since, timedelta(seconds=1)))
        toast["text"] = _("Sigue %(name)s, %(wait)s.") % {"name": following.contact, "wait": waits}
        toast["action"] = {"label": _("Tomar ese"), "url": reverse("take", args=[following.pk]), "post": True}
    return trigger_client_event(HttpResponse(status=409), "toast", toast)


def _open(request: HttpRequest, chat: Chat, words: str) -> HttpResponse:
    """On to the chat in its pane."""
    url = reverse("chat", args=[chat.pk])
    space = panes.open_in_pane(request.user, chat.pk)
    if not request.htmx:
        return notice(request, url, words)
    return panes.show_panes(request, space, url=url)


def _left(request: HttpRequest, chat: Chat, words: str, action: dict[str, Any] | None = None) -> HttpResponse:
    """The chat has gone to a tray: its pane is empty, a toast says where it is."""
    space = panes.leave_pane(request.user, chat.pk)
    if chat.change and chat.change.cause == Cause.RELOCATED and chat.change.from_tray and request.htmx:
        messages.success(request, words)
        return HttpResponseClientRedirect(reverse("tray", args=[chat.change.from_tray.pk]))
    if not request.htmx:
        return notice(request, place_url(chat, request), words)
    response = panes.show_panes(request, space, url=reverse("chats"))
    toast = {"level": "success", "title": words, "text": str(chat.contact), "action": action}
    return trigger_client_event(response, "toast", toast)


def _said(request: HttpRequest, message: Message) -> HttpResponse:
    """The pane again, with the message in it."""
    if not request.htmx:
        return notice(request, reverse("chat", args=[message.chat_id]), _("Guardado"))
    return panes.pane(_as_get(request), message.chat_id)


def _as_get(request: HttpRequest) -> HttpRequest:
    request.method = "GET"
    return request
