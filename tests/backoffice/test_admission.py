"""Who gets into the admin, and what of it each sees."""

import pytest

from inbox.consumers import login_name


def test_nobody_is_sent_to_the_login(client, db):
    response = client.get("/admin/trays/tray/", follow=True)
    assert response.redirect_chain[-1] == ("/login/?next=/admin/trays/tray/", 302)


@pytest.mark.parametrize("path", ["/admin/", "/admin/trays/tray/", "/admin/trays/agent/1/link/"])
def test_an_agent_has_no_admin(client, ana, sofia, path):
    client.force_login(ana, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(path, follow=True).status_code == 403
    client.force_login(sofia, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(path, follow=True).status_code != 403


def test_the_index_shows_the_trade_and_nothing_technical(as_sofia):
    page = as_sofia.get("/admin/").content.decode()
    for word in ("WittyAgent", 'href="/bandejas/"'):
        assert word in page
    text = page.split("</header>", 1)[1]  # behind the rail of the agents' screens
    for word in ("Bandejas", "Equipo", "Líneas", "Bot", "Plantillas"):
        assert word in text
    for word in ("Grupos", "axes", "Axes", "/admin/contacts/contact/", "Mensajes", "Archivos"):
        assert word not in text


@pytest.mark.parametrize("model", ["chats/chat", "chats/message", "chats/attachment", "contacts/contact"])
def test_conversations_are_in_no_admin(as_admin, model):
    assert as_admin.get(f"/admin/{model}/").status_code == 404


def test_administrators_see_all_of_it(as_admin, ventas):
    for path in ("trays/tray", "trays/agent", "origins/origin", "wittybots/bot", "chats/template"):
        assert as_admin.get(f"/admin/{path}/").status_code == 200
        assert as_admin.get(f"/admin/{path}/add/").status_code == 200


def test_signing_out_in_the_admin_is_signing_out_of_the_house(as_sofia, orders, django_capture_on_commit_callbacks):
    group = f"login.{login_name(as_sofia.session.session_key)}"
    read = orders(group)
    with django_capture_on_commit_callbacks(execute=True):
        as_sofia.post("/admin/logout/", follow=True)
    assert "_auth_user_id" not in as_sofia.session
    assert read() == [(group, "!close 4401")]


def test_the_password_is_changed_in_one_place(as_sofia):
    assert as_sofia.get("/admin/password_change/").url == "/password/"


@pytest.mark.parametrize(
    ("path", "lookup"), [("trays/agent", "password__startswith"), ("origins/origin", "secret__startswith")]
)
def test_no_list_tells_a_secret_by_its_number_of_results(as_sofia, path, lookup):
    assert as_sofia.get(f"/admin/{path}/?{lookup}=a").status_code == 400
