"""People come in by a link of their own, in two steps, and by their company's provider; a mail is one person's."""

import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import common.sealing


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("trays", "0006_nobody_is_forgotten"),
    ]

    operations = [
        migrations.CreateModel(
            name="EntryLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("made_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField(verbose_name="vence")),
                ("used_at", models.DateTimeField(blank=True, null=True)),
                ("mail_to", models.EmailField(blank=True, default="", max_length=254)),
                ("token", common.sealing.SealedField(blank=True, default="")),
                ("mailed_at", models.DateTimeField(blank=True, null=True)),
                ("mail_failure", models.CharField(blank=True, default="", max_length=200)),
                ("next_try_at", models.DateTimeField(blank=True, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                "verbose_name": "enlace para entrar",
                "verbose_name_plural": "enlaces para entrar",
            },
        ),
        migrations.CreateModel(
            name="Identity",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("issuer", models.CharField(max_length=200)),
                ("subject", models.CharField(max_length=255)),
                ("since", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "verbose_name": "identidad",
                "verbose_name_plural": "identidades",
            },
        ),
        migrations.CreateModel(
            name="RecoveryCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64)),
                ("used_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name": "código de respaldo",
                "verbose_name_plural": "códigos de respaldo",
            },
        ),
        migrations.CreateModel(
            name="TwoSteps",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("secret", common.sealing.SealedField()),
                ("since", models.DateTimeField()),
                ("last_step", models.BigIntegerField(default=0)),
                ("failures", models.PositiveSmallIntegerField(default=0)),
                ("failed_since", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name": "verificación en dos pasos",
                "verbose_name_plural": "verificaciones en dos pasos",
            },
        ),
        # nothing was ever sent there: of several with the same one, the first keeps it
        migrations.RunSQL(
            """UPDATE trays_agent SET email = '' WHERE email <> '' AND EXISTS (
               SELECT 1 FROM trays_agent AS other
               WHERE lower(other.email) = lower(trays_agent.email) AND other.id < trays_agent.id)""",
            migrations.RunSQL.noop,
        ),
        migrations.AddConstraint(
            model_name="agent",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Lower("email"),
                condition=models.Q(("email", ""), _negated=True),
                name="agent_mail_is_one_persons",
                violation_error_message="Ya hay alguien con ese mail.",
            ),
        ),
        migrations.AddField(
            model_name="entrylink",
            name="agent",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE, related_name="entry_link", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="entrylink",
            name="made_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="identity",
            name="agent",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="identities",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="recoverycode",
            name="agent",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="recovery_codes",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="twosteps",
            name="agent",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE, related_name="two_steps", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddIndex(
            model_name="entrylink",
            index=models.Index(
                models.F("next_try_at"), condition=models.Q(("next_try_at__isnull", False)), name="entry_links_to_mail"
            ),
        ),
        migrations.AddConstraint(
            model_name="entrylink",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_at__gt", models.F("made_at"))), name="entry_link_ends_after_it_was_made"
            ),
        ),
        migrations.AddConstraint(
            model_name="entrylink",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("token", ""),
                    models.Q(
                        models.Q(("mail_to", ""), _negated=True), ("mailed_at__isnull", True), ("used_at__isnull", True)
                    ),
                    _connector="OR",
                ),
                name="entry_link_is_kept_only_to_be_mailed",
            ),
        ),
        migrations.AddConstraint(
            model_name="entrylink",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("next_try_at__isnull", True), models.Q(("token", ""), _negated=True), _connector="OR"
                ),
                name="entry_link_waits_to_be_mailed_with_its_token",
            ),
        ),
        migrations.AddConstraint(
            model_name="identity",
            constraint=models.UniqueConstraint(fields=("issuer", "subject"), name="identity_is_one_agents"),
        ),
        migrations.AddConstraint(
            model_name="identity",
            constraint=models.UniqueConstraint(fields=("agent", "issuer"), name="agent_is_one_at_an_issuer"),
        ),
        migrations.AddConstraint(
            model_name="recoverycode",
            constraint=models.UniqueConstraint(fields=("agent", "digest"), name="recovery_code_is_one_of_its_agents"),
        ),
        migrations.AddConstraint(
            model_name="twosteps",
            constraint=models.CheckConstraint(
                condition=models.Q(("secret", ""), _negated=True), name="two_steps_have_a_secret"
            ),
        ),
        migrations.AddConstraint(
            model_name="twosteps",
            constraint=models.CheckConstraint(
                condition=models.Q(("failures", 0), ("failed_since__isnull", False), _connector="OR"),
                name="two_steps_fail_since_a_time",
            ),
        ),
    ]
