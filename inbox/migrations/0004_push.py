import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import common.sealing


class Migration(migrations.Migration):
    dependencies = [
        ("inbox", "0003_quick_reply_files"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PushKey",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("private", common.sealing.SealedField(verbose_name="clave privada")),
            ],
            options={
                "verbose_name": "clave de push",
                "verbose_name_plural": "claves de push",
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="one_push_key")],
            },
        ),
        migrations.CreateModel(
            name="PushSubscription",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("endpoint", models.CharField(max_length=1000, unique=True, verbose_name="dirección")),
                ("point", models.CharField(max_length=100, verbose_name="clave pública")),
                ("secret", common.sealing.SealedField(verbose_name="secreto")),
                ("session_key", models.CharField(max_length=40)),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="desde")),
                ("told", models.JSONField(default=dict)),
                ("due_at", models.DateTimeField(null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("sent_at", models.DateTimeField(null=True)),
                (
                    "agent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="agente",
                    ),
                ),
            ],
            options={
                "verbose_name": "navegador con push",
                "verbose_name_plural": "navegadores con push",
                "indexes": [
                    models.Index(
                        models.F("due_at"), condition=models.Q(("due_at__isnull", False)), name="pushes_by_time"
                    ),
                    models.Index(models.F("session_key"), name="pushes_of_a_login"),
                ],
            },
        ),
    ]
