"""Cards of contacts: tags, attributes, notes and their history. No table is rewritten."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0004_undone_is_a_cause"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="contact",
            name="tag_ids",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), db_default=[], default=list, editable=False, size=None
            ),
        ),
        migrations.CreateModel(
            name="AttributeDefinition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.SlugField(max_length=40, unique=True, verbose_name="clave")),
                ("label", models.CharField(max_length=60, verbose_name="nombre")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("text", "texto"),
                            ("number", "número"),
                            ("date", "fecha"),
                            ("yes_no", "sí o no"),
                            ("choice", "lista"),
                        ],
                        default="text",
                        max_length=8,
                        verbose_name="tipo",
                    ),
                ),
                (
                    "choices",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=80),
                        blank=True,
                        default=list,
                        size=50,
                        verbose_name="opciones",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="orden")),
                ("archived_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="archivado")),
            ],
            options={
                "verbose_name": "atributo",
                "verbose_name_plural": "atributos",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("label", ""), _negated=True), models.Q(("key", ""), _negated=True)
                        ),
                        name="attribute_has_a_name",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["text", "number", "date", "yes_no", "choice"])),
                        name="attribute_kind_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind", "choice"), ("choices", []), _connector="XOR"),
                        name="only_lists_have_choices",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Tag",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("word", models.CharField(max_length=40, verbose_name="palabra")),
                (
                    "color",
                    models.CharField(
                        choices=[
                            ("a1", "celeste"),
                            ("a2", "verde"),
                            ("a3", "naranja"),
                            ("a4", "violeta"),
                            ("a5", "amarillo"),
                            ("a6", "rosa"),
                        ],
                        default="a1",
                        max_length=2,
                        verbose_name="color",
                    ),
                ),
                ("archived_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="archivada")),
            ],
            options={
                "verbose_name": "etiqueta",
                "verbose_name_plural": "etiquetas",
                "constraints": [
                    models.UniqueConstraint(django.db.models.functions.text.Lower("word"), name="tag_word_is_free"),
                    models.CheckConstraint(condition=models.Q(("word", ""), _negated=True), name="tag_has_a_word"),
                    models.CheckConstraint(
                        condition=models.Q(("color__in", ["a1", "a2", "a3", "a4", "a5", "a6"])),
                        name="tag_color_is_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ContactTag",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("given_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="cuándo")),
                (
                    "contact",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="given_tags",
                        to="contacts.contact",
                        verbose_name="contacto",
                    ),
                ),
                (
                    "given_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="quién",
                    ),
                ),
                (
                    "tag",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="given",
                        to="contacts.tag",
                        verbose_name="etiqueta",
                    ),
                ),
            ],
            options={
                "verbose_name": "etiqueta de un contacto",
                "verbose_name_plural": "etiquetas de contactos",
            },
        ),
        migrations.AddField(
            model_name="contact",
            name="tags",
            field=models.ManyToManyField(related_name="+", through="contacts.ContactTag", to="contacts.tag"),
        ),
        migrations.CreateModel(
            name="AttributeValue",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("value", models.CharField(max_length=300, verbose_name="valor")),
                (
                    "contact",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attribute_values",
                        to="contacts.contact",
                        verbose_name="contacto",
                    ),
                ),
                (
                    "definition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="contacts.attributedefinition",
                        verbose_name="atributo",
                    ),
                ),
            ],
            options={
                "verbose_name": "atributo de un contacto",
                "verbose_name_plural": "atributos de contactos",
                "constraints": [
                    models.UniqueConstraint(fields=("contact", "definition"), name="a_contact_has_one_value_each"),
                    models.CheckConstraint(
                        condition=models.Q(("value", ""), _negated=True), name="attribute_value_says_something"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CardChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="cuándo")),
                ("field", models.CharField(max_length=12, verbose_name="qué")),
                ("before", models.TextField(blank=True, db_default="", default="", verbose_name="antes")),
                ("after", models.TextField(blank=True, db_default="", default="", verbose_name="después")),
                (
                    "actor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="quién",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="card_changes",
                        to="contacts.contact",
                        verbose_name="contacto",
                    ),
                ),
                (
                    "definition",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="contacts.attributedefinition",
                        verbose_name="atributo",
                    ),
                ),
            ],
            options={
                "verbose_name": "cambio de una ficha",
                "verbose_name_plural": "cambios de fichas",
                "indexes": [
                    models.Index(
                        models.F("contact"),
                        models.OrderBy(models.F("id"), descending=True),
                        name="card_changes_of_a_contact",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("field", ""), _negated=True), name="card_change_says_what"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("before", models.F("after")), _negated=True), name="card_change_changes"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ContactNote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.TextField(max_length=2000, verbose_name="texto")),
                ("written_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "author",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "changed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notes",
                        to="contacts.contact",
                        verbose_name="contacto",
                    ),
                ),
            ],
            options={
                "verbose_name": "nota del contacto",
                "verbose_name_plural": "notas de contactos",
                "indexes": [
                    models.Index(
                        models.F("contact"), models.OrderBy(models.F("id"), descending=True), name="notes_of_a_contact"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("text", ""), _negated=True), name="contact_note_says_something"
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="contacttag",
            index=models.Index(models.F("tag"), models.F("contact"), name="contacts_with_a_tag"),
        ),
        migrations.AddConstraint(
            model_name="contacttag",
            constraint=models.UniqueConstraint(fields=("contact", "tag"), name="a_contact_has_a_tag_once"),
        ),
    ]
