"""Functions by which text is searched (common/folding.py). Their bodies are parsed now: a dump restores in any order."""

from django.db import migrations

MAKE = r"""
-- no accents, no case, no letters that nobody sees, blanks for what parts words and before letters that are words
CREATE FUNCTION fold_text(words text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN replace(replace(replace(replace(translate(regexp_replace(
    regexp_replace(lower(normalize(words, NFKD)),
        '[''`‘’\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]+',
        '', 'g'),
    '([\u2e80-\u31ff\u3400-\u9fff\uf900-\ufaff])', ' \1', 'g'),
    'øđłıðςħŧ-_.,;:!?¡¿"´“”«»‐‑–—()[]{}<>/\|*',
    'odlidσht                                '), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th');

-- for LIKE: what was typed means itself; with one letter or two, only where a word begins; nothing finds nothing
CREATE FUNCTION folded_pattern(word text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE length(btrim(fold_text(word))) WHEN 0 THEN NULL WHEN 1 THEN '% ' WHEN 2 THEN '% ' ELSE '%' END
    || replace(btrim(fold_text(word)), '%', '\%') || '%';
"""
TAKE_AWAY = "DROP FUNCTION folded_pattern(text); DROP FUNCTION fold_text(text);"


class Migration(migrations.Migration):
    dependencies = [("trays", "0001_initial")]
    operations = [migrations.RunSQL(MAKE, TAKE_AWAY)]
