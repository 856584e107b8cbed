"""The log of raw bodies: what came in, and what became of it. Never its text: messages are in no admin."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import F, Func, IntegerField, QuerySet
from django.db.models.expressions import Combinable
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.base import Act, HouseAdmin
from chats import jobs
from gateway.inbound import body_processing
from origins.models import Body

BEFORE = "antes"
PAGE = 50
PERIODS = {"hora": timedelta(hours=1), "dia": timedelta(days=1), "semana": timedelta(days=7)}


class Received(admin.SimpleListFilter):
    title = gettext_lazy("recibido")
    parameter_name = "recibido"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("hora", _("En la última hora")),
            ("dia", _("En las últimas 24 h")),
            ("semana", _("En los últimos 7 días")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        period = PERIODS.get(self.value() or "")
        return queryset.filter(received_at__gte=timezone.now() - period) if period else queryset


class ByKey(ChangeList):
    """A page of a table that is never counted: the newest first, and the next page from the last row's key."""

    following = ""
    is_first = True

    def get_filters_params(self, params: Any = None) -> dict[str, Any]:
        found = super().get_filters_params(params)
        found.pop(BEFORE, None)
        return found

    def get_ordering(self, request: HttpRequest, queryset: Any) -> list[str | Combinable]:
        return ["-pk"]

    def get_results(self, request: HttpRequest) -> None:
        before = request.GET.get(BEFORE, "")
        rows = self.queryset
        if before.isascii() and before.isdigit() and len(before) < 19:
            rows, self.is_first = rows.filter(pk__lt=int(before)), False
        found = list(rows[: PAGE + 1])
        self.result_list = found[:PAGE]
        self.result_count, self.full_result_count = len(self.result_list), None
        self.show_full_result_count = self.can_show_all = self.show_all = self.multi_page = False
        self.show_admin_actions = bool(found)
        self.paginator = Paginator(self.result_list, PAGE)
        if len(found) > PAGE:
            self.following = self.get_query_string({BEFORE: self.result_list[-1].pk})
        self.newest = self.get_query_string(remove=[BEFORE])


def process_again(request: HttpRequest, body: Body) -> str:
    outcome = body_processing.process_body(Body.objects.select_related("origin").get(pk=body.pk))
    return _("procesado de nuevo; nuevos %(new)s, ya estaban %(known)s, rechazados %(refused)s") % {
        "new": outcome.accepted,
        "known": outcome.duplicates,
        "refused": len(outcome.rejected),
    }


def mark_as_new(bodies: Sequence[Body]) -> None:
    """As when they came: the worker takes up only what is marked received and was not tried too often."""
    Body.objects.filter(pk__in=[body.pk for body in bodies]).update(state="received", attempts=0, claimed_until=None)


def what_follows(body: Body) -> str:
    return _("lo que ya se guardó no se repite")


AGAIN = Act("again", gettext_lazy("Procesar de nuevo"), process_again, what_follows)


@admin.register(Body)
class BodyAdmin(HouseAdmin):
    list_display = ("__str__", "origin", "when", "state", "short_reason", "shown_size", "repeats", "attempts")
    list_filter = ("state", Received, "origin")
    list_select_related = ("origin",)
    list_per_page = PAGE
    show_full_result_count = False
    # they would count the whole table
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ()
    change_list_template = "backoffice/raw_body_list.html"
    fields = ("origin", "received_at", "state", "reason", "shown_size", "shown_digest", "repeats", "attempts")
    acts: ClassVar = (AGAIN,)

    @admin.display(description=gettext_lazy("recibido"))
    def when(self, body: Body) -> str:
        return timezone.localtime(body.received_at).strftime("%d/%m %H:%M:%S")

    @admin.display(description=gettext_lazy("tamaño"))
    def shown_size(self, body: Any) -> str:
        return str(filesizeformat(body.bytes))

    @admin.display(description=gettext_lazy("huella (SHA-256)"))
    def shown_digest(self, body: Body) -> str:
        return bytes(body.digest).hex()

    @admin.display(description=gettext_lazy("motivo"))
    def short_reason(self, body: Body) -> str:
        return body.reason[:80] + ("…" if len(body.reason) > 80 else "")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Body]:
        size = Func(F("raw"), function="octet_length", output_field=IntegerField())
        return super().get_queryset(request).defer("raw").annotate(bytes=size)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ByKey

    # --- looked at, never written --------------------------------------------------------------

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Body | None = None) -> bool:
        return bool(request.user.has_perm("origins.view_origin"))

    def may_act(self, request: HttpRequest, thing: Body | None = None) -> bool:
        return bool(request.user.has_perm("origins.change_origin"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Body | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Body | None = None) -> bool:
        return False

    # --- again ---------------------------------------------------------------------------------

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {"again": (again_ticked, "again", AGAIN.label)} if self.may_act(request) else {}

    def do(self, request: HttpRequest, act: Act, things: Sequence[Body]) -> None:
        """One in this request and in no transaction around it, so that its items stay apart; many by the worker."""
        if len(things) == 1:
            words = act.run(request, things[0])
            self.log_change(request, things[0], words)
            messages.success(request, f"{things[0]}: {words}")
            return
        mark_as_new(things)
        for body in things:
            self.log_change(request, body, act.label)
        asked = [body for body in things if jobs.process_body_now(body.pk)]
        if asked:
            messages.success(request, _("%(n)s cuerpos se procesan de nuevo en un momento") % {"n": len(asked)})
        if len(asked) < len(things):
            messages.error(request, _("La cola del worker no responde. Los que faltan se procesan solos cuando vuelva"))


def again_ticked(model_admin: BodyAdmin, request: HttpRequest, chosen: QuerySet[Body]) -> HttpResponse | None:
    """Only what is ticked on the page: "all of them" could be millions."""
    ticked = [pk for pk in request.POST.getlist("_selected_action")[:PAGE] if pk.isascii() and pk.isdigit()]
    bodies = list(chosen.filter(pk__in=ticked))
    if request.POST.get("confirmed") != AGAIN.name:
        return model_admin.ask(request, AGAIN, bodies, listed=True)
    if bodies:
        model_admin.do(request, AGAIN, bodies)
    return None
