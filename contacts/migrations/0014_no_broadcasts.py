"""Since when a contact wants no broadcasts: one more column, without a value."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("contacts", "0013_trade_words")]

    operations = [
        migrations.AddField(
            model_name="contact",
            name="opted_out_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="sin difusiones desde"),
        ),
    ]
