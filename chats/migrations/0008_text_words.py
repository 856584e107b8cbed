"""The words of a text, as messages are searched by them (chats/models/message.py). Parsed now: see trays 0002."""

from django.db import migrations

MAKE = r"""
-- folded, each for itself, long ones cut: an index takes no word of 2 kB, and a message must be kept whatever it says
CREATE OR REPLACE FUNCTION text_words(said text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN array_remove(string_to_array(regexp_replace(
    translate(fold_text(left(said, 20000)), E'+#$%&=@~^\t\n\r\u00a0\u2028\u2029', '               '),
    '([^ ]{60})[^ ]+', '\1', 'g'), ' '), '');
"""


class Migration(migrations.Migration):
    dependencies = [("chats", "0007_words_and_waits_of_now"), ("trays", "0002_folded_text")]
    operations = [migrations.RunSQL(MAKE, "DROP FUNCTION text_words(text)")]
