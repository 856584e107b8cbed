"""The audit log is only added to: by the writers, once an hour where that is enough, and swept when it is old."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from trays import audit
from trays.audit import What
from trays.models import AuditEntry

pytestmark = pytest.mark.django_db


def entry_of(days, **fields):
    made = timezone.now() - timedelta(days=days)
    return AuditEntry.objects.create(at=made, kind="entry", what=What.SIGNED_IN, **fields)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE trays_auditentry SET detail = 'otra cosa'",
        "DELETE FROM trays_auditentry",
        # also for who knows what the sweep says
        "SELECT set_config('wittyagent.audit_sweep', 'on', true); DELETE FROM trays_auditentry WHERE detail = 'joven'",
        "SELECT set_config('wittyagent.audit_sweep', 'on', true); UPDATE trays_auditentry SET detail = ''",
    ],
)
def test_nobody_changes_what_stands_in_it_with_sql(statement):
    entry_of(900, detail="vieja")
    entry_of(1, detail="joven")
    with pytest.raises(IntegrityError, match="only added to"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert sorted(AuditEntry.objects.values_list("detail", flat=True)) == ["joven", "vieja"]


def test_the_sweep_forgets_what_is_older_than_its_time_in_batches(settings, monkeypatch):
    settings.AUDIT_DAYS = 60
    monkeypatch.setattr(audit, "BATCH", 2)
    for days in (90, 80, 70, 61, 61):
        entry_of(days)
    kept = [entry_of(59).pk, entry_of(1).pk]
    assert audit.prune_entries() == 5
    assert audit.prune_entries() == 0
    assert list(AuditEntry.objects.order_by("pk").values_list("pk", flat=True)) == kept


def test_what_sofia_looks_at_again_within_the_hour_is_noted_once(sofia, bruno):
    for who in (sofia, sofia, bruno):
        audit.note(What.CHAT, who, contact=7, once="7")
    audit.note(What.CHAT, sofia, contact=8, once="8")
    found = AuditEntry.objects.order_by("pk").values_list("agent", "contact", "kind")
    assert list(found) == [(sofia.pk, 7, "look"), (bruno.pk, 7, "look"), (sofia.pk, 8, "look")]


def test_what_is_too_long_is_cut_and_a_secret_says_its_end_alone():
    audit.note(What.CHANGED, None, thing="x" * 500, new="línea\n" * 99)
    found = AuditEntry.objects.get()
    assert (len(found.thing), found.new[:12], found.new[-1]) == (120, "línea línea ", "…")
    assert audit.secret_end("EAAGm0PX4ZCpsBAKZC3f9a") == "termina en 3f9a"
    assert "corto" not in audit.secret_end("corto")
