"""From an empty machine to a shop that is attended, in a browser: no terminal after the first command, and no docs."""

import re
import signal

import pytest
from playwright.sync_api import expect

from sandbox.client import Sandbox
from tests import people
from tests.browser.customers import Customer
from tests.wittyagent.run.running import Up, own_folder

LINE, ACCOUNT, APP = "1000777", "2000777", "900777"
SECRET, TOKEN = "abcdef0123456789abcdef0123456789", "EAAtoken1234567890"


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox.start(seed=4) as running:
        running.register_line(
            "whatsapp", LINE, account_id=ACCOUNT, app_id=APP, secret=SECRET, access_token=TOKEN, verify_token="", webhook=""
        )  # fmt: skip
        yield running


@pytest.fixture
def installation():
    """What `make run` starts, in an empty folder: its address with the key of the first account."""
    with own_folder() as data:
        running = Up(data, ALLOWED_INTERNAL_HOSTS="127.0.0.1")
        running.ready()
        yield re.search(r"administrator: (\S+)", running.output.read_text())[1]
        running.process.send_signal(signal.SIGINT)
        running.process.wait(120)


def choose_password(page):
    for field in page.locator("input[type=password]").all():
        field.fill(people.PASSWORD)


def joins(page, link):
    """Who got this link, once they are in."""
    page.goto(link)
    choose_password(page)
    page.get_by_role("button", name="Guardar y entrar").click()
    page.wait_for_url("**/bandejas/**")
    return page


def look_often(route):
    """The card as it is, but that it looks again at once and not after seconds."""
    answer = route.fetch()
    assert "15_000" in answer.text()
    route.fulfill(response=answer, body=answer.text().replace("15_000", "200"))


class Owner:
    """Olga, who has just read the address in the terminal."""

    def __init__(self, page, address):
        self.page = page
        page.route("**/first-steps*.js", look_often)
        page.goto(address)
        self.home = page.url.partition("/setup/")[0]

    def step(self, title):
        return self.page.locator("#first-steps .adm-steps > li").filter(has_text=title)

    def begins(self, title, link):
        self.page.goto(f"{self.home}/bandejas/")
        self.step(title).get_by_role("link", name=link).click()

    def makes_her_account(self):
        self.page.get_by_label("usuario").fill("olga")
        self.page.get_by_label("Nombre", exact=True).fill("Olga")
        choose_password(self.page)
        self.page.get_by_role("button", name="Crear la cuenta").click()
        expect(self.page.locator("#first-steps")).to_contain_text("0 de 5 listos")

    def makes_a_tray(self):
        self.begins("Creá las bandejas", "Crear una bandeja")
        self.page.get_by_role("textbox", name="Nombre").fill("Ventas")
        self.page.get_by_label("Tienda").check(force=True)
        self.page.get_by_role("button", name="Guardar", exact=True).click()
        self.page.get_by_text("Se creó Ventas").wait_for()

    def invites(self, username, name):
        """The link that she sends them."""
        self.page.goto(f"{self.home}/admin/trays/agent/add/")
        self.page.get_by_role("textbox", name="usuario").fill(username)
        self.page.get_by_role("textbox", name="Nombre:").fill(name)
        self.page.get_by_role("button", name="Guardar", exact=True).click()
        link = self.page.locator("#entry-url").inner_text()
        self.page.get_by_label("Ventas").check()
        self.page.get_by_role("button", name="Guardar", exact=True).click()
        self.page.get_by_text(f"Se guardó {name}").wait_for()
        return link

    def connects_whatsapp(self, sandbox):
        page = self.page
        self.begins("Conectá una línea", "Conectar una línea")
        page.get_by_label("Tipo").select_option("whatsapp")
        page.get_by_role("textbox", name="Nombre").fill("WhatsApp Norte")
        page.get_by_role("button", name="Guardar", exact=True).click()
        # the network is played on this machine
        page.locator("summary").filter(has_text="Simulador").click()
        page.get_by_role("textbox", name=re.compile("dirección de la red", re.IGNORECASE)).fill(sandbox.url)
        page.get_by_role("textbox", name="App ID").fill(APP)
        page.get_by_label("App secret").fill(SECRET)
        self.goes_on(2)
        page.get_by_role("textbox", name="Phone number ID").fill(LINE)
        page.get_by_role("textbox", name="WhatsApp Business Account ID").fill(ACCOUNT)
        page.get_by_label("Token de acceso").fill(TOKEN)
        self.goes_on(3)
        page.get_by_role("button", name="Suscribir en Meta por mí").click()
        page.locator(".messagelist").get_by_text("Meta ya sabe adónde avisar").wait_for()
        self.sees_done(4)
        marta = sandbox.add_customer("whatsapp", name="Marta")
        sandbox.write(marta["id"], text="Hola")
        self.sees_done(5)
        expect(page.get_by_text("Sin terminar")).to_have_count(0)

    def goes_on(self, steps):
        self.page.get_by_role("button", name="Guardar y seguir").locator("visible=true").first.click()
        self.sees_done(steps)

    def sees_done(self, steps):
        expect(self.page.locator("#steps-done")).to_contain_text(f"{steps} de 5")

    def publishes_the_menu(self):
        self.begins("Elegí qué dice el bot", "Armar el menú")
        expect(self.page.get_by_role("tree")).to_be_visible()
        self.page.get_by_role("treeitem", name=re.compile("^Inicio")).focus()
        self.page.get_by_role("button", name="Publicar").click()
        self.page.get_by_text("Publicada: la versión").wait_for()

    def copies_the_line_of_her_site(self):
        self.page.goto(f"{self.home}/bandejas/")
        return self.page.locator("#first-snippet").inner_text()


def test_olga_comes_from_an_empty_machine_to_a_shop_that_is_attended(installation, sandbox, new_page):
    owner = Owner(new_page(width=1440, height=900), installation)
    owner.makes_her_account()
    owner.makes_a_tray()
    links = [owner.invites("ana", "Ana"), owner.invites("bruno", "Bruno")]
    owner.connects_whatsapp(sandbox)
    owner.publishes_the_menu()
    snippet = owner.copies_the_line_of_her_site()
    shop = re.fullmatch(rf'<script src="({owner.home}/w/[^/"]+)/\S+" async></script>', snippet)[1]
    ana, bruno = (joins(new_page(), link) for link in links)
    belen = Customer(new_page(), f"{shop}/demo/").opens()
    belen.says("Hola")
    belen.panel.get_by_role("button", name="Ventas").click()
    expect(belen.bubble("Te paso con Ventas")).to_be_visible()
    # nobody asked for the card again
    expect(owner.page.locator("#first-steps")).to_contain_text("Todo listo")
    for person in (ana, bruno):
        person.locator(".wa-tray").filter(has_text="Ventas").click()
        expect(person.locator(".wa-rows > li")).to_have_count(1)
