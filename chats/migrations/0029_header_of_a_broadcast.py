"""The file above a broadcast's message: it is kept once, with the broadcast."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("chats", "0028_vacuumed_sooner"),
        ("origins", "0008_opt_out_words"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="broadcast",
            name="header_facts",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="broadcast",
            name="header_file",
            field=models.FileField(blank=True, db_default="", default="", max_length=300, upload_to="difusiones/"),
        ),
        migrations.AddConstraint(
            model_name="broadcast",
            constraint=models.CheckConstraint(
                condition=models.Q(("header_file", ""), ("header_facts__isnull", False), _connector="XOR"),
                name="a_broadcast_s_header_is_a_file",
            ),
        ),
    ]
