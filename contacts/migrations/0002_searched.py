import django.contrib.postgres.indexes
import django.db.models.expressions
from django.db import migrations, models

import common.folding

MAKE = r"""
CREATE FUNCTION contact_searched_by(name text, address text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN ' ' || fold_text(name) || ' ' || fold_text(address) || ' ' || regexp_replace(fold_text(address), '\D', '', 'g');
"""
# names as they come in from now on
COMPOSE = "UPDATE contacts_contact SET name = normalize(name, NFC) WHERE name IS NOT NFC NORMALIZED"


class Migration(migrations.Migration):
    dependencies = [("contacts", "0001_initial"), ("trays", "0002_folded_text")]
    operations = [
        migrations.RunSQL(COMPOSE, migrations.RunSQL.noop),
        migrations.RunSQL(MAKE, "DROP FUNCTION contact_searched_by(text, text)"),
        migrations.RemoveIndex(model_name="contact", name="contacts_by_name"),
        migrations.RemoveIndex(model_name="contact", name="contacts_by_address"),
        migrations.AddField(
            model_name="contact",
            name="searched",
            field=models.GeneratedField(
                db_persist=True,
                expression=django.db.models.expressions.Func(
                    models.F("name"), models.F("shown_address"), function="contact_searched_by"
                ),
                output_field=common.folding.FoldedTextField(),
            ),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass("searched", name="gin_trgm_ops"), name="contacts_by_words"
            ),
        ),
    ]
