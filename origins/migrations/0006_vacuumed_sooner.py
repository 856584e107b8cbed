"""Large tables are vacuumed and looked at after every fiftieth row, not every fifth: of a hundred million rows that would
be twenty million first, a vacuum of hours, plans by old figures, and lists that read each row to see whether it stands.
Blocks nobody."""

from django.db import migrations

SOONER = (
    "autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02,"
    " autovacuum_analyze_scale_factor = 0.02"
)
USUAL = "autovacuum_vacuum_scale_factor, autovacuum_vacuum_insert_scale_factor, autovacuum_analyze_scale_factor"
TABLES = ("origins_body",)


class Migration(migrations.Migration):
    dependencies = [("origins", "0005_trade_words")]

    operations = [
        migrations.RunSQL(f"ALTER TABLE {table} SET ({SOONER})", f"ALTER TABLE {table} RESET ({USUAL})")
        for table in TABLES
    ]
