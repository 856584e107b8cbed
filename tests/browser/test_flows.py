"""Bots and Líneas in a browser: a supervisor sees where customers leave the bot, and why messages of a line failed."""

from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import expect

from chats.messages import receipts
from common.errors import Failure
from origins.facts import Receipt
from reports import exporting, hourly, kinds, rollup
from reports.models import ReportExport
from tests import people
from tests.browser.desk import line_is_open
from tests.reports.test_line_figures import said
from tests.reports.test_reports_page import attended


def test_sofia_takes_a_report_along_while_she_moves_on(site, team, enter, axe_finds):
    attended(people.http_origin(), team["ana"])
    rollup.sweep()
    sofia = enter("sofia", width=1440, height=900)
    line_is_open(sofia)
    sofia.goto(f"{site.url}/supervision/informes/?por=agente")
    sofia.get_by_role("button", name="Excel").click()
    expect(sofia.get_by_text("Preparando")).to_be_visible()
    assert axe_finds(sofia) == []
    sofia.get_by_role("link", name="En vivo").click()
    line_is_open(sofia)
    exporting.carry_out(ReportExport.objects.get().pk)
    toast = sofia.locator("#toasts").get_by_text("El informe está listo")
    expect(toast).to_be_visible()
    with sofia.expect_download() as fetched:
        sofia.locator("#toasts").get_by_role("link", name="Bajar").click()
    assert fetched.value.suggested_filename.endswith("-agente.xlsx")
    sofia.get_by_role("link", name="Informes").click()
    expect(sofia.get_by_role("link", name="Bajar informe-")).to_be_visible()
    assert axe_finds(sofia) == []


def test_sofia_opens_the_chats_behind_a_cell(site, team, enter, axe_finds):
    line = people.http_origin()
    chat = attended(line, team["ana"])
    rollup.sweep()
    day = "desde=2026-11-03&hasta=2026-11-03"
    sofia = enter("sofia", width=1440, height=900)
    sofia.goto(f"{site.url}/supervision/informes/?{day}&por=agente")
    row = sofia.get_by_role("row").filter(has_text="Ana Ferreyra")
    row.get_by_role("link", name="1", exact=True).first.press("Enter")
    drawer, title = sofia.locator("#chats"), sofia.locator("#t-chats")
    expect(drawer).to_contain_text("1 chat,")
    expect(title).to_be_focused()
    # its ring, two pixels wide and two away, is beside the line that says how many
    ring, line_below = title.bounding_box(), drawer.locator("header p").bounding_box()
    assert ring["y"] + ring["height"] + 4 <= line_below["y"]
    assert axe_finds(sofia) == []
    drawer.get_by_role("link", name=str(chat.contact)).click()
    sofia.wait_for_url(f"**/contactos/{chat.contact_id}/**")
    expect(sofia.get_by_role("heading", name=str(chat.contact)).first).to_be_visible()
    sofia.go_back()
    sofia.get_by_role("link", name="Cerrar la lista").click()
    expect(drawer).to_have_count(0)


def test_sofia_sees_the_way_through_the_bot_and_what_failed_on_a_line(site, team, enter, axe_finds):
    now, soporte = timezone.now() - timedelta(minutes=30), people.tray("Garantías")
    line = people.http_origin(name="Línea Norte")
    bot = people.with_bot(line, name="Menú", options=[people.option("Mi pedido", soporte), people.option("Otra cosa")])
    for sender, *texts in (("marta", "hola", "mi pedido"), ("rosa", "hola", "quiero una persona")):
        for text in texts:
            people.says(line, sender, text, at=now, now=now)
    bare = people.http_origin(name="Línea Sur")
    failed = said(bare, team["ana"], now)
    receipts.apply_receipt(bare, Receipt(str(failed.uuid), "failed", "no", failure=Failure.RETRY, at=now))
    for kind in kinds.KINDS:
        hourly.sweep(kind)
    sofia = enter("sofia", width=1440, height=900)
    sofia.goto(f"{site.url}/admin/wittybots/bot/{bot.pk}/change/")
    sofia.get_by_role("link", name="Por dónde va la gente en el menú").click()
    option = sofia.get_by_role("row").filter(has_text="Mi pedido")
    expect(option).to_contain_text("Garantías 1")
    cells = sofia.get_by_role("row").filter(has_text="Menú principal").get_by_role("cell")
    expect(cells.nth(0)).to_have_text("2")
    assert [cells.nth(number).inner_text() for number in (1, 4)] == ["1", "1"]  # went on; asked for a person
    assert axe_finds(sofia) == []
    sofia.get_by_role("link", name="Líneas", exact=True).click()
    sofia.get_by_role("link", name="Línea Sur").click()
    expect(sofia.get_by_role("row").filter(has_text="No respondió, tras varios intentos")).to_be_visible()
    assert axe_finds(sofia) == []
    sofia.get_by_role("link", name="Línea Norte").click()
    expect(sofia.get_by_text("No falló ningún mensaje.")).to_be_visible()
    sofia.get_by_role("link", name="Hoy", exact=True).click()
    expect(sofia.get_by_role("link", name="Hoy", exact=True)).to_have_attribute("aria-current", "true")
    assert f"linea={line.pk}" in sofia.url
    sofia.set_viewport_size({"width": 390, "height": 844})
    assert sofia.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    assert axe_finds(sofia) == []
