"""Tokens of the API in the admin: shown once, revoked, never changed."""

import json
import re

import pytest

from tests import people
from tests.backoffice.bot_pages import bot_page, errors, made, text_of
from tests.backoffice.pages import history, page
from wittybots import tokens
from wittybots.models import Token


def issue(client, **fields):
    form = {"name": "Mi bot", "scopes": ["conversations", "trays"], **fields}
    return client.post(page("wittybots_token", "add"), form, follow=True)


def test_a_token_is_shown_once_with_an_example_and_never_again(as_sofia, sofia):
    bot = people.external_bot()
    assert f"{page('wittybots_token', 'add')}?bot={bot.pk}" in text_of(as_sofia.get(bot_page("change", bot)))
    text = text_of(issue(as_sofia, bot=bot.pk))
    token = Token.objects.get()
    raw = re.search(r'<pre class="once" id="token">([^<\s]+)</pre>', text)[1]
    assert tokens.find_token(raw) == token
    assert f"Authorization: Bearer {raw}" in text.replace("&quot;", '"')
    assert (token.name, token.bot, token.scopes, token.created_by) == ("Mi bot", bot, ["conversations", "trays"], sofia)
    for path in (
        page("wittybots_token", "change", token.pk), page("wittybots_token", "changelist"),
        page("wittybots_token", "history", token.pk), bot_page("change", bot), "/admin/",
    ):  # fmt: skip
        shown = text_of(as_sofia.get(path))
        assert raw not in shown
        assert token.digest not in shown
    assert token.hint in text_of(as_sofia.get(page("wittybots_token", "changelist")))
    assert raw not in json.dumps(dict(as_sofia.session.items()))


def test_it_is_not_in_the_session_as_it_is_while_it_waits_to_be_shown(as_sofia):
    form = {"name": "T", "scopes": ["trays"]}
    response = as_sofia.post(page("wittybots_token", "add"), form)
    kept = json.dumps(dict(as_sofia.session.items()))
    raw = re.search(r'<pre class="once" id="token">([^<\s]+)</pre>', text_of(as_sofia.get(response.url)))[1]
    assert raw.startswith(tokens.PREFIX)
    assert raw not in kept


def test_the_page_of_a_new_token_is_filled_in_for_its_bot(as_sofia):
    bot = people.external_bot()
    made("menu")
    form = as_sofia.get(f"{page('wittybots_token', 'add')}?bot={bot.pk}").context["adminform"].form
    assert form["bot"].value() == str(bot.pk)
    assert set(form["scopes"].value()) == {"conversations", "trays", "contacts"}
    assert list(form.fields["bot"].queryset) == [bot]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"scopes": []}, "al menos uno"),
        ({"scopes": ["todo"]}, "todo"),
        ({"scopes": ["conversations"]}, "solo para la clave de un bot"),
        ({"name": ""}, "obligatorio"),
        ({"name": "n" * 61}, "60"),
        ({"bot": 10**9, "scopes": ["trays"]}, "opci"),
    ],
)
def test_a_token_of_nonsense_is_refused_in_words(as_sofia, fields, words):
    assert words in errors(issue(as_sofia, **fields))
    assert not Token.objects.exists()


def test_a_token_is_revoked_and_neither_changed_nor_deleted(as_sofia):
    token, raw = tokens.issue_token("T", people.external_bot())
    address = page("wittybots_token", "revoke", token.pk)
    assert "no se puede volver atrás" in text_of(as_sofia.get(address))
    assert tokens.find_token(raw)
    as_sofia.post(address)
    assert tokens.find_token(raw) is None
    first = Token.objects.get().revoked_at
    assert first
    assert "no corresponde" in text_of(as_sofia.post(address, follow=True))
    assert Token.objects.get().revoked_at == first
    assert history() == ["revocada; quien la use recibe 401"]
    assert as_sofia.post(page("wittybots_token", "change", token.pk), {"name": "Otro"}).status_code == 403
    assert as_sofia.post(page("wittybots_token", "delete", token.pk), {"post": "yes"}).status_code == 403
    assert Token.objects.get().name == "T"
