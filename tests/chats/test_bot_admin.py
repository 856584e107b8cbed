"""External bots, integrations, tokens, the log of what they were told, and office hours, as supervisors keep them."""

import json
import re
import threading
import time as clock
from concurrent.futures import ThreadPoolExecutor
from datetime import time, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from backoffice.hours import HolidayForm
from chats import access
from chats.models import Chat
from gateway.endpoints import calls, event_queue, removal
from gateway.status import endpoints
from tests import people
from tests.threads import start
from trays.models import Holiday, Opening, Tray
from wittybots import tokens
from wittybots.models import EVENTS, Bot, Endpoint, Event, MenuVersion, Token

TOKEN = "sk-tipo-un-token-largo-8812"
OUTSIDE = "https://1.1.1.1/bot"
STATES = [event for event in EVENTS if event.startswith("conversation_")]


@pytest.fixture
def as_sofia(client, sofia):
    client.force_login(sofia, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def inside(settings):
    settings.ALLOWED_INTERNAL_HOSTS = ["127.0.0.1"]


@pytest.fixture
def server(inside):
    """A bot that listens: `answers` is (status, body) of what it says next, `heard` what it was told."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            running.heard.append((dict(self.headers.items()), body, self.path))
            status, said = running.answers
            self.send_response(status)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_POST

        def log_message(self, *args):
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.heard, running.answers = [], (200, b"{}")
    running.url = f"http://127.0.0.1:{running.server_port}/bot"
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield running
    running.shutdown()
    running.server_close()


def page(model, name, *args):
    return reverse(f"admin:{model}_{name}", args=args)


def bot_page(name, *bots):
    return page("wittybots_bot", name, *(bot.pk for bot in bots))


def history():
    return [str(entry.get_change_message()) for entry in LogEntry.objects.order_by("id")]


def errors(response):
    assert response.status_code == 200, response.status_code
    form = response.context["adminform"].form
    found = [*form.errors.values()]
    for inline in response.context.get("inline_admin_formsets", []):
        found += [one for row in inline.formset.errors for one in row.values()]
        found.append(inline.formset.non_form_errors())
    return " ".join(str(error) for one in found for error in one)


def made(kind="webhook", **fields):
    return Bot.objects.create(kind=kind, name=fields.pop("name", f"Bot {kind}"), **fields)


def save(client, bot, **fields):
    form = {"name": bot.name, "farewell": "Te paso.", "most_per_minute": 30, "is_active": "on"}
    endpoint = Endpoint.objects.filter(bot=bot).first()
    if endpoint:
        form |= {"url": endpoint.url, "remote_id": endpoint.remote_id, "events": endpoint.events}
    elif bot.kind == "webhook":
        form |= {"events": list(EVENTS)}
    return client.post(bot_page("change", bot), form | fields, follow=True)


def text_of(response):
    return response.content.decode()


# --- who -----------------------------------------------------------------------------------------

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


# --- a bot ---------------------------------------------------------------------------------------


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
def test_of_two_who_connect_a_bot_at_once_none_sees_an_error(transactional_db, as_sofia):
    bot = made()
    with transaction.atomic():
        Endpoint.objects.create(bot=bot, name=bot.name, url="https://9.9.9.9/", secret="whsec_bWlv", events=["ping"])
        late = start(lambda: save(as_sofia, bot, url=OUTSIDE))
    assert late.result().redirect_chain
    endpoint = Endpoint.objects.get()
    assert (endpoint.url, endpoint.secret) == (OUTSIDE, "whsec_bWlv")
    assert "whsec_bWlv" not in text_of(late.result())


# --- secrets of the other side -------------------------------------------------------------------


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
        headers, body, _path = server.heard[-1]
        try:
            Webhook(secret).verify(body, {name.lower(): value for name, value in headers.items()})
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


# --- trying it -----------------------------------------------------------------------------------


def test_a_try_really_calls_and_says_what_came_back(as_sofia, server):
    bot = people.external_bot(url=server.url)
    response = as_sofia.post(bot_page("check", bot))
    assert "Respondió 200" in text_of(response)
    headers, body, _path = server.heard[0]
    assert json.loads(body)["event"] == "ping"
    assert headers["webhook-id"] == str(Event.objects.get().uuid)
    assert Endpoint.objects.get().heard_at
    assert history() == ["Conexión probada: bien"]


@pytest.mark.parametrize("status", [500, 404, 401, 302])
def test_a_try_that_fails_says_so(as_sofia, server, status):
    server.answers = (status, b"<html>secreto del bot</html>")
    bot = people.external_bot(url=server.url)
    text = text_of(as_sofia.post(bot_page("check", bot)))
    assert str(status) in text
    assert "secreto del bot" not in text
    assert "Mal" in text
    assert history() == ["Conexión probada: con problemas"]


def test_a_try_of_who_is_not_there_is_no_error_of_ours(as_sofia, inside):
    bot = people.external_bot(url="http://127.0.0.1:9/")
    text = text_of(as_sofia.post(bot_page("check", bot)))
    assert "No se pudo conectar" in text


def test_a_try_by_get_or_of_nobody_does_nothing(as_sofia, server):
    bot = people.external_bot(url=server.url)
    assert as_sofia.get(bot_page("check", bot)).status_code == 302
    assert as_sofia.post(bot_page("check", made("menu"))).status_code == 302
    assert as_sofia.post(page("wittybots_bot", "check", 10**9)).status_code == 404
    assert server.heard == []


def test_one_that_is_switched_off_can_be_tried_and_then_switched_on(as_sofia, server):
    bot = people.external_bot(
        url=server.url,
        is_active=False,
        switched_off_at=timezone.now(),
        failing_since=timezone.now(),
        trouble="HTTP 500",
    )
    assert "Se apagó solo" in text_of(as_sofia.get(bot_page("change", bot)))
    assert "Respondió 200" in text_of(as_sofia.post(bot_page("check", bot)))
    text_of(as_sofia.post(bot_page("on", bot), follow=True))
    endpoint = Endpoint.objects.get()
    assert (endpoint.is_active, endpoint.switched_off_at, endpoint.failing_since, endpoint.trouble) == (
        True,
        None,
        None,
        "",
    )
    assert "encendido de nuevo" in history()
    assert "Encender de nuevo" not in text_of(as_sofia.get(bot_page("change", bot)))


# --- the menu, what to paste, deleting -----------------------------------------------------------


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
    assert "1 token deja de servir" in text_of(asked)
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


# --- tokens --------------------------------------------------------------------------------------


def issue(client, **fields):
    form = {"name": "Mi bot", "scopes": ["conversations", "trays"], **fields}
    return client.post(page("wittybots_token", "add"), form, follow=True)


def test_a_token_is_shown_once_with_an_example_and_never_again(as_sofia, sofia):
    bot = people.external_bot()
    assert f"{page('wittybots_token', 'add')}?bot={bot.pk}" in text_of(as_sofia.get(bot_page("change", bot)))
    text = text_of(issue(as_sofia, bot=bot.pk))
    token = Token.objects.get()
    raw = re.search(r'<pre class="once">([^<\s]+)</pre>', text)[1]
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
    raw = re.search(r'<pre class="once">([^<\s]+)</pre>', text_of(as_sofia.get(response.url)))[1]
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
        ({"scopes": ["conversations"]}, "solo para el token de un bot"),
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
    assert history() == ["revocado; quien lo use recibe 401"]
    assert as_sofia.post(page("wittybots_token", "change", token.pk), {"name": "Otro"}).status_code == 403
    assert as_sofia.post(page("wittybots_token", "delete", token.pk), {"post": "yes"}).status_code == 403
    assert Token.objects.get().name == "T"


# --- integrations --------------------------------------------------------------------------------


def test_an_integration_is_told_states_and_no_messages(as_sofia):
    form = as_sofia.get(page("wittybots_endpoint", "add")).context["adminform"].form
    assert [value for value, _label in form.fields["events"].choices] == STATES
    new = {"name": "CRM", "url": OUTSIDE, "events": ["conversation_closed", "message_created"]}
    assert errors(as_sofia.post(page("wittybots_endpoint", "add"), new))
    shown = text_of(as_sofia.post(page("wittybots_endpoint", "add"), new | {"events": STATES[:2]}, follow=True))
    endpoint = Endpoint.objects.get()
    assert (endpoint.bot, endpoint.name, endpoint.url, endpoint.events) == (None, "CRM", OUTSIDE, STATES[:2])
    assert endpoint.secret.startswith("whsec_")
    assert endpoint.secret in shown
    assert endpoint.secret not in text_of(as_sofia.get(page("wittybots_endpoint", "change", endpoint.pk)))


def test_those_of_bots_are_in_their_bots_page_only(as_sofia):
    bot = people.external_bot()
    assert as_sofia.get(page("wittybots_endpoint", "changelist")).context["cl"].result_count == 0
    for name in ("change", "secret", "off", "check", "delete"):
        assert as_sofia.post(page("wittybots_endpoint", name, bot.endpoint.pk), {"post": "yes"}).status_code in (
            302,
            404,
        )
    endpoint = Endpoint.objects.get()
    assert (endpoint.is_active, endpoint.secret) == (True, people.SIGNING)


def integration(**fields):
    own = {"name": "CRM", "url": OUTSIDE, "secret": people.SIGNING, "events": STATES}
    return Endpoint.objects.create(**own | fields)


def test_it_is_switched_off_and_on(as_sofia):
    endpoint = integration()
    as_sofia.post(page("wittybots_endpoint", "off", endpoint.pk))
    assert not Endpoint.objects.get().is_active
    as_sofia.post(page("wittybots_endpoint", "on", endpoint.pk))
    assert Endpoint.objects.get().is_active
    assert history() == ["desactivado", "encendido de nuevo"]


def test_what_waits_is_dropped_when_it_is_switched_off_and_a_late_one_when_it_is_switched_on(as_sofia):
    endpoint, other = integration(), integration(name="ERP")
    for one in (endpoint, other):
        for state in ("queued", "sending", "done"):
            Event.objects.create(
                endpoint=one, kind="conversation_closed", chat_id=1, state=state, next_try_at=timezone.now()
            )
    as_sofia.post(page("wittybots_endpoint", "off", endpoint.pk))
    told = Event.objects.filter(endpoint=endpoint).order_by("id")
    assert list(told.values_list("state", "reason")) == [
        ("dropped", "El destino se desactivó"), ("dropped", "El destino se desactivó"), ("done", ""),
    ]  # fmt: skip
    assert set(Event.objects.filter(endpoint=other).values_list("state", flat=True)) == {"queued", "sending", "done"}
    late = Event.objects.create(endpoint=endpoint, kind="conversation_closed", chat_id=2)
    as_sofia.post(page("wittybots_endpoint", "on", endpoint.pk))
    late.refresh_from_db()
    assert late.state == "dropped"


def test_the_log_counts_tries_and_not_how_they_are_kept(as_sofia):
    event = Event.objects.create(endpoint=integration(), kind="conversation_closed", state="failed", attempts=4)
    as_sofia.post(page("wittybots_event", "again", event.pk))
    assert Event.objects.get().is_resent
    for name in ("changelist", "change"):
        text = text_of(as_sofia.get(page("wittybots_event", name, *([event.pk] if name == "change" else []))))
        assert "104" not in text
        assert re.search(r"\b4\b", text)


def test_other_connectors_are_told_only_what_they_use(as_sofia):
    for kind in ("rasa", "typebot", "botpress"):
        bot = people.external_bot(kind, url=OUTSIDE, remote_id="x", events=list(EVENTS))
        save(as_sofia, bot, most_per_minute=29)
        assert Endpoint.objects.get(bot=bot).events == ["message_created"]
        new = made(kind, name=f"otro {kind}")
        save(as_sofia, new, url=OUTSIDE, remote_id="x")
        people.says(people.received_by(new), "cust-1", "Hola")
        assert list(Event.objects.filter(endpoint__bot=new).values_list("kind", flat=True)) == ["message_created"]
    bot = people.external_bot(url=OUTSIDE, events=["conversation_closed"])
    save(as_sofia, bot, most_per_minute=29)
    assert Endpoint.objects.get(bot=bot).events == ["conversation_closed"]


def test_saving_a_page_that_was_open_does_not_switch_it_on_again(as_sofia):
    endpoint = integration(is_active=False, switched_off_at=timezone.now())
    form = {"name": "CRM 2", "url": OUTSIDE, "events": STATES, "is_active": "on"}
    as_sofia.post(page("wittybots_endpoint", "change", endpoint.pk), form)
    kept = Endpoint.objects.get()
    assert (kept.name, kept.is_active, kept.secret) == ("CRM 2", False, people.SIGNING)


def test_deleting_one_takes_its_log_without_reading_it(as_sofia):
    endpoint = integration()
    Event.objects.bulk_create(
        Event(endpoint=endpoint, kind="conversation_closed", chat_id=1) for _number in range(3_000)
    )
    path = page("wittybots_endpoint", "delete", endpoint.pk)
    with CaptureQueriesContext(connection) as queries:
        assert as_sofia.get(path).status_code == 200
    assert not any('FROM "wittybots_event"' in query["sql"] for query in queries)
    as_sofia.post(path, {"post": "yes"})
    assert is_shown_nowhere(as_sofia, endpoint)
    assert removal.prune_removed(timezone.now()) == 0, "who saw it before may still be writing"
    assert removal.prune_removed(later()) == 1
    assert not Endpoint.objects.exists()
    assert not Event.objects.exists()


def later():
    return timezone.now() + removal.KEEP_REMOVED


def is_shown_nowhere(client, endpoint):
    """Neither in lists nor in the log nor among what has to be watched, and it has no page."""
    # that it was deleted is said once
    client.get(page("wittybots_endpoint", "changelist"))
    texts = [text_of(client.get(page(f"wittybots_{name}", "changelist"))) for name in ("endpoint", "event")]
    texts.append(text_of(client.get("/supervision/")))
    gone = client.get(page("wittybots_endpoint", "change", endpoint.pk)).status_code == 302
    return gone and not any(endpoint.name in text for text in texts)


def test_one_that_was_removed_gets_nothing_and_keeps_no_secret(as_sofia, http_origin):
    endpoint = integration()
    event_queue.send_ping(endpoint)
    delete(as_sofia, endpoint, "list")
    people.says(http_origin, "cust-1", "Hola")
    assert Event.objects.count() == 1
    assert calls.call_endpoint(endpoint.pk, None) == 0
    as_sofia.post(page("wittybots_endpoint", "on", endpoint.pk))
    endpoint.refresh_from_db()
    assert (endpoint.is_active, endpoint.secret, Event.objects.get().state) == (False, "", "queued")


def on_its_own(act):
    try:
        act()
    finally:
        connection.close()


@pytest.mark.parametrize("how", ["page", "list"])
def test_one_is_deleted_while_chats_move(transactional_db, as_sofia, how):
    endpoint = integration()
    Event.objects.bulk_create(Event(endpoint=endpoint, kind="conversation_closed", chat_id=1) for _number in range(200))
    go_on, origin = threading.Event(), people.http_origin()

    def move():
        number = 0
        while not go_on.is_set():
            number += 1
            people.says(origin, f"cust-{number}", "Hola")

    pool = ThreadPoolExecutor(3)
    busy = [pool.submit(on_its_own, move) for _number in range(3)]
    try:
        clock.sleep(0.2)
        response = delete(as_sofia, endpoint, how)
    finally:
        go_on.set()
        for one in busy:
            one.result(20)
    assert response.status_code == 200
    assert is_shown_nowhere(as_sofia, endpoint)
    assert removal.prune_removed(later()) == 1
    assert not Endpoint.objects.exists()
    assert not Event.objects.exists()


def delete(client, endpoint, how):
    if how == "page":
        return client.post(page("wittybots_endpoint", "delete", endpoint.pk), {"post": "yes"}, follow=True)
    chosen = {"action": "delete_selected", "post": "yes", "_selected_action": [endpoint.pk]}
    return client.post(page("wittybots_endpoint", "changelist"), chosen, follow=True)


@pytest.mark.parametrize("how", ["page", "list"])
def test_a_chat_that_moves_as_one_is_deleted_still_moves(transactional_db, as_sofia, how):
    endpoint, origin = integration(), people.http_origin()
    written = threading.Event()

    def write():
        with transaction.atomic():
            people.says(origin, "cust-1", "Hola")
            written.set()
            clock.sleep(0.5)

    late = ThreadPoolExecutor(1).submit(on_its_own, write)
    assert written.wait(5)
    assert "error" not in text_of(delete(as_sofia, endpoint, how)).lower()
    late.result(10)
    assert people.all_consistent()
    assert Chat.objects.count() == 1
    assert is_shown_nowhere(as_sofia, endpoint)
    assert removal.prune_removed(later()) == 1
    assert not Endpoint.objects.exists()
    assert not Event.objects.exists()


@pytest.mark.parametrize("how", ["page", "list"])
def test_an_event_that_comes_between_is_deleted_too(transactional_db, as_sofia, how):
    endpoint, late = integration(), []

    def write():
        Event.objects.create(endpoint_id=endpoint.pk, kind="ping")

    def between(execute, sql, *more):
        if sql.startswith('DELETE FROM "wittybots_endpoint"') and not late:
            late.append(ThreadPoolExecutor(1).submit(on_its_own, write).result(10))
        return execute(sql, *more)

    response = delete(as_sofia, endpoint, how)
    with connection.execute_wrapper(between):
        assert removal.prune_removed(later()) == 0
    assert late
    assert response.status_code == 200
    assert len(response.context["messages"]) == 1
    assert is_shown_nowhere(as_sofia, endpoint)
    assert removal.prune_removed(later()) == 1
    assert not Endpoint.objects.exists()
    assert not Event.objects.exists()


def test_many_secrets_changed_at_once_are_each_shown_once(as_sofia):
    one, other = integration(), integration(name="ERP")
    chosen = {"action": "secret", "confirmed": "secret", "_selected_action": [one.pk, other.pk]}
    as_sofia.post(page("wittybots_endpoint", "changelist"), chosen)
    for endpoint in (one, other):
        path, secret = page("wittybots_endpoint", "change", endpoint.pk), Endpoint.objects.get(pk=endpoint.pk).secret
        assert secret != people.SIGNING
        assert secret in text_of(as_sofia.get(path))
        assert secret not in text_of(as_sofia.get(path))


# --- the log -------------------------------------------------------------------------------------


def log(client, query=""):
    return client.get(page("wittybots_event", "changelist") + query)


def test_the_log_says_what_became_of_each_call_and_nothing_of_the_customer(as_sofia, server):
    bot = people.external_bot(url=server.url)
    origin = people.received_by(bot)
    chat = people.says(origin, "+59899123456", "mi clave es 1234", name="Marta Gómez").message.chat
    assert Event.objects.filter(chat_id=chat.pk).exists()
    Event.objects.filter(kind="message_created").update(
        state="failed", status_code=503, took_ms=87, attempts=4, reason="Respondió HTTP 503"
    )
    event = Event.objects.get(kind="message_created")
    for path in (page("wittybots_event", "changelist"), page("wittybots_event", "change", event.pk)):
        text = text_of(as_sofia.get(path))
        for word in ("message_created", str(chat.pk), "Falló", "503", "87", "Respondió HTTP 503"):
            assert word in text, word
        for word in ("1234", "Marta", "99123456"):
            assert word not in text


def test_the_log_of_one_endpoint_and_of_one_state(as_sofia):
    bot, other = people.external_bot(), people.external_bot()
    for endpoint in (bot.endpoint, other.endpoint):
        for state in ("done", "failed"):
            Event.objects.create(endpoint=endpoint, kind="message_created", chat_id=1, state=state)
    path = f"?endpoint__id__exact={bot.endpoint.pk}"
    assert page("wittybots_event", "changelist") + path in text_of(as_sofia.get(bot_page("change", bot)))
    found = log(as_sofia, path).context["cl"].result_list
    assert {event.endpoint_id for event in found} == {bot.endpoint.pk}
    assert [event.state for event in log(as_sofia, f"{path}&state__exact=failed").context["cl"].result_list] == [
        "failed"
    ]


def test_nothing_of_the_log_is_written_by_hand(as_sofia):
    event = Event.objects.create(endpoint=people.external_bot().endpoint, kind="ping", state="failed")
    assert as_sofia.get(page("wittybots_event", "add")).status_code == 403
    assert as_sofia.post(page("wittybots_event", "change", event.pk), {"state": "done"}).status_code == 403
    assert as_sofia.post(page("wittybots_event", "delete", event.pk), {"post": "yes"}).status_code == 403
    assert Event.objects.get().state == "failed"


@pytest.mark.parametrize("state", ["failed", "done", "dropped"])
def test_what_is_over_is_sent_again(as_sofia, state):
    event = Event.objects.create(endpoint=integration(), kind="conversation_closed", state=state, attempts=4)
    as_sofia.post(page("wittybots_event", "again", event.pk))
    assert Event.objects.get().state == "queued"
    assert history() == ["se envía de nuevo en un momento"]


def test_what_is_on_its_way_or_has_nowhere_to_go_is_not_sent_again(as_sofia):
    on, off = integration(), integration(is_active=False)
    waiting = Event.objects.create(endpoint=on, kind="conversation_closed", state="queued")
    stuck = Event.objects.create(endpoint=off, kind="conversation_closed", state="failed")
    assert "no corresponde" in text_of(as_sofia.post(page("wittybots_event", "again", waiting.pk), follow=True))
    assert "está apagado" in text_of(as_sofia.post(page("wittybots_event", "again", stuck.pk), follow=True))
    assert set(Event.objects.values_list("state", flat=True)) == {"queued", "failed"}
    assert history() == []


def test_many_are_sent_again_after_a_question_only_those_ticked(as_sofia):
    endpoint = integration()
    events = [
        Event.objects.create(endpoint=endpoint, kind="conversation_closed", chat_id=1, state="failed")
        for _n in range(3)
    ]
    chosen = {"action": "again", "_selected_action": [events[0].pk, events[1].pk], "select_across": "1"}
    asked = as_sofia.post(page("wittybots_event", "changelist"), chosen)
    assert "con el mismo id" in text_of(asked)
    as_sofia.post(page("wittybots_event", "changelist"), chosen | {"confirmed": "again"})
    states = Event.objects.order_by("id").values_list("state", flat=True)
    assert list(states) == ["queued", "queued", "failed"]


def test_the_log_of_a_big_table_is_a_page_that_counts_nothing(as_sofia):
    endpoint = people.external_bot().endpoint
    Event.objects.bulk_create(
        Event(endpoint=endpoint, kind="message_created", chat_id=number, state="done") for number in range(20_000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE wittybots_event")
    for query in ("", f"?endpoint__id__exact={endpoint.pk}", "?state__exact=queued"):
        with CaptureQueriesContext(connection) as queries:
            response = log(as_sofia, query)
        asked = [one["sql"] for one in queries if "wittybots_event" in one["sql"] and one["sql"].startswith("SELECT")]
        assert not [sql for sql in asked if "COUNT(" in sql.upper()]
        for sql in asked:
            with connection.cursor() as cursor:
                cursor.execute("EXPLAIN " + sql)
                plan = "\n".join(row[0] for row in cursor.fetchall())
            assert "Seq Scan on wittybots_event" not in plan, plan
        if not query:
            first = response.context["cl"]
            after = log(as_sofia, first.following).context["cl"].result_list
            assert max(event.pk for event in after) < min(event.pk for event in first.result_list)


# --- Supervisión ---------------------------------------------------------------------------------


def door_of(thing):
    return endpoints.read_status(thing)


def words(door):
    return " ".join(f"{note.words} {note.advice}" for note in door.notes)


NOW = timezone.now()


def test_one_that_answers_has_nothing_to_say(db):
    bot = people.external_bot(heard_at=NOW)
    assert (door_of(bot).level, door_of(bot).notes) == ("good", [])
    assert door_of(integration(heard_at=NOW)).level == "good"


@pytest.mark.parametrize(
    ("fields", "level", "said"),
    [
        ({"trouble": "Respondió HTTP 500", "failing_since": timedelta(minutes=12)}, "bad", "Respondió HTTP 500. Desde hace 12 min."),
        ({"is_active": False, "switched_off_at": timedelta(hours=3), "trouble": "HTTP 500"}, "bad", "Se apagó solo hace 3 h"),
        ({"is_active": False}, "off", "Desactivado"),
        ({"heard_at": None}, "look", "Todavía no respondió nunca"),
    ],
)  # fmt: skip
def test_an_endpoint_in_trouble_says_what_and_what_to_do(db, fields, level, said):
    # ago, when the test runs: it may be minutes after the file was read
    fields = {k: timezone.now() - v if isinstance(v, timedelta) else v for k, v in fields.items()}
    for thing in (people.external_bot(**{"heard_at": NOW, **fields}), integration(**{"heard_at": NOW, **fields})):
        door = door_of(thing)
        assert door.level == level
        assert said in words(door)


def test_a_bot_without_an_address_is_in_trouble_only_where_customers_come_to_it(db):
    bot = made("rasa")
    assert door_of(bot).level == "look"
    people.received_by(bot)
    assert door_of(bot).level == "bad"
    polling = made("webhook")
    people.received_by(polling)
    tokens.issue_token("T", polling)
    assert door_of(polling).level == "good"


def test_what_waits_to_be_told_and_since_when(db):
    bot = people.external_bot(heard_at=NOW)
    for minutes, state in ((7, "queued"), (30, "sending"), (90, "done")):
        Event.objects.create(
            endpoint=bot.endpoint,
            kind="message_created",
            chat_id=minutes,
            state=state,
            created_at=NOW - timedelta(minutes=minutes),
        )
    door = endpoints.build_statuses([endpoints.list_external_bots().get()], now=NOW)[0]
    assert (door.waiting, door.waiting_since) == (2, NOW - timedelta(minutes=30))
    assert "2 avisos esperan, el más viejo desde hace 30 min." in words(door)


def test_supervision_shows_them_like_lines_the_worst_first(as_sofia):
    people.external_bot(heard_at=NOW)
    bad = people.external_bot(heard_at=NOW, trouble="Respondió HTTP 500", failing_since=NOW)
    integration(is_active=False, switched_off_at=NOW)
    made("menu")
    response = as_sofia.get("/supervision/")
    assert [door.level for door in response.context["endpoints"]] == ["bad", "bad", "good"]
    assert bad in [door.bot for door in response.context["endpoints"]]
    assert response.context["in_trouble"] == 2
    assert "Respondió HTTP 500" in text_of(response)


def test_without_external_bots_supervision_is_as_it_was(as_sofia):
    made("menu")
    assert "endpoints-health" not in text_of(as_sofia.get("/supervision/"))


def test_as_many_queries_for_ten_bots_as_for_one(as_sofia):
    def asked(path):
        with CaptureQueriesContext(connection) as queries:
            assert as_sofia.get(path).status_code == 200
        return len(queries)

    paths = ("/supervision/", bot_page("changelist"), page("wittybots_endpoint", "changelist"))
    paths += (page("wittybots_token", "changelist"), page("wittybots_event", "changelist"))

    def more():
        bot = people.external_bot(heard_at=NOW)
        tokens.issue_token("T", bot)
        Event.objects.create(endpoint=bot.endpoint, kind="message_created", chat_id=1)
        integration(name=f"CRM {bot.pk}")
        made("menu", name=f"Menú {bot.pk}")

    more()
    few = [asked(path) for path in paths]
    for _number in range(9):
        more()
    assert [asked(path) for path in paths] == few


# --- office hours --------------------------------------------------------------------------------


def hours(*rows, initial=()):
    form = {"openings-TOTAL_FORMS": len(rows), "openings-INITIAL_FORMS": len(initial)}
    for number, (weekday, opens, closes) in enumerate(rows):
        form |= {f"openings-{number}-weekday": weekday, f"openings-{number}-opens": opens}
        form |= {f"openings-{number}-closes": closes}
    for number, opening in enumerate(initial):
        form |= {f"openings-{number}-id": opening.pk, f"openings-{number}-tray": opening.tray_id}
    return form


def save_tray(client, tray, form, **more):
    own = {"name": tray.name, "icon": tray.icon, "position": tray.position, **form, **more}
    return client.post(page("trays_tray", "change", tray.pk), own, follow=True)


def openings(tray):
    return [
        (one.weekday, f"{one.opens:%H:%M}", f"{one.closes:%H:%M}") for one in tray.openings.order_by("weekday", "opens")
    ]


@pytest.mark.parametrize(
    "rows",
    [
        [(0, "09:00", "18:00")],
        [(0, "09:00", "13:00"), (0, "13:00", "18:00")],
        [(0, "15:00", "18:00"), (0, "09:00", "13:00"), (6, "00:00", "00:00")],
        [(4, "22:00", "00:00"), (5, "00:00", "02:00")],
        [(day, "00:00", "00:00") for day in range(7)],
    ],
)
def test_hours_are_kept_and_shown(as_sofia, ventas, rows):
    response = save_tray(as_sofia, ventas, hours(*rows))
    assert response.redirect_chain, errors(response)
    assert openings(ventas) == sorted(rows)
    text = text_of(as_sofia.get(page("trays_tray", "change", ventas.pk)))
    assert f'value="{rows[0][1]}"' in text
    assert "siempre abierta" in text


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([(0, "18:00", "09:00")], "Cierra antes de abrir"),
        ([(0, "09:00", "09:00")], "Cierra antes de abrir"),
        ([(0, "09:00", "13:00"), (0, "12:59", "18:00")], "Se superpone"),
        ([(0, "09:00", "18:00"), (0, "10:00", "11:00"), (0, "12:00", "13:00")], "Se superpone"),
        ([(0, "09:00", "18:00"), (0, "09:00", "18:00")], "Se superpone"),
        ([(0, "00:00", "00:00"), (0, "23:00", "00:00")], "Se superpone"),
        ([(7, "09:00", "18:00")], "7"),
        ([("", "09:00", "18:00")], "obligatorio"),
        ([(0, "9 de la mañana", "18:00")], "Una hora como"),
        ([(0, "25:00", "26:00")], "Una hora como"),
        ([(0, "", "18:00")], "Falta la hora"),
    ],
)
def test_hours_that_make_no_sense_are_refused_in_words(as_sofia, ventas, rows, said):
    assert said in errors(save_tray(as_sofia, ventas, hours(*rows)))
    assert openings(ventas) == []


def test_hours_are_taken_away_and_general_has_some_too_and_cerradas_none(as_sofia, ventas):
    general, closed = Tray.objects.general(), Tray.objects.closed()
    for tray in (ventas, general):
        one = Opening.objects.create(tray=tray, weekday=0, opens=time(9), closes=time(18))
        form = hours((0, "09:00", "18:00"), initial=[one]) | {"openings-0-DELETE": "on"}
        assert save_tray(as_sofia, tray, form).redirect_chain
        assert openings(tray) == []
        assert save_tray(as_sofia, tray, hours((1, "08:30", "12:00"))).redirect_chain
        assert openings(tray) == [(1, "08:30", "12:00")]
    assert save_tray(as_sofia, closed, hours((1, "08:30", "12:00"))).redirect_chain
    assert openings(closed) == []
    assert any("tramo" in line.lower() or "horario" in line.lower() for line in history())


def test_a_stretch_that_is_being_deleted_is_in_nobodys_way(as_sofia, ventas):
    one = Opening.objects.create(tray=ventas, weekday=0, opens=time(9), closes=time(18))
    form = hours((0, "09:00", "18:00"), (0, "10:00", "12:00"), initial=[one]) | {"openings-0-DELETE": "on"}
    assert save_tray(as_sofia, ventas, form).redirect_chain
    assert openings(ventas) == [(0, "10:00", "12:00")]


def test_the_hours_of_another_tray_are_not_changed_by_a_forged_form(as_sofia, ventas, soporte):
    other = Opening.objects.create(tray=soporte, weekday=0, opens=time(9), closes=time(18))
    form = hours((0, "10:00", "11:00"), initial=[other]) | {"openings-0-tray": ventas.pk}
    save_tray(as_sofia, ventas, form)
    assert openings(soporte) == [(0, "09:00", "18:00")]


# --- holidays ------------------------------------------------------------------------------------


def add_holiday(client, **fields):
    return client.post(page("trays_holiday", "add"), {"day": "2026-12-25", "name": "Navidad", **fields}, follow=True)


def test_a_holiday_of_all_trays_and_of_one(as_sofia, ventas):
    assert add_holiday(as_sofia).redirect_chain
    assert add_holiday(as_sofia, day="2026-12-26", name="Inventario", tray=ventas.pk).redirect_chain
    assert [(str(one.day), one.name, one.tray) for one in Holiday.objects.all()] == [
        ("2026-12-25", "Navidad", None),
        ("2026-12-26", "Inventario", ventas),
    ]
    text = text_of(as_sofia.get(page("trays_holiday", "changelist")))
    for word in ("Navidad", "todas", "Ventas"):
        assert word in text


def test_a_holiday_twice_is_refused_in_words(as_sofia, ventas, soporte):
    add_holiday(as_sofia)
    assert "ya es feriado para todas: Navidad" in errors(add_holiday(as_sofia, name="Otra vez"))
    assert "ya es feriado para todas" in errors(add_holiday(as_sofia, tray=ventas.pk))
    add_holiday(as_sofia, day="2026-12-26", tray=ventas.pk)
    assert "ya es feriado para Ventas" in errors(add_holiday(as_sofia, day="2026-12-26", tray=ventas.pk))
    assert add_holiday(as_sofia, day="2026-12-26", tray=soporte.pk).redirect_chain
    mine = Holiday.objects.get(name="Navidad", tray=None)
    same = {"day": "2026-12-25", "name": "Navidad (todo el día)"}
    assert as_sofia.post(page("trays_holiday", "change", mine.pk), same).status_code == 302
    assert Holiday.objects.count() == 3


def test_a_holiday_added_at_the_same_instant_is_refused_in_words_too(as_sofia, monkeypatch):
    add_holiday(as_sofia)
    asked, really = [], HolidayForm.clean

    def looked_before(form):
        asked.append(form)
        return really(form) if len(asked) > 1 else form.cleaned_data

    monkeypatch.setattr(HolidayForm, "clean", looked_before)
    monkeypatch.setattr(Holiday, "validate_constraints", lambda *_args, **_more: None)
    assert "ya es feriado" in errors(add_holiday(as_sofia))
    assert len(asked) == 2


@pytest.mark.parametrize(
    "fields", [{"day": "31/02/2026"}, {"day": ""}, {"name": ""}, {"name": "n" * 61}, {"tray": 10**9}, {"tray": "x"}]
)
def test_a_holiday_of_nonsense_is_refused(as_sofia, fields):
    assert errors(add_holiday(as_sofia, **fields))
    assert not Holiday.objects.exists()


def test_a_personal_or_archived_tray_has_no_holidays(as_sofia, ana, ventas):
    assert errors(add_holiday(as_sofia, tray=ana.personal_tray.pk))
    access.archive_tray(ventas)
    assert errors(add_holiday(as_sofia, tray=ventas.pk))
