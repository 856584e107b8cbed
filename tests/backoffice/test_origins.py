"""Origins in the admin: reception, secrets, addresses and the settings of web chats."""

import pytest
from asgiref.sync import sync_to_async
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator

from chats import access
from origins import web
from origins.models import Origin
from tests import people
from tests.backoffice.pages import NO_RECEPTION, change, errors, history, page
from webchat.urls import sockets
from wittybots.models import Bot, Reception


def test_an_archived_tray_that_receives_is_not_lost_without_a_word(as_sofia, ventas):
    origin = people.http_origin()
    reception = Reception.objects.create(origin=origin, tray=ventas)
    access.archive_tray(ventas)
    assert "Ventas (archivada)" in as_sofia.get(page("origins_origin", "change", origin.pk)).content.decode()
    row = {"reception-INITIAL_FORMS": 1, "reception-0-id": reception.pk, "reception-0-tray": ventas.pk}
    path, form = change(origin, **row)
    response = as_sofia.post(path, form | {"reception-0-origin": origin.pk})
    assert "está archivada: elegí otra" in response.content.decode()


def test_a_personal_tray_is_no_destination(as_sofia, ana):
    origin = people.http_origin()
    path, form = change(origin, **{"reception-0-tray": ana.personal_tray.pk})
    assert as_sofia.post(path, form).status_code == 200
    assert not Reception.objects.exists()


def test_a_new_web_chat_has_the_default_bot_and_says_what_to_paste(as_sofia):
    response = as_sofia.post(
        page("origins_origin", "add"), {"kind": "web", "name": "Tienda", **NO_RECEPTION}, follow=True
    )
    origin = Origin.objects.get()
    assert origin.reception.bot == Bot.objects.get()
    text = response.content.decode()
    assert f'&lt;script src="http://testserver/w/{origin.key}/widget.js" async&gt;' in text
    assert f"/w/{origin.key}/demo/" in text
    assert origin.secret not in text


def test_a_new_origin_keeps_the_reception_that_was_chosen(as_sofia, ventas):
    form = {"kind": "web", "name": "Tienda", **NO_RECEPTION, "reception-0-tray": ventas.pk}
    as_sofia.post(page("origins_origin", "add"), form)
    reception = Reception.objects.get()
    assert (reception.bot, reception.tray) == (None, ventas)


def test_a_secret_is_shown_once(as_sofia):
    add = {"kind": "http", "name": "Línea", **NO_RECEPTION}
    shown = as_sofia.post(page("origins_origin", "add"), add, follow=True).content.decode()
    origin = Origin.objects.get()
    assert origin.secret in shown
    assert f"http://testserver/webhooks/{origin.key}/" in shown
    assert "X-Witty-Signature" in shown
    for path in (page("origins_origin", "change", origin.pk), page("origins_origin", "history", origin.pk)):
        assert origin.secret not in as_sofia.get(path).content.decode()


def test_a_new_secret_of_a_line_is_shown_once_and_the_old_one_is_gone(as_sofia):
    origin = people.http_origin()
    old = origin.secret
    shown = as_sofia.post(page("origins_origin", "secret", origin.pk), follow=True).content.decode()
    origin.refresh_from_db()
    assert origin.secret != old
    assert origin.secret in shown
    assert history() == ["secreto cambiado"]
    assert origin.secret not in as_sofia.get(page("origins_origin", "change", origin.pk)).content.decode()


def test_a_new_secret_of_a_web_chat_revokes_all_its_visitors(as_sofia, orders, django_capture_on_commit_callbacks):
    origin = people.web_origin()
    token = web.new_token(origin)
    headers = {"X-Witty-Visitor": token}
    said = f"/w/{origin.key}/messages/"
    assert as_sofia.get(said, headers=headers).status_code == 200
    asked = as_sofia.get(page("origins_origin", "secret", origin.pk)).content.decode()
    assert "revoca a todos los visitantes" in asked
    read = orders(f"visitors.{origin.pk}")
    with django_capture_on_commit_callbacks(execute=True):
        as_sofia.post(page("origins_origin", "secret", origin.pk))
    assert as_sofia.get(said, headers=headers).status_code == 401
    assert read() == [(f"visitors.{origin.pk}", "!close 4401")]


@pytest.mark.django_db(transaction=True)
async def test_a_new_secret_closes_the_windows_that_are_open(transactional_db, as_sofia):
    origin = await sync_to_async(people.web_origin)()
    token = web.new_token(origin)
    visitor = web.read_visitor(origin, token)
    await sync_to_async(people.says)(origin, visitor, "Hola", address_kind="visitor")
    window = WebsocketCommunicator(URLRouter(sockets), f"/w/{origin.key}/ws/")
    assert (await window.connect())[0]
    await window.send_json_to({"token": token})
    assert "marks" in await window.receive_from(5)
    await sync_to_async(as_sofia.post)(page("origins_origin", "secret", origin.pk))
    assert await window.receive_output(5) == {"type": "websocket.close", "code": 4401}
    await window.disconnect()


@pytest.mark.parametrize("field", ["kind", "secret", "key"])
def test_kind_secret_and_key_do_not_change_by_a_forged_form(as_sofia, field):
    origin = people.http_origin()
    before = getattr(origin, field)
    path, form = change(origin, **{field: "web"})
    assert as_sofia.post(path, form).status_code == 302
    origin.refresh_from_db()
    assert getattr(origin, field) == before


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/x", "http://10.0.0.8/", "http://[::1]/", "ftp://1.1.1.1/", "http://u:p@1.1.1.1/"]
)
def test_an_address_that_points_inward_is_refused(as_sofia, url):
    origin = people.http_origin()
    path, form = change(origin, callback_url=url)
    assert errors(as_sofia.post(path, form))
    origin.refresh_from_db()
    assert origin.callback_url == ""


def test_an_address_of_the_outside_is_kept(as_sofia):
    origin = people.http_origin()
    path, form = change(origin, callback_url="https://1.1.1.1/in", current_secret=origin.secret)
    assert as_sofia.post(path, form).status_code == 302
    origin.refresh_from_db()
    assert origin.callback_url == "https://1.1.1.1/in"


@pytest.mark.parametrize(
    ("lines", "kept"),
    [
        ("https://www.ejemplo.com\nEjemplo.com/\n\nhttp://localhost:8080",
         "https://www.ejemplo.com\nhttps://ejemplo.com\nhttp://localhost:8080"),
        ("https://*.ejemplo.com", "https://*.ejemplo.com"),
        ("https://almacén.com.uy", "https://xn--almacn-fva.com.uy"),
        ("", ""),
    ],
)  # fmt: skip
def test_allowed_sites_are_kept_as_the_browser_compares_them(as_sofia, lines, kept):
    origin = people.web_origin()
    path, form = change(origin, color="#0b6480", allowed_sites=lines)
    response = as_sofia.post(path, form)
    assert response.status_code == 302, errors(response)
    origin.refresh_from_db()
    assert origin.allowed_sites == kept


@pytest.mark.parametrize(
    "line", ["https://a.com/x", "https://a.com; script-src *", "javascript:x", "*", "https://", "a b", "//a..b"]
)
def test_what_is_no_site_is_refused(as_sofia, line):
    path, form = change(people.web_origin(), color="#0b6480", allowed_sites=f"https://bueno.com\n{line}")
    assert "no es un sitio" in errors(as_sofia.post(path, form))


def test_a_colour_is_a_colour(as_sofia):
    path, form = change(people.web_origin(), color="red;}", allowed_sites="")
    assert "#0b6480" in errors(as_sofia.post(path, form))


def test_a_session_lasts_an_hour_at_least(as_sofia):
    path, form = change(people.http_origin(), session_hours=0)
    assert errors(as_sofia.post(path, form))


def test_switching_a_web_chat_off_closes_its_windows(as_sofia, orders, django_capture_on_commit_callbacks):
    origin = people.web_origin()
    read = orders(f"visitors.{origin.pk}")
    path, form = change(origin, color="#0b6480", allowed_sites="", is_active="")
    with django_capture_on_commit_callbacks(execute=True):
        as_sofia.post(path, form)
    assert read() == [(f"visitors.{origin.pk}", "!close 4401")]


def test_markup_in_names_is_shown_as_text(as_sofia, http_origin):
    tray = people.tray("<b>x</b>")
    people.waiting(http_origin, tray)
    for path in (page("trays_tray", "changelist"), page("trays_tray", "archive", tray.pk)):
        text = as_sofia.get(path).content.decode()
        assert "<b>x</b>" not in text
        assert "&lt;b&gt;x" in text
