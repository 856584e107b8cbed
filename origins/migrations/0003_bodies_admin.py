import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("origins", "0002_networks")]

    operations = [
        # the key's own index is the head of the next one
        migrations.AlterField(
            model_name="body",
            name="origin",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="bodies",
                to="origins.origin",
                verbose_name="origen",
            ),
        ),
        migrations.AddIndex(
            model_name="body", index=models.Index(models.F("origin"), models.F("id"), name="bodies_of_an_origin")
        ),
        migrations.AddIndex(
            model_name="body",
            index=models.Index(
                condition=models.Q(("state", "broken")), fields=["origin", "received_at"], name="bodies_that_are_broken"
            ),
        ),
    ]
