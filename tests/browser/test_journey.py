"""The whole way, in real browsers at once: a customer, two agents and a supervisor."""

import re
from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import expect

from chats import access, expiry, moves
from chats.models import Chat, Template
from tests import people
from tests.browser.desk import LIVE, go_deaf, line_is_open, open_tray, rows, tray_of


def test_the_whole_way_with_customer_two_agents_and_supervisor(site, team, enter, new_page):
    web = people.web_origin(name="Chat web", key="tienda")
    people.with_bot(web)
    ana, bruno, sofia = enter("ana"), enter("bruno"), enter("sofia")
    for page in (ana, bruno):
        open_tray(page, site, "Ventas")

    # the customer writes; the bot greets and offers its menu; the choice leads to Ventas
    customer = new_page(width=420, height=760)
    customer.goto(f"{site.url}/w/tienda/")
    customer.get_by_label("Mensaje", exact=True).fill("Hola, quiero comprar")
    customer.get_by_role("button", name="Enviar").click()
    customer.get_by_role("button", name="Ventas").click()
    for page in (ana, bruno):
        expect(rows(page)).to_have_count(1, timeout=LIVE)
    customer.get_by_label("Mensaje", exact=True).fill("¿Tienen cuotas?")
    customer.get_by_role("button", name="Enviar").click()
    expect(rows(ana).first).to_contain_text("¿Tienen cuotas?", timeout=LIVE)

    # Ana looks and takes; it leaves Bruno's list at once
    rows(ana).first.locator(".wa-row").click()
    expect(ana.locator("#preview")).to_contain_text("¿Tienen cuotas?")
    ana.locator("#preview").get_by_role("button", name="Tomar").click()
    ana.wait_for_url(re.compile(r"/chat/\d+/"))
    expect(rows(bruno)).to_have_count(0, timeout=LIVE)

    # they talk, without a reload on either side
    box = ana.get_by_role("textbox", name="Mensaje")
    box.fill("Sí, 6 sin interés")
    box.press("Enter")
    expect(customer.get_by_role("log")).to_contain_text("Sí, 6 sin interés", timeout=LIVE)
    expect(customer.locator("#holder")).to_contain_text("Ana")
    expect(box).to_have_value("")
    expect(ana.locator(".wa-msg.is-out").last).to_contain_text("Leído", timeout=LIVE)
    customer.get_by_label("Mensaje", exact=True).fill("Buenísimo")
    customer.get_by_role("button", name="Enviar").click()
    expect(ana.locator(".wa-pane.is-active")).to_contain_text("Buenísimo", timeout=LIVE)

    # a note stays inside
    ana.get_by_text("Nota interna", exact=True).first.click()
    box.fill("cliente mayorista")
    box.press("Enter")
    expect(ana.locator(".wa-msg.is-note")).to_contain_text("cliente mayorista")
    expect(customer.get_by_role("log")).not_to_contain_text("mayorista")

    # back to Ventas, where Bruno takes it and sends it to Soporte with a reason
    ana.get_by_role("button", name="Devolver a Ventas").first.click()
    expect(rows(bruno)).to_have_count(1, timeout=LIVE)
    expect(rows(bruno).first).to_contain_text("Devuelto por Ana")
    bruno.get_by_role("button", name="Tomar siguiente").first.click()
    bruno.wait_for_url(re.compile(r"/chat/\d+/"))
    bruno.locator("summary", has_text="Enviar a…").first.click()
    bruno.get_by_label("Motivo, opcional").fill("es una garantía")
    bruno.get_by_label("Buscar bandeja").fill("sop")
    bruno.get_by_label("Buscar bandeja").press("Enter")
    expect(bruno.locator("#undo")).to_contain_text("Enviado a Soporte")

    # Ana has no access to Soporte: she learns where it is, and nothing else
    chat = Chat.objects.get()
    ana.goto(f"{site.url}/contactos/{chat.contact_id}/")
    expect(ana.locator("#card-chat")).to_contain_text("No podés ver este chat: está en Soporte")
    expect(ana.locator("main")).not_to_contain_text("cuotas")
    expect(ana.locator("main")).not_to_contain_text("garantía")

    # the supervisor gives her access in the admin; her open page follows by itself
    open_tray(ana, site, "Ventas")
    sofia.goto(f"{site.url}/admin/trays/tray/{tray_of('Soporte').pk}/change/")
    sofia.get_by_role("switch", name="Ana Ferreyra").check()
    sofia.locator("[name=_save]").click()
    expect(ana.get_by_role("link", name=re.compile("Soporte"))).to_be_visible(timeout=LIVE)
    ana.get_by_role("link", name=re.compile("Soporte")).click()
    expect(rows(ana)).to_have_count(1)

    # she takes and closes it
    rows(ana).first.locator(".wa-row").click()
    ana.locator("#preview").get_by_role("button", name="Tomar").click()
    ana.wait_for_url(re.compile(r"/chat/\d+/"))
    ana.get_by_role("button", name="Cerrar", exact=False).first.click()
    expect(ana.locator("#undo")).to_contain_text("Chat cerrado")
    chat.refresh_from_db()
    assert chat.tray.kind == "closed"

    # a day later it is EXPIRADO on the open card at once, and a template opens it again
    Template.objects.create(name="Retomar", body="Hola {{nombre}}, ¿seguimos?")
    bruno.goto(f"{site.url}/contactos/{chat.contact_id}/")
    line_is_open(bruno)
    expiry.expire(now=chat.session_expires_at + timedelta(minutes=1))
    expect(bruno.locator("#card-chat")).to_contain_text("Para volver a escribirle, enviá una plantilla", timeout=LIVE)
    bruno.get_by_role("link", name="Enviar plantilla").first.click()
    # not the name on the card, which is changed in place
    bruno.locator("#template-form").get_by_label("Nombre").fill("Marta")
    expect(bruno.locator("mark")).to_have_text("Marta")
    bruno.get_by_role("button", name="Enviar y tomar el chat").click()
    bruno.wait_for_url(re.compile(r"/chat/\d+/"))
    expect(bruno.locator(".wa-pane.is-active")).to_contain_text("Hola Marta, ¿seguimos?")
    chat.refresh_from_db()
    assert (chat.state, chat.agent) == ("AGENTE", team["bruno"])
    states = list(chat.contact.changes.order_by("id").values_list("state", flat=True))
    assert states == [
        "BOT",
        "BANDEJA",
        "AGENTE",
        "BANDEJA",
        "AGENTE",
        "BANDEJA",
        "AGENTE",
        "BANDEJA",
        "EXPIRADO",
        "AGENTE",
    ]


def test_who_loses_the_race_reads_who_has_it_and_stays_in_the_list(site, team, enter):
    line = people.http_origin()
    first = people.waiting(line, tray_of("Ventas"), name="Primera Clienta", at=timezone.now() - timedelta(minutes=9))
    people.waiting(line, tray_of("Ventas"), name="Segundo Cliente", at=timezone.now() - timedelta(minutes=5))
    ana = enter("ana")
    open_tray(ana, site, "Ventas")
    rows(ana).first.locator(".wa-row").click()
    expect(ana.locator("#preview")).to_contain_text("Primera Clienta")
    # the page is not told: the button is pressed in the same instant
    go_deaf(ana)
    moves.take(first.pk, team["bruno"])
    ana.locator("#preview").get_by_role("button", name="Tomar").click()
    toast = ana.locator("#toasts [role=alert]")
    expect(toast).to_contain_text("Ya lo tomó Bruno Paz")
    expect(toast).to_contain_text("Sigue Segundo Cliente")
    expect(rows(ana)).to_have_count(1)
    expect(ana.locator("#preview")).to_contain_text("Segundo Cliente")
    toast.get_by_role("button", name="Tomar ese").click()
    expect(ana.locator(".wa-pane.is-active")).to_contain_text("Segundo Cliente")


def test_what_happens_while_the_line_is_down_is_there_on_return(site, team, enter):
    line = people.http_origin()
    chat = people.held(line, team["ana"], tray_of("Ventas"), name="Marta Gómez", sender="c-1")
    ana = enter("ana")
    ana.goto(f"{site.url}/chat/{chat.pk}/")
    line_is_open(ana)
    box = ana.get_by_role("textbox", name="Mensaje")
    box.fill("un borrador")
    site.stop()
    expect(ana.locator("#connection")).to_contain_text("Sin conexión", timeout=LIVE)
    for number in range(3):
        people.says(line, "c-1", f"mientras no estabas {number}")
    site.start()
    pane = ana.locator(f"#pane-{chat.pk}")
    for number in range(3):
        expect(pane.get_by_text(f"mientras no estabas {number}")).to_have_count(1, timeout=15_000)
    expect(ana.locator("#connection")).to_contain_text("De nuevo en línea")
    expect(box).to_have_value("un borrador")
    people.says(line, "c-1", "y ahora en vivo")
    expect(pane.get_by_text("y ahora en vivo")).to_have_count(1, timeout=LIVE)


def test_who_loses_a_tray_loses_it_on_the_open_screen(site, team, enter):
    line = people.http_origin()
    chat = people.waiting(line, tray_of("Ventas"), name="Marta Gómez", sender="c-1", text="algo privado")
    bruno = enter("bruno")
    bruno.goto(f"{site.url}/bandejas/{tray_of('Ventas').pk}/{chat.pk}/")
    line_is_open(bruno)
    expect(bruno.locator("#preview")).to_contain_text("algo privado")
    access.take_access(tray_of("Ventas"), [team["bruno"]])
    expect(bruno.get_by_role("link", name=re.compile("Ventas"))).to_have_count(0, timeout=LIVE)
    expect(bruno.locator("main")).not_to_contain_text("algo privado")
    people.says(line, "c-1", "más privado")
    bruno.wait_for_timeout(1_500)
    assert "más privado" not in bruno.content()


def test_who_is_deactivated_is_out(site, team, enter):
    caio = enter("caio")
    line_is_open(caio)
    access.deactivate_agent(team["caio"])
    expect(caio.locator("#connection")).to_contain_text("Tu sesión terminó", timeout=LIVE)
    caio.goto(f"{site.url}/contactos/")
    caio.wait_for_url("**/login/**")


def test_an_answer_that_missed_a_newer_message_waits_in_the_box(site, team, enter):
    line = people.http_origin()
    chat = people.held(line, team["ana"], tray_of("Ventas"), sender="c-1")
    ana = enter("ana")
    ana.goto(f"{site.url}/chat/{chat.pk}/")
    line_is_open(ana)
    go_deaf(ana)
    people.says(line, "c-1", "mejor cancelalo")
    box = ana.get_by_role("textbox", name="Mensaje")
    box.fill("Ya lo despacho")
    box.press("Enter")
    expect(ana.get_by_role("alert").filter(has_text="Llegó algo nuevo")).to_contain_text("mejor cancelalo")
    expect(ana.locator(f"#log-{chat.pk}")).to_contain_text("mejor cancelalo")
    expect(box).to_have_value("Ya lo despacho")
    assert not chat.messages.filter(text="Ya lo despacho").exists()
    ana.wait_for_timeout(1_200)
    box.press("Enter")
    expect(ana.locator(f"#pane-{chat.pk} .wa-msg.is-out")).to_contain_text("Ya lo despacho")


def test_keys_do_the_work(site, team, enter):
    line = people.http_origin()
    people.waiting(line, tray_of("Ventas"), name="Uno", at=timezone.now() - timedelta(minutes=9))
    people.waiting(line, tray_of("Ventas"), name="Dos", at=timezone.now() - timedelta(minutes=5))
    ana = enter("ana")
    open_tray(ana, site, "Ventas")
    ana.keyboard.press("j")
    ana.keyboard.press("j")
    ana.keyboard.press("Enter")
    expect(ana.locator("#preview")).to_contain_text("Dos")
    ana.keyboard.press("t")
    expect(ana.locator(".wa-pane.is-active")).to_contain_text("Dos")
    ana.locator("h1").first.evaluate("e => document.activeElement.blur()")
    ana.keyboard.press("c")
    expect(ana.locator("#undo")).to_contain_text("Chat cerrado")
    ana.keyboard.press("?")
    expect(ana.get_by_role("dialog", name="Atajos de teclado")).to_be_visible()


def test_without_javascript_the_forms_work(site, team, new_page):
    line = people.http_origin()
    people.waiting(line, tray_of("Ventas"), name="Marta Gómez")
    page = new_page(java_script_enabled=False)
    page.goto(f"{site.url}/login/")
    page.locator("[name=username]").fill("ana")
    page.locator("[name=password]").fill(people.PASSWORD)
    page.get_by_role("button", name="Ingresar").click()
    page.get_by_role("link", name=re.compile("Ventas")).click()
    page.locator(".wa-row").first.click()
    page.locator("#preview").get_by_role("button", name="Tomar").click()
    page.locator("textarea").fill("Hola, sin scripts")
    page.get_by_role("button", name="Enviar", exact=True).click()
    expect(page.locator(".wa-msg.is-out")).to_contain_text("Hola, sin scripts")
    page.get_by_role("button", name="Cerrar", exact=False).first.click()
    assert Chat.objects.get().tray.kind == "closed"


def test_a_tray_with_a_long_name_and_a_very_long_text_do_not_break_the_phone(site, team, enter):
    line = people.http_origin()
    people.waiting(line, tray_of("Ventas"), name="W" * 150, text="sinespacios" * 400)
    ana = enter("ana", width=390, height=844)
    open_tray(ana, site, "Ventas")
    rows(ana).first.locator(".wa-row").click()
    expect(ana.locator("#preview")).to_be_visible()
    assert ana.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
