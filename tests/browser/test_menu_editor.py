"""The editor of a bot's menu, in a real browser: by keyboard, by dragging, tried, published, gone back."""

import re

import pytest
from playwright.sync_api import expect

from chats.models import Message
from tests import people
from tests.browser.desk import come_in
from trays.models import Tray
from wittybots.menu import tree, versions
from wittybots.models import Bot


@pytest.fixture
def ventas(site):
    return people.tray("Ventas")


@pytest.fixture
def bot(site, ventas):
    """One with a small published menu, made by Sofía."""
    bot = Bot.objects.create(name="WittyBots")
    general = Tray.objects.general().pk
    first = tree.new([tree.option("ventas", "Ventas", ventas.pk), tree.option("otra", "Otra consulta", general)])
    sofia = people.hire("sofia", first_name="Sofía", last_name="Duarte", role="supervisor")
    versions.save_draft(bot, first, sofia)
    versions.publish_draft(bot, sofia)
    return bot


@pytest.fixture
def enter(site, new_page):
    def enter(username="sofia", **how):
        return come_in(new_page(**{"width": 1440, "height": 900, **how}), site.url, username)

    return enter


def open_editor(page, site, bot, **asked):
    version = f"?version={asked['version']}" if asked else ""
    page.goto(f"{site.url}/admin/wittybots/bot/{bot.pk}/menu/{version}")
    expect(page.get_by_role("tree")).to_be_visible()


def row(page, name):
    return page.get_by_role("treeitem", name=re.compile(f"^{name}"))


def labels(page):
    """The tree as it reads: (level, label)."""
    found = page.get_by_role("treeitem").all()
    return [(int(one.get_attribute("aria-level")), one.locator(".me-label").first.inner_text()) for one in found]


def focused(page):
    return page.evaluate(
        "() => document.activeElement.getAttribute('aria-label') || document.activeElement.dataset.field || ''"
    )


def label_of(page):
    return page.get_by_role("textbox", name=re.compile("^Etiqueta"))


def said(page, words):
    expect(page.locator("[data-part=said]")).to_have_text(words)


def test_a_menu_is_made_by_keyboard_tried_published_and_taken_back(site, bot, ventas, enter):
    line = people.received_by(bot)
    page = enter()
    page.goto(f"{site.url}/admin/wittybots/bot/{bot.pk}/change/")
    page.get_by_role("link", name="Editar el menú").click()
    keys = page.keyboard

    # a submenu with a question, without the mouse
    row(page, "Inicio").focus()
    keys.press("Insert")
    keys.type("Mi pedido")
    page.get_by_role("button", name="Agregar pregunta").focus()
    keys.press("Enter")
    keys.type("¿Qué número de pedido?")
    keys.press("Tab")
    keys.type("pedido")
    keys.press("Tab")
    keys.type("un n")
    page.get_by_label("Ofrecer un submenú").focus()
    keys.press("Space")
    said(page, "Opción nueva en «Mi pedido».")
    keys.type("Cuándo llega")
    page.get_by_role("textbox", name="Responde").focus()
    keys.type("El pedido ")
    page.get_by_role("button", name="{{pedido}}").focus()
    keys.press("Enter")
    keys.type(" llega mañana.")
    assert labels(page) == [(1, "Inicio"), (2, "Ventas"), (2, "Otra consulta"), (2, "Mi pedido"), (3, "Cuándo llega")]

    # to the first place, and back into view by the arrows
    row(page, "Cuándo llega").focus()
    keys.press("ArrowLeft")
    assert focused(page).startswith("Mi pedido, pregunta «pedido» · submenú de 1")
    keys.press("Alt+ArrowUp")
    said(page, "«Mi pedido»: 2 de 3 en «Inicio».")
    keys.press("Alt+ArrowUp")
    keys.press("Alt+ArrowUp")
    said(page, "Ya es la primera.")
    assert focused(page).startswith("Mi pedido")

    # an option is dragged into the submenu
    drag(page, "Otra consulta", "Cuándo llega", part=0.9)
    said(page, "«Otra consulta»: 2 de 2 en «Mi pedido».")
    assert labels(page)[1:] == [(2, "Mi pedido"), (3, "Cuándo llega"), (3, "Otra consulta"), (2, "Ventas")]

    # tried before anybody meets it
    preview = page.get_by_role("log")
    write = page.get_by_label("Mensaje del cliente")
    write.fill("Hola")
    write.press("Enter")
    preview.get_by_role("button", name="Mi pedido").click()
    expect(preview).to_contain_text("¿Qué número de pedido?")
    write.fill("es el 4521")
    write.press("Enter")
    preview.get_by_role("button", name="Cuándo llega").click()
    expect(preview).to_contain_text("El pedido 4521 llega mañana.")
    expect(page.locator("[data-attributes]")).to_have_text("pedido4521")
    preview.get_by_role("button", name="Otra consulta").last.click()
    expect(preview).to_contain_text("Pasa el chat a la bandeja General.")
    expect(page.locator("[data-way]")).to_have_text("Inicio › Mi pedido › Cuándo llega › Otra consulta")
    expect(write).to_be_hidden()
    page.get_by_role("button", name="Empezar de nuevo").click()
    expect(write).to_be_focused()
    assert not Message.objects.exists()

    # published; a customer gets it
    expect(page.get_by_text("Hay cambios sin guardar")).to_be_visible()
    page.get_by_role("button", name="Publicar").click()
    expect(page.get_by_text("Publicada: la versión 2 atiende desde ahora.")).to_be_visible()
    expect(page.get_by_text("Hay cambios sin guardar")).to_be_hidden()
    expect(page.get_by_role("row", name=re.compile("^2 Publicada"))).to_be_visible()
    chat = people.says(line, "marta", "Hola").message.chat
    assert titles(chat) == ["Mi pedido", "Ventas"]
    people.says(line, "marta", "mi pedido")
    people.says(line, "marta", "4521")
    assert people.fresh(chat).attributes == {"pedido": "4521"}

    # and back to the version before
    page.get_by_role("button", name="Volver a esta: versión 1").click()
    page.get_by_role("dialog").get_by_role("button", name="Volver a esa versión").click()
    expect(page.get_by_text("El menú volvió a la versión 1, publicada como versión 3.")).to_be_visible()
    assert labels(page) == [(1, "Inicio"), (2, "Ventas"), (2, "Otra consulta")]
    assert titles(people.says(line, "julio", "Hola").message.chat) == ["Ventas", "Otra consulta"]


def titles(chat):
    answer = chat.messages.filter(author="bot").latest("id")
    return [choice["title"] for choice in answer.payload["choices"]]


def test_what_is_missing_is_listed_and_leads_there(site, bot, enter, axe_finds):
    page = enter()
    open_editor(page, site, bot)
    page.get_by_role("button", name="Agregar dentro: Inicio").click()
    row(page, "Inicio").locator(".me-row").first.click()
    page.get_by_label("Saludo").fill("")
    page.get_by_role("button", name="Publicar").click()
    problems = page.get_by_role("alert")
    expect(problems).to_contain_text("No se publicó.")
    assert axe_finds(page) == []
    problems.get_by_role("link", name=re.compile("^Sin etiqueta")).click()
    expect(label_of(page)).to_be_focused()
    expect(label_of(page)).to_have_attribute("aria-invalid", "true")
    label_of(page).fill("Precios")
    expect(label_of(page)).not_to_have_attribute("aria-invalid", "true")
    problems.get_by_role("link", name=re.compile("^Inicio: Falta el saludo")).click()
    expect(page.get_by_label("Saludo")).to_be_focused()
    page.get_by_label("Saludo").fill("Hola")
    page.get_by_role("button", name="Publicar").click()
    expect(page.get_by_text("Publicada: la versión 2")).to_be_visible()


def test_a_row_goes_where_the_line_is(site, bot, enter):
    inner = [tree.option(name.lower(), name) for name in ("B", "C")]
    versions.save_draft(
        bot, tree.new([tree.option("a", "A", options=inner), tree.option("d", "D"), tree.option("e", "E")]), None
    )
    page = enter()
    open_editor(page, site, bot)
    for dragged, onto, how, read in (
        ("E", "A", {"part": 0.1}, "1E 1A 2B 2C 1D"),  # before
        ("E", "D", {"part": 0.9}, "1A 2B 2C 1D 1E"),  # after
        ("D", "C", {"part": 0.5}, "1A 2B 2C 3D 1E"),  # inside
        ("E", "A", {"part": 0.9}, "1A 2E 2B 2C 3D"),  # after one that is open: its first
        ("B", "D", {"part": 0.9}, "1A 2E 2C 3D 3B"),
        ("B", "D", {"part": 0.1}, "1A 2E 2C 3B 3D"),
        ("B", "D", {"part": 0.9, "left": -10}, "1A 2E 2C 3D 2B"),  # left of the last one: out of the submenu
        ("D", "B", {"part": 0.9, "left": -60}, "1A 2E 2C 2B 1D"),  # further left, further out
        ("D", "Inicio", {"part": 0.9}, "1D 1A 2E 2C 2B"),
        ("D", "Inicio", {"part": 0.5}, "1A 2E 2C 2B 1D"),
        ("A", "C", {"part": 0.5}, "1A 2E 2C 2B 1D"),  # never into itself
        ("D", "A", {"part": 0.1, "then": "Escape"}, "1A 2E 2C 2B 1D"),
        ("D", "D", {"part": 0.9}, "1A 2E 2C 2B 1D"),
    ):
        drag(page, dragged, onto, **how)
        found = " ".join(f"{level - 1}{label}" for level, label in labels(page)[1:])
        assert found == read, (dragged, onto, how)
    expect(page.locator(".me-ghost, .is-held, .is-before, .is-after, .is-inside")).to_have_count(0)


def drag(page, dragged, onto, *, part, left=60, then=""):
    """By its grip to a part (0 top, 1 bottom) of another's row, so far from its left edge; `then`: a key before letting go."""
    grip = row(page, dragged).locator(".me-grip").first.bounding_box()
    target = row(page, onto).locator(".me-row").first.bounding_box()
    page.mouse.move(grip["x"] + 8, grip["y"] + 8)
    page.mouse.down()
    page.mouse.move(target["x"] + left, target["y"] + target["height"] * part, steps=6)
    if then:
        page.keyboard.press(then)
    page.mouse.up()


def test_every_step_can_be_undone(site, bot, enter):
    page = enter()
    open_editor(page, site, bot)
    before = labels(page)
    row(page, "Ventas").focus()
    for press, words in (
        ("Alt+ArrowDown", "«Ventas»: 2 de 2 en «Inicio»."),
        (
            "Alt+ArrowRight",
            "«Ventas»: 1 de 1 en «Otra consulta», que ahora ofrece un submenú en vez de pasar a General.",
        ),
        ("Alt+ArrowRight", "No hay una opción anterior en la que meterla."),
        ("Alt+ArrowLeft", "«Ventas»: 2 de 2 en «Inicio»."),
        ("Alt+ArrowLeft", "Ya está en el primer nivel."),
        ("Delete", "«Ventas» eliminada. Se puede deshacer."),
    ):
        page.keyboard.press(press)
        said(page, words)
    assert labels(page) == [(1, "Inicio"), (2, "Otra consulta")]
    assert focused(page).startswith("Otra consulta")
    for _step in range(4):
        page.keyboard.press("Control+z")
        said(page, "Deshecho.")
    assert labels(page) == before
    expect(row(page, "Otra consulta")).to_have_accessible_name("Otra consulta, → General")
    page.keyboard.press("Control+z")
    said(page, "No hay nada que deshacer.")
    expect(page.get_by_text("Hay cambios sin guardar")).to_be_hidden()


def test_the_same_with_buttons_alone(site, bot, enter):
    page = enter()
    open_editor(page, site, bot)
    tools = page.get_by_role("toolbar")
    row(page, "Ventas").locator(".me-row").first.click()
    tools.get_by_role("button", name="Bajar").click()
    tools.get_by_role("button", name="Meter").click()
    assert labels(page) == [(1, "Inicio"), (2, "Otra consulta"), (3, "Ventas")]
    expect(tools.get_by_role("button", name="Meter")).to_be_focused()
    tools.get_by_role("button", name="Sacar").click()
    tools.get_by_role("button", name="Subir").click()
    page.get_by_role("button", name="Duplicar: Ventas").click()
    assert labels(page) == [(1, "Inicio"), (2, "Ventas"), (2, "Ventas (copia)"), (2, "Otra consulta")]
    page.get_by_role("button", name="Eliminar: Otra consulta").click()
    tools.get_by_role("button", name="Deshacer").click()
    assert len(labels(page)) == 4


def test_the_tree_is_walked_as_trees_are(site, bot, enter):
    deep = tree.option("a", "Abrir", options=[tree.option("b", "Bajo", options=[tree.option("c", "Cerca")])])
    versions.save_draft(bot, tree.new([deep, tree.option("d", "Dos")]), None)
    page = enter()
    open_editor(page, site, bot)
    row(page, "Inicio").focus()
    for key, name in (
        ("ArrowDown", "Abrir"), ("ArrowRight", "Bajo"), ("ArrowRight", "Cerca"), ("ArrowRight", "Cerca"), ("ArrowLeft", "Bajo"),
        ("ArrowLeft", "Bajo"), ("ArrowDown", "Dos"), ("ArrowUp", "Bajo"), ("Home", "Inicio"), ("End", "Dos"), ("a", "Abrir"), ("b", "Bajo"),
    ):  # fmt: skip
        page.keyboard.press(key)
        assert focused(page).startswith(name), (key, focused(page))
        page.wait_for_timeout(900 if key in "ab" else 0)
    # "Bajo" was closed on the way
    expect(row(page, "Bajo")).to_have_attribute("aria-expanded", "false")
    expect(row(page, "Cerca")).to_be_hidden()
    expect(page.locator("[role=treeitem][tabindex='0']")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(label_of(page)).to_be_focused()
    expect(label_of(page)).to_have_value("Bajo")


def test_two_supervisors_do_not_write_over_each_other(site, bot, enter):
    people.hire("diego", first_name="Diego", last_name="Sosa", role="supervisor")
    hers, his = enter(), enter("diego")
    for page in (hers, his):
        open_editor(page, site, bot)
        row(page, "Ventas").locator(".me-row").first.click()
    label_of(his).fill("Comprar")
    his.keyboard.press("Control+s")
    expect(his.get_by_text("Borrador guardado.")).to_be_visible()
    label_of(hers).fill("Precios")
    hers.get_by_role("button", name="Guardar borrador").click()
    expect(hers.get_by_role("alert")).to_contain_text("Diego Sosa guardó el borrador (versión 2)")
    expect(row(hers, "Precios")).to_be_visible()
    hers.get_by_role("button", name="Cargar lo último y perder lo mío").click()
    expect(row(hers, "Comprar")).to_be_visible()
    expect(hers.get_by_text("por Diego Sosa")).to_be_visible()


def test_leaving_with_changes_asks(site, bot, enter):
    page = enter()
    open_editor(page, site, bot)
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    row(page, "Ventas").locator(".me-row").first.click()
    label_of(page).fill("Precios")
    page.get_by_role("link", name="Ver la versión 1").click()
    page.wait_for_timeout(300)
    assert asked == ["beforeunload"]
    expect(label_of(page)).to_have_value("Precios")
    page.get_by_role("button", name="Guardar borrador").click()
    expect(page.get_by_text("Borrador guardado.")).to_be_visible()
    page.get_by_role("link", name="Ver la versión 1").click()
    expect(page.get_by_text("solo para mirar y probar")).to_be_visible()
    assert len(asked) == 1
    # to look at and to try, nothing else
    row(page, "Ventas").focus()
    page.keyboard.press("Delete")
    said(page, "Esta versión es solo para mirar.")
    expect(label_of(page)).to_have_value("Ventas")
    expect(label_of(page)).to_be_disabled()
    expect(page.get_by_role("button", name="Publicar")).to_be_hidden()
    page.get_by_label("Mensaje del cliente").fill("Hola")
    page.keyboard.press("Enter")
    expect(page.get_by_role("log").get_by_role("button", name="Ventas")).to_be_visible()


def test_without_a_line_or_a_session_nothing_is_lost(site, bot, enter):
    page = enter()
    open_editor(page, site, bot)
    row(page, "Ventas").locator(".me-row").first.click()
    label_of(page).fill("Precios")
    page.context.set_offline(True)
    page.get_by_role("button", name="Guardar borrador").click()
    expect(page.get_by_role("alert")).to_contain_text("Sin conexión.")
    page.context.set_offline(False)
    page.context.clear_cookies()
    page.get_by_role("button", name="Guardar borrador").click()
    expect(page.get_by_role("alert")).to_contain_text("tu sesión terminó")
    expect(label_of(page)).to_have_value("Precios")
    # signed in again in another tab, it goes on from there
    other = page.context.new_page()
    other.goto(f"{site.url}/login/")
    other.get_by_label("Usuario").fill("sofia")
    other.get_by_label("Contraseña", exact=True).fill(people.PASSWORD)
    other.get_by_role("button", name="Ingresar").click()
    other.wait_for_url("**/bandejas/**")
    page.get_by_role("button", name="Guardar borrador").click()
    expect(page.get_by_text("Borrador guardado.")).to_be_visible()


def test_a_menu_ends_where_it_may_not_grow(site, bot, enter):
    node = tree.option("n-6", "Nivel 6")
    for level in range(5, 0, -1):
        node = tree.option(f"n-{level}", f"Nivel {level}", options=[node])
    versions.save_draft(bot, tree.new([node, *(tree.option(f"m-{n}", f"Más {n}") for n in range(54))]), None)
    page = enter()
    open_editor(page, site, bot)
    row(page, "Nivel 6").focus()
    page.keyboard.press("Insert")
    said(page, "No entra: el menú tendría demasiados niveles.")
    row(page, "Inicio").focus()
    page.keyboard.press("Insert")
    said(page, "No entra: el menú ya tiene todas las opciones que puede tener.")
    assert len(labels(page)) == 61
    # what is there may still move
    row(page, "Más 3 ").or_(row(page, "Más 3,")).focus()
    page.keyboard.press("Alt+ArrowUp")
    said(page, re.compile("«Más 3»: 4 de 55"))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_everybody_can_use_it(site, bot, enter, axe_finds, theme, width):
    versions.save_draft(
        bot,
        tree.new([tree.option("a", "", tray=999999), tree.option("b", "W" * 40, options=[tree.option("c", "C")])]),
        None,
    )
    page = enter(theme=theme, width=width, height=844)
    open_editor(page, site, bot)
    assert axe_finds(page) == []
    page.get_by_label("Mensaje del cliente").fill("Hola")
    page.keyboard.press("Enter")
    expect(page.get_by_role("log").get_by_role("button").first).to_be_visible()
    row(page, "W").locator(".me-row").first.click()
    page.get_by_role("button", name="Agregar pregunta").click()
    page.get_by_role("button", name="Guardar borrador").click()
    expect(page.locator("[data-part=notices]")).to_contain_text("Borrador guardado.")
    page.locator("summary", has_text="Con el teclado").click()
    assert axe_finds(page) == []
    wide = page.evaluate(
        "() => [...document.querySelectorAll('main *')].filter((one) => one.getBoundingClientRect().right > innerWidth && !one.closest('.me-scroll')).map((one) => one.outerHTML.slice(0, 90))"
    )
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), wide
    open_editor(page, site, bot, version=1)
    assert axe_finds(page) == []


def test_without_scripts_it_says_so_and_shows_the_tree(site, bot, enter):
    page = enter()
    state = page.context.storage_state()
    plain = page.context.browser.new_context(java_script_enabled=False, storage_state=state).new_page()
    plain.goto(f"{site.url}/admin/wittybots/bot/{bot.pk}/menu/")
    expect(plain.get_by_text("hace falta JavaScript")).to_be_visible()
    expect(plain.get_by_role("listitem").filter(has_text="Ventas → Ventas")).to_be_visible()
    expect(plain.get_by_role("button", name="Publicar")).to_be_hidden()
    plain.context.close()


def test_by_touch_on_a_phone(site, bot, enter):
    page = enter(width=390, height=844, has_touch=True, is_mobile=True)
    open_editor(page, site, bot)
    row(page, "Otra consulta").locator(".me-row").first.tap()
    expect(label_of(page)).to_have_value("Otra consulta")
    expect(label_of(page)).to_be_in_viewport()
    page.get_by_role("toolbar").get_by_role("button", name="Subir").tap()
    assert labels(page) == [(1, "Inicio"), (2, "Otra consulta"), (2, "Ventas")]
