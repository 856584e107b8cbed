"""Chats whose data were erased, and how far the sweep of retention has come."""

from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models
from django.db.models import Q

NOWHERE = "an_erased_chat_is_nowhere"


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("chats", "0021_surveys"), ("contacts", "0012_erased_contacts")]

    operations = [
        # a run that was cut off behind these is run again
        migrations.SeparateDatabaseAndState(
            [
                migrations.RunSQL(
                    "ALTER TABLE chats_chat ADD COLUMN IF NOT EXISTS erased_at timestamptz NULL",
                    "ALTER TABLE chats_chat DROP COLUMN IF EXISTS erased_at",
                ),
                migrations.RunSQL(
                    f"ALTER TABLE chats_chat DROP CONSTRAINT IF EXISTS {NOWHERE}", migrations.RunSQL.noop
                ),
            ],
            [migrations.AddField("chat", "erased_at", models.DateTimeField(editable=False, null=True))],
        ),
        AddConstraintNotValid(
            "chat",
            models.CheckConstraint(name=NOWHERE, condition=Q(erased_at__isnull=True) | Q(preview="", state="EXPIRADO")),
        ),
        ValidateConstraint("chat", NOWHERE),
        migrations.CreateModel(
            name="RetentionProgress",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("message_id", models.BigIntegerField(default=0)),
                ("attachment_id", models.BigIntegerField(default=0)),
            ],
            options={"constraints": [models.CheckConstraint(condition=Q(id=1), name="there_is_one_retention")]},
        ),
    ]
