"""Quick replies as a file of CSV: written for spreadsheets, and read whole or not at all, each error with its line."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain

from django.db import transaction
from django.utils.translation import gettext as _

from common.csv_rules import MARK, Unreadable, read_rows, write_rows
from inbox.models import QuickReply
from inbox.quick_replies import scopes, writing
from inbox.quick_replies.scopes import Scope
from trays.models import Agent

COLUMNS = ("de", "titulo", "atajo", "texto")
NEEDED = ("titulo", "texto")
MAX_BYTES = 1024 * 1024
MAX_ROWS = 1_000


def write_csv(replies: Iterable[QuickReply]) -> str:
    """All of them, with a mark for Excel that it is UTF-8."""
    rows = ([_scope_in_file(one), one.title, one.shortcut, one.text] for one in replies)
    return MARK + write_rows(chain([COLUMNS], rows))


def _scope_in_file(reply: QuickReply) -> str:
    """A tray may be called as what the file says of all, or of one's own: those words stay theirs."""
    name, _icon = scopes.name_scope(reply)
    return _tray_in_file(name) if reply.tray is not None else name


def _tray_in_file(name: str) -> str:
    return f"{name} (bandeja)" if name.strip() in (_("mía"), _("todos")) else name


@dataclass
class Outcome:
    """What became of a file: how many of each, or, where anything is wrong, why, and nothing was written."""

    added: int = 0
    changed: int = 0
    same: int = 0
    errors: list[str] = field(default_factory=list)


@transaction.atomic
def read_csv(agent: Agent, data: bytes) -> Outcome:
    """Add what is new and change what has the same shortcut in the same scope; nothing where one line is wrong."""
    writing.hold_writing()
    outcome = Outcome()
    try:
        drafts = list(_read_drafts(agent, data, outcome.errors))
    except (csv.Error, Unreadable) as error:
        words = str(error) if isinstance(error, Unreadable) else _("No es un archivo CSV")
        return Outcome(errors=[words])
    standing = {(one.scope, one.shortcut): one for one in QuickReply.objects.visible_to(agent)}
    new: list[QuickReply] = []
    changed: list[QuickReply] = []
    for scope, draft in drafts:
        fields = writing.fields_of(agent, draft)
        there = standing.get((scope.value, draft.shortcut))
        if there is None:
            new.append(QuickReply(**scope.fields, **fields))
        elif (there.title, there.text) == (draft.title, draft.text):
            outcome.same += 1
        else:
            for name, value in {**fields, "version": there.version + 1}.items():
                setattr(there, name, value)
            changed.append(there)
    _check_rooms(drafts, new, outcome.errors)
    if outcome.errors:
        return Outcome(errors=outcome.errors)
    QuickReply.objects.bulk_create(new)
    QuickReply.objects.bulk_update(changed, ["title", "text", "version", "changed_by", "changed_at"])
    outcome.added, outcome.changed = len(new), len(changed)
    return outcome


def _check_rooms(drafts: list[tuple[Scope, writing.Draft]], new: list[QuickReply], errors: list[str]) -> None:
    for scope in {scope.value: scope for scope, _draft in drafts}.values():
        more = sum(one.scope == scope.value for one in new)
        if more and (refusal := writing.check_room(scope, more)):
            errors.append(f"{scope.name}: {refusal}")


class ScopeNames:
    """Scopes by what a file calls them: the very name, else one that differs in case, accents and dashes alone."""

    def __init__(self, seen: list[Scope]) -> None:
        self._own = next(one for one in seen if one.value == scopes.OWN)
        self._by_name: dict[str, list[Scope]] = {}
        self._by_slug: dict[str, list[Scope]] = {}
        for one in seen:
            name = _tray_in_file(one.name) if one.fields["tray"] else one.name
            self._by_name.setdefault(name.strip(), []).append(one)
            if slug := writing.make_shortcut(name):
                self._by_slug.setdefault(slug, []).append(one)

    def find(self, name: str) -> list[Scope]:
        """None where nothing that is seen is called so; more than one where it could be either."""
        if not name:
            return [self._own]
        return self._by_name.get(name) or self._by_slug.get(writing.make_shortcut(name), [])


def _read_drafts(agent: Agent, data: bytes, errors: list[str]) -> Iterator[tuple[Scope, writing.Draft]]:
    """What each line says; what is wrong with others goes to `errors`."""
    may = {one.value for one in scopes.written_scopes(agent)}
    named = ScopeNames(scopes.seen_scopes(agent))
    seen: dict[tuple[str, str], int] = {}
    for number, (line, row) in enumerate(read_rows(data, NEEDED)):
        if number >= MAX_ROWS:
            raise Unreadable(_("Tiene más de %(most)s filas; partilo en varios") % {"most": MAX_ROWS})
        name = row.get("de", "").strip()
        found = named.find(name)
        scope = found[0] if len(found) == 1 and found[0].value in may else None
        draft = writing.read_draft(row, scope)
        wrong = list(draft.errors.values())
        if len(found) > 1:
            words = _("“%(name)s” puede ser más de una: escribí el nombre exacto, o cambiale el nombre a la bandeja")
            wrong.append(words % {"name": name[:60]})
        elif scope is None:
            wrong.append(_("no podés escribir en “%(name)s”") % {"name": name[:60]})
        elif not wrong:
            key = (scope.value, draft.shortcut)
            if key in seen:
                wrong.append(
                    _("repite el atajo /%(shortcut)s de la línea %(line)s")
                    % {"shortcut": draft.shortcut, "line": seen[key]}
                )
            seen.setdefault(key, line)
        if wrong or scope is None:
            errors.append(_("Línea %(line)s: %(what)s") % {"line": line, "what": "; ".join(wrong)})
        else:
            yield scope, draft
