"""Querysets whose SQL is made once a process, and planned once a connection: both take longer than what they find.

Leans on how Django's ModelIterable asks its compiler; tests/common/test_prepared.py fails with a version that does not.
"""

import copy
from collections.abc import Callable
from functools import cached_property
from types import SimpleNamespace
from typing import Any, Generic, TypeVar
from weakref import WeakSet

import psycopg
from django.db import DEFAULT_DB_ALIAS, NotSupportedError, ProgrammingError, connection, connections
from django.db.models import Model, QuerySet, prefetch_related_objects
from django.db.models.query import ModelIterable
from django.db.transaction import TransactionManagementError

Found = TypeVar("Found", bound=Model)

# connections of which somebody took a statement away: a pooler, or a migration
_bare: WeakSet[Any] = WeakSet()


def fetch_rows(sql: str, params: Any, using: str = DEFAULT_DB_ALIAS) -> list[Any]:
    """The rows of a statement that is prepared, once a connection: planning takes longer than all the rest of it.

    Not behind a pooler that hands each transaction another connection (DISABLE_SERVER_SIDE_CURSORS says so).
    """
    database = connections[using]
    database.ensure_connection()
    ours = database.connection
    make: Callable[[Any], Any] = database.make_debug_cursor if database.queries_logged else database.make_cursor
    with make(psycopg.Cursor(ours)) as cursor:
        # only here: Django writes values into its statements, of which no two are alike
        is_bare = database.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS") or ours in _bare
        ours.prepare_threshold = None if is_bare else 0
        try:
            cursor.execute(sql, params)
            return cursor.fetchall()
        finally:
            ours.prepare_threshold = None


def stop_preparing() -> bool:
    """A statement was lost: the rest of this connection goes without. False: it does already."""
    ours = connection.connection
    if ours is None or ours in _bare:
        return False
    _bare.add(ours)
    return True


# stands for the first parameter while the SQL is made, and those after it for the next ones; as text for a text
FIRST = 4_000_000_000_000_000_000


class Prepared(Generic[Found]):
    """`build(*ids)` makes the queryset: of ids, or texts, that stand in it as they are given, and are never None."""

    def __init__(self, build: Callable[..., QuerySet[Found]]) -> None:
        self.build = build

    @cached_property
    def _made(self) -> tuple[QuerySet[Found], Any, str, list[Any]]:
        count = self.build.__code__.co_argcount
        queryset = self.build(*range(FIRST, FIRST + count))
        compiler = queryset.query.get_compiler(connection.alias)
        sql, params = compiler.as_sql()
        if not {str(one) for one in range(FIRST, FIRST + count)} <= {str(one) for one in params}:
            raise TypeError("an id does not stand in the SQL as it was given")
        return queryset, compiler, sql, list(params)

    @cached_property
    def _converters(self) -> dict[int, Any]:
        compiler = self._made[1]
        found: dict[int, Any] = compiler.get_converters([selected[0] for selected in compiler.select])
        return found

    def find(self, *ids: int | str) -> list[Found]:
        """What the queryset of these ids finds."""
        queryset = self._made[0]
        if queryset.query.select_for_update and not connection.in_atomic_block:
            raise TransactionManagementError("a lock outside of a transaction holds nothing")
        try:
            return self._find(ids)
        except (NotSupportedError, ProgrammingError):  # a migration took the statement away
            if not stop_preparing() or connection.in_atomic_block:
                raise
            return self._find(ids)

    def _find(self, ids: tuple[int | str, ...]) -> list[Found]:
        queryset, compiler, sql, params = self._made
        given: dict[Any, Any] = dict(enumerate(ids, FIRST))
        given |= {str(number): one for number, one in given.items()}
        mine = copy.copy(compiler)
        mine.connection = connection
        mine.get_converters = lambda _expressions: self._converters
        mine.execute_sql = lambda **_how: [fetch_rows(sql, [given.get(one, one) for one in params])]
        asked = SimpleNamespace(
            db=connection.alias, model=queryset.model, query=SimpleNamespace(get_compiler=lambda using: mine),
            _known_related_objects={},
        )  # fmt: skip
        found: list[Found] = list(ModelIterable(asked))  # type: ignore[arg-type]
        if found:
            prefetch_related_objects(found, *queryset._prefetch_related_lookups)  # type: ignore[attr-defined]
        return found

    def find_one(self, *ids: int | str) -> Found | None:
        """The first of them."""
        return next(iter(self.find(*ids)), None)

    def get(self, *ids: int | str) -> Found:
        """The same. Raises DoesNotExist."""
        if (found := self.find_one(*ids)) is None:
            raise self._made[0].model.DoesNotExist  # type: ignore[attr-defined]
        return found
