from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chats", "0003_networks")]

    operations = [
        migrations.AddField(
            model_name="message",
            name="media_due_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                models.F("media_due_at"),
                condition=models.Q(("media_due_at__isnull", False)),
                name="media_to_fetch",
            ),
        ),
    ]
