"""Mis vistas: a filtered list under a name, for whoever may see its tray and for nobody else."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from chats import access
from inbox import saved_views
from inbox.models import SavedView
from tests import people
from tests.inbox.pages import HTMX, signed_in, words_of
from trays.models import Agent, Tray

PAGE = "/ajustes/vistas/"


def save(agent, tray, name="Vista de prueba", query="?sin=1", **more):
    return signed_in(agent).post(reverse("view_save", args=[tray.pk]), {"nombre": name, "consulta": query, **more})


def linked(agent, view):
    """Whether the agent finds it beside its trays, in the palette, and whether its name stands anywhere there."""
    client = signed_in(agent)
    pages = [client.get(url).content.decode() for url in ("/bandejas/", "/paleta/", PAGE)]
    address = (reverse("tray", args=[view.tray_id]) + view.query).replace("&", "&amp;")
    links = [address in page for page in pages[:2]]
    assert links[0] == links[1]
    assert any(view.name in page for page in pages) == links[0]
    return links[0]


@pytest.fixture
def sofia_in_ventas(sofia, ventas):
    access.give_access(ventas, [sofia])
    return sofia


def test_a_list_is_saved_as_it_stands_and_found_beside_the_trays(ana, ventas, http_origin):
    line = people.telegram_origin()
    answer = save(ana, ventas, " Telegram  al día ", f"?orden=respuesta&linea={line.pk}&sin=1&nada=3")
    view = SavedView.objects.get()
    # as the address has it, and what no filter is left out
    assert view.query == f"?sin=1&linea={line.pk}&orden=respuesta"
    assert (view.name, view.owner, view.tray, view.is_shared) == ("Telegram al día", ana, ventas, False)
    assert (answer.status_code, answer.url) == (303, reverse("tray", args=[ventas.pk]) + view.query)
    assert linked(ana, view)
    page = signed_in(ana).get(answer.url).content.decode()
    chosen = page.split('class="wa-tray is-view"')[1].split(">")[0]
    assert 'aria-current="true"' in chosen


def test_a_view_is_offered_where_there_is_something_to_save(ana, ventas):
    client, tray = signed_in(ana), reverse("tray", args=[ventas.pk])
    assert 'id="save-view"' not in client.get(tray).content.decode()
    page = client.get(f"{tray}?sin=1").content.decode()
    assert '<input type="hidden" name="consulta" value="?sin=1">' in page
    assert "compartir" not in page


def test_htmx_gets_the_list_that_it_was_saved_from(ana, ventas):
    url = reverse("tray", args=[ventas.pk]) + "?sin=1"
    answer = signed_in(ana).post(
        reverse("view_save", args=[ventas.pk]),
        {"nombre": "Nueva", "consulta": "?sin=1"},
        headers={**HTMX, "HX-Current-URL": f"http://testserver{url}"},
    )
    assert answer.status_code == 200
    assert answer["HX-Push-Url"] == url
    assert "Vista guardada" in answer["HX-Trigger"].encode().decode("unicode_escape")
    assert "Nueva" in words_of(answer.content.decode())


def test_ones_own_is_seen_by_nobody_else(ana, bruno, sofia_in_ventas, ventas):
    save(ana, ventas)
    view = SavedView.objects.get()
    assert linked(ana, view)
    assert not linked(bruno, view)
    assert not linked(sofia_in_ventas, view)


def test_a_shared_one_is_seen_by_those_who_may_see_the_tray(sofia_in_ventas, ana, bruno, caio, dora, ventas):
    assert save(sofia_in_ventas, ventas, compartir="1").status_code == 303
    view = SavedView.objects.get()
    for agent in (sofia_in_ventas, ana, bruno):
        assert linked(agent, view)
    for agent in (caio, dora):
        assert not linked(agent, view)
    access.take_access(ventas, [ana])
    assert not linked(ana, view)
    access.deactivate_agent(bruno)
    assert not SavedView.objects.visible_to(Agent.objects.get(pk=bruno.pk)).exists()


def test_the_statement_that_lists_them_with_trays_shows_what_the_rule_does(
    ana, bruno, caio, sofia_in_ventas, ventas, soporte
):
    """with_views (no query of its own) and visible_to are the same rule."""
    number = 0
    for tray in (ventas, soporte, Tray.objects.general(), caio.personal_tray):
        for owner in (ana, caio, sofia_in_ventas):
            for is_shared in (True, False):
                number += 1
                SavedView.objects.create(owner=owner, tray=tray, name=f"v{number}", query="?sin=1", is_shared=is_shared)
    seen = {}
    for agent in (ana, bruno, caio, sofia_in_ventas):
        trays = Tray.objects.open_to(agent).in_use().select_related("owner")
        listed = {one.pk for one in saved_views.list_links(saved_views.with_views(trays, agent))}
        assert listed == set(SavedView.objects.visible_to(agent).values_list("pk", flat=True))
        seen[agent.username] = len(listed)
    assert len(set(seen.values())) > 1
    assert all(0 < count < number for count in seen.values())


def test_only_a_supervisor_shares_and_manages_what_is_shared(sofia_in_ventas, ana, ventas, soporte):
    assert save(ana, ventas, compartir="1").status_code == 403
    assert not SavedView.objects.exists()
    # nor in a tray that one does not see
    assert save(ana, soporte).status_code == 404
    assert save(sofia_in_ventas, soporte, compartir="1").status_code == 404
    save(sofia_in_ventas, ventas, "De todos", compartir="1")
    save(sofia_in_ventas, ventas, "De Sofía")
    save(ana, ventas, "De Ana")
    shared, of_sofia, of_ana = (SavedView.objects.get(name=name) for name in ("De todos", "De Sofía", "De Ana"))
    client = signed_in(ana)
    for view in (shared, of_sofia):
        for name in ("saved_view", "saved_view_delete"):
            assert client.post(reverse(name, args=[view.pk]), {"nombre": "Otra"}).status_code == 404
    assert "De Ana" in client.get(PAGE).content.decode()
    assert "De todos" not in client.get(PAGE).content.decode()
    boss = signed_in(sofia_in_ventas)
    assert boss.post(reverse("saved_view", args=[of_ana.pk]), {"nombre": "Otra"}).status_code == 404
    assert boss.post(reverse("saved_view", args=[shared.pk]), {"nombre": "Del equipo"}).status_code == 303
    assert SavedView.objects.get(pk=shared.pk).name == "Del equipo"
    assert boss.post(reverse("saved_view_delete", args=[shared.pk]), headers=HTMX).status_code == 200
    assert boss.post(reverse("saved_view_delete", args=[shared.pk])).status_code == 404
    assert SavedView.objects.count() == 2


@pytest.mark.parametrize(
    ("form", "status", "words"),
    [
        ({"nombre": ""}, 422, "Falta el nombre"),
        ({"nombre": "   \x00"}, 422, "Falta el nombre"),
        ({"nombre": "x" * 41}, 422, "entran 40"),
        ({"query": "?nada=1"}, 422, "Elegí antes un filtro"),
        ({"query": "?sin=1%00&orden=9"}, 422, "Elegí antes un filtro"),
        ({"query": "?orden=espera"}, 422, "Elegí antes un filtro"),
        ({"query": "?" + "x" * 20_000}, 422, "Elegí antes un filtro"),
        ({"nombre": "Igual"}, 409, "Ya hay una vista “Igual”"),
    ],
)
def test_what_cannot_be_saved_is_refused_in_words(form, status, words, ana, ventas):
    save(ana, ventas, "Igual")
    given = {"nombre": "Otra", "query": "?sin=1"} | form
    answer = save(ana, ventas, given["nombre"], given["query"])
    assert answer.status_code == status
    assert words in words_of(answer.content.decode())
    assert SavedView.objects.count() == 1


def test_there_is_room_for_so_many_and_others_have_their_own(ana, bruno, ventas):
    SavedView.objects.bulk_create(
        SavedView(owner=ana, tray=ventas, name=f"v{number}", query="?sin=1") for number in range(saved_views.MAX_VIEWS)
    )
    assert save(ana, ventas, "Una más").status_code == 422
    assert save(bruno, ventas, "Una más").status_code == 303


def test_a_view_whose_line_is_gone_is_the_list_without_it(ana, ventas):
    line = people.telegram_origin()
    save(ana, ventas, query=f"?linea={line.pk}&sin=1")
    view, url = SavedView.objects.get(), reverse("tray", args=[ventas.pk])
    line.delete()
    page = signed_in(ana).get(url + view.query)
    assert page.status_code == 200
    assert page.context["list_query"] == "?sin=1"


def test_the_database_refuses_what_must_not_be(ana, ventas):
    right = {"owner": ana, "tray": ventas, "name": "a", "query": "?sin=1"}
    SavedView.objects.create(**right)
    SavedView.objects.create(**right, is_shared=True)
    for wrong in ({}, {"is_shared": True}, {"name": ""}, {"query": ""}, {"query": "sin=1"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            SavedView.objects.create(**(right | wrong))


def test_who_is_not_signed_in_saves_nothing(client, ventas):
    assert client.post(reverse("view_save", args=[ventas.pk]), {"nombre": "x"}).status_code == 302
    assert not SavedView.objects.exists()
