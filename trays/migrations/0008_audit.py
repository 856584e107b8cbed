"""The audit log, which the database lets nobody change."""

import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

GUARD = """
-- rows are added; the sweep, which says so in its transaction, deletes those that are older than 30 days at least
CREATE FUNCTION guard_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('wittyagent.audit_sweep', true) = 'on'
            AND OLD.at < now() - interval '30 days' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the audit log is only added to' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER audit_is_only_added_to BEFORE UPDATE OR DELETE ON trays_auditentry
    FOR EACH ROW EXECUTE FUNCTION guard_audit();
"""
UNGUARD = "DROP TRIGGER audit_is_only_added_to ON trays_auditentry; DROP FUNCTION guard_audit();"


class Migration(migrations.Migration):
    dependencies = [
        ("trays", "0007_people"),
    ]

    operations = [
        migrations.AddField(
            model_name="agent",
            name="untold_since",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("entry", "Entradas"),
                            ("look", "Miró un chat ajeno"),
                            ("change", "Cambios"),
                            ("data", "Datos"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("entry.in", "Entró"),
                            ("entry.failed", "No pudo entrar"),
                            ("entry.held", "Frenado al entrar"),
                            ("entry.password", "Cambió su contraseña"),
                            ("entry.steps-on", "Activó los dos pasos"),
                            ("entry.steps-off", "Quitó los dos pasos"),
                            ("look.chat", "Abrió un chat ajeno"),
                            ("look.card", "Abrió una ficha ajena"),
                            ("look.file", "Abrió archivos de un chat ajeno"),
                            ("change.added", "Creó"),
                            ("change.changed", "Cambió"),
                            ("change.deleted", "Borró"),
                            ("change.done", "Hizo"),
                            ("change.given", "Dio acceso"),
                            ("change.taken", "Quitó acceso"),
                            ("data.exported", "Bajó"),
                            ("data.contact", "Bajó los datos de un contacto"),
                            ("data.erased", "Borró los datos de un contacto"),
                        ],
                        max_length=16,
                    ),
                ),
                ("contact", models.BigIntegerField(blank=True, null=True)),
                ("thing", models.CharField(blank=True, default="", max_length=120)),
                ("field", models.CharField(blank=True, default="", max_length=120)),
                ("old", models.CharField(blank=True, default="", max_length=200)),
                ("new", models.CharField(blank=True, default="", max_length=200)),
                ("detail", models.CharField(blank=True, default="", max_length=200)),
                ("address", models.GenericIPAddressField(blank=True, null=True)),
                ("once", models.CharField(blank=True, max_length=100, null=True, unique=True)),
                (
                    "about",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "agent",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "registro",
                "verbose_name_plural": "registro",
                "indexes": [
                    models.Index(fields=["-at", "-id"], name="audit_by_time"),
                    models.Index(fields=["kind", "-at", "-id"], name="audit_by_kind"),
                    models.Index(
                        condition=models.Q(("agent__isnull", False)),
                        fields=["agent", "-at", "-id"],
                        name="audit_by_agent",
                    ),
                    models.Index(
                        condition=models.Q(("about__isnull", False)),
                        fields=["about", "-at", "-id"],
                        name="audit_by_about",
                    ),
                    models.Index(
                        condition=models.Q(("contact__isnull", False)),
                        fields=["contact", "-at", "-id"],
                        name="audit_by_contact",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ("entry", "look", "change", "data"))),
                        name="audit_kind_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("what__startswith", django.db.models.functions.text.Concat("kind", models.Value(".")))
                        ),
                        name="audit_entry_is_of_its_kind",
                    ),
                ],
            },
        ),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
