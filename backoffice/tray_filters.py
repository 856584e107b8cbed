"""What the list of trays is narrowed to: those in use or archived, and of these the ones that need a look."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy

from backoffice.chips import ANY, Chip, InUse
from chats.models import Chat
from trays.models import Agent, Membership, Opening, Tray
from trays.presence import heard_q

WAITS = Q(Exists(Chat.objects.waiting().filter(tray=OuterRef("pk"), is_blocked=False)))
OF_THE_TRAY = Membership.objects.filter(heard_q("agent__"), agent__is_active=True, tray=OuterRef("pk"))
# General is everybody's; in Conversaciones Cerradas there is nothing to attend to
NOBODY = Q(~Exists(OF_THE_TRAY), kind=Tray.Kind.CUSTOM) | Q(
    ~Exists(Agent.objects.filter(heard_q(), is_active=True)), kind=Tray.Kind.GENERAL
)
HAS_HOURS = Q(Exists(Opening.objects.filter(tray=OuterRef("pk"))))


class TraysInUse(InUse):
    """Personal trays are no rows of this list."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.rows = self.rows.exclude(kind=Tray.Kind.PERSONAL)


class Toggle(TraysInUse):
    """One chip that is on or off, beside those of the state; it counts what is in the state that is chosen."""

    is_toggle = True

    def __init__(self, request: Any, *args: Any) -> None:
        super().__init__(request, *args)
        asked = request.GET.get(InUse.parameter_name, "")
        state = next((chip for chip in InUse.chips if chip.value == asked), InUse.chips[0])
        self.rows = self.rows.filter(state.which)

    def choices(self, changelist: Any) -> Iterator[Any]:
        on = self.chips[-1]
        is_on = self.chosen() == on
        to = {self.parameter_name: None if is_on else on.value}
        yield {
            "selected": is_on,
            "query_string": changelist.get_query_string(to),
            "display": on.label,
            "number": self.rows.filter(on.which).count(),
        }


def _toggle(name: str, label: Any, which: Q) -> type[Toggle]:
    chips = (Chip("", "", ANY), Chip("si", label, which))
    return type("TrayToggle", (Toggle,), {"parameter_name": name, "title": label, "chips": chips})


TRAY_FILTERS = (
    TraysInUse,
    _toggle("esperan", gettext_lazy("Con gente esperando"), WAITS),
    _toggle("nadie", gettext_lazy("Sin nadie en línea"), NOBODY),
    _toggle("horario", gettext_lazy("Con horario"), HAS_HOURS),
)
