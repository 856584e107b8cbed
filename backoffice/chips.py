"""Filters of the lists as chips, in the trade's words; of small tables each says how many it would show."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Count, Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

ANY = Q(pk__isnull=False)


@dataclass(frozen=True)
class Chip:
    """`value` stands in the address; `which` are the rows that it shows."""

    value: str
    label: Any
    which: Q


class Chips(admin.SimpleListFilter):
    """`chips`: the first is what the list shows where the address says nothing. `is_counted`: the table is small."""

    title = _("estado")
    chips: ClassVar[tuple[Chip, ...]]
    is_counted = True

    def __init__(self, request: HttpRequest, params: Any, model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        self.rows = model._default_manager.order_by()

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(chip.value, chip.label) for chip in self.chips]

    def chosen(self) -> Chip:
        return next((chip for chip in self.chips if chip.value == self.value()), self.chips[0])

    def choices(self, changelist: Any) -> Iterator[Any]:
        numbers = self.count() if self.is_counted else {}
        for chip in self.chips:
            yield {
                "selected": chip == self.chosen(),
                "query_string": changelist.get_query_string({self.parameter_name: chip.value}),
                "display": chip.label,
                "number": numbers.get(chip.value),
            }

    def count(self) -> dict[str, int]:
        """Of all rows, whatever else is asked: {value: how many}."""
        counted = {f"n{at}": Count("pk", filter=chip.which) for at, chip in enumerate(self.chips)}
        return dict(zip((chip.value for chip in self.chips), self.rows.aggregate(**counted).values(), strict=True))

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(self.chosen().which)


class InUse(Chips):
    """Of what is archived instead of deleted."""

    parameter_name = "archived"
    chips = (
        Chip("", _("En uso"), Q(archived_at=None)),
        Chip("yes", _("Archivadas"), Q(archived_at__isnull=False)),
        Chip("all", _("Todas"), ANY),
    )


def active_chips(every: Any, active: Any, inactive: Any) -> type[Chips]:
    """Of what is switched on and off, in the words of its gender."""
    whole = (
        Chip("", every, ANY),
        Chip("si", active, Q(is_active=True)),
        Chip("no", inactive, Q(is_active=False)),
    )
    return type("ActiveChips", (Chips,), {"parameter_name": "activo", "chips": whole})


def active_word(active: Any, inactive: Any) -> Any:
    """The column that says it."""

    @admin.display(description=_("estado"), ordering="is_active")
    def state(thing: Any) -> str:
        return str(active if thing.is_active else inactive)

    return state


def archived_word(present: Any, archived: Any) -> Any:
    @admin.display(description=_("estado"), ordering="archived_at")
    def state(thing: Any) -> str:
        return str(archived if thing.archived_at else present)

    return state
