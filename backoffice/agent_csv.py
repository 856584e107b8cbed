"""People as CSV: all of them out, and new ones in, each invited as if added by hand. Each line is one person or is
refused with its reason; nobody who is there is changed."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from backoffice.agent_forms import HireForm
from backoffice.agent_links import describe_entry
from backoffice.base import HouseAdmin
from backoffice.bot_forms import site_of
from chats import access, jobs
from common.csv_rules import MARK, Unreadable, read_rows, write_rows
from trays import entry_links
from trays.models import Agent, Tray, hire
from trays.requests import agent_of

NEEDED = ("usuario", "nombre")
COLUMNS = (*NEEDED, "apellido", "mail", "rol", "bandejas")
# how the form calls what a column has
FIELDS = dict(zip(("username", "first_name", "last_name", "email", "role"), COLUMNS, strict=False))
BETWEEN_TRAYS = " | "
# each is asked for in the request that brings them
MAX_ROWS, MAX_BYTES = 300, 1024 * 1024
MAX_LISTED = 10_000


class LineRefused(Exception):
    """Why nobody is made of a line, in words."""


@dataclass
class Outcome:
    """Who was invited, each with the link to copy ("": it goes by mail), and which lines were refused."""

    invited: list[tuple[Agent, str]] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)


def write_people(agents: Iterable[Agent]) -> str:
    """`agents`: as the admin lists them."""
    head = [*COLUMNS, "entrada"]
    return MARK + write_rows([head]) + write_rows(_cells_of(agent) for agent in agents)


def _cells_of(agent: Agent) -> Sequence[str]:
    trays = BETWEEN_TRAYS.join(tray.name for tray in agent.trays.all() if not tray.archived_at)
    names = (agent.username, agent.first_name, agent.last_name, agent.email)
    return (*names, agent.get_role_display(), trays, describe_entry(agent))


def read_people(data: bytes) -> list[tuple[int, dict[str, str]]]:
    """The lines of a file. Raises Unreadable, in words."""
    if len(data) > MAX_BYTES:
        raise Unreadable(_("Pesa más de 1 MB"))
    if not data.strip():
        raise Unreadable(_("El archivo no tiene filas"))
    try:
        rows = list(islice(read_rows(data, NEEDED), MAX_ROWS + 1))
    except csv.Error as error:
        raise Unreadable(_("No es un archivo CSV")) from error
    if not rows:
        raise Unreadable(_("El archivo no tiene filas"))
    if len(rows) > MAX_ROWS:
        raise Unreadable(_("Tiene más de %(most)s filas; partilo en varios") % {"most": MAX_ROWS})
    return rows


def invite_people(rows: Iterable[tuple[int, Mapping[str, str]]], by: Agent, site: str) -> Outcome:
    created = Tray.objects.in_use().filter(kind=Tray.Kind.CUSTOM)
    done, trays = Outcome(), {tray.name.casefold(): tray for tray in created}
    for line, row in rows:
        try:
            with transaction.atomic():
                done.invited.append(_invite_person(row, by, trays, site))
        except LineRefused as refused:
            done.refused.append((line, str(refused)))
        except IntegrityError:  # somebody took the name or the mail since the form looked
            done.refused.append((line, _("ya hay alguien con ese usuario o ese mail")))
    if done.invited:
        access.announce_agent(done.invited[-1][0])
        jobs.mail_entry_links()
    return done


def _invite_person(row: Mapping[str, str], by: Agent, trays: Mapping[str, Tray], site: str) -> tuple[Agent, str]:
    typed = {name: row.get(column, "").strip() for name, column in FIELDS.items()}
    form = HireForm(typed | {"role": _read_role(row, by)})
    if not form.is_valid():
        raise LineRefused("; ".join(_say_errors(form)))
    wanted = [name.strip() for name in row.get("bandejas", "").split("|") if name.strip()]
    if unknown := [name for name in wanted if name.casefold() not in trays]:
        raise LineRefused(_("no hay una bandeja %(name)s") % {"name": unknown[0][:60]})
    agent = hire(**form.cleaned_data)
    for name in wanted:
        access.give_access(trays[name.casefold()], [agent])
    mail_to = agent.email if settings.SENDS_MAIL else ""
    token = entry_links.make_link(agent, by, mail_to=mail_to)
    return agent, "" if mail_to else f"{site}{reverse('enter_by_link', args=[token])}"


def _read_role(row: Mapping[str, str], by: Agent) -> str:
    typed = row.get("rol", "").strip().casefold()
    known = {str(label).casefold(): role for role, label in Agent.Role.choices} | {"": Agent.Role.AGENT}
    if typed not in known:
        raise LineRefused(_("el rol es Agente o Supervisor"))
    if known[typed] == Agent.Role.SUPERVISOR and not by.is_superuser:
        raise LineRefused(_("solo quien administra nombra supervisores"))
    return known[typed]


def _say_errors(form: HireForm) -> Iterator[str]:
    for name, errors in form.errors.items():
        words = " ".join(str(error) for error in errors)
        yield f"{FIELDS[name]}: {words}" if name in FIELDS else words


class CarriesPeople(HouseAdmin):
    """What AgentAdmin does with files."""

    change_list_template = "backoffice/agent_list.html"

    def get_urls(self) -> list[URLPattern]:
        pages = (("csv/", self.csv_page, "csv"), ("csv/agentes.csv", self.csv_file, "csv_file"))
        own = [path(at, self.admin_site.admin_view(view), name=f"trays_agent_{name}") for at, view, name in pages]
        return own + super().get_urls()

    def csv_file(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        listed = self.get_queryset(request).order_by("username")[:MAX_LISTED]
        response = HttpResponse(write_people(listed), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="agentes.csv"'
        response["Cache-Control"] = "no-store"
        return response

    def csv_page(self, request: HttpRequest) -> HttpResponse:
        """Says what a file looks like; on POST what became of one. Links are in this answer and nowhere else."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": _("Personas por CSV"),
            "opts": self.opts,
            "columns": "; ".join(COLUMNS),
            "most": MAX_ROWS,
            "sends_mail": settings.SENDS_MAIL,
        }
        status = 200
        if request.method == "POST":
            try:
                sent = request.FILES.get("file")
                rows = read_people(sent.read(MAX_BYTES + 1) if sent else b"")
            except Unreadable as error:
                context["error"], status = str(error), 422
            else:
                context["done"] = done = invite_people(rows, agent_of(request), site_of(request))
                for agent, _url in done.invited:
                    self.log_addition(request, agent, _("Por CSV, con enlace para entrar"))
        return TemplateResponse(request, "backoffice/agent_csv.html", context, status=status)
