"""Respuestas rápidas: the page on which they are written, and the list of which the composer picks."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from django.db import IntegrityError
from django.db.models import Count, F
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from django_htmx.http import trigger_client_event

from chats.errors import Rejected, Rejection
from chats.models import Chat
from common.names import show_name
from inbox.actions import action, form_page
from inbox.kept_words import take_words
from inbox.models import QuickReply, QuickReplyQuerySet, QuickReplyUse
from inbox.pages import begin_agent_page
from inbox.quick_replies import scopes, writing
from inbox.quick_replies.files import MAX_FILES
from inbox.quick_replies.values import values_of_all
from inbox.rejections import redirect_with_notice
from live.pages import render_page
from trays.requests import AgentRequest

PAGE_SIZE = 50
MAX_QUERY_CHARS = 100
# that a composer has at hand; whoever has more asks for the others by their words
MAX_AT_HAND = 1_000
MAX_SAMPLES = 20


@require_GET
def list_quick_replies(request: AgentRequest) -> HttpResponse:
    """All that one may use, the most used first: `q` searches, `de` is whose, `pagina` goes on."""
    return _show_page(request)


@form_page
def add_quick_reply(request: AgentRequest) -> HttpResponse:
    """The form of a new one; `copia`: with what another says. POST adds it."""
    if request.method == "POST":
        return _keep(request, None)
    given = take_words(request, request.path)
    copied = read_number(request.GET.get("copia", ""))
    if copied is not None and not given:
        found = get_object_or_404(QuickReply.objects.visible_to(request.user), pk=copied)
        given = {"titulo": found.title, "atajo": found.shortcut, "texto": found.text}
    return _show_page(request, Editor(entered=given or {"quien": request.GET.get("de", "")}))


@form_page
def edit_quick_reply(request: AgentRequest, pk: int) -> HttpResponse:
    """One of them; in its form for who may change it. POST changes it."""
    found = get_object_or_404(QuickReply.objects.visible_to(request.user).select_related("tray", "changed_by"), pk=pk)
    if request.method == "POST":
        _check_changeable(request, found)
        return _keep(request, found)
    return _show_page(request, Editor(found, _form_of(found) | take_words(request, request.path)))


def _form_of(reply: QuickReply) -> dict[str, Any]:
    """What stands in the form of one that is opened."""
    return {
        "titulo": reply.title, "atajo": reply.shortcut, "texto": reply.text, "quien": reply.scope,
        "version": reply.version,
    }  # fmt: skip


@action(lambda _request, pk: reverse("quick_reply", args=[pk]))
def delete_quick_reply(request: AgentRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(QuickReply.objects.visible_to(request.user), pk=pk)
    _check_changeable(request, found)
    writing.delete_reply(found)
    return answer_done(request, None, _("Respuesta borrada"))


@action(lambda _request, pk: reverse("quick_reply", args=[pk]))
def note_use(request: AgentRequest, pk: int) -> HttpResponse:
    """It has been put into a message: it comes further up for this agent."""
    found = get_object_or_404(QuickReply.objects.visible_to(request.user), pk=pk)
    try:
        QuickReplyUse.objects.bulk_create([QuickReplyUse(agent=request.user, reply=found)], ignore_conflicts=True)
    except IntegrityError as error:  # deleted at this very moment
        raise Http404 from error
    QuickReplyUse.objects.filter(agent=request.user, reply=found).update(times=F("times") + 1)
    return HttpResponse(status=204)


@require_GET
def give_quick_replies(request: AgentRequest) -> JsonResponse:
    """Those that a composer has at hand, as JSON; `q`: those that hold these words. `total`: how many there are."""
    seen = QuickReply.objects.visible_to(request.user)
    total = seen.count()
    typed = _read_query(request)
    found = seen.holding(typed) if typed else seen
    page = found.select_related("tray").prefetch_related("files").most_used_first(request.user)[:MAX_AT_HAND]
    return JsonResponse({"total": total, "replies": [_as_json(one) for one in page]})


def _as_json(reply: QuickReply) -> dict[str, Any]:
    name, icon = scopes.name_scope(reply)
    return {
        "id": reply.pk, "title": reply.title, "shortcut": reply.shortcut, "text": reply.text, "from": name,
        "icon": icon, "rank": 0 if reply.owner_id else 1 if reply.tray_id else 2,
        "times": reply.times,  # type: ignore[attr-defined]
        "used": reverse("quick_reply_used", args=[reply.pk]),
        "files": [
            {
                "uuid": str(one.uuid), "name": one.name, "mime": one.mime, "size": one.size,
                "url": reverse("quick_reply_file", args=[one.uuid]),
            }
            for one in reply.files.all()
        ],
    }  # fmt: skip


# --- the page ----------------------------------------------------------------------------------


@dataclass
class Editor:
    """The right side: the one that is open (None: a new one), what stands in its form, and what is wrong with that."""

    reply: QuickReply | None = None
    entered: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    refusal: str = ""


def _show_page(
    request: AgentRequest, editor: Editor | None = None, *, status: int = 200, url: str = ""
) -> HttpResponse:
    context = begin_agent_page(request) | {"nav": "respuestas"}
    seen = QuickReply.objects.visible_to(request.user)
    typed, whose, number = _read_query(request), request.GET.get("de", ""), read_number(request.GET.get("pagina", ""))
    page = max(1, min(number or 1, MAX_AT_HAND))
    kept = {name: value for name, value in (("q", typed), ("de", whose)) if value}
    choices = _count_scopes(seen)
    chosen = next((one for one in choices if one["value"] == whose), None)
    rows = _filter_replies(seen, typed, chosen).select_related("tray").most_used_first(request.user)
    shown = list(rows[(page - 1) * PAGE_SIZE : page * PAGE_SIZE + 1])
    context |= {
        "replies": [(one, *scopes.name_scope(one)) for one in shown[:PAGE_SIZE]],
        "next": page + 1 if len(shown) > PAGE_SIZE else None,
        "page": page,
        "choices": choices,
        "total": sum(one["number"] for one in choices),
        "whose": chosen["value"] if chosen else "",
        "q": typed,
        "kept": urlencode(kept),
        "editor": editor,
    }
    if editor is not None:
        context |= _editor_context(request, editor)
    response = render_page(request, "inbox/quick_replies.html", context, url=url)
    response.status_code = status
    return response


def _filter_replies(seen: QuickReplyQuerySet, typed: str, chosen: dict[str, Any] | None) -> QuickReplyQuerySet:
    found = seen.holding(typed) if typed else seen
    return found.filter(**chosen["fields"]) if chosen else found


def _count_scopes(seen: QuickReplyQuerySet) -> list[dict[str, Any]]:
    """Whose there are, with how many; few of each (writing.MAX_REPLIES)."""
    counted = seen.values_list("owner", "tray", "tray__name").annotate(n=Count("pk")).order_by("tray__name")
    found = [
        {
            "value": str(tray) if tray else scopes.OWN if owner else scopes.ALL,
            "name": name or "",
            "fields": {"owner": owner, "tray": tray},
            "number": number,
        }
        for owner, tray, name, number in counted
    ]
    return sorted(found, key=lambda one: {scopes.OWN: 0, scopes.ALL: 2}.get(one["value"], 1))


def _editor_context(request: AgentRequest, editor: Editor) -> dict[str, Any]:
    samples = _list_samples(request)
    known = {name for one in samples for name in one["values"]}
    own = [_("nombre"), _("nombre completo"), _("mi nombre"), _("bandeja"), _("saludo")]
    return {
        "may_change": editor.reply is None or scopes.may_change(request.user, editor.reply),
        "written_scopes": scopes.written_scopes(request.user),
        "samples": samples,
        "own_variables": own,
        "attribute_variables": sorted(known - set(own))[:40],
        "longest": writing.MAX_TEXT_CHARS,
        "files": list(editor.reply.files.order_by("pk")) if editor.reply else [],
        "most_files": MAX_FILES,
    }


def _list_samples(request: AgentRequest) -> list[dict[str, Any]]:
    """Customers to try one with: those of the chats that the agent holds."""
    held = Chat.objects.held_by(request.user).select_related("contact", "taken_from__owner")
    chats = list(held.order_by("waiting_since", "id")[:MAX_SAMPLES])
    values = values_of_all(chats, request.user)
    found = [{"name": str(chat.contact), "values": one} for chat, one in zip(chats, values, strict=True)]
    example = {
        _("nombre"): _("María"), _("nombre completo"): _("María Gómez"), _("mi nombre"): request.user.short_name,
        _("bandeja"): _("General"),
    }  # fmt: skip
    return [*found, {"name": _("un cliente de ejemplo"), "values": example}]


# --- writing -----------------------------------------------------------------------------------


def _keep(request: AgentRequest, reply: QuickReply | None) -> HttpResponse:
    scope = writing.scope_named(request.POST.get("quien", ""), scopes.written_scopes(request.user))
    removed = frozenset(filter(None, map(read_number, request.POST.getlist("quitar"))))
    uploads = request.FILES.getlist("archivos")
    draft = replace(writing.read_draft(request.POST, scope), uploads=uploads, removed=removed)
    try:
        if reply is None:
            kept = writing.add_reply(request.user, draft)
        else:
            version = read_number(request.POST.get("version", ""))
            kept = writing.change_reply(request.user, reply, draft, version)
    except writing.Wrong as wrong:
        return _show_page(request, Editor(reply, request.POST, wrong.errors), status=422)
    except Rejected as refusal:
        if refusal.code != Rejection.CONFLICT or reply is None:
            raise
        # it may be another's meanwhile; who looks at what stands now and saves again, means it
        reply = get_object_or_404(QuickReply.objects.visible_to(request.user), pk=reply.pk)
        entered = {**request.POST.dict(), "version": reply.version}
        words = _("%(what)s: decía “%(text)s”. Guardar deja lo tuyo.") % {
            "what": refusal.message, "text": show_name(reply.text[:200]),
        }  # fmt: skip
        return _show_page(request, Editor(reply, entered, refusal=words), status=422)
    return answer_done(request, kept, _("Respuesta guardada"))


def answer_done(request: AgentRequest, kept: QuickReply | None, words: str) -> HttpResponse:
    """On to the one that was kept, or to the list."""
    url = reverse("quick_reply", args=[kept.pk]) if kept else reverse("quick_replies")
    if not request.htmx:
        return redirect_with_notice(request, url, words)
    response = _show_page(request, Editor(kept, _form_of(kept)) if kept else None, url=url)
    return trigger_client_event(response, "toast", {"level": "success", "title": words, "text": ""})


def _check_changeable(request: AgentRequest, reply: QuickReply) -> None:
    if not scopes.may_change(request.user, reply):
        raise Rejected(Rejection.FORBIDDEN, _("Las de bandejas y las de todos las cambian los supervisores"))


def _read_query(request: AgentRequest) -> str:
    return show_name(request.GET.get("q", "").replace("\x00", ""))[:MAX_QUERY_CHARS]


def read_number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None
