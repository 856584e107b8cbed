"""An agent at work in a browser."""

import re

from django.conf import settings
from django.test import Client

from tests import people
from trays.models import Agent, Tray

LIVE = 15_000  # ms: a push takes a few; a busy machine must not fail a test


def sign_in(page, url, username):
    """Sign in at this address of the product by its form; leads to the trays."""
    page.goto(f"{url}/login/")
    page.get_by_label("Usuario").fill(username)
    page.get_by_label("Contraseña", exact=True).fill(people.PASSWORD)
    page.get_by_role("button", name="Ingresar").click()
    page.wait_for_url("**/bandejas/**")
    return page


def come_in(page, url, username):
    """The trays, with a session of theirs as if they had signed in before: for all that is not about signing in."""
    client = Client()
    client.force_login(Agent.objects.get(username=username), "django.contrib.auth.backends.ModelBackend")
    session = {"name": settings.SESSION_COOKIE_NAME, "value": client.session.session_key}
    page.context.add_cookies([{**session, "url": url, "httpOnly": True, "sameSite": "Lax"}])
    page.goto(f"{url}{settings.LOGIN_REDIRECT_URL}")
    page.wait_for_url("**/bandejas/**")
    return page


def tray_of(name):
    return Tray.objects.get(name=name)


def open_tray(page, site, name):
    page.goto(f"{site.url}/bandejas/{tray_of(name).pk}/")
    line_is_open(page)


def line_is_open(page):
    """The socket is joined: from here on everything comes by push."""
    page.wait_for_function("() => import('inbox/socket.js').then((socket) => socket.say({ ok: 1 }))")


def rows(page):
    return page.locator(".wa-rows > li")


def strip(page):
    """What the page says of its connection."""
    return page.locator("#connection")


def write(page, text):
    """Into the composer of the pane that is open, and Enter."""
    box = page.get_by_role("textbox", name="Mensaje")
    box.fill(text)
    box.press("Enter")


def has_seen(page, chat, message):
    """Whether this page counts the message as seen: an answer that is written before waits for it."""
    seen = "(chat) => import('inbox/seen.js').then(({ lastSeen }) => lastSeen(chat, 0))"
    return page.evaluate(seen, str(chat.pk)) >= message.pk


def lines(page, text):
    """The messages in the open panes that say this, and that are stored."""
    return page.locator(".wa-msg:not(.is-pending)").filter(has_text=re.compile(re.escape(text)))


def go_deaf(page):
    """From now on the page is told nothing: what was pressed meets what happened in the same instant."""
    page.evaluate("""() => {
      for (const name of ['htmx:ws:before:message:incoming', 'htmx:ws:close', 'htmx:ws:after:connection'])
        window.addEventListener(name, (event) => {
          event.preventDefault()
          event.stopImmediatePropagation()
        }, true)
    }""")
