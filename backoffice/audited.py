"""What is done in the admin, in the audit log: each change from what to what, and to whom; who concerns it is told."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from backoffice.history import Change, list_changes
from chats import publish
from gateway.status import diversions
from trays import audit
from trays.audit import What
from trays.models import Agent, AuditEntry, Tray
from trays.requests import agent_of


class ChangeMessage(list[Any]):
    """What Django keeps of a form that was saved; `changes`: the same for the audit log."""

    changes: Sequence[Change] = ()


class Audited(admin.ModelAdmin):
    """Put before the other admins: what they log is noted too, in the same transaction."""

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        said = ChangeMessage(super().construct_change_message(request, form, formsets, add))
        said.changes = list_changes(form, formsets)
        return said

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        audit.note(
            What.ADDED, agent_of(request), request, about=_agent_in(obj), thing=str(obj), field=_kind_of(obj),
            detail=message if isinstance(message, str) else "",
        )  # fmt: skip
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        by = agent_of(request)
        common: dict[str, Any] = {"about": _agent_in(obj), "thing": str(obj)}
        if isinstance(message, str):
            note_and_tell(request, [audit.build_entry(What.DONE, by, request, detail=message, **common)])
        else:
            changes = getattr(message, "changes", ())
            entries = [
                audit.build_entry(What.CHANGED, by, request, field=one.field, old=one.old, new=one.new, **common)
                for one in changes
            ]
            note_and_tell(request, entries)
            if entries and any(diversions.KEY in part.get("changed", {}) for part in message):
                # at once they are told by HouseAdmin.log_change
                audit.leave_notices(dict.fromkeys(_administrators_but(by), entries[:1]))
        return super().log_change(request, obj, message)

    def log_act(self, request: HttpRequest, obj: Any, label: str, words: str, concerned: Iterable[Agent] = ()) -> None:
        """A button was pressed. `concerned`: whom it does something to, beside an agent that it is pressed for."""
        entry = audit.build_entry(
            What.DONE, agent_of(request), request, about=_agent_in(obj), thing=str(obj), field=label, detail=words
        )
        note_and_tell(request, [entry], concerned)
        super().log_change(request, obj, words)

    def log_access(
        self, request: HttpRequest, obj: Any, words: str,
        given: Iterable[tuple[Tray, Agent]], taken: Iterable[tuple[Tray, Agent]],
    ) -> None:  # fmt: skip
        """Access to trays, of each who got or lost it."""
        by = agent_of(request)
        note_and_tell(
            request,
            [
                audit.build_entry(what, by, request, about=agent, thing=str(tray))
                for what, pairs in ((What.ACCESS_GIVEN, given), (What.ACCESS_TAKEN, taken))
                for tray, agent in pairs
            ],
        )
        super().log_change(request, obj, words)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        by, things = agent_of(request), list(queryset)
        audit.note_many(
            [
                audit.build_entry(What.DELETED, by, request, thing=str(one), field=_kind_of(one))
                for one in things
            ]
        )  # fmt: skip
        return super().log_deletions(request, queryset)


def _agent_in(thing: Any) -> Agent | None:
    return thing if isinstance(thing, Agent) else None


def _kind_of(thing: Any) -> str:
    return str(thing._meta.verbose_name)


def _administrators_but(by: Agent) -> set[Agent]:
    return set(Agent.objects.filter(is_superuser=True, is_active=True).exclude(pk=by.pk))


def note_and_tell(request: HttpRequest, entries: Sequence[AuditEntry], concerned: Iterable[Agent] = ()) -> None:
    """Note them; who has had something done by another is told, and administrators are: at once on an open page, and
    else on the next one that they open."""
    audit.note_many(entries)
    by, others = agent_of(request), set(concerned)
    administrators, told = _administrators_but(by), defaultdict(list)
    for entry in entries:
        affected = {one for one in {entry.about, *others} if one is not None and one != by}
        # who was just invited has nothing yet that could be changed
        for agent in {one for one in affected if one.last_login} | (administrators if affected else set()):
            told[agent].append(entry)
    audit.leave_notices(told)
    for agent in told:
        # their open pages ask again, and are told with the answer
        publish.agent_changed(agent)
