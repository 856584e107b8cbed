from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inbox", "0005_compact_rows")]

    operations = [migrations.AddField("pushkey", "told_until", models.DateTimeField(null=True))]
