"""Bots: the embedded menu and external ones, and the field by which all admins name a tray."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.debug import sensitive_post_parameters

from backoffice.base import HouseAdmin, Plain, shorten_text
from backoffice.bot_forms import NEEDS, BotForm, paste_rows, save_endpoint, site_of
from backoffice.chips import active_chips, active_word
from backoffice.endpoint_acts import CHANGE_SECRET, FORGET_SECRET, SECRETS_TO_SHOW, SWITCH_ON, show_secret_once
from backoffice.endpoint_probe import ProbesEndpoint
from backoffice.menu.editor import EditsMenu
from chats import jobs
from chats.models import Chat
from trays.models import Holiday, Tray
from wittybots.models import Bot, MenuVersion, Reception


class TrayField(forms.ModelChoiceField):
    """A tray to which chats go. One that was archived since stays in view and has to be replaced.

    Left out of the choices it would turn into none without a word when the page is next saved.
    """

    def label_from_instance(self, tray: Tray) -> str:
        return _("%(name)s (archivada)") % {"name": tray} if tray.archived_at else str(tray)

    def clean(self, value: Any) -> Tray | None:
        tray = super().clean(value)
        if tray is not None and tray.archived_at:
            raise ValidationError(_("La bandeja %(name)s está archivada: elegí otra.") % {"name": tray})
        return tray


def offered_trays() -> models.QuerySet[Tray]:
    """General, the created ones in use, and what is named somewhere although it is archived."""
    named = Q(pk__in=Reception.objects.values("tray")) | Q(pk__in=Holiday.objects.values("tray"))
    kinds = (Tray.Kind.GENERAL, Tray.Kind.CUSTOM)
    return Tray.objects.filter(named | Q(archived_at=None), kind__in=kinds).in_order()


class OffersTrays(Plain):
    """For an admin or inline whose foreign keys to Tray are destinations of chats."""

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.remote_field.model is Tray:
            kwargs |= {"form_class": TrayField, "queryset": offered_trays(), "limit_choices_to": None}
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]


# --- bots ----------------------------------------------------------------------------------------


ACTIVE = active_word(gettext_lazy("Activo"), gettext_lazy("Apagado"))


@admin.register(Bot)
class BotAdmin(EditsMenu, ProbesEndpoint, OffersTrays, HouseAdmin):
    form = BotForm
    change_form_template = "backoffice/bot_form.html"
    list_display = ("name", "kind", ACTIVE, "menu_version", "connected")
    list_filter = (active_chips(gettext_lazy("Todos"), gettext_lazy("Activos"), gettext_lazy("Apagados")), "kind")
    new_label = gettext_lazy("Nuevo bot")
    list_select_related = ("endpoint",)
    search_fields = ("name__folds",)
    acts: ClassVar = (CHANGE_SECRET, FORGET_SECRET, SWITCH_ON)

    @admin.display(description=gettext_lazy("menú publicado"))
    def menu_version(self, bot: Any) -> str:
        if bot.is_external:
            return ""
        return _("versión %(n)s") % {"n": bot.published} if bot.published else _("el de las bandejas")

    @admin.display(description=gettext_lazy("conexión"))
    def connected(self, bot: Bot) -> str:
        if not bot.is_external:
            return ""
        endpoint = getattr(bot, "endpoint", None)
        if endpoint is None:
            return _("por la API") if bot.kind == Bot.Kind.WEBHOOK else _("falta la dirección")
        if not endpoint.is_active:
            return _("apagado por fallas") if endpoint.switched_off_at else _("desactivado")
        return shorten_text(endpoint.trouble) or (_("responde") if endpoint.heard_at else _("sin probar"))

    def get_queryset(self, request: HttpRequest) -> Any:
        published = MenuVersion.objects.filter(bot=OuterRef("pk"), state=MenuVersion.State.PUBLISHED).values("number")
        return super().get_queryset(request).annotate(published=Subquery(published[:1]))

    def get_fieldsets(self, request: HttpRequest, obj: Bot | None = None) -> Any:
        if obj is None:
            words = _("El conector no se cambia después. Lo que necesita se completa en la página que sigue.")
            return [(None, {"fields": ("name", "kind"), "description": words})]
        own = (None, {"fields": ("name", "kind", "farewell", "most_per_minute", "is_active")})
        if not obj.is_external:
            return [own]
        needs = NEEDS[obj.kind]
        words = paste_rows(obj, site_of(request))
        endpoint = getattr(obj, "endpoint", None)
        asked = ("current_secret",) if needs.signs and endpoint is not None and endpoint.secret else ()
        connection = {"fields": (*needs.fields, *asked), "description": words, "classes": ("step",)}
        return [own, (_("Conexión"), connection)]

    def get_readonly_fields(self, request: HttpRequest, obj: Bot | None = None) -> tuple[str, ...]:
        return ("kind",) if obj else ()

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"name": "", **super().get_changeform_initial_data(request)}

    def tools(self, request: HttpRequest, thing: Bot) -> list[tuple[str, str]]:
        found = super().tools(request, thing)
        if thing.is_external and request.user.has_perm("wittybots.add_token"):
            found.insert(0, (f"{reverse('admin:wittybots_token_add')}?bot={thing.pk}", _("Nueva clave")))
        return found

    @method_decorator(sensitive_post_parameters())
    def changeform_view(self, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().changeform_view(*args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Bot, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            return
        if "is_active" in form.changed_data and not obj.is_active:
            jobs.release_bot(obj.pk)
        if not obj.is_external:
            return
        made = save_endpoint(obj, form)
        if made is not None and made.secret:
            show_secret_once(request, made)
        if obj.kind != Bot.Kind.WEBHOOK and (made is not None or "url" in form.changed_data):
            messages.info(request, _("Ahora probá la conexión."))

    def response_add(self, request: HttpRequest, obj: Bot, post_url_continue: str | None = None) -> HttpResponse:
        """On to the page that says what is missing."""
        messages.success(request, _("Bot %(name)s creado. Abajo dice lo que falta.") % {"name": obj})
        return HttpResponseRedirect(self.url("change", obj))

    def response_change(self, request: HttpRequest, obj: Bot) -> HttpResponse:
        """A secret that was made just now has to be seen."""
        response = super().response_change(request, obj)
        endpoint = getattr(obj, "endpoint", None)
        if endpoint is not None and endpoint.pk in request.session.get(SECRETS_TO_SHOW, []):
            return HttpResponseRedirect(self.url("change", obj))
        return response

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        bot = kwargs.get("obj")
        if bot is not None and bot.is_external:
            context |= self.panel(request, bot)
            context["tokens"] = f"{reverse('admin:wittybots_token_changelist')}?bot__id__exact={bot.pk}"
        elif bot is not None:
            context["version"] = bot.published
        return super().render_change_form(request, context, *args, **kwargs)

    # --- deleting: only what is in nobody's way ------------------------------------------------

    def has_delete_permission(self, request: HttpRequest, obj: Bot | None = None) -> bool:
        """One that an origin uses, or that has attended chats, is switched off instead."""
        may = super().has_delete_permission(request, obj)
        if obj is None or not may:
            return may
        return not (Reception.objects.filter(bot=obj).exists() or Chat.objects.filter(bot=obj).exists())

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        gone = []
        for bot in objs:
            tokens = bot.tokens.count()
            words = ngettext("%(n)s clave deja de servir", "%(n)s claves dejan de servir", tokens) % {"n": tokens}
            gone.append(f"{bot}: {words}" if tokens else str(bot))
        return gone, {self.opts.verbose_name_plural: len(gone)}, set(), []
