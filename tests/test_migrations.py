"""What migrations do to tables of many millions of rows while the product runs, and whether their numbers last."""

import json
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection, migrations
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from common import table_locks
from tests.commands import run
from wittyagent.management.commands import migrate

# those that grow with what customers write
LARGE = {
    "chats_chat", "chats_message", "chats_attachment", "chats_menustep", "chats_recipient", "contacts_contact",
    "contacts_address", "contacts_statechange", "origins_body", "wittybots_event",
}  # fmt: skip
# the last of each app that nobody looks through; of an app that is not named here all are
BASELINE = {
    "chats": 27, "contacts": 15, "gateway": 2, "inbox": 14, "live": 1, "origins": 5, "reports": 3, "trays": 11,
    "wittybots": 3,
}  # fmt: skip
# what a large table does not bear: it is read or rewritten while nobody else gets at it
LOCKING = {
    "adding-field-with-default", "adding-foreign-key-constraint", "adding-not-nullable-field", "adding-required-field",
    "adding-serial-primary-key-field", "changing-column-type", "constraint-missing-not-valid",
    "disallowed-unique-constraint", "require-concurrent-index-creation", "require-concurrent-index-deletion",
    "require-concurrent-reindex", "syntax-error",
}  # fmt: skip
# {(app, name): {a rule that does not fit what it does}}, with the reason
FINE: dict[tuple[str, str], set[str]] = {}
# not ours: a few rows, or one for each sign-in
SMALL_NUMBERS = {
    "auth_group", "auth_group_permissions", "auth_permission", "django_admin_log", "django_content_type",
    "axes_accessattempt", "axes_accessattemptexpiration", "axes_accessfailurelog", "axes_accesslog",
}  # fmt: skip
OURS = ("chats", "contacts", "gateway", "inbox", "live", "origins", "reports", "trays", "wittybots")


def find_locking(sql, in_transaction=True):
    """The rules that this SQL of a migration breaks on a large table."""
    asked = [
        str(Path(sys.executable).with_name("squawk")), "--reporter=json", "--pg-version=15", "--stdin-filepath=a.sql",
    ]  # fmt: skip
    done = subprocess.run(
        asked + ["--assume-in-transaction"] * in_transaction, input=sql, capture_output=True, text=True, check=False
    )
    lines = sql.splitlines()
    found = json.loads(done.stdout)
    return {
        one["rule_name"]
        for one in found
        if one["rule_name"] in LOCKING
        and any(f'"{table}"' in " ".join(lines[one["line"] : one["line_end"] + 1]) for table in LARGE)
    }


def write_sql(loader, key):
    """A migration's statements, each on a line of its own."""
    state = loader.project_state(key, at_end=False)
    with connection.schema_editor(collect_sql=True, atomic=loader.disk_migrations[key].atomic) as editor:
        loader.disk_migrations[key].apply(state, editor, collect_sql=True)
    return "\n".join(" ".join(one.split("\n")) for one in editor.collected_sql if not one.startswith("--"))


@pytest.mark.usefixtures("django_db_setup")
def test_no_migration_stops_the_product_at_a_large_table(django_db_blocker):
    # in no transaction: some migrations must not be in one. Nothing of them is run
    with django_db_blocker.unblock():
        loader = MigrationLoader(connection)
        new = [
            key for key in loader.disk_migrations
            if key[0] in OURS and int(key[1].partition("_")[0]) > BASELINE.get(key[0], 0)
        ]  # fmt: skip
        found = {
            key: rules
            for key in new
            if (
                rules := find_locking(write_sql(loader, key), loader.disk_migrations[key].atomic) - FINE.get(key, set())
            )
        }
        connection.close()
    assert found == {}


@pytest.mark.parametrize(
    ("sql", "rules"),
    [
        ('ALTER TABLE "chats_message" ADD COLUMN "x" varchar(9) DEFAULT \'\' NOT NULL;', set()),
        ('ALTER TABLE "chats_message" ADD CONSTRAINT "c" CHECK ("x" > 1) NOT VALID;', set()),
        ('CREATE TABLE "chats_new" ("m" bigint NOT NULL);\nCREATE INDEX "a" ON "chats_new" ("m");', set()),
        ('CREATE INDEX "a" ON "trays_tray" ("name");', set()),
        ('CREATE INDEX "a" ON "chats_message" ("x");', {"require-concurrent-index-creation"}),
        ('ALTER TABLE "chats_message" ALTER COLUMN "x" TYPE bigint;', {"changing-column-type"}),
        ('ALTER TABLE "chats_message" ADD CONSTRAINT "c" CHECK ("x" > 1);', {"constraint-missing-not-valid"}),
        ('ALTER TABLE "chats_message" ALTER COLUMN "x" SET NOT NULL;', {"adding-not-nullable-field"}),
    ],
)  # fmt: skip
def test_what_locks_a_large_table_is_found(sql, rules):
    assert find_locking(sql) == rules


@pytest.fixture
def spare_table(transactional_db):
    """`spare_table()`: apply a migration that changes it."""

    class Change(migrations.Migration):
        operations = [migrations.RunSQL("ALTER TABLE spare ADD COLUMN is_new boolean")]

    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE spare (id bigint PRIMARY KEY)")
    executor = MigrationExecutor(connection)
    yield lambda: executor.apply_migration(executor.loader.project_state(), Change("spare", "chats"))
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE spare")
        cursor.execute("DELETE FROM django_migrations WHERE name = 'spare'")


def test_a_migration_that_finds_a_table_in_use_gives_way_and_tries_again(spare_table, monkeypatch):
    """Until it is free; meanwhile nobody waits behind it for longer than the limit."""
    holder, free = connection.copy(), threading.Event()
    holder.set_autocommit(False)
    with holder.cursor() as cursor:
        cursor.execute("LOCK TABLE spare IN ACCESS SHARE MODE")
    monkeypatch.setattr(migrate.migrate.Command, "handle", lambda *_given, **_options: spare_table())
    # there alone: other threads of this process sleep too
    monkeypatch.setattr(table_locks, "time", SimpleNamespace(sleep=lambda _seconds: (holder.close(), free.set())))
    said = run("migrate")
    assert free.is_set()
    assert said.count("gave way") == 1
    assert "the longest transaction" in said
    assert "again in 1 s" in said
    with connection.cursor() as cursor:
        cursor.execute("SELECT is_new FROM spare")


@pytest.mark.django_db
def test_large_tables_are_vacuumed_before_they_are_worn():
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE 'autovacuum_vacuum_scale_factor=0.02' = ANY (reloptions)")
        sooner = {name for (name,) in cursor.fetchall()}
        # a partition has its own settings, and the table of all of them none
        cursor.execute(
            "SELECT inhparent::regclass::text, inhrelid::regclass::text FROM pg_inherits JOIN pg_class c"
            " ON c.oid = inhrelid WHERE relkind = 'r'"
        )
        parts = cursor.fetchall()
    assert {name for _table, name in parts} <= sooner
    assert sooner | {table for table, _name in parts} >= LARGE


@pytest.mark.django_db
def test_no_number_of_ours_runs_out():
    """Keys, what refers to them, and the sequences that make them are as large as PostgreSQL has them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
            " AND data_type IN ('integer', 'smallint') AND (is_identity = 'YES' OR column_default LIKE 'nextval%')"
        )
        small = {table for table, _column in cursor.fetchall()}
        cursor.execute(
            "SELECT seqrelid::regclass::text FROM pg_sequence WHERE seqmax < 2::numeric ^ 63 - 1 OR seqcycle"
        )
        sequences = {name for (name,) in cursor.fetchall()}
        cursor.execute(
            "SELECT conrelid::regclass::text, attname, confrelid::regclass::text FROM pg_constraint JOIN pg_attribute"
            " ON attrelid = conrelid AND attnum = ANY (conkey) WHERE contype = 'f'"
            " AND atttypid IN ('integer'::regtype, 'smallint'::regtype)"
        )
        references = cursor.fetchall()
    ours = {model._meta.db_table for model in apps.get_models(include_auto_created=True)} - SMALL_NUMBERS
    assert small & ours == set()
    assert {name for name in sequences if not name.startswith(tuple(SMALL_NUMBERS))} == set()
    assert [one for one in references if one[0] in ours and one[2] in ours] == []
