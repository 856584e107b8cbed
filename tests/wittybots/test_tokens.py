"""Tokens of the API: shown once, kept as a digest, revocable."""

import hashlib
from datetime import timedelta

import pytest
from django.utils import timezone

from tests import people
from wittybots import tokens
from wittybots.models import Answered, Token


def test_a_token_is_shown_once_and_kept_as_its_digest(db, sofia):
    bot = people.external_bot()
    token, raw = tokens.issue_token("producción", bot, by=sofia)
    assert raw.startswith("wa_")
    assert len(raw) == 43
    row = Token.objects.values().get(pk=token.pk)
    assert raw not in str(row)
    assert row["digest"] == hashlib.sha256(raw.encode()).hexdigest()
    assert (row["hint"], row["bot_id"], row["created_by_id"]) == (raw[:8], bot.pk, sofia.pk)
    assert set(row["scopes"]) == {"conversations", "trays", "contacts"}


def test_no_two_tokens_are_alike(db):
    assert len({tokens.issue_token("uno")[1] for _ in range(50)}) == 50


def test_a_token_that_others_know_already_is_taken_as_it_is(db):
    token, raw = tokens.issue_token("demo", raw="demo-token")
    assert raw == "demo-token"
    assert tokens.find_token("demo-token") == token


def test_an_integration_attends_no_conversations(db):
    assert tokens.issue_token("CRM")[0].scopes == ["trays", "contacts"]


def test_a_token_is_found_with_its_bot_in_one_query(db, django_assert_num_queries):
    bot = people.external_bot()
    token, raw = tokens.issue_token("producción", bot)
    with django_assert_num_queries(1):
        found = tokens.find_token(raw)
        assert (found, found.bot) == (token, bot)


@pytest.mark.parametrize(
    "odd", ["", " ", "wa_", "x" * 201, "x" * 100_000, "wa_\x00", "wa_\ud800", "ñ", "' OR 1=1 --", "%"]
)
def test_what_is_no_token_is_nobodys(odd, db):
    tokens.issue_token("producción")
    assert tokens.find_token(odd) is None


def test_a_digest_is_no_token(db):
    token, _raw = tokens.issue_token("producción")
    assert tokens.find_token(token.digest) is None


def test_a_revoked_token_and_that_of_a_bot_that_is_off_are_not_found(db):
    bot = people.external_bot()
    first, second = tokens.issue_token("uno", bot), tokens.issue_token("dos", bot)
    tokens.revoke_token(first[0])
    assert tokens.find_token(first[1]) is None
    assert tokens.find_token(second[1]) == second[0]
    revoked_at = first[0].revoked_at
    tokens.revoke_token(first[0])
    assert first[0].revoked_at == revoked_at is not None
    bot.is_active = False
    bot.save()
    assert tokens.find_token(second[1]) is None


def test_its_last_use_is_written_at_most_once_a_minute(db, django_assert_num_queries):
    _token, raw = tokens.issue_token("producción")
    tokens.note_use(tokens.find_token(raw))
    first = Token.objects.get().last_used_at
    assert timezone.now() - first < timedelta(seconds=5)
    token = tokens.find_token(raw)
    with django_assert_num_queries(0):
        tokens.note_use(token)
    Token.objects.update(last_used_at=first - timedelta(seconds=61))
    tokens.note_use(tokens.find_token(raw))
    assert Token.objects.get().last_used_at >= first


def test_what_was_answered_is_forgotten_after_its_time(db):
    token, _raw = tokens.issue_token("producción")
    now = timezone.now()
    for hours in (0, 23, 25, 100):
        Answered.objects.create(token=token, key=f"k{hours}", fingerprint="", created_at=now - timedelta(hours=hours))
    assert tokens.prune_answered(now - timedelta(days=1)) == 2
    assert set(Answered.objects.values_list("key", flat=True)) == {"k0", "k23"}
