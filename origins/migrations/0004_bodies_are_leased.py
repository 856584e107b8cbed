from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("origins", "0003_bodies_admin")]

    operations = [
        migrations.AddField(
            model_name="body",
            name="claimed_until",
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
