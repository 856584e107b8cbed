"""Publishing a menu and going back to an earlier version."""

import pytest
from django.utils import timezone

from tests import people
from tests.backoffice.menu.editor_calls import address, history, menu, option, page, post, publish, save, states
from trays.models import Tray
from wittybots.menu import versions
from wittybots.models import Bot, MenuVersion


def test_a_fine_tree_is_published_at_once(as_sofia, bot, ventas, sofia):
    wanted = menu(option("v", "Quiero comprar", ventas.pk))
    response = publish(as_sofia, bot, wanted)
    assert response.status_code == 200
    assert "versión 1" in response.json()["words"]
    version = versions.published_version(bot)
    assert (version.tree, version.saved_by, states(bot)) == (wanted, sofia, [(1, "published")])
    assert history() == ["Menú: versión 1 publicada"]
    stored = people.says(people.received_by(bot), "marta", "Hola")
    answer = stored.message.chat.messages.filter(author="bot").get()
    assert [choice["title"] for choice in answer.payload["choices"]] == ["Quiero comprar"]


def test_a_tree_with_faults_is_not_published_and_nothing_is_kept(as_sofia, bot, ventas):
    faulty = menu(
        option("a", ""),
        option("b", "B", 999999),
        option("c", "C", ventas.pk, options=[option("d", "Volver")]),
        option("e", "E", questions=[{"attribute": "", "text": "", "kind": "fax"}]),
        greeting="  ",
    )
    basis = page(as_sofia, bot)["basis"]
    response = publish(as_sofia, bot, faulty, basis)
    assert response.status_code == 422
    where = {problem["where"] for problem in response.json()["problems"]}
    assert {"greeting", "a/label", "b/tray", "c/tray", "d/label", "e/questions"} <= where
    assert not bot.versions.exists()
    assert history() == []
    # and it can go on from where it stood
    assert publish(as_sofia, bot, menu(option("a", "A")), basis).status_code == 200


def test_an_archived_tray_keeps_a_menu_from_being_published(as_sofia, bot, ventas):
    Tray.objects.filter(pk=ventas.pk).update(archived_at=timezone.now())
    said = publish(as_sofia, bot, menu(option("v", "Ventas", ventas.pk))).json()
    assert [problem["where"] for problem in said["problems"]] == ["v/tray"]


def test_a_personal_tray_and_the_closed_ones_are_no_destination(as_sofia, bot, ana):
    for tray in (ana.personal_tray, Tray.objects.closed()):
        assert publish(as_sofia, bot, menu(option("v", "V", tray.pk))).status_code == 422


def test_going_back_publishes_the_earlier_tree_under_a_new_number(as_sofia, bot):
    first, second = menu(option("a", "Primera")), menu(option("b", "Segunda"))
    publish(as_sofia, bot, first)
    publish(as_sofia, bot, second)
    response = post(as_sofia, bot, "back", {"number": 1, "basis": page(as_sofia, bot)["basis"]})
    assert response.status_code == 200
    assert states(bot) == [(1, "retired"), (2, "retired"), (3, "published")]
    assert versions.published_version(bot).tree == first
    assert page(as_sofia, bot)["tree"] == first
    assert history()[-1] == "Menú: vuelta a la versión 1, publicada como 3"
    html = as_sofia.get(address(bot)).content.decode()
    assert 'data-back="2"' in html
    assert 'data-back="3"' not in html


def test_going_back_leaves_the_draft(as_sofia, bot):
    publish(as_sofia, bot, menu(option("a", "Primera")))
    publish(as_sofia, bot, menu(option("b", "Segunda")))
    save(as_sofia, bot, menu(option("c", "En obra")))
    said = post(as_sofia, bot, "back", {"number": 1, "basis": page(as_sofia, bot)["basis"]}).json()
    assert "borrador sigue" in said["words"]
    assert [node["label"] for node in page(as_sofia, bot)["tree"]["options"]] == ["En obra"]


@pytest.mark.parametrize("number", [None, 0, -1, 99, 2**40, "1", 1.5, True, [], {}])
def test_a_version_that_is_not_there(as_sofia, bot, number):
    if number is not True:
        publish(as_sofia, bot, menu(option("a", "A")))
    response = post(as_sofia, bot, "back", {"number": number, "basis": page(as_sofia, bot)["basis"]})
    assert response.status_code == 404


def test_a_draft_is_no_version_to_go_back_to(as_sofia, bot):
    save(as_sofia, bot, menu(option("a", "A")))
    assert post(as_sofia, bot, "back", {"number": 1, "basis": page(as_sofia, bot)["basis"]}).status_code == 404


def test_nobody_goes_back_over_what_another_published(as_sofia, bot):
    publish(as_sofia, bot, menu(option("a", "Primera")))
    basis = page(as_sofia, bot)["basis"]
    publish(as_sofia, bot, menu(option("b", "Segunda")))
    assert post(as_sofia, bot, "back", {"number": 1, "basis": basis}).status_code == 409
    assert states(bot) == [(1, "retired"), (2, "published")]


def test_a_version_whose_tray_is_gone_does_not_come_back(as_sofia, bot, ventas):
    publish(as_sofia, bot, menu(option("v", "Ventas", ventas.pk)))
    publish(as_sofia, bot, menu(option("b", "Segunda")))
    Tray.objects.filter(pk=ventas.pk).update(archived_at=timezone.now())
    response = post(as_sofia, bot, "back", {"number": 1, "basis": page(as_sofia, bot)["basis"]})
    assert response.status_code == 422
    assert "Abrila con Ver" in response.json()["words"]
    assert states(bot) == [(1, "retired"), (2, "published")]


def test_an_earlier_version_is_there_to_look_at(as_sofia, bot):
    publish(as_sofia, bot, menu(option("a", "Primera")))
    publish(as_sofia, bot, menu(option("b", "Segunda")))
    data = page(as_sofia, bot, version="1")
    assert data["readonly"] is True
    assert [node["label"] for node in data["tree"]["options"]] == ["Primera"]
    for odd in ("3", "0", "x", "-1", "99999999999999999", "1.0", "²", "٣"):
        assert as_sofia.get(address(bot), {"version": odd}).status_code == 404
    assert "versión 1" in as_sofia.get(address(bot), {"version": "1"}).content.decode().lower()


def test_another_bots_version_is_not_this_ones(as_sofia, bot):
    other = Bot.objects.create(name="Otro")
    versions.save_draft(other, menu(option("a", "A")), None)
    assert as_sofia.get(address(bot), {"version": "1"}).status_code == 404


def test_the_list_of_versions_has_an_end(as_sofia, bot, django_assert_max_num_queries):
    MenuVersion.objects.bulk_create(
        MenuVersion(bot=bot, number=n, state="retired", tree=menu(option("a", "A"))) for n in range(1, 71)
    )
    with django_assert_max_num_queries(25):
        html = as_sofia.get(address(bot)).content.decode()
    assert html.count("data-back=") == 50 + 1  # the words of the question are one of them
    assert "Hay 20 más viejas" in html
