"""A file that many messages show is uploaded once: the id that its network knows it by."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("origins", "0008_opt_out_words"),
    ]

    operations = [
        migrations.CreateModel(
            name="SharedUpload",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=300)),
                ("remote_id", models.CharField(blank=True, max_length=200)),
                ("valid_until", models.DateTimeField()),
                (
                    "origin",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="origins.origin",
                    ),
                ),
            ],
            options={
                "verbose_name": "archivo compartido",
                "verbose_name_plural": "archivos compartidos",
                "indexes": [models.Index(models.F("valid_until"), name="shared_uploads_by_end")],
                "constraints": [models.UniqueConstraint(fields=("origin", "key"), name="a_shared_file_is_kept_once")],
            },
        ),
    ]
