from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("wittybots", "0003_menus_in_versions")]

    operations = [
        migrations.RemoveField(model_name="bot", name="fallback_tray"),
        migrations.RemoveField(model_name="bot", name="greeting"),
        migrations.RemoveField(model_name="bot", name="misfit"),
        migrations.DeleteModel(name="Option"),
    ]
