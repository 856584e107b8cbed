"""A table that stands becomes the first partition of one in months (partitions.py) while others write, uncopied.

It is read once, which stops nobody (`prepare_move`); the rest is names, within some milliseconds (`move`). What was cut
off is begun anew.
"""

from collections.abc import Iterator
from datetime import datetime

from django.db import connection, transaction

from common import partitions
from common.partitions import first_id, read_rows, read_value
from common.table_locks import SET_LIMIT

# PostgreSQL's, in bytes
MAX_NAME_LENGTH = 63
FIRST = "_first"
_INDEXES = """
SELECT c.relname, pg_get_indexdef(i.indexrelid), indisunique, indisprimary FROM pg_index i
JOIN pg_class c ON c.oid = indexrelid WHERE indrelid = to_regclass(%s) ORDER BY c.relname
"""
_REFERRING = "SELECT conrelid::regclass::text FROM pg_constraint WHERE contype = 'f' AND confrelid = to_regclass(%s)"
_KEYS = """
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE contype = 'f' AND conrelid = to_regclass(%s) ORDER BY 1
"""
_GRANTS = """
SELECT format('GRANT %%s ON %%I TO %%s', privilege_type, c.relname,
              CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END)
FROM pg_class c, aclexplode(c.relacl) WHERE c.oid = to_regclass(%s) AND grantee <> c.relowner
"""


def prepare_move(table: str, now: datetime) -> None:
    """See that all ids are below the next month's. Takes as long as reading the table."""
    check = _name(table, "_before")
    with transaction.atomic():
        _run(SET_LIMIT)
        _run(f'ALTER TABLE "{table}" DROP CONSTRAINT IF EXISTS "{check}"')
        _run(f'ALTER TABLE "{table}" ADD CONSTRAINT "{check}" CHECK (id < {first_id(now, 1)}) NOT VALID')
    _run(f'ALTER TABLE "{table}" VALIDATE CONSTRAINT "{check}"')


@transaction.atomic
def move(table: str, now: datetime) -> None:
    """Put it into months, with the months ahead. ValueError where another refers to it: a month that something may
    refer to cannot be dropped."""
    first, check = table + FIRST, _name(table, "_before")
    if referring := read_rows(_REFERRING, table):
        raise ValueError(f"{referring[0][0]} refers to {table}")
    _run(SET_LIMIT)
    _run(f'LOCK TABLE "{table}" IN ACCESS EXCLUSIVE MODE')
    last = partitions.last_id(table)
    indexes, keys, grants = (read_rows(query, table) for query in (_INDEXES, _KEYS, _GRANTS))
    _run(f'ALTER TABLE "{table}" ALTER COLUMN id DROP IDENTITY')
    _run(f'ALTER TABLE "{table}" RENAME TO "{first}"')
    for name, _definition, is_unique, is_primary in indexes:
        if is_primary or not is_unique:
            other = f"{first}_pkey" if is_primary else _name(name, FIRST)
            _run(f'ALTER INDEX "{name}" RENAME TO "{other}"')
    like = "INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE INCLUDING COMMENTS INCLUDING GENERATED"
    _run(f'CREATE TABLE "{table}" (LIKE "{first}" {like}) PARTITION BY RANGE (id)')
    _run(f'ALTER TABLE "{table}" DROP CONSTRAINT "{check}"')
    _make_sequence(table, last)
    for sql in _list_definitions(table, indexes):
        _run(sql)
    for name, definition in keys:
        _run(f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}" {definition}')
    for (sql,) in grants:
        _run(sql)
    _run(f'ALTER TABLE "{table}" ATTACH PARTITION "{first}" FOR VALUES FROM (MINVALUE) TO ({first_id(now, 1)})')
    _run(f'ALTER TABLE "{first}" DROP CONSTRAINT "{check}"')
    partitions.copy_shape(first, f"{table}_default")
    _run(f'ALTER TABLE "{table}" ATTACH PARTITION "{table}_default" DEFAULT')
    partitions.make_ahead(table, now)


def move_empty(table: str, now: datetime) -> bool:
    """Before anybody writes: a new installation has months from the start. False: there are rows, see the command."""
    if read_value(f'SELECT EXISTS (SELECT FROM "{table}")') or partitions.is_partitioned(table):  # noqa: S608 - ours
        return False
    with transaction.atomic():
        prepare_move(table, now)
        move(table, now)
    return True


def _make_sequence(table: str, last: int) -> None:
    """An identity could not be of partitions before PostgreSQL 17."""
    _run(f'CREATE SEQUENCE "{table}_id_seq" AS bigint OWNED BY "{table}".id')
    if last:
        read_value("SELECT setval(%s, %s)", f"{table}_id_seq", last)
    _run(f"""ALTER TABLE "{table}" ALTER COLUMN id SET DEFAULT nextval('{table}_id_seq')""")


def _list_definitions(table: str, indexes: list[tuple[str, str, bool, bool]]) -> Iterator[str]:
    """Of the same indexes on the table of all, with which those of its parts are found equal. What is unique beside the
    id stays on the parts."""
    for name, definition, is_unique, is_primary in indexes:
        if is_primary:
            yield f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}" PRIMARY KEY (id)'
        elif not is_unique:
            yield definition


def _name(base: str, ending: str) -> str:
    return base[: MAX_NAME_LENGTH - len(ending)] + ending


def _run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)
