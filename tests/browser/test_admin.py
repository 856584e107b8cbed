"""The admin in a real browser: everybody can use every page of it, in both themes."""

import pytest
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse
from playwright.sync_api import expect

from chats.models import Template
from gateway.endpoints import event_queue
from origins.models import Body
from tests import people
from tests.backoffice.things import THINGS, address_of
from tests.browser.axe import find_faults_in_every_look
from tests.browser.desk import come_in, line_is_open
from trays.models import Agent, Holiday, Opening, Tray
from wittybots import tokens
from wittybots.models import Bot, Endpoint, Event

# minutes of one test are shared among those who run them
PARTS = 2


@pytest.fixture
def owner(site, db):
    return people.hire("owner", first_name="Olga", last_name="Ruiz", is_superuser=True, role="supervisor")


@pytest.fixture
def page(site, owner, new_page):
    def enter(theme="light", width=1280, username="owner"):
        page = new_page(width=width, theme=theme)
        come_in(page, site.url, username)
        return page

    return enter


def make_everything():
    """One of each, with something in every list and a line in every history."""
    made = {}
    for what, make in THINGS.items():
        Agent.objects.filter(username="rita").update(username=f"rita-{len(made)}")
        made[what] = make()
    for weekday in (0, 2):
        Opening.objects.create(tray=made["tray"], weekday=weekday, opens="09:00", closes="18:00")
    made["token"], _raw = tokens.issue_token("producción", made["webhook bot"])
    made["event"] = event_queue.send_ping(Endpoint.objects.first())
    made["body"] = Body.objects.create(origin=made["http line"], raw=b"{}", digest=b"x" * 32)
    return made


def address(model, name, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def pages_of(things):
    """The addresses of all pages of one model: its lists, a new one, each thing, and of one of them the history,
    deleting it and its acts."""
    model, of, first = type(things[0]), admin.site._registry[type(things[0])], things[0]
    yield address(model, "changelist")
    yield address(model, "changelist") + "?q=nada-de-esto"
    yield from (address_of(thing) for thing in things)
    yield from (address(model, act.name, first.pk) for act in of.acts)
    if model not in (Event, Body):
        yield from (address(model, "add"), address(model, "history", first.pk))
    if model in (Holiday, Template, Bot, Endpoint):
        yield address(model, "delete", first.pk)
    if model is Agent:
        yield address(model, "link", first.pk)


@pytest.mark.parametrize("part", range(PARTS))
def test_axe_finds_nothing_on_any_page_of_the_admin(part, site, owner, page):
    made = make_everything()
    assert {type(one) for one in made.values()} == set(admin.site._registry)
    kind = ContentType.objects.get_for_model(Bot)
    LogEntry.objects.create(
        user=owner, content_type=kind, object_id=str(made["menu bot"].pk), object_repr="x", action_flag=CHANGE,
        change_message='[{"changed": {"fields": ["Nombre"], "address": {"old": "a.example", "new": "b.example"}}}]',
    )  # fmt: skip
    addresses = ["/admin/", *(reverse("admin:app_list", args=[app]) for app in ("trays", "wittybots"))]
    for model in admin.site._registry:
        addresses += pages_of([thing for thing in made.values() if type(thing) is model])
    browser, found = page(), {}
    for path in addresses[part::PARTS]:
        response = browser.goto(f"{site.url}{path}")
        assert response.status == 200, (response.status, path)
        if faults := find_faults_in_every_look(browser):
            found[path] = faults
    assert found == {}


def test_a_page_with_errors_says_them_to_everybody(site, page, axe_finds):
    browser = page()
    tray = people.tray("Ventas")
    Opening.objects.create(tray=tray, weekday=0, opens="09:00", closes="18:00")
    browser.goto(f"{site.url}{address_of(tray)}")
    browser.get_by_role("textbox", name="Nombre").fill("")
    browser.get_by_label("Cierra").first.fill("08:00")
    browser.get_by_role("button", name="Guardar", exact=True).click()
    browser.get_by_text("Cierra antes de abrir").wait_for()
    expect(browser.get_by_role("textbox", name="Nombre")).to_be_focused()
    assert axe_finds(browser) == []
    assert Tray.objects.get(pk=tray.pk).name == "Ventas"


def test_an_administrator_hears_at_once_of_an_address_that_somebody_changed(site, owner, page, new_page):
    line = people.http_origin(name="HTTP Ventas", callback_url="https://1.1.1.1/in")
    people.hire("sofia", first_name="Sofía", last_name="Duarte", role="supervisor")
    watching, changing = page(), page(username="sofia")
    watching.goto(f"{site.url}/supervision/")
    line_is_open(watching)
    changing.goto(f"{site.url}{address_of(line)}")
    changing.get_by_label("dirección de salida", exact=False).fill("https://9.9.9.9/in")
    changing.get_by_label("Secreto de ahora").fill(line.secret)
    changing.get_by_role("button", name="Guardar", exact=True).click()
    changing.wait_for_url("**/origins/origin/")
    toast = watching.get_by_role("alert").filter(has_text="Otra dirección")
    toast.get_by_text("Sofía Duarte cambió la dirección de HTTP Ventas: de 1.1.1.1 a 9.9.9.9").wait_for()
    watching.locator("#diversions").get_by_text("9.9.9.9").wait_for()
    toast.get_by_role("link", name="Ver").click()
    watching.wait_for_url(f"**{address_of(line)}")
