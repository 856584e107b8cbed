"""Versions of a menu: the draft, what is published, going back, and two supervisors at once."""

import pytest
from django.utils import timezone

from chats import access
from tests import people, threads
from trays.models import Tray
from wittybots.menu import tree, versions
from wittybots.models import Bot, MenuVersion


@pytest.fixture
def bot(db):
    return Bot.objects.create()


def menu(*labels, greeting="Hola"):
    return tree.new([people.option(label, reply="Ya va") for label in labels]) | {"greeting": greeting}


def rows(bot):
    return list(bot.versions.order_by("number").values_list("number", "state"))


def labels(bot):
    return [option.label for option in versions.menu_of(bot).options]


def test_without_a_version_the_menu_is_the_trays_that_there_are(bot, ventas, soporte):
    assert versions.published_version(bot) is None
    assert labels(bot) == ["Soporte", "Ventas", "Otra consulta"]
    access.archive_tray(ventas)
    assert labels(bot) == ["Soporte", "Otra consulta"]
    assert versions.menu_of(bot).farewell == bot.farewell
    assert tree.check(versions.default_tree(bot), versions.tray_ids()) == []


def test_a_draft_changes_nothing_until_it_is_published(bot, sofia):
    versions.save_draft(bot, menu("Uno"), sofia)
    versions.publish_draft(bot, sofia)
    draft = versions.save_draft(bot, menu("Dos"), sofia)
    assert versions.save_draft(bot, menu("Tres"), sofia).pk == draft.pk
    assert (labels(bot), rows(bot)) == (["Uno"], [(1, "published"), (2, "draft")])
    assert versions.draft_of(bot)["options"][0]["label"] == "Tres"
    done = versions.publish_draft(bot, sofia)
    assert (done.pk, done.saved_by) == (draft.pk, sofia)
    assert done.published_at <= timezone.now()
    assert (labels(bot), rows(bot)) == (["Tres"], [(1, "retired"), (2, "published")])


def test_the_editor_begins_with_what_is_there(bot, ventas):
    assert [option["label"] for option in versions.draft_of(bot)["options"]] == ["Ventas", "Otra consulta"]
    versions.save_draft(bot, menu("Uno"), None)
    versions.publish_draft(bot, None)
    begun = versions.draft_of(bot)
    assert begun == menu("Uno")
    begun["options"].clear()
    assert versions.draft_of(bot) == menu("Uno")


def test_publishing_twice_is_publishing_once(bot, sofia):
    versions.save_draft(bot, menu("Uno"), sofia)
    assert versions.publish_draft(bot, sofia) == versions.publish_draft(bot, sofia)
    assert rows(bot) == [(1, "published")]


def test_publishing_without_a_draft_publishes_what_is_offered_anyway(bot, ventas, sofia):
    versions.publish_draft(bot, sofia)
    assert (labels(bot), rows(bot)) == (["Ventas", "Otra consulta"], [(1, "published")])


def test_a_faulty_draft_is_kept_and_not_published(bot, ventas, sofia):
    versions.save_draft(bot, menu("Uno"), sofia)
    versions.publish_draft(bot, sofia)
    versions.save_draft(bot, menu("", greeting=""), sofia)
    with pytest.raises(versions.Faulty) as refused:
        versions.publish_draft(bot, sofia)
    assert {problem.where for problem in refused.value.problems} >= {"greeting"}
    assert (labels(bot), rows(bot)) == (["Uno"], [(1, "published"), (2, "draft")])


def test_going_back_is_a_version_of_its_own(bot, sofia):
    for label in ("Uno", "Dos"):
        versions.save_draft(bot, menu(label), sofia)
        versions.publish_draft(bot, sofia)
    versions.save_draft(bot, menu("Tres"), sofia)
    first = bot.versions.get(number=1)
    back = versions.go_back(first, sofia)
    assert (back.number, back.tree, labels(bot)) == (4, first.tree, ["Uno"])
    assert rows(bot) == [(1, "retired"), (2, "retired"), (3, "draft"), (4, "published")]
    assert versions.draft_of(bot)["options"][0]["label"] == "Tres"
    assert versions.publish_draft(bot, sofia).number == 3
    assert labels(bot) == ["Tres"]


def test_going_back_to_a_tray_that_is_archived_is_refused(bot, ventas, sofia):
    for where in (ventas, Tray.objects.general()):
        versions.save_draft(bot, tree.new([people.option("Personas", where)]), sofia)
        versions.publish_draft(bot, sofia)
    access.archive_tray(ventas)
    with pytest.raises(versions.Faulty):
        versions.go_back(bot.versions.get(number=1), sofia)
    assert rows(bot) == [(1, "retired"), (2, "published")]


def test_nobodys_own_tray_nor_the_closed_ones_can_be_named(bot, ana, ventas):
    assert versions.tray_ids() == {Tray.objects.general().pk, ventas.pk}


def test_a_published_menu_is_read_once(bot, django_assert_num_queries):
    versions.save_draft(bot, menu("Uno"), None)
    version = versions.publish_draft(bot, None)
    with django_assert_num_queries(1):
        first = versions.menu_of(bot)
    assert versions.menu_of(bot) is first
    assert versions.cached_menu(version.pk, '{"this": "is not read again"}') is first
    assert versions.cached_menu(-1, '{"greeting": "Buenas"}').greeting == "Buenas"


def test_the_trays_that_published_menus_name(bot, ventas, soporte):
    other = Bot.objects.create(name="Otro")
    versions.save_draft(bot, tree.new([people.option("Ventas", ventas)]), None)
    versions.publish_draft(bot, None)
    versions.save_draft(bot, tree.new([people.option("Soporte", soporte)]), None)
    versions.save_draft(other, tree.new([people.option("Ventas", ventas)]), None)
    versions.publish_draft(other, None)
    assert versions.trays_named() == {ventas.pk: ["Otro", "WittyBots"]}


@pytest.mark.parametrize(
    "odd",
    [
        {"greeting": "a\x00b\ud800", "options": [{"id": "\x00"}]}, {"options": float("nan")}, {"options": [float("inf")]},
        {"fallback_tray": 10**400}, {"\x00": 1}, {}, {"options": None},
    ],
)  # fmt: skip
def test_any_tree_can_be_a_draft(bot, odd):
    versions.save_draft(bot, odd, None)
    assert isinstance(versions.draft_of(bot), dict)
    assert versions.menu_of(bot).greeting


def test_a_draft_without_a_bottom_is_kept_to_where_nobody_looks(bot):
    deep = []
    for _level in range(20_000):
        deep = [{"options": deep}]
    versions.save_draft(bot, {"options": deep}, None)
    assert "Hay más de 6 niveles" in str(tree.check(versions.draft_of(bot), set()))


def test_many_save_and_publish_at_once(transactional_db):
    bot = Bot.objects.create()
    versions.save_draft(bot, menu("Antes"), None)
    versions.publish_draft(bot, None)
    first = bot.versions.get()

    def does(number):
        if number % 4 == 3:
            return versions.go_back(first, None)
        versions.save_draft(bot, menu(f"De {number}"), None)
        return versions.publish_draft(bot, None)

    with threads.Crowd(12) as crowd:
        assert all(isinstance(done, MenuVersion) for done in crowd.at_once(does))
    states = [state for _number, state in rows(bot)]
    assert states.count("published") == 1
    assert states.count("draft") == 0
    numbers = [number for number, _state in rows(bot)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert MenuVersion.objects.filter(bot=bot, state="published", published_at=None).count() == 0
