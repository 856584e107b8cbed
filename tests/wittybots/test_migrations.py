"""What becomes of menus of before when their bots get versions: the migration as it runs, and trees that are odd."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tests import people
from trays.models import Tray
from wittybots.menu import tree as trees
from wittybots.menu import versions
from wittybots.models import Bot

migration = import_module("wittybots.migrations.0003_menus_in_versions")

GENERAL = 1
TRAYS = [SimpleNamespace(pk=7, name="Ventas"), SimpleNamespace(pk=8, name="Soporte técnico")]


def bot(**fields):
    usual = {"greeting": migration.GREETING, "misfit": migration.MISFIT, "farewell": migration.FAREWELL}
    return SimpleNamespace(**usual | {"fallback_tray_id": None} | fields)


def option(pk, label, keywords="", reply="", tray_id=None):
    return SimpleNamespace(pk=pk, label=label, keywords=keywords, reply=reply, tray_id=tray_id)


def made(of, options=(), trays=TRAYS):
    tree = migration.tree_of(of, list(options), trays, GENERAL)
    assert tree is None or trees.check(tree, {GENERAL, *(tray.pk for tray in trays)}) == []
    return tree


def test_a_bot_that_nobody_has_changed_goes_on_offering_the_trays():
    assert made(bot()) is None
    assert made(bot(greeting=" ", misfit="", farewell="Otra despedida")) is None
    assert made(bot(fallback_tray_id=99)) is None, "that tray is archived: General, as is usual"


@pytest.mark.parametrize("own", [{"greeting": "Buenas"}, {"misfit": "¿Cómo?"}, {"fallback_tray_id": 8}])
def test_one_with_texts_of_its_own_and_no_options_offers_the_trays_with_them(own):
    tree = made(bot(**own))
    assert [(node["label"], node["tray"]) for node in tree["options"]] == [
        ("Ventas", 7), ("Soporte técnico", 8), ("Otra consulta", GENERAL),
    ]  # fmt: skip
    assert tree["options"][0]["reply"] == "Te paso con Ventas. Contame qué necesitás así ganamos tiempo."
    assert tree["greeting"] == own.get("greeting", migration.GREETING)
    assert tree["fallback_tray"] == own.get("fallback_tray_id")


def test_options_stay_as_they_are():
    tree = made(bot(), [option(3, "Ventas", "precio, comprar", "Ya te paso", 7), option(4, "Horarios", reply="9 a 18")])
    assert tree["options"][0] == trees.option("3", "Ventas", 7, keywords=["precio", "comprar"], reply="Ya te paso")
    assert tree["options"][1] == trees.option("4", "Horarios", reply="9 a 18")


def test_an_archived_tray_leads_to_general():
    tree = made(bot(fallback_tray_id=99), [option(3, "Vieja", tray_id=99), option(4, "General", tray_id=GENERAL)])
    assert [node["tray"] for node in tree["options"]] == [GENERAL, GENERAL]
    assert tree["fallback_tray"] is None


ODD = {
    "a long keyword": [option(3, "Ventas", "quiero saber cuando abren los sabados de verano")],
    "a long word": [option(3, "Ventas", "x" * 300)],
    "many keywords": [option(3, "Ventas", ",".join(f"k{n}" for n in range(75)))],
    "keywords of the bot": [option(3, "Ventas", "menu,volver,inicio, Menú ,,"), option(4, "Volver"), option(5, "Menú")],
    "labels alike": [option(3, "Ventas"), option(4, "ventas"), option(5, "¡VENTAS!"), option(6, "2. ventas")],
    "labels of nothing": [option(3, ""), option(4, "  "), option(5, "🎉"), option(6, "🎉")],
    "keywords alike": [option(3, "Ventas", "precio,precio"), option(4, "Soporte", "Précio,ventas,soporte")],
    "long texts": [option(3, "L" * 60, reply="r" * 5_000, tray_id=7), option(4, "L" * 60, tray_id=8)],
    "too many": [option(n, f"Opción {n}") for n in range(1, 90)],
    "huge ids": [option(2**62, "Ventas")],
}


@pytest.mark.parametrize("how", ODD)
def test_whatever_a_menu_was_it_can_be_published_and_is_read_whole(how):
    of = bot(greeting="g" * 5_000, misfit="m" * 5_000, farewell="f" * 5_000)
    tree = made(of, ODD[how])
    read = trees.read(tree)
    assert [node.id for node in read.options] == [str(one.pk) for one in ODD[how]][: trees.MAX_OPTIONS]


def test_what_is_left_of_keywords():
    tree = made(bot(), ODD["a long keyword"])
    assert tree["options"][0]["keywords"] == ["quiero saber cuando abren los sabados de"]
    tree = made(bot(), ODD["keywords alike"])
    assert [node["keywords"] for node in tree["options"]] == [["precio", "precio"], ["soporte"]]
    tree = made(bot(), ODD["keywords of the bot"])
    assert [(node["label"], node["keywords"]) for node in tree["options"]] == [
        ("Ventas", []), ("2. Volver", []), ("3. Menú", []),
    ]  # fmt: skip


@pytest.mark.parametrize("names", [["Menú"], ["Ventas", "Véntas"], ["Otra consulta"], ["n" * 50 + "1", "n" * 50 + "2"]])
def test_trays_of_any_name_can_be_offered(names):
    trays = [SimpleNamespace(pk=pk, name=name) for pk, name in enumerate(names, 50)]
    assert len(made(bot(greeting="Buenas"), trays=trays)["options"]) == len(names) + 1


@pytest.mark.django_db(transaction=True)
def test_the_migration_as_it_runs(transactional_db):
    """Back to before the menus had versions, with bots of then, and forth again."""
    ventas = people.tray("Ventas")
    latest = MigrationExecutor(connection).loader.graph.leaf_nodes()
    executor = MigrationExecutor(connection)
    executor.migrate([("wittybots", "0002_outside")])
    try:
        old = executor.loader.project_state([("wittybots", "0002_outside"), ("trays", "0002_default_trays")]).apps
        Old, Option = old.get_model("wittybots", "Bot"), old.get_model("wittybots", "Option")
        Old.objects.all().delete()
        plain = Old.objects.create(name="Como vino").pk
        own = Old.objects.create(name="Con saludo", greeting="Buenas", fallback_tray_id=ventas.pk).pk
        menu = Old.objects.create(name="Con opciones").pk
        Option.objects.create(bot_id=menu, position=2, label="Horarios", reply="9 a 18")
        Option.objects.create(
            bot_id=menu, position=1, label="Comprar", keywords="precio," + "x" * 80, tray_id=ventas.pk
        )
    finally:
        MigrationExecutor(connection).migrate(latest)
    plain, own, menu = (Bot.objects.get(pk=pk) for pk in (plain, own, menu))
    assert versions.published_version(plain) is None
    assert [node.label for node in versions.menu_of(plain).options] == ["Ventas", "Otra consulta"]
    assert versions.published_version(own).number == 1
    assert [node.tray_id for node in versions.menu_of(own).options] == [ventas.pk, Tray.objects.general().pk]
    assert versions.menu_of(own).greeting == "Buenas"
    assert [node.label for node in versions.menu_of(menu).options] == ["Comprar", "Horarios"]
    for each in (own, menu):
        assert trees.check(versions.published_version(each).tree, versions.tray_ids()) == []
        assert versions.publish_draft(each, None).state == "published"
