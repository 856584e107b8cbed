"""Figures by tag: one more axis."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("contacts", "0015_past_tags"), ("reports", "0003_exports")]

    operations = [
        migrations.AlterField(
            model_name="hourfigure",
            name="axis",
            field=models.CharField(
                choices=[("all", "All"), ("tray", "Tray"), ("agent", "Agent"), ("line", "Line"), ("tag", "Tag")],
                max_length=5,
            ),
        ),
        migrations.RemoveConstraint(model_name="hourfigure", name="figure_axis_is_known"),
        migrations.AddConstraint(
            model_name="hourfigure",
            constraint=models.CheckConstraint(
                condition=models.Q(("axis__in", ["all", "tray", "agent", "line", "tag"])), name="figure_axis_is_known"
            ),
        ),
    ]
