"""The base of the two logs: tables that are never counted, rows that are looked at and done again, never written."""

from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.db.models.expressions import Combinable
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from backoffice.base import HouseAdmin, shorten_text

BEFORE = "antes"
PAGE = 50


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


class LogAdmin(HouseAdmin):
    """`acts` are those of its rows: buttons on the page of one, and for what is ticked on a page of the list."""

    list_per_page = PAGE
    show_full_result_count = False
    # they would count the whole table
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ()
    change_list_template = "backoffice/log_list.html"
    perm_to_act: ClassVar[str]

    @admin.display(description=gettext_lazy("motivo"))
    def short_reason(self, row: Any) -> str:
        return shorten_text(row.reason)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ByKey

    def ticked(self, request: HttpRequest, chosen: QuerySet[Any]) -> list[Any]:
        """Only what is ticked on the page, "all of them" could be millions; the oldest first, as it happened."""
        ticked = [pk for pk in request.POST.getlist("_selected_action")[:PAGE] if pk.isascii() and pk.isdigit()]
        return sorted(chosen.filter(pk__in=ticked), key=lambda row: row.pk)

    # --- looked at, never written --------------------------------------------------------------

    def may_act(self, request: HttpRequest, thing: Any = None) -> bool:
        return bool(request.user.has_perm(self.perm_to_act))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
