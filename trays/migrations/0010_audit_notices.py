"""Who is to be told of what stands in the audit log."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("trays", "0009_asking_how_it_was"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditNotice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "agent",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="trays.auditentry"
                    ),
                ),
            ],
            options={
                "verbose_name": "aviso del registro",
                "verbose_name_plural": "avisos del registro",
                "constraints": [models.UniqueConstraint(fields=("agent", "entry"), name="told_once_of_an_entry")],
            },
        ),
    ]
