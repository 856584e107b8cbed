"""Connecting a line to its network by the admin: forms by kind, secrets that are written only, and real calls."""

import hashlib
import hmac

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from chats.models import Template
from origins import http
from origins.models import Origin
from origins.networks import network_of
from sandbox.client import Sandbox
from tests import people
from tests.backoffice.line_pages import APP_SECRET, TOKEN, line
from wittybots.models import Bot, Reception

NO_RECEPTION = {"reception-TOTAL_FORMS": 1, "reception-INITIAL_FORMS": 0}
META = ("whatsapp", "messenger", "instagram")


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox.start(seed=3) as running:
        yield running


@pytest.fixture
def inside(settings):
    """The sandbox is on this machine."""
    settings.ALLOWED_INTERNAL_HOSTS = ["127.0.0.1"]


def page(name, origin=None):
    return reverse(f"admin:origins_origin_{name}", args=[origin.pk] if origin else [])


def save(client, origin, **fields):
    shown = ("line_id", "account_id", "api_url")
    form = {name: getattr(origin, name) for name in shown}
    form |= {"name": origin.name, "is_active": "on", "session_hours": 24, **NO_RECEPTION, **fields}
    return client.post(page("change", origin), form)


def errors(response):
    assert response.status_code == 200, response.status_code
    return " ".join(str(error) for found in response.context["adminform"].form.errors.values() for error in found)


def fresh(origin):
    return Origin.objects.get(pk=origin.pk)


@pytest.mark.parametrize("kind", Origin.NETWORKS)
def test_a_new_line_is_received_by_the_default_bot_and_says_what_to_do(as_sofia, kind):
    form = {"kind": kind, "name": "Nueva", **NO_RECEPTION}
    text = as_sofia.post(page("add"), form, follow=True).content.decode()
    origin = Origin.objects.get()
    assert Reception.objects.get(origin=origin).bot == Bot.objects.get()
    assert 'aria-current="step"' in text
    assert "Falta." in text
    assert f"http://testserver/webhooks/{origin.key}/" in text
    if kind in META:
        # what the network gives is missing; what it asks for is there to be pasted
        assert (origin.secret, origin.verify_token in text) == ("", True)
        assert len(origin.verify_token) > 20
    else:
        assert origin.secret
        assert origin.secret not in text


@pytest.mark.parametrize("kind", META)
def test_a_line_without_its_secret_takes_nothing(db, kind):
    raw = b'{"object":"page","entry":[]}'
    signed = "sha256=" + hmac.new(b"", raw, hashlib.sha256).hexdigest()
    assert not network_of(kind).verify(line(kind, secret=""), {"x-hub-signature-256": signed}, raw)


def test_a_form_has_only_the_fields_of_its_kind(as_sofia):
    def fields(kind):
        shown = as_sofia.get(page("change", line(kind))).context["adminform"].form.fields
        return set(shown) - {"kind", "name", "is_active", "session_hours", "asks_score", "opt_out_words", "api_url"}

    assert fields("whatsapp") == {"app_id", "line_id", "account_id", "access_token", "secret"}
    assert fields("telegram") == {"access_token"}
    assert fields("messenger") == {"app_id", "line_id", "access_token", "secret", "human_agent"}
    assert fields("instagram") == {"app_id", "line_id", "account_id", "access_token", "secret", "human_agent"}


def test_an_address_that_no_network_reaches_is_told(as_sofia, settings):
    origin = line()
    assert "Falta una dirección pública" in as_sofia.get(page("change", origin)).content.decode()
    settings.PUBLIC_URL = "https://chats.example.com"
    text = as_sofia.get(page("change", origin)).content.decode()
    assert "Falta una dirección pública" not in text
    assert "https://chats.example.com/webhooks/l-whatsapp/" in text


def test_secrets_are_never_shown_and_empty_keeps_them(as_sofia):
    origin = line()
    for path in (page("change", origin), page("history", origin), page("changelist")):
        text = as_sofia.get(path).content.decode()
        assert TOKEN not in text
        assert APP_SECRET not in text
    assert "hay uno guardado" in as_sofia.get(page("change", origin)).content.decode()
    assert save(as_sofia, origin, name="Otra", access_token="", secret="").status_code == 302
    kept = fresh(origin)
    assert (kept.name, kept.access_token, kept.secret, kept.previous_secret) == ("Otra", TOKEN, APP_SECRET, "")


def test_a_secret_that_was_typed_is_not_told_beside_an_error_nor_in_the_history(as_sofia):
    origin = line()
    refused = save(as_sofia, origin, line_id="+54 11", access_token="EAA-nuevo-token", secret="nuevo-secreto")
    assert "Solo números" in errors(refused)
    for secret in ("EAA-nuevo-token", "nuevo-secreto", TOKEN, APP_SECRET):
        assert secret not in refused.content.decode()
    assert save(as_sofia, origin, access_token="EAA-nuevo-token", secret="nuevo-secreto").status_code == 302
    assert (fresh(origin).access_token, fresh(origin).secret) == ("EAA-nuevo-token", "nuevo-secreto")
    said = " ".join(str(entry.change_message) for entry in LogEntry.objects.all())
    assert "nuevo" not in said
    history = as_sofia.get(page("history", origin)).content.decode()
    assert "nuevo-secreto" not in history


def test_the_secret_before_is_accepted_until_it_is_said_otherwise(as_sofia):
    origin = line()
    assert not fresh(origin).previous_secret
    assert "Dejar de aceptar el anterior" not in as_sofia.get(page("change", origin)).content.decode()
    save(as_sofia, origin, secret="fedcba9876543210fedcba9876543210")
    assert fresh(origin).previous_secret == APP_SECRET
    raw = b"{}"
    for secret in (APP_SECRET, "fedcba9876543210fedcba9876543210"):
        signed = "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
        assert network_of("whatsapp").verify(fresh(origin), {"x-hub-signature-256": signed}, raw)
    # saved again with nothing typed: what is accepted stays
    save(as_sofia, origin, name="Otra")
    assert fresh(origin).previous_secret == APP_SECRET
    assert "Dejar de aceptar el anterior" in as_sofia.get(page("change", origin)).content.decode()
    as_sofia.post(page("forget", origin))
    assert fresh(origin).previous_secret == ""


def test_a_bots_new_secret_leaves_the_old_one_valid_until_the_webhook_knows(as_sofia):
    origin = line("telegram")
    before = origin.secret
    text = as_sofia.post(page("secret", origin), follow=True).content.decode()
    after = fresh(origin)
    assert after.secret != before == after.previous_secret
    assert after.secret not in text


def test_secrets_are_sealed_in_the_database(as_sofia):
    from django.db import connection

    origin = line()
    save(as_sofia, origin, secret="otro-secreto-de-app", access_token="EAA-otro-token")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT secret, previous_secret, access_token, verify_token FROM origins_origin WHERE id = %s", [origin.pk]
        )
        stored = cursor.fetchone()
    assert all(value.startswith("sealed:") for value in stored)
    assert not {"otro-secreto-de-app", APP_SECRET, "EAA-otro-token"} & set(stored)


@pytest.mark.parametrize("field", ["access_token", "previous_secret", "verify_token"])
def test_no_list_tells_a_secret_by_its_number_of_results(as_sofia, field):
    assert as_sofia.get(f"{page('changelist')}?{field}__startswith=a").status_code == 400


def test_a_forged_form_sets_nothing_that_its_page_does_not_show(as_sofia):
    origin = line("telegram")
    before = origin.secret
    forged = {"secret": "mio", "verify_token": "mio", "previous_secret": "mio", "line_id": "999999", "key": "mia"}
    assert save(as_sofia, origin, **forged).status_code == 302
    kept = fresh(origin)
    assert (kept.secret, kept.verify_token, kept.previous_secret) == (before, "", "")
    assert (kept.line_id, kept.key) == ("123456789", "l-telegram")


def test_ids_and_tokens_lose_the_blanks_that_copying_brings(as_sofia):
    origin = line()
    save(as_sofia, origin, line_id=" 1065 4035\n", account_id="\t2000001 ", access_token=f" {TOKEN[:9]}\n{TOKEN[9:]} x")
    kept = fresh(origin)
    assert (kept.line_id, kept.account_id, kept.access_token) == ("10654035", "2000001", f"{TOKEN}x")


@pytest.mark.parametrize("value", ["+5491155550101", "phone-id", "١٢٣٤٥٦", "12", "1" * 30])
def test_what_is_no_id_of_meta_is_refused(as_sofia, value):
    assert "Solo números" in errors(save(as_sofia, line(), line_id=value))


@pytest.mark.parametrize("value", ["AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw", "123456789", "123456789:corto", "@mi_bot"])
def test_what_is_no_token_of_botfather_is_refused_without_quoting_it(as_sofia, value):
    response = save(as_sofia, line("telegram"), access_token=value)
    assert "BotFather" in errors(response)
    assert f'value="{value}"' not in response.content.decode()


def test_a_token_in_the_place_of_the_app_secret_is_noticed(as_sofia):
    assert "Eso es un token de acceso" in errors(save(as_sofia, line(), secret=TOKEN))


def test_a_bots_number_comes_from_its_token(as_sofia):
    origin = line("telegram", line_id="", access_token="")
    save(as_sofia, origin, access_token="987654321:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw")
    assert fresh(origin).line_id == "987654321"


def test_a_line_is_connected_once(as_sofia):
    first, second = line(), line(key="otra", line_id="", name="Segunda")
    assert "está conectada en la línea Línea whatsapp" in errors(save(as_sofia, second, line_id=first.line_id))
    # another kind, or one that is off, is another matter
    assert save(as_sofia, line("messenger", line_id=""), line_id=first.line_id).status_code == 302
    assert save(as_sofia, first, is_active="").status_code == 302
    assert save(as_sofia, second, line_id=first.line_id).status_code == 302
    assert "Ya está conectada" in errors(save(as_sofia, first))


def test_the_same_bot_is_connected_once(as_sofia):
    first = line("telegram")
    second = line("telegram", key="otra", line_id="", access_token="")
    assert "Ya está conectada" in errors(save(as_sofia, second, access_token=first.access_token))
    assert fresh(second).line_id == ""


@pytest.mark.parametrize("url", ["http://127.0.0.1:8098", "http://10.0.0.8/", "http://localhost:1/"])
def test_a_networks_address_does_not_point_inward(as_sofia, url):
    assert "adentro de la red" in errors(save(as_sofia, line(), api_url=url))


def test_only_the_sandbox_that_the_operator_allowed_may_be_inside(as_sofia, inside):
    origin = line()
    assert (
        save(as_sofia, origin, api_url="http://127.0.0.1:8098/", access_token=TOKEN, secret=APP_SECRET).status_code
        == 302
    )
    assert fresh(origin).api_url == "http://127.0.0.1:8098"


ELSEWHERE = ["https://127.0.0.1:8098", "http://127.0.0.1:8099", "http://127.0.0.1", "http://localhost:8098", ""]


@pytest.mark.parametrize("kind", Origin.NETWORKS)
@pytest.mark.parametrize("url", ELSEWHERE)
def test_a_saved_token_is_not_told_to_another_server(as_sofia, settings, kind, url):
    settings.ALLOWED_INTERNAL_HOSTS = ["127.0.0.1", "localhost"]
    origin = line(kind, api_url="http://127.0.0.1:8098")
    for typed in ("", " \t"):
        refused = save(as_sofia, origin, api_url=url, access_token=typed)
        assert "Escribí de nuevo el token" in errors(refused)
        assert origin.access_token not in refused.content.decode()
    assert fresh(origin).api_url == "http://127.0.0.1:8098"
    typed = {"access_token": origin.access_token}
    if kind in META:
        # any token will do for who only wants the app's secret sent there: the app is asked with it
        refused = save(as_sofia, origin, api_url=url, **typed, app_id="123456789")
        assert "Escribí de nuevo el App secret" in errors(refused)
        assert fresh(origin).api_url == "http://127.0.0.1:8098"
        typed["secret"] = origin.secret
    assert save(as_sofia, origin, api_url=url, **typed).status_code == 302
    assert fresh(origin).api_url == url


def test_the_first_address_of_a_line_is_another_server_as_well(as_sofia, inside):
    assert "Escribí de nuevo el token" in errors(save(as_sofia, line(), api_url="http://127.0.0.1:8098"))


def test_the_same_server_gets_the_saved_token(as_sofia, inside):
    origin = line(api_url="http://127.0.0.1:8098")
    assert save(as_sofia, origin, api_url="http://127.0.0.1:8098/v25.0/").status_code == 302
    assert fresh(origin).api_url == "http://127.0.0.1:8098/v25.0"
    # and a line without a token or a secret has nothing to tell
    bare = line(key="otra", line_id="", access_token="", secret="")
    assert save(as_sofia, bare, api_url="http://127.0.0.1:9").status_code == 302


def test_another_server_gets_no_webhook_secret_of_before(as_sofia, inside):
    origin = line("telegram")
    before, token = origin.secret, origin.access_token
    response = as_sofia.post(
        page("change", origin),
        {"name": "Bot", "is_active": "on", "session_hours": 24, **NO_RECEPTION, "api_url": "http://127.0.0.1:8098",
         "access_token": token},
        follow=True,
    )  # fmt: skip
    assert "apretá Activar el webhook" in response.content.decode()
    after = fresh(origin)
    assert (after.api_url, after.previous_secret) == ("http://127.0.0.1:8098", before)
    assert len(after.secret) > 20
    assert after.secret != before
    save(as_sofia, after, name="Otro")
    assert fresh(origin).secret == after.secret


def at_sandbox(sandbox, kind, number, **fields):
    """A line of ours that the sandbox knows."""
    token = f"{number}:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw" if kind == "telegram" else TOKEN
    origin = line(kind, line_id=number, account_id="2000009", access_token=token, api_url=sandbox.url, **fields)
    sandbox.register_line(
        kind, number, account_id="2000009", access_token=token, secret=origin.secret,
        verify_token=origin.verify_token, webhook="",
    )  # fmt: skip
    return origin


def test_a_good_check_says_so_and_ends_the_trouble(as_sofia, sandbox, inside):
    origin = at_sandbox(sandbox, "whatsapp", "1000091", trouble="El token venció")
    text = as_sofia.post(page("check", origin), follow=True).content.decode()
    assert "Todo responde" in text
    assert "lo que esperaba para salir sigue solo" in text
    assert (fresh(origin).trouble, fresh(origin).held_until) == ("", None)
    assert LogEntry.objects.filter(change_message__contains="Conexión probada").exists()


def test_a_wrong_token_is_told_with_what_to_do_and_stays_trouble(as_sofia, sandbox, inside):
    origin = at_sandbox(sandbox, "whatsapp", "1000092", trouble="El token venció")
    Origin.objects.filter(pk=origin.pk).update(access_token=fresh(origin).access_token)
    wrong = fresh(origin)
    wrong.access_token = "EAA-de-otra-app-y-vencido"
    wrong.save(update_fields=("access_token",))
    text = as_sofia.post(page("check", origin), follow=True).content.decode()
    assert "Creá en Meta un token permanente" in text
    assert "Hay algo para corregir" in text
    assert "EAA-de-otra" not in text
    assert fresh(origin).trouble == "El token venció"


def test_the_words_about_a_callback_can_be_translated(settings, inside, monkeypatch, db):
    asked = []
    monkeypatch.setattr(http, "_", lambda words: asked.append(words) or words)
    with Sandbox.start(seed=3) as other:
        answers = http.check_connection(people.http_origin(callback_url=other.url))
    silent = http.check_connection(people.http_origin(callback_url="http://127.0.0.1:9"))
    none = http.check_connection(people.http_origin(callback_url=""))
    assert [found.is_good for found in (*answers, *silent, *none)] == [True, False, True]
    assert "%(status)s" in asked[0]
    assert "%(error)s" in asked[1]
    assert silent[0].advice == asked[2]
    assert none[0].words == asked[3]


def test_a_network_that_does_not_answer_is_told(as_sofia, inside):
    origin = line(api_url="http://127.0.0.1:9", account_id="2000001")
    text = as_sofia.post(page("check", origin), follow=True).content.decode()
    assert "Hay algo para corregir" in text
    assert "No se pudo leer el número" in text


def test_the_button_sets_the_bots_webhook(as_sofia, sandbox, inside, settings):
    settings.PUBLIC_URL = "https://chats.example.com"
    origin = at_sandbox(sandbox, "telegram", "123456792")
    text = as_sofia.post(page("webhook", origin), follow=True).content.decode()
    assert "webhook activado" in text
    known = {one["line"]: one for one in sandbox.call_control("GET", "lines")["lines"]}
    assert known["telegram:123456792"]["webhook"] == "https://chats.example.com/webhooks/l-telegram/"


def test_a_refused_webhook_says_why(as_sofia, inside):
    origin = line("telegram", api_url="http://127.0.0.1:9")
    text = as_sofia.post(page("webhook", origin), follow=True).content.decode()
    assert "Activar el webhook: " in text
    assert origin.access_token not in text


def test_templates_are_read_from_the_account(as_sofia, sandbox, inside):
    origin = at_sandbox(sandbox, "whatsapp", "1000093")
    text = as_sofia.post(page("templates", origin), follow=True).content.decode()
    assert "leídas de la cuenta" in text
    assert Template.objects.filter(origin=origin).exclude(remote_id="").count() > 3


@pytest.mark.parametrize("name", ["check", "webhook", "templates", "subscribe", "progress", "address"])
def test_calls_are_made_by_post_and_by_who_may(client, ana, name):
    origin = line("telegram" if name == "webhook" else "whatsapp")
    client.force_login(ana, backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(page(name, origin), follow=True).status_code == 403
    assert not LogEntry.objects.exists()


def test_a_look_calls_nobody(as_sofia):
    origin = line(api_url="http://127.0.0.1:9")
    assert as_sofia.get(page("check", origin)).status_code == 302
    assert as_sofia.get(page("templates", origin)).url == page("change", origin)


def test_a_call_that_a_line_has_not_is_refused_in_words(as_sofia):
    text = as_sofia.post(page("webhook", line()), follow=True).content.decode()
    assert "no corresponde" in text


def test_the_pages_of_lines_have_their_health(as_sofia):
    origin = line(trouble="El token venció")
    text = as_sofia.get(page("change", origin)).content.decode()
    assert "El token venció." in text
    assert "Nada se pierde" in text
    people.web_origin()
    assert "El token venció" in as_sofia.get(page("changelist")).content.decode()
