"""Two people with the same page of the admin open: nobody's change is undone by who changed something else."""

from datetime import time

import pytest
from django import forms
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.test import Client

from tests import people
from tests.backoffice.line_pages import line
from tests.backoffice.pages import opened
from tests.backoffice.things import LOOKED_AT, THINGS, address_of
from trays.models import Agent, Opening

BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def as_bea(db):
    """Another administrator, so that every field of every form is there."""
    client = Client()
    client.force_login(people.hire("bea", first_name="Beatriz", is_superuser=True), backend=BACKEND)
    return client


def test_every_form_of_the_admin_is_tried_here():
    tried = {
        "agent", "tray", "holiday", "template", "bot", "endpoint", "origin", "tag", "attributedefinition",
    }  # fmt: skip
    assert tried | LOOKED_AT == {model._meta.model_name for model in admin.site._registry}
    assert {kind.split()[-1] for kind in THINGS} - {"line", "attribute"} == tried - {"origin", "attributedefinition"}


def form_of(client, address):
    return client.get(address).context["adminform"].form


def fields_to_change(form):
    """The names that a person can change, with another value of each, as it is sent."""
    for name, field in form.fields.items():
        value = another_value(field, form[name])
        if value is not None:
            yield name, value


def another_value(field, bound):
    now = field.prepare_value(bound.initial)
    if isinstance(field.widget, forms.PasswordInput) or isinstance(field, forms.URLField):
        return None  # secrets and addresses have rules of their own
    if isinstance(field, forms.BooleanField):
        return [] if now else ["on"]
    if isinstance(field, (forms.ModelMultipleChoiceField, forms.MultipleChoiceField)):
        offered = [str(value) for value, _label in field.choices]
        return [str(one) for one in now][1:] if now else offered[:1] or None
    if isinstance(field, forms.ChoiceField):
        offered = [str(getattr(value, "value", value)) for value, _label in field.choices]
        return next(([one] for one in offered if one and one != str(now)), None)
    if isinstance(field, forms.EmailField):
        return [f"7{now or 'rita@almacen.example'}"]
    if isinstance(field, forms.DateField):
        return ["31/12/2026"]
    if bound.name == "return_after":
        return ["60"]  # later than the reminder, which is changed before it
    if isinstance(field, forms.IntegerField):
        return [str(int(now or 0) + 1)]
    if bound.name == "color":
        return ["#123456"]
    if bound.name == "allowed_sites":
        return ["https://otra.example"]
    return [f"{now or ''}7"] if bound.name in ("line_id", "account_id") and now else [f"{now or '12345'}7"]


@pytest.mark.parametrize("what", THINGS)
def test_who_changes_one_thing_undoes_nothing_that_another_changed_meanwhile(what, as_bea, as_admin):
    people.tray("Ventas")
    thing = THINGS[what]()
    address = address_of(thing)
    names = [name for name, _value in fields_to_change(form_of(as_bea, address))]
    assert names
    for name in names:
        untouched = opened(as_admin, address)
        hers = opened(as_bea, address)
        value = dict(fields_to_change(form_of(as_bea, address)))[name]
        saved = as_bea.post(address, hers | {name: value})
        assert saved.status_code == 302, (name, saved.context["errors"])
        stands = form_of(as_bea, address)[name].initial
        # the other one, whose page is older, saves without having touched it
        assert as_admin.post(address, untouched).status_code == 302, name
        after = form_of(as_bea, address)[name].initial
        assert str(list(after) if hasattr(after, "all") else after) == str(
            list(stands) if hasattr(stands, "all") else stands
        ), name


@pytest.mark.parametrize("what", THINGS)
def test_what_two_people_change_differently_is_said_with_a_name_and_not_written(what, as_bea, as_admin):
    thing = THINGS[what]()
    address = address_of(thing)
    names = {"general tray": "icon", "agent": "last_name", "tag": "word", "attribute": "label"}
    name = names.get(what, "name")
    his, hers = opened(as_admin, address), opened(as_bea, address)
    of_hers, of_his = ("store", "users") if name == "icon" else ("Una", "Otra")
    of_hers = "building-store" if name == "icon" else of_hers
    assert as_bea.post(address, hers | {name: [of_hers]}).status_code == 302
    refused = as_admin.post(address, his | {name: [of_his]})
    words = str(refused.context["errors"])
    assert refused.status_code == 200
    assert "Cambió mientras tanto" in words
    assert "Beatriz" in words
    assert getattr(type(thing).objects.get(pk=thing.pk), name) == of_hers
    # now it is known, and it may be written over
    parser_page = opened_again(refused)
    assert as_admin.post(address, parser_page).status_code == 302
    assert getattr(type(thing).objects.get(pk=thing.pk), name) == of_his


def opened_again(response):
    from tests.backoffice.pages import _Fields

    parser = _Fields(f"{response.context['opts'].model_name}_form")
    parser.feed(response.content.decode())
    return parser.sent


# --- access -----------------------------------------------------------------------------------------


@pytest.fixture
def bruno_page(ventas, soporte, as_sofia, bruno):
    """Bruno's form, opened before anything happens."""
    return address_of(bruno), opened(as_sofia, address_of(bruno))


def test_a_withdrawn_tray_does_not_come_back_with_a_surname(bruno_page, as_sofia, as_bea, bruno, ventas):
    address, old = bruno_page
    assert set(bruno.trays.all()) == {ventas}
    taken = opened(as_bea, address)
    taken["trays"] = [""]  # no box is ticked
    assert as_bea.post(address, taken).status_code == 302
    assert set(bruno.trays.all()) == set()
    saved = as_sofia.post(address, old | {"last_name": ["Paz Soldán"]}, follow=True)
    bruno.refresh_from_db()
    assert (bruno.last_name, set(bruno.trays.all())) == ("Paz Soldán", set())
    assert "Mientras tenías la página abierta" in saved.content.decode()
    assert "Beatriz" in saved.content.decode()


def test_a_given_tray_is_not_lost_with_a_surname_nor_with_another_tray(bruno_page, as_sofia, bruno, ventas, soporte):
    from chats import access

    address, old = bruno_page
    access.give_access(soporte, [bruno])
    assert as_sofia.post(address, old | {"last_name": ["Paz Soldán"]}).status_code == 302
    assert set(bruno.trays.all()) == {ventas, soporte}
    third = people.tray("Compras")
    old["trays"].append(str(third.pk))
    assert as_sofia.post(address, old).status_code == 302
    assert set(bruno.trays.all()) == {ventas, soporte, third}


def test_the_trays_own_page_neither_brings_back_who_lost_it_on_the_agents_page(as_sofia, ventas, ana, bruno, caio):
    from chats import access

    address = address_of(ventas)
    old = opened(as_sofia, address)
    access.take_access(ventas, [bruno])
    old["agents"].append(str(caio.pk))
    assert as_sofia.post(address, old | {"position": ["7"]}).status_code == 302
    assert set(Agent.objects.filter(membership__tray=ventas)) == {ana, caio}


@pytest.mark.parametrize("fields", [{"first_name": "Bruno", "last_name": "Paz"}, {"last_name": "Paz"}, {}])
def test_who_says_nothing_of_the_trays_takes_none_away(fields, as_sofia, bruno, ventas):
    assert as_sofia.post(address_of(bruno), fields).status_code == 302
    bruno.refresh_from_db()
    assert (bruno.first_name, set(bruno.trays.all())) == ("Bruno", {ventas})


@pytest.mark.parametrize("field", ["trays", "agents"])
def test_a_page_that_comes_without_its_boxes_takes_nothing_away(field, as_sofia, bruno, ventas):
    address = address_of(bruno if field == "trays" else ventas)
    page = opened(as_sofia, address)
    del page[field]
    assert as_sofia.post(address, page).status_code == 302
    assert set(bruno.trays.all()) == {ventas}


def test_who_says_nothing_of_the_people_of_a_tray_sends_nobody_away(as_sofia, ventas, ana, bruno):
    Opening.objects.create(tray=ventas, weekday=0, opens=time(9), closes=time(18))
    assert as_sofia.post(address_of(ventas), {"name": "Ventas y más"}).status_code == 302
    ventas.refresh_from_db()
    assert (ventas.name, ventas.openings.count()) == ("Ventas y más", 1)
    assert set(Agent.objects.filter(membership__tray=ventas)) == {ana, bruno}


def test_a_page_that_came_damaged_or_is_of_another_writes_nothing(as_sofia, ana, bruno):
    address, of_ana = address_of(bruno), opened(as_sofia, address_of(ana))
    for seen in (["x"], of_ana["opened"]):
        refused = as_sofia.post(address, opened(as_sofia, address) | {"last_name": ["Otro"], "opened": seen})
        assert "Abrila de nuevo" in str(refused.context["errors"])
    bruno.refresh_from_db()
    assert bruno.last_name != "Otro"


# --- hours ------------------------------------------------------------------------------------------


def week(tray):
    return [(one.weekday, one.opens.hour, one.closes.hour) for one in tray.openings.order_by("weekday", "opens")]


def test_hours_that_another_changed_stay_when_only_the_name_is_changed(as_sofia, as_bea, ventas):
    Opening.objects.create(tray=ventas, weekday=0, opens=time(9), closes=time(18))
    address = address_of(ventas)
    old, hers = opened(as_sofia, address), opened(as_bea, address)
    changed = hers | {
        "openings-0-closes": ["17:00"], "openings-1-weekday": ["2"], "openings-1-opens": ["10:00"],
        "openings-1-closes": ["12:00"],
    }  # fmt: skip
    assert as_bea.post(address, changed).status_code == 302
    assert as_sofia.post(address, old | {"name": ["Ventas y más"]}).status_code == 302
    ventas.refresh_from_db()
    assert (ventas.name, week(ventas)) == ("Ventas y más", [(0, 9, 17), (2, 10, 12)])


@pytest.mark.parametrize("hers", ["changed", "deleted"])
def test_hours_that_two_change_are_said_and_shown_as_they_are(hers, as_sofia, as_bea, ventas):
    Opening.objects.create(tray=ventas, weekday=0, opens=time(9), closes=time(18))
    address = address_of(ventas)
    old, new = opened(as_sofia, address), opened(as_bea, address)
    new |= {"openings-0-closes": ["17:00"]} if hers == "changed" else {"openings-0-DELETE": ["on"]}
    assert as_bea.post(address, new).status_code == 302
    after = week(ventas)
    refused = as_sofia.post(address, old | {"name": ["Ventas y más"], "openings-0-closes": ["20:00"]})
    assert refused.status_code == 200
    said = refused.content.decode()
    assert "Cambió mientras tanto: lo hizo Beatriz" in said
    assert 'value="Ventas y más"' in said
    assert week(ventas) == after
    again = opened_again(refused)
    assert as_sofia.post(address, again).status_code == 302
    ventas.refresh_from_db()
    assert (ventas.name, week(ventas)) == ("Ventas y más", after)


def test_the_history_says_from_what_to_what_and_no_secret(as_admin):
    whatsapp = line("whatsapp")
    address = address_of(whatsapp)
    fields = {"name": ["Ventas WA"], "access_token": ["EAAnuevo-secreto-99"], "session_hours": ["12"]}
    assert as_admin.post(address, opened(as_admin, address) | fields).status_code == 302
    said = LogEntry.objects.latest("id").get_change_message()
    assert "“Línea whatsapp” → “Ventas WA”" in said
    assert "“24” → “12”" in said
    assert "EAA" not in said
