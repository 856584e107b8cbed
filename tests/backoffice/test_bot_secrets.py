"""Tokens and secrets of bots' endpoints: written and never shown, and changed without a gap."""

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tests import people
from tests.backoffice.bot_pages import OUTSIDE, bot_page, errors, integration, made, save, text_of
from tests.backoffice.pages import history, page
from wittybots.models import Endpoint

TOKEN = "sk-tipo-un-token-largo-8812"


def test_an_access_token_is_written_and_never_shown_and_empty_keeps_it(as_sofia):
    bot = made("rasa")
    save(as_sofia, bot, url=OUTSIDE, access_token=f" {TOKEN}\n")
    assert Endpoint.objects.get().access_token == TOKEN
    for path in (bot_page("change", bot), bot_page("history", bot), bot_page("changelist")):
        assert TOKEN not in text_of(as_sofia.get(path))
    assert "Hay uno guardado" in text_of(as_sofia.get(bot_page("change", bot)))
    assert TOKEN not in text_of(save(as_sofia, bot, url=OUTSIDE, access_token="", most_per_minute="mucho"))
    save(as_sofia, bot, url=f"{OUTSIDE}/otro", access_token="")
    endpoint = Endpoint.objects.get()
    assert (endpoint.access_token, endpoint.url) == (TOKEN, f"{OUTSIDE}/otro")


def test_what_was_typed_is_not_shown_beside_an_error(as_sofia):
    text = text_of(save(as_sofia, made("rasa"), url="http://10.0.0.1/", access_token=TOKEN))
    assert TOKEN not in text


def test_a_kept_token_is_not_sent_to_another_server(as_sofia):
    bot = people.external_bot("rasa", url="https://1.1.1.1/", access_token=TOKEN)
    assert "Escribí de nuevo el token" in errors(save(as_sofia, bot, url="https://9.9.9.9/"))
    assert Endpoint.objects.get().url == "https://1.1.1.1/"
    save(as_sofia, bot, url="https://9.9.9.9/", access_token="otro")
    assert Endpoint.objects.get().access_token == "otro"


@pytest.mark.parametrize("value", ["tóken", "a\x00b", "👍"])
def test_an_odd_token_is_refused_without_being_quoted(as_sofia, value):
    response = save(as_sofia, made("rasa"), url=OUTSIDE, access_token=value)
    assert errors(response)
    assert value not in text_of(response)


@pytest.mark.parametrize(
    ("path", "lookup"),
    [
        ("wittybots_token", "digest__startswith"), ("wittybots_token", "digest"), ("wittybots_token", "bot__endpoint__secret__startswith"),
        ("wittybots_endpoint", "secret__contains"), ("wittybots_endpoint", "access_token"),
        ("wittybots_endpoint", "previous_secret__startswith"), ("wittybots_bot", "endpoint__access_token__startswith"),
        ("wittybots_bot", "tokens__digest__startswith"), ("wittybots_event", "endpoint__secret__startswith"),
    ],
)  # fmt: skip
def test_no_list_tells_a_secret_by_its_number_of_results(as_sofia, path, lookup):
    assert as_sofia.get(f"{page(path, 'changelist')}?{lookup}=a").status_code == 400


def test_a_new_secret_signs_beside_the_old_one_until_it_is_forgotten(as_sofia, server):
    bot = people.external_bot(url=server.url)
    old = bot.endpoint.secret
    assert "sigue firmando" in text_of(as_sofia.get(bot_page("secret", bot)))
    shown = text_of(as_sofia.post(bot_page("secret", bot), follow=True))
    new = Endpoint.objects.get().secret
    assert new in shown
    assert old not in shown
    assert new not in text_of(as_sofia.get(bot_page("change", bot)))

    def signed_by(secret):
        told = server.got[-1]
        try:
            Webhook(secret).verify(told.raw, told.headers)
        except WebhookVerificationError:
            return False
        return True

    as_sofia.post(bot_page("check", bot))
    assert (signed_by(new), signed_by(old)) == (True, True)
    as_sofia.post(bot_page("forget", bot))
    as_sofia.post(bot_page("check", bot))
    assert (signed_by(new), signed_by(old)) == (True, False)
    assert [line for line in history() if "secreto" in line] == [
        "secreto cambiado; el anterior también firma hasta que lo olvides",
        "el secreto anterior ya no firma",
    ]
    assert "Olvidar el anterior" not in text_of(as_sofia.get(bot_page("change", bot)))


def test_who_signs_nothing_has_no_secret_to_change(as_sofia):
    for bot in (people.external_bot("rasa", url=OUTSIDE, secret=""), made("menu"), made("webhook")):
        assert "Cambiar el secreto" not in text_of(as_sofia.get(bot_page("change", bot)))
        response = as_sofia.post(bot_page("secret", bot), follow=True)
        assert "no corresponde" in text_of(response)
    assert Endpoint.objects.get().secret == ""


def test_many_secrets_changed_at_once_are_each_shown_once(as_sofia):
    one, other = integration(), integration(name="ERP")
    chosen = {"action": "secret", "confirmed": "secret", "_selected_action": [one.pk, other.pk]}
    as_sofia.post(page("wittybots_endpoint", "changelist"), chosen)
    for endpoint in (one, other):
        path, secret = page("wittybots_endpoint", "change", endpoint.pk), Endpoint.objects.get(pk=endpoint.pk).secret
        assert secret != people.SIGNING
        assert secret in text_of(as_sofia.get(path))
        assert secret not in text_of(as_sofia.get(path))
