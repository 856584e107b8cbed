"""That contacts were brought in from a file is told in the audit log: one more choice."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("trays", "0013_unlinking_is_noted"),
    ]

    operations = [
        migrations.AlterField(
            model_name="auditentry",
            name="what",
            field=models.CharField(
                choices=[
                    ("entry.in", "Entró"),
                    ("entry.failed", "No pudo entrar"),
                    ("entry.held", "Frenado al entrar"),
                    ("entry.password", "Cambió su contraseña"),
                    ("entry.steps-on", "Activó los dos pasos"),
                    ("entry.steps-off", "Quitó los dos pasos"),
                    ("entry.unlinked", "Desvinculó su entrada"),
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
                    ("data.imported", "Cargó"),
                    ("data.contact", "Bajó los datos de un contacto"),
                    ("data.erased", "Borró los datos de un contacto"),
                ],
                max_length=16,
            ),
        ),
    ]
