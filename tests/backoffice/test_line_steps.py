"""A line's five steps: what is found out by really asking, what turns green and why it would turn back."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse
from django.utils import timezone

from gateway.status import line_checks, reachability
from gateway.status.line_steps import read_steps
from origins import public_address
from origins.meta import app
from origins.models import LineCheck, Origin
from sandbox.client import Sandbox
from tests.backoffice.line_pages import APP_SECRET, TOKEN, line
from tests.http_server import HttpServer
from trays.models import AuditEntry

APP = "900777"


class OurDoor(HttpServer):
    """Stands where the network finds us: answers Meta's verification request, and ours, as the product does."""

    def __init__(self):
        super().__init__()
        self.called, self.lies = [], False

    def answer_request(self, handler, raw):
        parts = urlsplit(handler.path)
        query = {name: found[0] for name, found in parse_qs(parts.query).items()}
        self.called.append(parts.path)
        if parts.path.startswith("/webhooks/reached/"):
            body = reachability._sign(parts.path.split("/")[3]) if not self.lies else "hola"
        elif query.get("hub.verify_token") == "de-verificar":
            body = query["hub.challenge"]
        else:
            handler.send_error(403)
            return
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body.encode())


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox.start(seed=4) as running:
        yield running


@pytest.fixture
def door(listening, settings):
    found = listening(OurDoor())
    settings.PUBLIC_URL = found.url
    return found


def page(name, origin):
    return reverse(f"admin:origins_origin_{name}", args=[origin.pk])


def connect(sandbox, kind="whatsapp", **what):
    """A line of an app that the sandbox plays."""
    sandbox.reset()
    number = "3000777" if kind == "telegram" else "1000777"
    token = f"{number}:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw" if kind == "telegram" else TOKEN
    fields = {"line_id": number, "account_id": "2000777", "access_token": token, "app_id": APP, "api_url": sandbox.url}
    origin = line(kind, **{**fields, **what})
    sandbox.register_line(
        kind, number, account_id=fields["account_id"], app_id=APP, secret=origin.secret, access_token=token,
        verify_token="de-verificar", webhook="",
    )  # fmt: skip
    return origin


def states(origin):
    return {one.about: one.state for one in read_steps(Origin.objects.get(pk=origin.pk)).checks}


def done(origin):
    return [step.key for step in read_steps(Origin.objects.get(pk=origin.pk)).steps if step.is_done]


def test_sofia_connects_whatsapp_by_one_button_and_each_step_turns_green(as_sofia, sandbox, door):
    origin = connect(sandbox)
    before = as_sofia.get(page("change", origin)).content.decode()
    assert door.called == []
    assert f"{door.url}/webhooks/l-whatsapp/" in before
    assert f"termina en {APP_SECRET[-4:]}" in before
    as_sofia.post(page("progress", origin))
    assert done(origin) == ["app", "line", "address"]
    found = states(origin)
    assert (found["app"], found["token"], found["webhook"], found["subscription"]) == ("good", "good", "wait", "wait")
    said = as_sofia.post(page("subscribe", origin), follow=True).content.decode()
    assert "Meta ya sabe adónde avisar" in said
    assert "/webhooks/l-whatsapp/" in door.called
    assert done(origin) == ["app", "line", "address", "webhook"]
    standing = app.read_subscription(origin)
    assert (standing.callback, set(standing.fields)) == (
        f"{door.url}/webhooks/l-whatsapp/",
        set(app.FIELDS["whatsapp"]),
    )
    assert TOKEN not in said
    assert APP_SECRET not in said


@pytest.mark.parametrize("kind", ["messenger", "instagram", "telegram"])
def test_the_other_networks_are_subscribed_by_the_same_button(as_sofia, sandbox, door, kind):
    origin = connect(sandbox, kind)
    as_sofia.post(page("progress", origin))
    assert "webhook" not in done(origin)
    as_sofia.post(page("webhook" if kind == "telegram" else "subscribe", origin))
    if kind == "telegram":
        known = {one["line"]: one["webhook"] for one in sandbox.call_control("GET", "lines")["lines"]}
        assert known["telegram:3000777"] == f"{door.url}/webhooks/l-telegram/"
    else:
        assert app.read_subscription(origin).callback == f"{door.url}/webhooks/l-{kind}/"
        assert done(origin)[-1] == "webhook"


REFUSALS = {
    "another app's secret": ({"secret": "f" * 32}, "no son de la misma app"),
    "no such app": ({"app_id": "900778"}, "no son de la misma app"),
    "a callback that does not know the token": ({"verify_token": "otro"}, "no recibió la respuesta que espera"),
    "an account that the token does not reach": ({"account_id": "2999999"}, "Suscribir en Meta: "),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_what_meta_refuses_is_said_in_words_and_is_not_green(as_sofia, sandbox, door, case):
    change, words = REFUSALS[case]
    origin = connect(sandbox)
    Origin.objects.filter(pk=origin.pk).update(**{key: value for key, value in change.items() if key != "secret"})
    if "secret" in change:
        origin.secret = change["secret"]
        origin.save(update_fields=["secret"])
    text = as_sofia.post(page("subscribe", origin), follow=True).content.decode()
    assert words in text
    assert "webhook" not in done(origin)
    # in the log as well, without what the network said
    assert AuditEntry.objects.filter(detail="Suscribir en Meta: no se pudo").count() == 1


def test_who_had_the_app_before_is_not_cut_off_without_a_word(as_sofia, sandbox, door):
    origin = connect(sandbox)
    other = line(key="l-otra", line_id="1000778", name="Otra", api_url=sandbox.url, app_id=APP)
    app.subscribe(origin, f"{door.url}/webhooks/de-otro-programa/", ())
    refused = as_sofia.post(page("subscribe", origin), follow=True).content.decode()
    assert "Meta avisa hoy a otra dirección" in refused
    assert 'name="replaces"' in refused
    assert app.read_subscription(origin).callback.endswith("/de-otro-programa/")
    as_sofia.post(page("subscribe", origin), {"replaces": "1"})
    assert app.read_subscription(origin).callback.endswith("/l-whatsapp/")
    # a second number of the app shares it
    assert f"{door.url}/webhooks/l-whatsapp/" in line_checks.ours_of(other)


def test_a_green_step_turns_back_only_with_its_reason(sandbox, door, db, monkeypatch):
    origin, address = connect(sandbox), f"{door.url}/webhooks/l-whatsapp/"
    app.subscribe(origin, address, ())
    line_checks.check_line(origin, address, is_asked=True)
    assert done(origin) == ["app", "line", "address", "webhook"]
    # nobody answers: nobody said that it is not so any more
    Origin.objects.filter(pk=origin.pk).update(api_url="http://127.0.0.1:9")
    LineCheck.objects.update(verified_at=timezone.now() + timedelta(seconds=9), claimed_until=None)
    away = Origin.objects.get(pk=origin.pk)
    monkeypatch.setattr(line_checks, "_is_network_due", lambda *_: True)
    line_checks.check_line(away, address)
    assert done(origin) == ["app", "line", "address", "webhook"]
    # who asks is told, and what was not asked stays as it was
    line_checks.check_line(away, address, is_asked=True)
    assert (states(origin)["number"], states(origin)["account"]) == ("bad", "good")
    Origin.objects.filter(pk=origin.pk).update(api_url=sandbox.url)
    origin.access_token = "EAA-vencido"
    origin.save(update_fields=["access_token"])
    line_checks.check_line(origin, address, is_asked=True)
    assert "line" not in done(origin)
    assert [one.words for one in read_steps(origin).checks if one.about == "token"] == ["El token no sirve."]


def test_of_many_open_pages_one_asks_the_network_and_not_at_every_look(sandbox, door, db, monkeypatch):
    origin, asked, now = connect(sandbox), [], timezone.now()
    monkeypatch.setattr(app, "check_app", lambda *_: asked.append("app") or [])
    for seconds in (0, 1, 6, 12, 121):
        line_checks.check_line(origin, "", now=now + timedelta(seconds=seconds))
    assert asked == ["app", "app"]
    LineCheck.objects.update(claimed_until=now + timedelta(seconds=300))
    line_checks.check_line(origin, "", now=now + timedelta(seconds=245), is_asked=True)
    assert asked == ["app", "app"]
    # Meta has called: that is news
    LineCheck.objects.update(claimed_until=None, verified_at=now + timedelta(seconds=150))
    line_checks.check_line(origin, "", now=now + timedelta(seconds=160))
    assert asked == ["app", "app", "app"]


def test_a_look_that_was_under_way_when_the_line_was_saved_says_nothing_of_it(sandbox, door, db, monkeypatch):
    origin, look = connect(sandbox), app.check_app

    def saved_meanwhile(*asked):
        found = look(*asked)
        line_checks.forget_checks(origin)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(app, "check_app", saved_meanwhile)
        line_checks.check_line(origin, "")
    kept = LineCheck.objects.get(origin=origin)
    assert (kept.findings, kept.checked_at, kept.claimed_until) == ([], None, None)
    # the next one asks the network at once
    line_checks.check_line(origin, "")
    assert LineCheck.objects.get(origin=origin).checked_at


def test_metas_verification_is_noted_at_once(client, db):
    origin = line()
    asked = {"hub.mode": "subscribe", "hub.verify_token": "de-verificar", "hub.challenge": "77"}
    assert client.get("/webhooks/l-whatsapp/", asked | {"hub.verify_token": "otro"}).status_code == 403
    assert not LineCheck.objects.filter(origin=origin).exists()
    assert client.get("/webhooks/l-whatsapp/", asked).content == b"77"
    assert LineCheck.objects.get(origin=origin).verified_at


def test_the_public_address_is_asked_whether_it_is_ours(client, door):
    assert reachability.check_address(door.url).is_good
    door.lies = True
    wrong = reachability.check_address(door.url)
    assert (wrong.is_good, wrong.is_passing, "no es esta instalación" in wrong.words) == (False, False, True)
    silent = reachability.check_address("http://127.0.0.1:9")
    assert (silent.is_good, silent.is_todo) == (False, True)
    assert "No se pudo comprobar desde acá" in silent.words
    asked = "abcdefghijklmnopqrstuvwx"
    answer = client.get(f"/webhooks/reached/{asked}/").content.decode()
    assert answer == reachability._sign(asked)
    assert client.get("/webhooks/reached/x/").status_code == 404


def test_the_administrator_sets_the_public_address_and_nobody_else(client, admin, sofia, settings, monkeypatch):
    monkeypatch.setattr(line_checks, "check_address", lambda url: reachability.Finding("No", False, is_todo=True))
    origin = line()
    client.force_login(sofia, backend="django.contrib.auth.backends.ModelBackend")
    assert "La dirección la pone un administrador" in client.get(page("change", origin)).content.decode()
    assert client.post(page("address", origin), {"public_url": "https://mala.example"}).status_code == 403
    client.force_login(admin, backend="django.contrib.auth.backends.ModelBackend")
    refused = client.post(page("address", origin), {"public_url": "http://chat.almacen.example"}, follow=True)
    assert "Tiene que empezar con https://" in refused.content.decode()
    assert 'value="http://chat.almacen.example"' in refused.content.decode()
    assert public_address.public_url() == ""
    LineCheck.objects.update_or_create(origin=origin, defaults={"verified_at": timezone.now()})
    saved = client.post(page("address", origin), {"public_url": "chat.almacen.example"}, follow=True).content.decode()
    assert "https://chat.almacen.example/webhooks/l-whatsapp/" in saved
    # who called the address before says nothing of this one
    assert LineCheck.objects.get(origin=origin).verified_at is None
    settings.PUBLIC_URL = "https://inbox.example.com"
    text = client.post(page("address", origin), {"public_url": "otra.example"}, follow=True).content.decode()
    assert "PUBLIC_URL" in text
    assert public_address.stored_url() == "https://chat.almacen.example"


def test_templates_are_read_as_soon_as_the_token_works(sandbox, door, db, monkeypatch):
    origin, asked = connect(sandbox), []
    monkeypatch.setattr(line_checks.jobs, "sync_templates", asked.append)
    line_checks.check_line(origin, "")
    assert asked == [origin.pk]


@pytest.mark.parametrize(("path", "asked"), [("/healthz", 0), ("/login/", 1)])
def test_whether_a_process_lives_asks_no_database_where_we_are_found(path, asked, client, settings, monkeypatch):
    settings.PUBLIC_URL, looks = "", []
    monkeypatch.setattr(public_address, "stored_url", lambda: looks.append(1) or "")
    client.get(path, headers={"host": "testserver"})
    assert min(len(looks), 1) == asked
