"""How a person comes in, in the admin: a link by mail or to copy, where it is, and the second step. Nobody types a
password."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from backoffice.base import Act, HouseAdmin
from backoffice.bot_forms import site_of
from chats import access, jobs
from common.sealing import seal_text, unseal_text
from trays import entry_links, two_steps
from trays.models import Agent, EntryLink
from trays.requests import agent_of

SHOW_ONCE = "entry_links_to_show"


def link_of(agent: Agent) -> EntryLink | None:
    return getattr(agent, "entry_link", None)


def revoke_link(request: HttpRequest, agent: Agent) -> str:
    entry_links.revoke_link(agent)
    return _("el enlace ya no sirve")


REVOKE = Act(
    "revoke",
    gettext_lazy("Anular el enlace"),
    revoke_link,
    lambda agent: _("quien lo tenga ya no entra con él"),
    lambda agent: (link := link_of(agent)) is not None and link.used_at is None and not link.is_over(),
)


def reset_two_steps(request: HttpRequest, agent: Agent) -> str:
    access.reset_two_steps(agent)
    return _("ya no se le pide el código; se cerraron sus sesiones")


def what_resetting_does(agent: Agent) -> str:
    if agent.needs_two_steps:
        return _("se cierran sus sesiones, y al ingresar con la contraseña la configura otra vez")
    return _("se cierran sus sesiones, y vuelve a ingresar solo con la contraseña")


RESET_TWO_STEPS = Act(
    "two-steps",
    gettext_lazy("Quitar la verificación en dos pasos"),
    reset_two_steps,
    what_resetting_does,
    lambda agent: hasattr(agent, "two_steps"),
    is_above=True,
)


def describe_entry(agent: Agent) -> str:
    """One word or two: whether the agent comes in, and if not, why. Asked of agents with `held` (AgentAdmin)."""
    link = link_of(agent)
    if not agent.is_active:
        return _("Desactivado")
    if agent.held:  # type: ignore[attr-defined]
        return _("Bloqueado por intentos fallidos")
    if agent.has_usable_password():
        return _("Activo")
    if link is None or link.used_at:
        return _("Sin contraseña")
    return _("Enlace vencido") if link.is_over() or not entry_links.is_vouched_for(link) else _("Invitado")


def describe_link(link: EntryLink | None) -> str:
    """Where the last link is."""
    if link is None:
        return _("ninguno")
    when = {"to": link.mail_to, "at": _say_time(link.ends_at), "why": link.mail_failure}
    if link.used_at:
        return _("usado el %(at)s") % {"at": _say_time(link.used_at)}
    if link.is_over():
        return _("venció el %(at)s") % when
    if not entry_links.is_vouched_for(link):
        return _("ya no sirve: quien lo hizo no podría hacerlo ahora. Hacé otro")
    if link.mail_failure and not link.token:
        return _("el mail a %(to)s no salió: %(why)s. Hacé otro") % when
    if link.mail_failure:
        return _("el mail a %(to)s todavía no salió: %(why)s") % when
    if link.token:
        return _("está saliendo por mail a %(to)s") % when
    if link.mailed_at:
        return _("salió por mail a %(to)s; vence el %(at)s") % when
    return _("se dio para copiar; vence el %(at)s") % when


def _say_time(at: datetime) -> str:
    return timezone.localtime(at).strftime("%d/%m/%Y %H:%M")


class EntersByLink(HouseAdmin):
    """What AgentAdmin does with links."""

    change_form_template = "backoffice/agent_form.html"

    @admin.display(description=gettext_lazy("entrada"))
    def entry(self, agent: Agent) -> str:
        return describe_entry(agent)

    @admin.display(description=gettext_lazy("enlace para entrar"))
    def last_link(self, agent: Agent) -> str:
        return describe_link(link_of(agent))

    @admin.display(description=gettext_lazy("verificación en dos pasos"))
    def second_step(self, agent: Agent) -> str:
        if not hasattr(agent, "two_steps"):
            return _("la configura al ingresar") if agent.needs_two_steps else _("no")
        since = timezone.localtime(agent.two_steps.since).strftime("%d/%m/%Y")
        left = two_steps.count_codes(agent)
        words = ngettext(
            "activa desde el %(day)s, %(n)s código de respaldo sin usar",
            "activa desde el %(day)s, %(n)s códigos de respaldo sin usar",
            left,
        )
        return words % {"day": since, "n": left}

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.link_page)
        return [path("<path:object_id>/link/", page, name="trays_agent_link"), *super().get_urls()]

    def tools(self, request: HttpRequest, thing: Agent) -> list[tuple[str, str]]:
        found = super().tools(request, thing)
        if found and thing.is_active and entry_links.may_make_link(agent_of(request), thing):
            found.insert(0, (self.url("link", thing), _("Enlace para entrar")))
        return found

    def link_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """By mail, or to copy: asked on GET, made on POST."""
        agent = self.found(request, object_id)
        if not (agent.is_active and entry_links.may_make_link(agent_of(request), agent)):
            raise PermissionDenied
        by_mail = bool(settings.SENDS_MAIL and agent.email)
        if request.method == "POST":
            with transaction.atomic():
                self.invite(request, agent, by_mail=by_mail and request.POST.get("how") == "mail")
            return HttpResponseRedirect(self.url("change", agent))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Enlace para entrar"),
            "opts": self.opts,
            "agent": agent,
            "by_mail": by_mail,
            "sends_mail": settings.SENDS_MAIL,
            "hours": settings.ENTRY_LINK_HOURS,
            "back": self.url("change", agent),
        }
        return TemplateResponse(request, "backoffice/entry_link.html", context)

    def invite(self, request: HttpRequest, agent: Agent, *, by_mail: bool) -> None:
        token = entry_links.make_link(agent, agent_of(request), mail_to=agent.email if by_mail else "")
        self.log_change(request, agent, _("Enlace para entrar"))
        if by_mail:
            jobs.mail_entry_links()
            words = _("%(name)s recibe el enlace en %(mail)s") % {"name": agent, "mail": agent.email}
        else:
            url = f"{site_of(request)}{reverse('enter_by_link', args=[token])}"
            # sealed, as sessions are kept in the database
            request.session[SHOW_ONCE] = {**request.session.get(SHOW_ONCE, {}), str(agent.pk): seal_text(url)}
            words = _("Copiá el enlace de abajo y pasáselo a %(name)s") % {"name": agent.short_name}
        messages.success(request, words)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        agent, to_show = kwargs.get("obj"), request.session.get(SHOW_ONCE, {})
        if agent is not None and request.method == "GET" and str(agent.pk) in to_show:
            context |= {"entry_url": unseal_text(to_show[str(agent.pk)]), "hours": settings.ENTRY_LINK_HOURS}
            request.session[SHOW_ONCE] = {pk: url for pk, url in to_show.items() if pk != str(agent.pk)}
        return super().render_change_form(request, context, *args, **kwargs)
