"""Agents: hired, deactivated, given trays and passwords. Role and administrator are the administrators'."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.forms import SetPasswordForm, UserCreationForm, UsernameField
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.debug import sensitive_post_parameters

from backoffice.base import Act, HouseAdmin, in_words
from backoffice.boxes import Boxes
from backoffice.presence_log import describe_presence, render_log
from chats import access, jobs, publish, tray_counts
from chats.models import Chat
from trays import sign_in
from trays.models import Agent, Tray, hire
from trays.presence import presence_of
from trays.requests import agent_of
from wittybots.models import Token

WHAT_ADMINISTRATORS_DO = gettext_lazy("Configura la instalación y nombra supervisores. No ve chats por eso.")


class HireForm(UserCreationForm):
    class Meta:
        model = Agent
        fields = ("username", "first_name", "last_name", "role", "is_superuser")
        field_classes: ClassVar = {"username": UsernameField}
        labels: ClassVar = {"is_superuser": gettext_lazy("Administrador")}
        help_texts: ClassVar = {"is_superuser": WHAT_ADMINISTRATORS_DO, "username": ""}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["first_name"].required = True


class AgentForm(forms.ModelForm):
    trays = forms.ModelMultipleChoiceField(
        Tray.objects.in_use().filter(kind=Tray.Kind.CUSTOM),
        required=False,
        widget=Boxes,
        label=gettext_lazy("Bandejas con acceso"),
        help_text=gettext_lazy("Además de General, Conversaciones Cerradas y la suya."),
    )

    class Meta(HireForm.Meta):
        fields = (*HireForm.Meta.fields, "capacity")  # type: ignore[assignment]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["trays"].initial = self.instance.trays.in_use().filter(kind=Tray.Kind.CUSTOM)
        if "first_name" in self.fields:  # not where the page is only looked at
            self.fields["first_name"].required = True

    def clean_is_superuser(self) -> bool:
        wanted = self.cleaned_data["is_superuser"]
        if self.initial["is_superuser"] and not wanted and is_last_administrator(self.instance):
            raise ValidationError(_("Es el único administrador: tiene que quedar uno."))
        return wanted


def is_last_administrator(agent: Agent) -> bool:
    """Asked under a lock on all of them, so that two who step down at once do not both."""
    active = Agent.objects.select_for_update().filter(is_superuser=True, is_active=True)
    return {one.pk for one in active.order_by("pk")} <= {agent.pk}


def what_deactivating_moves(agent: Agent) -> str:
    held = Chat.objects.held_by(agent)[: tray_counts.MAX_COUNTED].count()
    own = Tray.objects.get(owner=agent)
    waiting, _since = tray_counts.count_waiting([own.pk])[own.pk]
    return "; ".join(
        (
            ngettext(
                "%(n)s chat que atiende vuelve a su bandeja",
                "%(n)s chats que atiende vuelven a sus bandejas",
                held,
            )
            % {"n": held},
            ngettext(
                "%(n)s de su bandeja personal pasa a General",
                "%(n)s de su bandeja personal pasan a General",
                waiting,
            )
            % {"n": waiting},
            *_say_what_tokens_go_on(agent),
        )
    )


def _say_what_tokens_go_on(agent: Agent) -> list[str]:
    """Whoever made a token may have kept its text. A bot needs it; somebody has to decide."""
    made = list(Token.objects.valid().filter(created_by=agent).order_by("name").values_list("name", flat=True)[:20])
    if not made:
        return []
    words = ngettext(
        "%(n)s clave de la API que hizo sigue valiendo (%(names)s): si no tiene que seguir, revocala",
        "%(n)s claves de la API que hizo siguen valiendo (%(names)s): las que no tengan que seguir, revocalas",
        len(made),
    )
    return [words % {"n": len(made), "names": ", ".join(made)}]


def deactivate_agent(request: HttpRequest, agent: Agent) -> str:
    access.deactivate_agent(agent)
    return _("desactivado; sus chats volvieron a las bandejas")


def activate_agent(request: HttpRequest, agent: Agent) -> str:
    access.activate_agent(agent)
    return _("activo otra vez")


def unlock_agent(request: HttpRequest, agent: Agent) -> str:
    sign_in.unlock(agent)
    return _("ya puede volver a intentar entrar")


def may_set_password(actor: Agent, agent: Agent) -> bool:
    """An administrator for all; a supervisor for themselves and those who are neither one nor the other."""
    return actor.is_superuser or actor == agent or not (agent.is_superuser or agent.is_supervisor)


@admin.register(Agent)
class AgentAdmin(HouseAdmin):
    list_display = (
        "full_name",
        "username",
        "role",
        "is_administrator",
        "open_trays",
        "works",
        "how_here",
        "last_login",
    )
    list_filter = ("is_active", "role")
    search_fields = ("username__folds", "first_name__folds", "last_name__folds")
    ordering = ("first_name", "username")
    acts: ClassVar = (
        Act(
            "deactivate",
            gettext_lazy("Desactivar"),
            deactivate_agent,
            what_deactivating_moves,
            lambda agent: agent.is_active,
        ),
        Act("activate", gettext_lazy("Activar"), activate_agent, fits=lambda agent: not agent.is_active),
        Act("unlock", gettext_lazy("Desbloquear"), unlock_agent, fits=lambda agent: agent.is_active),
    )

    @admin.display(description=gettext_lazy("nombre"), ordering="first_name")
    def full_name(self, agent: Agent) -> str:
        return str(agent)

    @admin.display(description=gettext_lazy("administrador"), boolean=True)
    def is_administrator(self, agent: Agent) -> bool:
        return agent.is_superuser

    @admin.display(description=gettext_lazy("activo"), boolean=True)
    def works(self, agent: Agent) -> bool:
        return agent.is_active

    @admin.display(description=gettext_lazy("presencia"))
    def how_here(self, agent: Agent) -> str:
        return describe_presence(agent)

    @admin.display(description=gettext_lazy("cambios de presencia"))
    def presence_log(self, agent: Agent) -> str:
        return render_log(agent)

    @admin.display(description=gettext_lazy("bandejas"))
    def open_trays(self, agent: Agent) -> str:
        return ", ".join(tray.name for tray in agent.trays.all() if not tray.archived_at)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("trays").annotate(how=presence_of())

    def rows_to_lock(self, thing: Agent) -> Any:
        """All administrators with one of them: whether somebody is the last one is asked later, under a lock on all."""
        own = Q(pk=thing.pk)
        return Agent.objects.filter(own | Q(is_superuser=True, is_active=True) if thing.is_superuser else own)

    def get_form(self, request: HttpRequest, obj: Agent | None = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **{"form": AgentForm if obj else HireForm, **kwargs})

    def get_fields(self, request: HttpRequest, obj: Agent | None = None) -> tuple[str, ...]:
        names = ("username", "first_name", "last_name")
        is_administrators = request.user.is_superuser
        if obj is None:
            return (*names, "password1", "password2", *(("role", "is_superuser") if is_administrators else ()))
        trays = "trays" if self.has_change_permission(request, obj) else "open_trays"
        rank = "is_superuser" if is_administrators else "is_administrator"
        return (*names, trays, "capacity", "role", rank, "works", "last_login", "how_here", "presence_log")

    def get_readonly_fields(self, request: HttpRequest, obj: Agent | None = None) -> tuple[str, ...]:
        shown = ("is_administrator", "works", "last_login", "how_here", "presence_log")
        return shown if obj is None or request.user.is_superuser else ("username", "role", *shown)

    def has_change_permission(self, request: HttpRequest, obj: Agent | None = None) -> bool:
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Agent | None = None) -> bool:
        return False

    @method_decorator(sensitive_post_parameters())
    def add_view(self, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().add_view(*args, **kwargs)

    # --- hiring and changing -------------------------------------------------------------------

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Agent:
        if change:
            return super().save_form(request, form, change)
        fields = form.cleaned_data.copy()
        password, _again = fields.pop("password1"), fields.pop("password2")
        agent = hire(password=password, **fields)
        access.announce_agent(agent)
        return agent

    def save_model(self, request: HttpRequest, obj: Agent, form: Any, change: bool) -> None:
        if not change:
            return  # hired already
        super().save_model(request, obj, form, change)
        if {"role", "is_superuser"} & set(form.changed_data):
            publish.rights_changed(obj)
        if "capacity" in form.changed_data:
            jobs.assign_chats()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        if not change:
            return
        agent, (given, taken) = form.instance, form.added_and_removed("trays")
        for tray in given:
            access.give_access(tray, [agent])
        for tray in taken:
            access.take_access(tray, [agent])
        words = [in_words(_("Acceso dado a"), given), in_words(_("Acceso quitado de"), taken)]
        if any(words):
            self.log_change(request, agent, ". ".join(filter(None, words)))

    def response_add(self, request: HttpRequest, obj: Agent, post_url_continue: str | None = None) -> HttpResponse:
        """On to the page where the new agent gets trays."""
        if "_addanother" in request.POST or "_popup" in request.POST:
            return super().response_add(request, obj, post_url_continue)
        messages.success(request, _("%(name)s ya puede entrar. Ahora dale sus bandejas.") % {"name": obj})
        return HttpResponseRedirect(self.url("change", obj))

    # --- passwords -----------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.new_password)
        return [path("<path:object_id>/password/", page, name="trays_agent_password"), *super().get_urls()]

    def tools(self, request: HttpRequest, thing: Agent) -> list[tuple[str, str]]:
        found = super().tools(request, thing)
        if found and may_set_password(agent_of(request), thing):
            found.append((self.url("password", thing), _("Nueva contraseña")))
        return found

    @method_decorator(sensitive_post_parameters())
    def new_password(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A new password ends the agent's sessions and sockets."""
        agent = self.found(request, object_id)
        if not may_set_password(agent_of(request), agent):
            raise PermissionDenied
        form = SetPasswordForm(agent, request.POST or None)
        if request.method == "POST" and form.is_valid():
            with transaction.atomic():
                form.save()
                sign_in.unlock(agent)
                self.log_change(request, agent, _("Contraseña nueva"))
                publish.rights_changed(agent)
            update_session_auth_hash(request, form.user)
            messages.success(request, _("%(name)s tiene una contraseña nueva") % {"name": agent})
            return HttpResponseRedirect(self.url("change", agent))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Nueva contraseña para %(name)s") % {"name": agent},
            "opts": self.opts,
            "form": form,
            "back": self.url("change", agent),
        }
        return TemplateResponse(request, "backoffice/new_password.html", context)
