"""A WhatsApp customer of the sandbox, the whole way: real sockets, a real worker, a real browser."""

import signal
import subprocess
import sys
from datetime import timedelta
from io import BytesIO

import pytest
from django.db.models import F
from PIL import Image
from playwright.sync_api import expect

from chats import expiry
from chats.models import Chat
from gateway import template_sync
from origins.models import Origin
from sandbox.client import Sandbox
from sandbox.samples import make_sample
from tests import people
from tests.browser.conftest import ROOT
from tests.browser.desk import come_in
from wittyagent.run import processes
from wittyagent.run.children import WORKER

LIVE = 20_000


@pytest.fixture
def sandbox():
    with Sandbox.start(seed=5) as sandbox:
        yield sandbox


@pytest.fixture
def worker(site, _environment, tmp_path):
    """A celery worker on the test's database and Redis."""
    with (tmp_path / "worker.log").open("wb") as log:
        process = processes.spawn_process(
            [sys.executable, "-m", "celery", "-A", "wittyagent", "--quiet", "worker", *WORKER, "--loglevel", "WARNING"],
            cwd=ROOT, env=_environment, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        yield process
        processes.signal_group(process, signal.SIGKILL)
        process.wait()


@pytest.fixture
def line(site, sandbox, settings):
    """A WhatsApp number of ours at the sandbox, received by the bot."""
    settings.ALLOWED_INTERNAL_HOSTS = ["127.0.0.1"]
    ana, _dora = (people.hire(name, first_name=name.capitalize(), last_name="Paz") for name in ("ana", "dora"))
    people.tray("Ventas", ana)
    people.tray("Soporte", ana)
    people.tray("Envíos", ana)
    origin = Origin.objects.create(
        kind="whatsapp", name="WhatsApp Norte", key="wa-norte", secret="app-secret", access_token="token",
        verify_token="verify", line_id="1000001", account_id="2000001", api_url=sandbox.url,
    )  # fmt: skip
    people.with_bot(origin, greeting="Hola, ¿en qué te ayudo?")
    registered = sandbox.register_line(
        "whatsapp", "1000001", account_id="2000001", secret="app-secret", access_token="token", verify_token="verify",
        webhook=f"{site.url}/webhooks/wa-norte/",
    )  # fmt: skip
    assert registered["verified"]
    return origin


def drawing():
    data = BytesIO()
    Image.new("RGB", (900, 600), "#0b6480").save(data, "JPEG")
    return data.getvalue()


def texts(sandbox, customer):
    return [one["text"] for one in sandbox.list_received(customer)]


def write(page, text, *files):
    # the box is empty again once the last one has been taken
    expect(page.get_by_label("Mensaje", exact=True)).to_have_value("")
    expect(page.locator(".wa-pane.is-active [data-file-name]")).to_be_hidden()
    page.get_by_label("Mensaje", exact=True).fill(text)
    if files:
        page.locator(".wa-pane.is-active input[type=file][name=files]").set_input_files(list(files))
    page.locator(".wa-pane.is-active button[type=submit]", has_text="Enviar").click()


def test_a_whatsapp_customer_goes_the_whole_way(site, worker, sandbox, line, new_page, until):
    page = new_page(width=1440, height=900)
    come_in(page, site.url, "ana")

    # he writes; the bot answers with a list, natively; his pick leads to Ventas
    marta = sandbox.add_customer("whatsapp", name="Marta Gómez")["id"]
    sandbox.write(marta, "Hola")
    until(page, lambda: sandbox.list_received(marta))
    offered = sandbox.show_customer(marta)["received"][0]
    assert offered["kind"] == "interactive"
    assert offered["text"].startswith("Hola, ¿en qué te ayudo?")
    sandbox.write(marta, kind="choice", target=offered["id"], choice="Ventas")
    until(page, lambda: Chat.objects.filter(tray__name="Ventas").exists())
    chat = Chat.objects.get()

    # a picture and a voice note of hers, fetched from the network
    sandbox.write(marta, "Mirá", kind="image")
    sandbox.write(marta, kind="voice")
    page.goto(f"{site.url}/bandejas/{chat.tray_id}/{chat.pk}/")
    page.locator("[data-key-take]").click()
    log = page.locator(f"#log-{chat.pk}")
    expect(log.locator(".is-in .wa-pic img")).to_be_visible(timeout=LIVE)
    expect(log.locator(".is-in audio")).to_be_attached(timeout=LIVE)
    expect(log.locator(".is-in").get_by_role("button", name="Reproducir Nota de voz")).to_be_visible(timeout=LIVE)
    page.wait_for_function("() => document.querySelector('.is-in .wa-pic img').naturalWidth > 0")

    # the agent answers, with a picture and with a voice note; ticks go on to read
    write(page, "Hola Marta, ya la vi")
    until(page, lambda: "Hola Marta, ya la vi" in texts(sandbox, marta))
    write(page, "Esta es", {"name": "folleto.jpg", "mimeType": "image/jpeg", "buffer": drawing()})
    until(page, lambda: any(one["kind"] == "image" for one in sandbox.list_received(marta)))
    write(page, "", {"name": "nota.ogg", "mimeType": "audio/ogg", "buffer": make_sample("voice", 1)[0]})
    until(page, lambda: any(one["kind"] == "audio" for one in sandbox.list_received(marta)))
    sandbox.read(marta)
    expect(log.locator(".is-out .wa-read")).to_have_count(3, timeout=LIVE)

    # closed; a day goes by
    page.locator(".wa-pane.is-active [data-key-close]").click()
    until(page, lambda: Chat.objects.get().tray and Chat.objects.get().tray.kind == "closed")
    sandbox.jump_clock(25)
    day = timedelta(hours=25)
    Chat.objects.update(last_customer_at=F("last_customer_at") - day, session_expires_at=F("session_expires_at") - day)
    expiry.expire()
    assert Chat.objects.get().state == "EXPIRADO"

    # only a template opens it again, and it is hers who sent it
    template_sync.sync_templates(line)
    page.goto(f"{site.url}/contactos/{chat.contact_id}/")
    page.get_by_role("link", name="Enviar plantilla").click()
    dialog = page.locator("#template-form")
    for variable in dialog.locator("[data-variable]").all():
        variable.fill("Marta")
    dialog.get_by_role("button", name="Enviar y tomar el chat").click()
    page.wait_for_url(f"**/chat/{chat.pk}/")
    until(page, lambda: any(one["kind"] == "template" for one in sandbox.list_received(marta)))
    assert Chat.objects.get().agent.username == "ana"
    expect(page.locator(".wa-pane.is-active")).to_contain_text("solo plantillas", timeout=LIVE)

    # she answers: the agent may write again
    sandbox.write(marta, "Acá estoy")
    expect(page.locator(f"#log-{chat.pk}")).to_contain_text("Acá estoy", timeout=LIVE)
    page.reload()
    write(page, "Qué bueno")
    until(page, lambda: "Qué bueno" in texts(sandbox, marta))
    assert Chat.objects.get().agent.username == "ana"
    # each once
    assert len(texts(sandbox, marta)) == len({(one["id"]) for one in sandbox.list_received(marta)})
