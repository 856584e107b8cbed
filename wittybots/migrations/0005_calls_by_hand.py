from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("wittybots", "0004_menus_left")]

    operations = [
        migrations.RemoveIndex(model_name="event", name="events_to_tell"),
        migrations.RenameField(model_name="event", old_name="chat", new_name="chat_id"),
        migrations.RenameField(model_name="event", old_name="message", new_name="message_id"),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                models.F("endpoint"),
                models.F("chat_id"),
                models.F("id"),
                condition=models.Q(("state__in", ("queued", "sending"))),
                name="events_to_tell",
            ),
        ),
        migrations.AddField(
            model_name="event",
            name="is_resent",
            field=models.BooleanField(db_default=False, default=False, verbose_name="enviado a mano"),
        ),
        # until here the attempts said it
        migrations.RunSQL(
            "UPDATE wittybots_event SET is_resent = true, attempts = attempts - 100 WHERE attempts >= 100",
            migrations.RunSQL.noop,
        ),
        migrations.AddField(
            model_name="endpoint",
            name="removed_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="borrado"),
        ),
    ]
