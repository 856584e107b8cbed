"""The editor of a menu bot: its page, the preview that the real engine answers, drafts, publishing, going back."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from backoffice.menu.page import LIMITS, check_basis, list_versions, plain_tree, question_kinds, stand_of, trays_for
from backoffice.menu.rejection import DraftRejected
from backoffice.menu.tryout import try_out
from trays.models import Agent
from wittybots.menu import tree, versions
from wittybots.models import Bot, MenuVersion

State = MenuVersion.State


def _draft_schema() -> Any:
    """Read where it is needed: pydantic takes 20 MB of each process, and the worker and the clock load admins too."""
    from backoffice.menu import draft_schema

    return draft_schema


def answer_words(words: str, status: int = 200, problems: Iterable[tree.Problem] = (), **more: Any) -> JsonResponse:
    found = [{"where": problem.where, "words": problem.words} for problem in problems]
    return JsonResponse({"words": words, "problems": found, **more}, status=status)


def answers_json(view: Callable[..., JsonResponse]) -> Callable[..., HttpResponse]:
    """A POST of JSON about one bot that one may change: `view(self, request, bot, body)`, all in one transaction."""

    @wraps(view)
    def answer(self: Any, request: HttpRequest, object_id: str) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            bot = self.menu_bot(request, object_id)
        except PermissionDenied:
            return answer_words(_("No tenés permiso para cambiar este bot."), 403)
        except Http404:
            return answer_words(_("Este bot ya no existe o no tiene menú. Volvé a la lista de bots."), 404)
        try:
            with transaction.atomic():
                return view(self, request, bot, _draft_schema().body_of(request))
        except DraftRejected as unfit:
            return answer_words(unfit.words, unfit.status, unfit.problems)

    return answer


class EditsMenu:
    """For the admin of bots: `class BotAdmin(EditsMenu, OffersTrays, HouseAdmin)`."""

    admin_site: Any
    opts: Any

    def get_urls(self) -> list[URLPattern]:
        views = {
            "": self.menu_page,
            "try": self.menu_try,
            "save": self.menu_save,
            "publish": self.menu_publish,
            "back": self.menu_back,
        }
        own = [
            path(
                f"<path:object_id>/menu/{name and name + '/'}",
                self.admin_site.admin_view(view),
                name=f"wittybots_bot_menu{name and '_' + name}",
            )
            for name, view in views.items()
        ]
        return own + super().get_urls()  # type: ignore[misc]

    def tools(self, request: HttpRequest, bot: Bot) -> list[tuple[str, str]]:
        found = super().tools(request, bot)  # type: ignore[misc]
        may = self.may_act(request, bot) and not bot.is_external  # type: ignore[attr-defined]
        return [*([(self.url("menu", bot), _("Editar el menú"))] if may else []), *found]  # type: ignore[attr-defined]

    def menu_bot(self, request: HttpRequest, object_id: str) -> Bot:
        """The menu bot of an address, for who may change it. Raises Http404 and PermissionDenied."""
        bot: Bot = self.found(request, object_id)  # type: ignore[attr-defined]
        if bot.is_external:
            raise Http404
        return bot

    def menu_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The editor; with ?version=3 that version, to look at and to try."""
        bot = self.menu_bot(request, object_id)
        shown = None
        if asked := request.GET.get("version"):
            shown = bot.versions.filter(number=int(asked)).first() if asked.isdecimal() and len(asked) < 9 else None
            if shown is None:
                raise Http404
        menu = _draft_schema().editable_tree(shown.tree if shown else versions.draft_of(bot))
        names = ("try", "save", "publish", "back")
        data = {
            "tree": menu,
            "trays": trays_for(menu),
            "limits": LIMITS,
            **stand_of(bot),
            "readonly": shown is not None,
            "urls": {name: self.url(f"menu_{name}", bot) for name in names} | {"page": self.url("menu", bot)},  # type: ignore[attr-defined]
        }
        context = {
            **self.admin_site.each_context(request),
            "title": _("Menú de %(bot)s") % {"bot": bot},
            "opts": self.opts,
            "is_nav_sidebar_enabled": False,
            "bot": bot,
            "shown": shown,
            "data": data,
            "plain": plain_tree(menu),
            "kinds": question_kinds(),
            **list_versions(bot),
        }
        return TemplateResponse(request, "backoffice/menu/editor.html", context)

    @answers_json
    def menu_try(self, request: HttpRequest, bot: Bot, body: dict[str, Any]) -> JsonResponse:
        return JsonResponse(try_out(_draft_schema().tree_in(body), body))

    @answers_json
    def menu_save(self, request: HttpRequest, bot: Bot, body: dict[str, Any]) -> JsonResponse:
        """The tree becomes the draft. What is missing in it is told, and keeps nobody from saving."""
        menu = _draft_schema().tree_in(body)
        _lock_bot(bot)
        check_basis(bot, body.get("basis"))
        version = versions.save_draft(bot, menu, _editing_agent(request))
        self.log_change(request, bot, _("Menú: borrador guardado (versión %(n)s)") % {"n": version.number})  # type: ignore[attr-defined]
        problems = tree.check(menu, versions.tray_ids())
        words = _("Borrador guardado.")
        if problems:
            words += " " + _("Para publicarlo falta:")
        return answer_words(words, 200, problems, **_editor_state(bot))

    @answers_json
    def menu_publish(self, request: HttpRequest, bot: Bot, body: dict[str, Any]) -> JsonResponse:
        menu = _draft_schema().tree_in(body)
        _lock_bot(bot)
        check_basis(bot, body.get("basis"))
        versions.save_draft(bot, menu, _editing_agent(request))
        try:
            version = versions.publish_draft(bot, _editing_agent(request))
        except versions.Faulty as faulty:
            raise DraftRejected(_("No se publicó. Falta:"), 422, faulty.problems) from None
        self.log_change(request, bot, _("Menú: versión %(n)s publicada") % {"n": version.number})  # type: ignore[attr-defined]
        return answer_words(
            _("Publicada: la versión %(n)s atiende desde ahora.") % {"n": version.number}, **_editor_state(bot)
        )

    @answers_json
    def menu_back(self, request: HttpRequest, bot: Bot, body: dict[str, Any]) -> JsonResponse:
        """An earlier version is published again, under a new number."""
        _lock_bot(bot)
        check_basis(bot, body.get("basis"))
        number = body.get("number")
        known = isinstance(number, int) and 0 < number < 2**31
        old = bot.versions.exclude(state=State.DRAFT).filter(number=int(number)).first() if known else None  # type: ignore[arg-type]
        if old is None:
            raise DraftRejected(_("Esa versión no existe. Cargá la página de nuevo."), 404)
        try:
            version = versions.go_back(old, _editing_agent(request))
        except versions.Faulty as faulty:
            words = _("La versión %(n)s ya no se puede publicar. Abrila con Ver y rehacela en el borrador.")
            raise DraftRejected(words % {"n": number}, 422, faulty.problems) from None
        change = {"old": number, "n": version.number}
        self.log_change(request, bot, _("Menú: vuelta a la versión %(old)s, publicada como %(n)s") % change)  # type: ignore[attr-defined]
        words = _("El menú volvió a la versión %(old)s, publicada como versión %(n)s.") % change
        if bot.versions.filter(state=State.DRAFT).exists():
            words += " " + _("El borrador sigue como estaba.")
        messages.success(request, words)
        return answer_words(words)


def _editing_agent(request: HttpRequest) -> Agent:
    assert isinstance(request.user, Agent)  # noqa: S101 - admin_view has let in only staff
    return request.user


def _lock_bot(bot: Bot) -> None:
    """One change of a menu at a time; messages, which refer to the bot, go on."""
    Bot.objects.select_for_update(no_key=True).get(pk=bot.pk)


def _editor_state(bot: Bot) -> dict[str, Any]:
    return stand_of(bot) | {"versions": render_to_string("backoffice/menu/_versions.html", list_versions(bot))}
