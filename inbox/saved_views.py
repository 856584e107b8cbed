"""Saved views of a tray: listed with the trays, saved from an address that stands, renamed and deleted."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import IntegrityError, connection, transaction
from django.db.models import OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject
from django.http import QueryDict
from django.utils.translation import gettext as _

from chats.errors import Rejected, Rejection
from chats.messages.rows import clean_text
from inbox import row_filters
from inbox.models import SavedView
from inbox.models.saved_view import MAX_NAME_CHARS, MAX_VIEW_QUERY_CHARS
from inbox.row_filters import RowFilters
from trays.models import Agent, Tray

# of an agent's own, and shared ones of a tray
MAX_VIEWS = 20
# shown of one tray
MAX_OF_A_TRAY = 2 * MAX_VIEWS


@dataclass(frozen=True)
class ViewLink:
    """A view as lists show it."""

    pk: int
    name: str
    tray_id: int
    tray: str
    query: str
    is_shared: bool


def with_views(trays: QuerySet[Tray], agent: Agent) -> QuerySet[Tray]:
    """The same trays, each with its views (`views`) that this agent uses: in the same statement."""
    used = SavedView.objects.filter(Q(owner=agent) | Q(is_shared=True), tray=OuterRef("pk")).order_by("name", "id")
    fields = JSONObject(pk="pk", name="name", query="query", is_shared="is_shared")
    return trays.annotate(views=ArraySubquery(used.values(found=fields)[:MAX_OF_A_TRAY]))


def list_links(trays: Iterable[Tray]) -> list[ViewLink]:
    """Of trays that were read with their views: by name."""
    found = [
        ViewLink(tray_id=tray.pk, tray=str(tray), **view)
        for tray in trays
        for view in tray.views  # type: ignore[attr-defined]
    ]
    return sorted(found, key=lambda view: (view.name.casefold(), view.pk))


def changeable_by(agent: Agent) -> QuerySet[SavedView]:
    """Those that an agent may rename and delete: its own, a supervisor also shared ones."""
    seen = SavedView.objects.visible_to(agent)
    return seen.filter(Q(owner=agent) | Q(is_shared=True)) if agent.is_supervisor else seen.filter(owner=agent)


@transaction.atomic
def save_view(agent: Agent, tray: Tray, name: str, query: str, *, is_shared: bool) -> SavedView:
    """A list as the filters of now read the query; what they do not know is left out."""
    if is_shared and not agent.is_supervisor:
        raise Rejected(Rejection.FORBIDDEN, _("Solo un supervisor comparte vistas"))
    name, query = _read_name(name), clean_query(tray, query)
    if not query:
        raise Rejected(Rejection.INVALID, _("Elegí antes un filtro o un orden: la vista es eso"))
    if len(query) > MAX_VIEW_QUERY_CHARS:
        raise Rejected(Rejection.INVALID, _("Son demasiados filtros para una vista"))
    _hold_writing()
    scope: dict[str, Any] = {"tray": tray, "is_shared": True} if is_shared else {"owner": agent, "is_shared": False}
    if SavedView.objects.filter(**scope).count() >= MAX_VIEWS:
        raise Rejected(Rejection.INVALID, _("Entran %(most)s vistas; borrá las que no uses") % {"most": MAX_VIEWS})
    return _write(SavedView(owner=agent, tray=tray, name=name, query=query, is_shared=is_shared))


def rename_view(view: SavedView, name: str) -> None:
    view.name = _read_name(name)
    _write(view, update_fields=["name"])


def clean_query(tray: Tray, query: str) -> str:
    """As the address of the tray's list has it."""
    usual = row_filters.usual_order(tray.kind)
    lines = row_filters.list_lines()
    wanted = QueryDict(query.removeprefix("?")[:2000])
    return RowFilters.read(wanted, lines, usual, row_filters.tags_with(lines)).query


def _read_name(typed: str) -> str:
    name = " ".join(clean_text(typed).split())
    if not name:
        raise Rejected(Rejection.INVALID, _("Falta el nombre de la vista"))
    if len(name) > MAX_NAME_CHARS:
        words = _("El nombre tiene %(n)s caracteres; entran %(most)s")
        raise Rejected(Rejection.INVALID, words % {"n": len(name), "most": MAX_NAME_CHARS})
    return name


def _write(view: SavedView, **how: Any) -> SavedView:
    try:
        with transaction.atomic():
            view.save(**how)
    except IntegrityError as error:
        raise Rejected(Rejection.CONFLICT, _("Ya hay una vista “%(name)s”") % {"name": view.name}) from error
    return view


def _hold_writing() -> None:
    """Until the transaction ends nobody else saves any: what is full stays full."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('inbox.saved_views'))")
