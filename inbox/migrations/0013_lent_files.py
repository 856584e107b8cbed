import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inbox", "0012_personal_data")]

    operations = [
        migrations.AddField("quickreplyfile", "traits", models.CharField(max_length=100, null=True)),
        migrations.AddField("quickreplyfile", "width", models.PositiveIntegerField(null=True)),
        migrations.AddField("quickreplyfile", "height", models.PositiveIntegerField(null=True)),
        migrations.AlterField(
            "quickreplyfile",
            "reply",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="files", to="inbox.quickreply"
            ),
        ),
    ]
