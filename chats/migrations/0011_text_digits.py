"""The numbers in a text, each written in one: what parts their digits is left out, and what is no digit parts them."""

from django.db import migrations

MAKE = r"""
CREATE OR REPLACE FUNCTION text_digits(said text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN regexp_replace(
    regexp_replace(left(said, 20000), '([0-9])[ .()/\u00a0-]+(?=[0-9])', '\1', 'g'), '[^0-9]+', ' ', 'g');
"""


class Migration(migrations.Migration):
    dependencies = [("chats", "0010_filters_of_trays")]
    operations = [migrations.RunSQL(MAKE, "DROP FUNCTION text_digits(text)")]
