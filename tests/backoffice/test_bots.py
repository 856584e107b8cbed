"""Bots in the admin: connected, shown by their connector, deleted only when nothing needs them."""

import re

import pytest
from django.db import connection, transaction

from tests import people
from tests.backoffice.bot_pages import OUTSIDE, STATES, bot_page, errors, made, save, text_of
from tests.backoffice.pages import page
from tests.threads import start
from wittybots import tokens
from wittybots.models import EVENTS, Bot, Endpoint, Event, MenuVersion, Token

PAGES = ("wittybots_bot", "wittybots_endpoint", "wittybots_token", "wittybots_event", "trays_holiday")


@pytest.mark.parametrize("model", PAGES)
def test_supervisors_and_administrators_alike_and_agents_nothing(client, ana, sofia, model):
    admin = people.hire("admin", is_superuser=True)
    Agent = type(admin)
    plain = people.hire("jefe", is_superuser=True, role="agent")
    assert not Agent.objects.get(pk=plain.pk).is_supervisor
    for agent, status in ((ana, 403), (sofia, 200), (admin, 200), (plain, 200)):
        client.force_login(agent, backend="django.contrib.auth.backends.ModelBackend")
        assert client.get(page(model, "changelist"), follow=True).status_code == status


@pytest.mark.django_db
def test_an_agent_reaches_no_act_of_it(client, ana):
    bot = people.external_bot()
    token, _raw = tokens.issue_token("T", bot)
    event = Event.objects.create(endpoint=bot.endpoint, kind="ping", state="failed")
    client.force_login(ana, backend="django.contrib.auth.backends.ModelBackend")
    acts = [
        *(bot_page(name, bot) for name in ("check", "secret", "forget", "on", "change", "delete", "menu")),
        page("wittybots_token", "add"), page("wittybots_token", "revoke", token.pk),
        page("wittybots_endpoint", "add"), page("wittybots_event", "again", event.pk),
    ]  # fmt: skip
    before = bot.endpoint.secret
    for path in acts:
        assert client.get(path, follow=True).status_code == 403, path
        assert client.post(path, follow=True).status_code == 403, path
    token.refresh_from_db()
    assert (token.revoked_at, Endpoint.objects.get().secret, Event.objects.get().state) == (None, before, "failed")


@pytest.mark.parametrize("kind", Bot.Kind.values)
def test_a_new_bot_has_a_name_and_a_connector_and_says_what_is_missing(as_sofia, kind):
    shown = as_sofia.get(bot_page("add")).context["adminform"].form.fields
    assert list(shown) == ["name", "kind"]
    response = as_sofia.post(bot_page("add"), {"name": "Recepción", "kind": kind}, follow=True)
    bot = Bot.objects.get(name="Recepción")
    assert response.redirect_chain[-1][0] == bot_page("change", bot)
    assert (bot.kind, bot.is_active, bot.most_per_minute) == (kind, True, 30)
    assert bot.farewell
    assert not Endpoint.objects.exists()


def test_a_form_has_only_the_fields_of_its_connector(as_sofia):
    def fields(kind):
        form = as_sofia.get(bot_page("change", made(kind))).context["adminform"].form
        return set(form.fields) - {"name", "farewell", "most_per_minute", "is_active"}

    assert fields("menu") == set()
    assert fields("webhook") == {"url", "events"}
    assert fields("rasa") == {"url", "access_token"}
    assert fields("typebot") == {"url", "remote_id", "access_token"}
    assert fields("botpress") == {"url", "remote_id", "access_token"}
    assert fields("chatwoot") == {"url"}


def test_the_connector_is_fixed_and_a_forged_form_sets_nothing_that_is_not_shown(as_sofia):
    bot = made("rasa")
    save(as_sofia, bot, url=OUTSIDE, kind="menu", secret="mío", remote_id="x", events=["ping"], previous_secret="y")
    bot.refresh_from_db()
    endpoint = Endpoint.objects.get()
    assert (bot.kind, endpoint.secret, endpoint.previous_secret, endpoint.remote_id) == ("rasa", "", "", "")
    assert endpoint.events == ["message_created"]
    menu = made("menu")
    save(as_sofia, menu, url=OUTSIDE, events=list(EVENTS))
    assert Endpoint.objects.count() == 1


def test_a_webhook_gets_a_secret_of_ours_that_is_shown_once(as_sofia):
    bot = made()
    text = text_of(save(as_sofia, bot, url=OUTSIDE, events=["message_created", "conversation_closed"]))
    endpoint = Endpoint.objects.get()
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{32,}={0,2}", endpoint.secret)
    assert endpoint.secret in text
    assert (endpoint.bot, endpoint.url, endpoint.events) == (bot, OUTSIDE, ["message_created", "conversation_closed"])
    for path in (bot_page("change", bot), bot_page("history", bot), bot_page("changelist")):
        assert endpoint.secret not in text_of(as_sofia.get(path))
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM wittybots_endpoint")
        assert endpoint.secret not in cursor.fetchone()[0]


def test_saving_again_makes_no_other_secret(as_sofia):
    bot = people.external_bot(url=OUTSIDE)
    before = bot.endpoint.secret
    text = text_of(save(as_sofia, bot, name="Otro nombre"))
    endpoint = Endpoint.objects.get()
    assert (endpoint.secret, endpoint.name) == (before, "Otro nombre")
    assert before not in text


def test_a_webhook_without_an_address_asks_by_the_api_and_one_that_has_it_keeps_it(as_sofia):
    bot = made()
    assert save(as_sofia, bot, url="").redirect_chain
    assert not Endpoint.objects.exists()
    save(as_sofia, bot, url=OUTSIDE)
    assert "obligatorio" in errors(save(as_sofia, bot, url=""))
    assert Endpoint.objects.get().url == OUTSIDE


@pytest.mark.parametrize("kind", ["rasa", "typebot", "botpress", "chatwoot"])
def test_other_connectors_cannot_do_without_an_address(as_sofia, kind):
    assert "obligatorio" in errors(save(as_sofia, made(kind), url="", remote_id="x"))


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/x", "http://10.0.0.8/", "http://169.254.169.254/latest/meta-data", "http://[::1]/",
        "http://[fd00::1]/", "ftp://1.1.1.1/", "http://u:p@1.1.1.1/", "javascript:alert(1)", "https://", "una dirección",
    ],
)  # fmt: skip
def test_an_address_that_points_inward_or_is_none_is_refused(as_sofia, url):
    bot = made()
    assert errors(save(as_sofia, bot, url=url))
    assert not Endpoint.objects.exists()
    assert errors(as_sofia.post(page("wittybots_endpoint", "add"), {"name": "X", "url": url, "events": STATES}))
    assert not Endpoint.objects.exists()


def test_a_host_that_the_operator_allows_is_taken(as_sofia, inside):
    save(as_sofia, made(), url="http://127.0.0.1:8199/")
    assert Endpoint.objects.get().url == "http://127.0.0.1:8199/"


@pytest.mark.parametrize("events", [[], ["message_created", "todo"], ["ping"], ["conversation_created' OR 1=1"]])
def test_what_is_told_is_chosen_of_what_there_is(as_sofia, events):
    assert errors(save(as_sofia, made(), url=OUTSIDE, events=events))
    assert not Endpoint.objects.exists()


def test_typebot_and_botpress_propose_their_clouds_address(as_sofia):
    for kind, url in (("typebot", "https://typebot.io"), ("botpress", "https://chat.botpress.cloud")):
        assert f'value="{url}"' in text_of(as_sofia.get(bot_page("change", made(kind))))


@pytest.mark.parametrize("remote_id", ["https://typebot.io/mi-bot", "mi bot", "a\nb"])
def test_a_public_id_is_an_id(as_sofia, remote_id):
    assert errors(save(as_sofia, made("typebot"), url=OUTSIDE, remote_id=remote_id))


def test_botpress_needs_its_id_or_an_address_that_has_it(as_sofia):
    assert "Falta" in errors(save(as_sofia, made("botpress"), url="https://1.1.1.1", remote_id=""))
    save(as_sofia, made("botpress"), url="https://1.1.1.1/7f3e", remote_id="")
    assert Endpoint.objects.get().url == "https://1.1.1.1/7f3e"


@pytest.mark.parametrize("most", [0, -1, 40_000, "muchos", ""])
def test_some_messages_a_minute_are_always_allowed(as_sofia, most):
    bot = made("menu")
    assert errors(save(as_sofia, bot, most_per_minute=most))
    bot.refresh_from_db()
    assert bot.most_per_minute == 30


@pytest.mark.django_db(transaction=True)
def test_of_two_who_connect_a_bot_at_once_the_later_one_is_told_and_leads_it_nowhere_else(transactional_db, as_sofia):
    bot = made()
    with transaction.atomic():
        Endpoint.objects.create(bot=bot, name=bot.name, url="https://9.9.9.9/", secret="whsec_bWlv", events=["ping"])
        late = start(lambda: save(as_sofia, bot, url=OUTSIDE))
    # by then the bot has an address, and a new one takes the secret
    assert "Escribí de nuevo el secreto" in errors(late.result())
    endpoint = Endpoint.objects.get()
    assert (endpoint.url, endpoint.secret) == ("https://9.9.9.9/", "whsec_bWlv")
    assert "whsec_bWlv" not in text_of(late.result())


def test_a_menu_bot_leads_to_its_editor_and_says_which_version_is_out(as_sofia):
    bot = made("menu")
    text = text_of(as_sofia.get(bot_page("change", bot)))
    assert bot_page("menu", bot) in text
    assert "Sin un menú publicado" in text
    MenuVersion.objects.create(bot=bot, number=7, state="published", tree={})
    MenuVersion.objects.create(bot=bot, number=8, state="draft", tree={})
    assert "versión 7" in text_of(as_sofia.get(bot_page("change", bot)))
    assert "versión 7" in text_of(as_sofia.get(bot_page("changelist")))
    assert bot_page("menu", bot) not in text_of(as_sofia.get(bot_page("change", people.external_bot())))


def test_what_the_other_side_needs_is_there_to_be_pasted(as_sofia, settings):
    settings.PUBLIC_URL = "https://chats.example.com"
    assert "https://chats.example.com/api/v1/" in text_of(as_sofia.get(bot_page("change", made("webhook"))))
    text = text_of(as_sofia.get(bot_page("change", made("chatwoot"))))
    assert "<pre>https://chats.example.com</pre>" in text
    assert "Account ID" in text


def test_a_bot_in_use_is_not_deleted_and_one_that_is_not_goes_with_its_tokens(as_sofia):
    bot = people.external_bot()
    people.received_by(bot)
    assert as_sofia.post(bot_page("delete", bot), {"post": "yes"}).status_code == 403
    unused = people.external_bot()
    tokens.issue_token("T", unused)
    asked = as_sofia.get(bot_page("delete", unused))
    assert asked.status_code == 200
    assert "1 clave deja de servir" in text_of(asked)
    as_sofia.post(bot_page("delete", unused), {"post": "yes"})
    assert list(Bot.objects.filter(pk__in=[bot.pk, unused.pk])) == [bot]
    assert not Token.objects.exists()


def test_one_that_attended_a_chat_stays(as_sofia):
    bot = people.external_bot()
    origin = people.received_by(bot)
    people.says(origin, "cust-1", "Hola")
    origin.reception.delete()
    assert as_sofia.post(bot_page("delete", bot), {"post": "yes"}).status_code == 403


def test_markup_in_names_stays_literal(as_sofia):
    bot = people.external_bot(trouble="<i>mal</i>")
    Bot.objects.filter(pk=bot.pk).update(name="<b>x</b>")
    Endpoint.objects.filter(bot=bot).update(name="<b>x</b>")
    tokens.issue_token("<b>x</b>", bot)
    Event.objects.create(endpoint=bot.endpoint, kind="message_created", chat_id=1, state="failed", reason="<i>mal</i>")
    paths = [bot_page("changelist"), bot_page("change", bot), page("wittybots_token", "changelist")]
    for path in [*paths, page("wittybots_event", "changelist"), "/supervision/"]:
        text = text_of(as_sofia.get(path))
        assert "<b>x</b>" not in text
        assert "<i>mal" not in text
        assert "&lt;b&gt;x" in text
