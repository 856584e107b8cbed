from django.db import migrations


def make_default_trays(apps, schema_editor):
    Tray = apps.get_model("trays", "Tray")
    Tray.objects.get_or_create(kind="general", defaults={"name": "General", "icon": "inbox", "position": 0})
    Tray.objects.get_or_create(
        kind="closed", defaults={"name": "Conversaciones Cerradas", "icon": "archive", "position": 900}
    )


class Migration(migrations.Migration):
    dependencies = [("trays", "0001_initial")]
    operations = [migrations.RunPython(make_default_trays, migrations.RunPython.noop)]
