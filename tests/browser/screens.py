"""Every screen of an agent's day on the demo shop, and the way to it: for axe, and for the pictures in docs/screens.md."""

import re
from collections.abc import Callable
from dataclasses import dataclass

PASSWORD = "demo"
# what is shown: the theme, and the size of the window
LOOKS = {"light": ("light", 1440, 900), "dark": ("dark", 1440, 900), "phone": ("light", 390, 844)}


class Visit:
    """A page of the demo, and who is signed in there."""

    def __init__(self, page, url):
        self.page, self.url, self.who, self.addresses = page, url, None, {}

    def enter(self, who):
        if who == self.who:
            return
        self.page.context.clear_cookies()
        self.go("/login/")
        if who:
            self.page.get_by_label("Usuario").fill(who)
            self.page.get_by_label("Contraseña", exact=True).fill(PASSWORD)
            self.page.get_by_role("button", name="Ingresar").click()
            self.page.wait_for_url("**/bandejas/**")
        self.who = who

    def go(self, path):
        self.page.goto(f"{self.url}{path}")

    def seen(self, selector, text=None):
        """The first of them that is on the screen: of two panes the phone shows one."""
        return self.page.locator(selector).filter(has_text=text, visible=True).first

    def click(self, selector, text=None):
        self.seen(selector, text).click()

    def follow(self, path, selector, text):
        """Where a link of that page leads; what was found once is gone to at once."""
        if (path, text) not in self.addresses:
            self.go(path)
            link = self.page.locator(selector).filter(has_text=text).first
            self.addresses[path, text] = link.get_attribute("href")
        self.go(self.addresses[path, text])

    def admin(self, model, name):
        self.follow(f"/admin/{model}/", "#result_list a", name)

    def tray(self, name="Ventas", query=""):
        self.follow("/bandejas/", ".wa-tray", re.compile(rf"^\s*{name}"))
        if query:
            self.page.goto(self.page.url + query)

    def preview(self, name="Florencia"):
        self.tray()
        self.click(".wa-rows .wa-row", name)
        self.seen("#preview .wa-msg").wait_for()

    def pick(self):
        self.tray()
        for number in (0, 1):
            self.page.locator(".wa-pick input").nth(number).check(force=True)

    def chat(self, name="Gustavo", panes=2):
        self.follow(f"/chat/?paneles={panes}", ".wa-tab", name)
        self.seen(".wa-pane.is-active").wait_for()

    def write(self, text, name="Gustavo", note=False):
        self.chat(name)
        if note:
            self.click(".wa-pane.is-active label:has([data-note])")
        self.seen(".wa-pane.is-active textarea").press_sequentially(text)

    def ask(self, selector, name="Gustavo"):
        """A dialog that a button of a held chat opens."""
        self.chat(name)
        self.click(f".wa-pane.is-active {selector}")
        self.seen("dialog[open] h2").wait_for()

    def ask_of_menu(self, item, name="Gustavo"):
        self.chat(name)
        self.click(".wa-pane.is-active [id^=more-] summary")
        self.click(".wa-pane.is-active .dropdown-item", item)
        self.seen("dialog[open] h2").wait_for()

    def contact(self, name, part="", dialog=""):
        self.follow(f"/contactos/?q={name}", ".wa-stack a[href^='/contactos/']", name)
        if part:
            self.page.goto(f"{self.page.url}?ver={part}")
        if dialog:
            self.click(f"a[href$='/{dialog}/']")
            self.seen("dialog[open] h2").wait_for()

    def expired(self):
        self.contact("Mónica", "chat")
        self.click("a[data-dialog]", "Enviar plantilla")
        self.seen("dialog[open] h2").wait_for()

    def view_picture(self):
        self.preview()
        self.seen("#preview a[data-picture]").click()
        self.seen("dialog[open] .wa-canvas").wait_for()

    def list_files(self):
        self.preview()
        self.click("#preview [id^=more-] summary")
        self.click("#preview .dropdown-item", "Archivos")
        self.seen("dialog[open] h2").wait_for()

    def palette(self, typed=""):
        self.tray()
        self.page.keyboard.press("Control+k")
        self.seen("dialog[open] input").press_sequentially(typed)

    def lose_line(self):
        self.chat()
        self.page.context.set_offline(True)
        self.seen("#connection").wait_for()

    def undo(self):
        """Of a chat that is taken for it: whoever comes next finds the rest as it was."""
        self.page.context.set_offline(False)
        self.preview("Valeria")
        self.click("#preview [data-key-take]")
        self.click(".wa-pane.is-active [data-key-back]")
        self.seen("#undo").wait_for()


@dataclass(frozen=True)
class Screen:
    name: str
    about: str
    reach: Callable[[Visit], None]
    who: str | None = "ana"


SCREENS = (
    Screen("sign-in", "Sign in", lambda at: at.go("/login/"), None),
    Screen("tray", "A tray: who waits, for how long, with which tag", lambda at: at.tray()),
    Screen("preview", "A preview, before the chat is taken", lambda at: at.preview()),
    Screen("filters", "A tray with a filter, which can be saved as a view", lambda at: at.tray(query="?sin=1")),
    Screen("nothing-found", "Nobody of that name in the tray", lambda at: at.tray(query="?q=zzz")),
    Screen("bulk", "Many chats at once", lambda at: at.pick()),
    Screen("mentions", "Where one is mentioned", lambda at: at.go("/menciones/")),
    Screen("chat", "The chats that one holds", lambda at: at.chat()),
    Screen("panes", "Four at once", lambda at: at.chat(panes=4)),
    Screen("scheduled", "A message that is scheduled, and a chat with a reminder", lambda at: at.chat("Iván")),
    Screen("quick-replies-menu", "Quick replies in the composer", lambda at: at.write("/env")),
    Screen("mention", "A mention in an internal note", lambda at: at.write(" @so", "Vanesa", note=True)),
    Screen("emoji", "Emoji, by name", lambda at: (at.chat("Iván"), at.click(".wa-pane.is-active [data-emoji]"))),
    Screen("schedule", "Programar: a message for later", lambda at: at.ask("a[href$='/schedule/']", "Iván")),
    Screen("send-to", "Enviar a…", lambda at: (at.chat(), at.click(".wa-pane.is-active [data-key-send]"))),
    Screen("template", "A template, with its preview", lambda at: at.ask("a[href*='/template/']")),
    Screen("snooze", "Posponer", lambda at: at.ask_of_menu("Posponer")),
    Screen("reminder", "Recordarme", lambda at: at.ask_of_menu("Recordarme")),
    Screen("date", "Ir a una fecha", lambda at: at.ask_of_menu("Ir a una fecha")),
    Screen("why", "¿Por qué veo esto?", lambda at: at.ask_of_menu("¿Por qué veo esto?")),
    Screen("files", "The files of a chat", lambda at: at.list_files()),
    Screen("viewer", "A picture whole", lambda at: at.view_picture()),
    Screen("contacts", "Contactos", lambda at: at.go("/contactos/")),
    Screen("contact", "A contact: data, tags and attributes edited in place", lambda at: at.contact("Ceibo", "datos")),
    Screen("contact-notes", "Its notes and its history", lambda at: at.contact("Ceibo", "notas")),
    Screen("contact-expired", "EXPIRADO: a template opens it again", lambda at: at.expired()),
    Screen("contact-no-access", "A chat that one may not see", lambda at: at.contact("Lorena", "chat")),
    Screen("contact-blocked", "A contact that is blocked", lambda at: at.contact("Rubén", "chat")),
    Screen("block", "Bloquear", lambda at: at.contact("Gustavo", "datos", "bloquear")),
    Screen("join", "Two cards of one person", lambda at: at.contact("Agustina", "datos", "unir")),
    Screen("contacts-csv", "Contacts as CSV", lambda at: at.go("/contactos/csv/")),
    Screen("search", "Buscar: contacts and messages", lambda at: at.go("/buscar/?q=factura")),
    Screen("search-empty", "Before the first word", lambda at: at.go("/buscar/")),
    Screen("palette", "Ctrl+K: anything", lambda at: at.palette("gus")),
    Screen("keys", "Keys", lambda at: (at.tray(), at.page.keyboard.press("?"))),
    Screen("quick-replies", "Quick replies, managed", lambda at: at.go("/respuestas/")),
    Screen("settings", "Mis ajustes: notices, keys, look", lambda at: at.go("/ajustes/")),
    Screen("settings-access", "Open sessions", lambda at: at.go("/ajustes/acceso/")),
    Screen("password", "Another password", lambda at: at.go("/password/")),
    Screen("settings-views", "Saved views", lambda at: at.go("/ajustes/vistas/")),
    Screen("offline", "The line is lost", lambda at: at.lose_line()),
    Screen("undo", "Ten seconds to undo", lambda at: at.undo()),
    Screen("supervision", "Supervisión", lambda at: at.go("/supervision/"), "sofia"),
    Screen("contacts-csv-in", "CSV in, by supervisors", lambda at: at.go("/contactos/csv/"), "sofia"),
    Screen("reports", "Informes", lambda at: at.go("/supervision/informes/"), "sofia"),
    Screen("bots", "Bots: the way through the menu", lambda at: at.go("/supervision/bots/"), "sofia"),
    Screen(
        "lines", "Líneas: what went through them and why it failed", lambda at: at.go("/supervision/lineas/"), "sofia"
    ),
    Screen("broadcasts", "Difusiones", lambda at: at.follow("/difusiones/", "main td a", "Semana"), "sofia"),
    Screen("audit", "Registro: who came in, looked and changed", lambda at: at.go("/supervision/registro/"), "sofia"),
    Screen("admin", "Admin", lambda at: at.go("/admin/"), "sofia"),
    Screen(
        "admin-tray", "A tray: its icon, who sees it, its week", lambda at: at.admin("trays/tray", "Ventas"), "sofia"
    ),
    Screen("admin-line", "A line in five steps", lambda at: at.admin("origins/origin", "WhatsApp Norte"), "sofia"),
)
