"""The menu editor's page: who may open it, and what it shows of any tree."""

import pytest
from django.test import Client
from django.utils import timezone

from tests import people
from tests.backoffice.menu.editor_calls import BACKEND, address, menu, option, page, post
from trays.models import Tray
from wittybots.menu import versions
from wittybots.models import MenuVersion


@pytest.mark.parametrize("what", ["", "try", "save", "publish", "back"])
def test_only_who_may_change_bots_gets_in(client, ana, bot, what):
    body = {"tree": menu(option("a", "A")), "basis": ""}
    assert post(client, bot, what, body).status_code == 302
    client.force_login(ana, backend=BACKEND)
    for response in (post(client, bot, what, body), client.get(address(bot, what))):
        assert response.status_code == 302
        assert client.get(response.url, follow=True).status_code == 403
    assert not bot.versions.exists()


@pytest.mark.parametrize("what", ["", "try", "save", "publish", "back"])
def test_who_may_only_look_changes_nothing(as_sofia, bot, what, monkeypatch, sofia):
    monkeypatch.setattr(type(sofia), "SUPERVISOR_MAY", frozenset({"wittybots.view_bot"}))
    response = post(as_sofia, bot, what, {"tree": menu(option("a", "A")), "basis": ""})
    assert response.status_code == 403
    assert not bot.versions.exists()


@pytest.mark.parametrize("what", ["try", "save", "publish", "back"])
def test_what_changes_comes_by_post(as_sofia, bot, what):
    for method in ("get", "put", "delete", "patch"):
        assert getattr(as_sofia, method)(address(bot, what)).status_code == 405


@pytest.mark.parametrize("what", ["try", "save", "publish", "back"])
def test_a_form_of_another_site_changes_nothing(sofia, bot, what):
    client = Client(enforce_csrf_checks=True)
    client.force_login(sofia, backend=BACKEND)
    assert post(client, bot, what, {"tree": menu(), "basis": ""}).status_code == 403
    assert not bot.versions.exists()


@pytest.mark.parametrize("what", ["", "try", "save", "publish", "back"])
def test_a_bot_without_a_menu_has_no_editor(as_sofia, db, what):
    outside = people.external_bot()
    response = (
        as_sofia.get(address(outside)) if not what else post(as_sofia, outside, what, {"tree": menu(), "basis": ""})
    )
    assert response.status_code == 404
    if what:
        assert "no tiene menú" in response.json()["words"]


@pytest.mark.parametrize("pk", ["0", "999999", "x", "99999999999999999999", "1/2"])
def test_a_bot_that_is_not_there(as_sofia, db, pk):
    found = as_sofia.get(f"/admin/wittybots/bot/{pk}/menu/")
    # the admin says of what it does not have that it may have been deleted
    assert found.status_code == 404
    assert (
        as_sofia.post(f"/admin/wittybots/bot/{pk}/menu/save/", "{}", content_type="application/json").status_code == 404
    )


def test_the_bots_page_leads_to_its_menu(as_sofia, bot):
    assert address(bot) in as_sofia.get(f"/admin/wittybots/bot/{bot.pk}/change/").content.decode()
    outside = people.external_bot()
    assert "/menu/" not in as_sofia.get(f"/admin/wittybots/bot/{outside.pk}/change/").content.decode()


def test_it_begins_with_the_trays_that_exist(as_sofia, bot, ventas):
    data = page(as_sofia, bot)
    assert [node["label"] for node in data["tree"]["options"]] == ["Ventas", "Otra consulta"]
    assert [tray["name"] for tray in data["trays"]] == ["General", "Ventas"]
    assert data["readonly"] is False


def test_without_scripts_the_tree_can_be_read(as_sofia, bot, ventas):
    tracking = option("cuando", "Cuándo llega", reply="Mañana")
    order = option(
        "pedido",
        "Mi pedido",
        questions=[{"attribute": "pedido", "text": "¿Qué número?", "kind": "number"}],
        options=[tracking],
    )
    versions.save_draft(bot, menu(option("v", "Ventas <b>", ventas.pk), order, option("x", "Ya no", 999999)), None)
    html = as_sofia.get(address(bot)).content.decode()
    start_, end = html.index('id="menu-plain"'), html.index("</section>")
    shown = html[start_:end]
    for words in (
        "hace falta JavaScript",
        "Ventas &lt;b&gt;",
        "→ Ventas",
        "pregunta «pedido» · submenú de 1",
        "Cuándo llega",
        "no existe",
    ):
        assert words in shown
    assert "<b>" not in shown


def test_nothing_of_a_tree_breaks_out_of_the_page(as_sofia, bot):
    nasty = "</script><script>alert(1)</script>"
    versions.save_draft(bot, menu(option("a", nasty, reply=nasty), greeting=nasty), None)
    html = as_sofia.get(address(bot)).content.decode()
    assert "<script>alert" not in html


def test_a_tray_that_was_archived_since_stays_in_view(as_sofia, bot, ventas, ana):
    versions.save_draft(bot, menu(option("v", "Ventas", ventas.pk)), None)
    Tray.objects.filter(pk=ventas.pk).update(archived_at=timezone.now())
    shown = {tray["name"]: tray["gone"] for tray in page(as_sofia, bot)["trays"]}
    assert shown == {"General": False, "Ventas": True}


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"options": None},
        {"options": "no"},
        {"greeting": 3, "options": [7, None, {}, {"id": 1, "label": [], "options": {}}]},
        {"options": [{"id": "a", "label": "A", "keywords": "x", "questions": [1, {}], "tray": "9"}] * 3},
        {"options": [{"id": "a", "label": "L" * 500, "options": [{"id": "volver"}]}]},
    ],
)
def test_whatever_is_stored_opens_in_the_editor(as_sofia, bot, odd):
    MenuVersion.objects.create(bot=bot, number=1, tree=odd)
    shown = page(as_sofia, bot)["tree"]
    assert set(shown) == {"greeting", "misfit", "farewell", "fallback_tray", "options"}
    for node in shown["options"]:
        assert set(node) == {"id", "label", "keywords", "reply", "questions", "tray", "options"}
    ids = [node["id"] for node in shown["options"]]
    assert len(set(ids)) == len(ids)
