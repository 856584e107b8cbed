"""The nearest spelling of what was looked for and not found: by trigrams among names of contacts and tags, and a letter
away among the words of messages that the agent may see. What may not be seen is not asked, so nothing of it is said."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from string import ascii_lowercase

from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled

from chats.models import Attachment, Message
from contacts.models import Contact, Tag
from inbox.search.messages import Filters, TooMany, find_ids
from inbox.search.words import Words, fold_letters, quote_word, read_words
from trays.models import Agent

# of a word that is one: what is shorter is near to everything, and a longer one has too many neighbours
MIN_CHARS, MAX_CHARS = 4, 14
# words of one search, names and messages of one word that are looked at
MAX_WORDS, MAX_NAMES, MAX_TEXTS = 3, 200, 20
NEAR = 0.4
MAX_MILLISECONDS = 500
_WORD = re.compile(r"[^\W\d_]+")
_BEGIN = """
SELECT set_config('statement_timeout', %s, true), set_config('pg_trgm.word_similarity_threshold', %s, true),
       set_config('enable_seqscan', 'off', true)
"""
# every agent knows every contact by its name, whatever of its chat is hidden
_NAMES = r"""
SELECT word, similarity(fold_text(word), %(word)s) AS nearness FROM (
    SELECT name FROM contacts_contact WHERE %(word)s <%% searched AND state <> '' LIMIT %(most)s
) AS found, regexp_split_to_table(found.name, '\s+') AS word
WHERE similarity(fold_text(word), %(word)s) >= %(near)s
GROUP BY word ORDER BY nearness DESC, count(*) DESC, word LIMIT 1
"""


@dataclass(frozen=True)
class Nearest:
    """`typed`: the same search with a word spelt another way; `word`: that one."""

    typed: str
    word: str


def find_nearest(agent: Agent, typed: str, filters: Filters, tags: Sequence[Tag]) -> Nearest | None:
    """None where nothing near would be found either. `tags`: those in use."""
    for place in list(_WORD.finditer(typed))[:MAX_WORDS]:
        word = fold_letters(place[0])
        if not (MIN_CHARS <= len(word) <= MAX_CHARS and word.isascii()):
            continue
        before, behind = typed[: place.start()], typed[place.end() :]
        # contacts are found where there are no filters, by all words at once
        name = "" if filters else _find_name(word) or _find_tag(word, tags)
        if name and (before + behind).strip() and not _is_called(f"{before}{name}{behind}"):
            name = ""
        found = name or _find_said(agent, word, f"{before} {behind}", filters)
        if found and fold_letters(found) != word:
            return Nearest(f"{before}{found}{behind}", found)
    return None


def _is_called(typed: str) -> bool:
    return Contact.objects.known().exclude(state="").called(typed).exists()


def _find_name(word: str) -> str:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_BEGIN, [str(MAX_MILLISECONDS), str(NEAR)])
            cursor.execute(_NAMES, {"word": word, "most": MAX_NAMES, "near": NEAR})
            row = cursor.fetchone()
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            return ""
        raise
    return "".join(_WORD.findall(row[0])) if row else ""


def _find_tag(word: str, tags: Sequence[Tag]) -> str:
    neighbours = {word, *_list_neighbours(word)}
    return next((tag.word for tag in tags if fold_letters(tag.word) in neighbours), "")


def _find_said(agent: Agent, word: str, rest: str, filters: Filters) -> str:
    """The neighbour that most of the newest messages say, as it is written there."""
    neighbours = set(_list_neighbours(word))
    others = read_words(rest)
    any_of = " | ".join(quote_word(one) for one in sorted(neighbours))
    query = " & ".join(filter(None, (others.query, f"({any_of})")))
    words = Words(query, others.numbers, others.unwanted, others.phrases)
    try:
        found = find_ids(agent, words, filters, "", within=MAX_MILLISECONDS)[:MAX_TEXTS]
    except TooMany:
        return ""
    texts = list(Message.objects.visible_to(agent).filter(pk__in=found).values_list("text", flat=True))
    seen = Attachment.objects.filter(message__in=Message.objects.visible_to(agent).filter(pk__in=found))
    texts += seen.values_list("name", flat=True)[:MAX_TEXTS] if found else ()
    said = Counter(one.lower() for text in texts for one in _WORD.findall(text) if fold_letters(one) in neighbours)
    return said.most_common(1)[0][0] if said else ""


def _list_neighbours(word: str) -> Iterator[str]:
    """All that a slip of one letter makes of it: one left out, two turned round, one for another, one too many."""
    for at in range(len(word) + 1):
        before, behind = word[:at], word[at:]
        if behind:
            yield before + behind[1:]
        if len(behind) > 1:
            yield before + behind[1] + behind[0] + behind[2:]
        for letter in ascii_lowercase:
            yield before + letter + behind
            if behind:
                yield before + letter + behind[1:]
