"""Figures by the hour of lines and of menus, and how far they have come."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0001_hourly_figures"),
    ]

    operations = [
        migrations.CreateModel(
            name="Mark",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=40, unique=True)),
                ("row_id", models.BigIntegerField(default=0)),
                ("earlier_row_id", models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="LineFigure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("hour", models.DateTimeField()),
                ("line_id", models.BigIntegerField()),
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("in", "In"),
                            ("agent", "Agent"),
                            ("bot", "Bot"),
                            ("failed", "Failed"),
                            ("charged", "Charged"),
                            ("free", "Free"),
                        ],
                        max_length=7,
                    ),
                ),
                ("kind", models.CharField(blank=True, max_length=32)),
                ("n", models.IntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("hour", "line_id", "what", "kind"), name="a_line_s_hour_is_counted_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("n__gt", 0), ("what__in", ("in", "agent", "bot", "failed", "charged", "free"))
                        ),
                        name="line_figure_is_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MenuFigure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("hour", models.DateTimeField()),
                ("bot_id", models.BigIntegerField()),
                ("node", models.CharField(blank=True, max_length=24)),
                ("came", models.CharField(max_length=7)),
                ("outcome", models.CharField(max_length=7)),
                ("tray_id", models.BigIntegerField(default=0)),
                ("n", models.IntegerField()),
            ],
            options={
                "indexes": [models.Index(models.F("hour"), name="menu_figures_by_hour")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("bot_id", "hour", "node", "came", "outcome", "tray_id"),
                        name="a_place_s_hour_is_counted_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("came__in", ("greeted", "option", "back")),
                            ("n__gt", 0),
                            (
                                "outcome__in",
                                ("on", "back", "way", "person", "misfit", "pace", "failed", "left", "here"),
                            ),
                        ),
                        name="menu_figure_is_known",
                    ),
                ],
            },
        ),
    ]
