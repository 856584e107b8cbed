"""Agents: invited, deactivated, given trays. Role and administrator are the administrators'."""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from backoffice.agent_csv import CarriesPeople
from backoffice.agent_forms import AgentForm, HireForm
from backoffice.agent_links import RESET_TWO_STEPS, REVOKE, EntersByLink
from backoffice.base import Act, in_words, set_apart
from backoffice.chips import active_chips
from backoffice.presence_log import describe_presence, render_log
from chats import access, jobs, publish, tray_counts
from chats.models import Chat
from trays import entry_links, sign_in
from trays.models import Agent, Tray, hire
from trays.presence import presence_of
from trays.requests import agent_of
from wittybots.models import Token

OWN = ("username", "first_name", "last_name", "email", "capacity")
ACCESS, RANK = ("trays", "open_trays"), ("role", "is_superuser", "is_administrator")
# how a person comes in and is there: the page says it, and nobody writes it
LOOKED_AT = ("entry", "last_link", "second_step", "last_login", "how_here", "presence_log")


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


def end_sessions(request: HttpRequest, agent: Agent) -> str:
    access.end_sessions(agent)
    return _("se cerraron todas sus sesiones")


@admin.register(Agent)
class AgentAdmin(CarriesPeople, EntersByLink):
    list_display = (
        "full_name",
        "username",
        "role",
        "is_administrator",
        "open_trays",
        "entry",
        "how_here",
        "last_login",
    )
    list_filter = (
        active_chips(gettext_lazy("Todos"), gettext_lazy("Activos"), gettext_lazy("Desactivados")),
        "role",
    )
    new_label = gettext_lazy("Nuevo agente")
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
        Act("unlock", gettext_lazy("Dejar entrar de nuevo"), unlock_agent, fits=lambda agent: agent.is_active),
        Act(
            "sessions",
            gettext_lazy("Cerrar sus sesiones"),
            end_sessions,
            lambda agent: _("tiene que ingresar otra vez en cada equipo; sus chats quedan como están"),
            lambda agent: agent.is_active,
        ),
        REVOKE,
        RESET_TWO_STEPS,
    )

    @admin.display(description=gettext_lazy("nombre"), ordering="first_name")
    def full_name(self, agent: Agent) -> str:
        return str(agent)

    @admin.display(description=gettext_lazy("administra"))
    def is_administrator(self, agent: Agent) -> str:
        return _("Administra todo") if agent.is_superuser else ""

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
        found = (
            super().get_queryset(request).select_related("entry_link__made_by", "two_steps").prefetch_related("trays")
        )
        return found.annotate(how=presence_of(), held=sign_in.is_held_somewhere())

    def rows_to_lock(self, thing: Agent) -> Any:
        """All administrators with one of them: whether somebody is the last one is asked later, under a lock on all."""
        own = Q(pk=thing.pk)
        return Agent.objects.filter(own | Q(is_superuser=True, is_active=True) if thing.is_superuser else own)

    def get_form(self, request: HttpRequest, obj: Agent | None = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **{"form": AgentForm if obj else HireForm, **kwargs})

    def get_fields(self, request: HttpRequest, obj: Agent | None = None) -> tuple[str, ...]:
        names = ("username", "first_name", "last_name", "email")
        is_administrators = request.user.is_superuser
        if obj is None:
            return (*names, *(("role", "is_superuser") if is_administrators else ()))
        trays = "trays" if self.has_change_permission(request, obj) else "open_trays"
        rank = "is_superuser" if is_administrators else "is_administrator"
        return (*names, trays, "capacity", "role", rank, *LOOKED_AT)

    def get_fieldsets(self, request: HttpRequest, obj: Agent | None = None) -> Any:
        names = self.get_fields(request, obj)
        parts = ((_("Datos"), OWN), (_("Rol"), RANK), (_("Entrada y presencia"), LOOKED_AT), (_("Bandejas"), ACCESS))
        return set_apart(names, parts, ACCESS)

    def get_readonly_fields(self, request: HttpRequest, obj: Agent | None = None) -> tuple[str, ...]:
        shown = ("is_administrator", *LOOKED_AT)
        if obj is None or request.user.is_superuser:
            return shown
        # whoever says where the link goes comes in by it
        mail = () if entry_links.may_make_link(agent_of(request), obj) else ("email",)
        return ("username", "role", *mail, *shown)

    def has_change_permission(self, request: HttpRequest, obj: Agent | None = None) -> bool:
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Agent | None = None) -> bool:
        return False

    # --- hiring and changing -------------------------------------------------------------------

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Agent:
        if change:
            return super().save_form(request, form, change)
        agent = hire(**form.cleaned_data)
        access.announce_agent(agent)
        return agent

    def save_model(self, request: HttpRequest, obj: Agent, form: Any, change: bool) -> None:
        if not change:  # hired already
            self.invite(request, obj, by_mail=bool(settings.SENDS_MAIL and obj.email))
            return
        super().save_model(request, obj, form, change)
        if {"role", "is_superuser"} & set(form.changed_data):
            publish.rights_changed(obj)
        if "email" in form.changed_data:
            entry_links.revoke_mailed(obj)
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
            pairs = [(tray, agent) for tray in given], [(tray, agent) for tray in taken]
            self.log_access(request, agent, ". ".join(filter(None, words)), *pairs)

    def response_add(self, request: HttpRequest, obj: Agent, post_url_continue: str | None = None) -> HttpResponse:
        """On to the page where the new agent gets trays."""
        if "_addanother" in request.POST or "_popup" in request.POST:
            return super().response_add(request, obj, post_url_continue)
        return HttpResponseRedirect(self.url("change", obj))
