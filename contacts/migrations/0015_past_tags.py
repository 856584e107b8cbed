"""Which tags a contact had until when, for figures by tag. What histories tell by name alone is taken over where it is
clear which tag was meant: given and taken by the same word, all who have the tag now were given it by that word, and who
was given that word and not taken it has the tag."""

import django.db.models.deletion
from django.db import migrations, models

FILL = """
INSERT INTO contacts_pasttag (contact_id, tag_id, given_at, taken_at)
SELECT step.contact_id, tag.id, step.given_at, step.at FROM (
    SELECT contact_id, at, before, after, lag(at) OVER same AS given_at, lag(after) OVER same AS was
    FROM contacts_cardchange WHERE field = 'tag'
    WINDOW same AS (PARTITION BY contact_id, greatest(before, after) ORDER BY id)
) step
JOIN contacts_tag tag ON tag.word = step.before AND NOT EXISTS (
    SELECT 1 FROM contacts_contacttag g WHERE g.tag_id = tag.id AND NOT EXISTS (
        SELECT 1 FROM contacts_cardchange c
        WHERE c.contact_id = g.contact_id AND c.field = 'tag' AND c.after = tag.word)
) AND NOT EXISTS (
    SELECT 1 FROM contacts_cardchange c WHERE c.field = 'tag' AND c.after = tag.word AND NOT EXISTS (
        SELECT 1 FROM contacts_cardchange l
        WHERE l.contact_id = c.contact_id AND l.id > c.id AND l.field = 'tag' AND l.before = tag.word
    ) AND NOT EXISTS (SELECT 1 FROM contacts_contacttag g WHERE g.contact_id = c.contact_id AND g.tag_id = tag.id)
)
WHERE step.after = '' AND step.was = step.before AND step.given_at <= step.at
"""


class Migration(migrations.Migration):
    dependencies = [("contacts", "0014_no_broadcasts")]

    operations = [
        migrations.CreateModel(
            name="PastTag",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("given_at", models.DateTimeField(verbose_name="desde")),
                ("taken_at", models.DateTimeField(verbose_name="hasta")),
                (
                    "contact",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="contacts.contact",
                        verbose_name="contacto",
                    ),
                ),
                (
                    "tag",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="contacts.tag",
                        verbose_name="etiqueta",
                    ),
                ),
            ],
            options={
                "verbose_name": "etiqueta que un contacto tuvo",
                "verbose_name_plural": "etiquetas que tuvieron los contactos",
                "indexes": [models.Index(models.F("contact"), name="past_tags_of_a_contact")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("taken_at__gte", models.F("given_at"))),
                        name="a_past_tag_ends_after_it_begins",
                    )
                ],
            },
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
