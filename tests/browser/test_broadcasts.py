"""Difusiones in a browser: a supervisor writes to many over the sandbox's WhatsApp; one answers, another has enough."""

import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from chats import expiry
from chats.messages.broadcasts import filling, tending, verbs
from chats.models import Broadcast, Chat, Template
from contacts import card
from contacts.models import Contact, Tag
from gateway import template_sync
from origins.models import Origin
from sandbox.client import Sandbox
from tests import people
from tests.browser.conftest import ROOT
from tests.chats.attachments.samples import picture
from wittyagent.run import processes
from wittyagent.run.children import WORKER


@pytest.fixture
def sandbox():
    with Sandbox.start(seed=7) as sandbox:
        yield sandbox


@pytest.fixture
def _worker(site, _environment, tmp_path):
    with (tmp_path / "worker.log").open("wb") as log:
        process = processes.spawn_process(
            [sys.executable, "-m", "celery", "-A", "wittyagent", "--quiet", "worker", *WORKER, "--loglevel", "WARNING"],
            cwd=ROOT, env=_environment | {"BROADCAST_HOURS": "0-24"}, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        yield
        processes.signal_group(process, signal.SIGKILL)
        process.wait()


@pytest.fixture
def line(site, sandbox, settings):
    settings.ALLOWED_INTERNAL_HOSTS, settings.BROADCAST_HOURS = ["127.0.0.1"], (0, 24)
    origin = Origin.objects.create(
        kind="whatsapp", name="WhatsApp Norte", key="wa-norte", secret="app-secret", access_token="token",
        verify_token="verify", line_id="1000001", account_id="2000001", api_url=sandbox.url,
    )  # fmt: skip
    people.with_bot(origin, greeting="Hola, ¿en qué te ayudo?")
    sandbox.register_line(
        "whatsapp", "1000001", account_id="2000001", secret="app-secret", access_token="token", verify_token="verify",
        webhook=f"{site.url}/webhooks/wa-norte/",
    )  # fmt: skip
    template_sync.try_sync(origin)
    return origin


def known(sandbox, origin, tag, agent, number, name):
    """A customer of the sandbox who wrote some days ago."""
    customer = sandbox.add_customer("whatsapp", phone=number, name=name)["id"]
    ago = timezone.now() - timedelta(days=9)
    people.says(origin, number, "Hola", name=name, at=ago, now=ago, address_kind="wa_id")
    card.give_tag(Contact.objects.get(origin=origin, name=name).pk, agent, tag)
    return customer


def tick(page, words):
    """What the clock does every few seconds."""
    for _time in range(60):
        tending.tend_all()
        tending.follow_all()
        if words():
            return
        page.wait_for_timeout(1000)
    raise AssertionError(Broadcast.objects.values().get())


def read_texts(sandbox, customer):
    return [one["text"] for one in sandbox.list_received(customer)]


@pytest.mark.usefixtures("_worker")
def test_a_supervisor_writes_to_many_one_answers_and_one_has_enough(site, team, enter, axe_finds, sandbox, line):
    sofia = team["sofia"]
    tag = Tag.objects.create(word="Mayorista")
    marta = known(sandbox, line, tag, sofia, "5493415550101", "Marta Gómez")
    juan = known(sandbox, line, tag, sofia, "5493415550102", "Juan Ruiz")
    own = sandbox.add_customer("whatsapp", phone="5493415550177", name="Sofía")["id"]
    expiry.expire()
    page = enter("sofia", width=1440, height=900)
    page.goto(f"{site.url}/supervision/")
    page.get_by_role("link", name="Difusiones").click()
    page.get_by_role("link", name="Nueva difusión").click()
    page.get_by_role("link", name="Elegir retomar_conversacion").click()
    page.get_by_label("Nombre, para encontrarla").fill("Primavera")
    page.get_by_label("Variable nombre").fill("{nombre}")
    page.get_by_label("Variable agente").fill("la tienda")
    page.get_by_label("Mayorista").check()
    assert axe_finds(page) == []
    page.get_by_role("button", name="Armar la lista").click()
    expect(page.get_by_text("Hola Marta Gómez, soy la tienda.")).to_be_visible()
    expect(page.get_by_text("Hola Juan Ruiz, soy la tienda.")).to_be_visible()
    page.get_by_label("Tu teléfono, con su país").fill("+54 9 341 555-0177")
    page.get_by_role("button", name="Enviarme la prueba").click()
    made = Broadcast.objects.get()
    tick(page, lambda: read_texts(sandbox, own))
    assert read_texts(sandbox, marta) == []
    page.get_by_role("button", name="Enviar ahora a 2 contactos").click()
    expect(page.get_by_role("button", name="Pausar").or_(page.get_by_text("Terminada"))).to_be_visible()
    tick(page, lambda: Broadcast.objects.get().reached == 2)
    expect(page.locator("#bc-delivered")).to_have_text("2")
    assert read_texts(sandbox, marta) == ["Hola Marta Gómez, soy la tienda. ¿Seguimos con tu consulta?"]
    assert set(Chat.objects.values_list("state", flat=True)) == {"EXPIRADO"}
    sandbox.write(marta, "Sí, me interesa")
    sandbox.write(juan, "BAJA")
    tick(page, lambda: Broadcast.objects.get().answered == 2)
    expect(page.locator("#bc-answered")).to_have_text("2")
    expect(page.locator("#bc-gone")).to_have_text("1")
    assert Chat.objects.get(contact__name="Marta Gómez").state == "BOT"
    tick(page, lambda: "Listo: no te enviamos más difusiones." in read_texts(sandbox, juan))
    assert "Hola, ¿en qué te ayudo?" in " ".join(read_texts(sandbox, marta))
    page.goto(f"{site.url}/difusiones/{made.pk}/?ver=opted_out")
    expect(page.get_by_role("row").filter(has_text="Juan Ruiz")).to_contain_text("pidió la baja")
    expect(page.get_by_role("row").filter(has_text="Marta Gómez")).to_have_count(0)
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    assert axe_finds(page) == []
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_role("link", name="Juan Ruiz").click()
    expect(page.get_by_text("No quiere difusiones desde")).to_be_visible()


def test_the_picture_above_it_is_seen_before_it_is_sent(site, team, enter, axe_finds):
    origin = people.http_origin(callback_url="https://crm.example.org/", name="Tienda")
    tag = Tag.objects.create(word="Mayorista")
    ago = timezone.now() - timedelta(days=9)
    people.says(origin, "c1", "Hola", name="Marta", at=ago, now=ago)
    expiry.expire()
    card.give_tag(Contact.objects.get(name="Marta").pk, team["sofia"], tag)
    above = [{"type": "HEADER", "format": "IMAGE"}]
    template = Template.objects.create(name="novedades", body="Hola {{nombre}}", components=above)
    made = verbs.create(
        team["sofia"], "Primavera", origin, template, {"nombre": "{nombre}"}, {"tags": [tag.pk]},
        header=(picture(), "oferta.png"),
    )  # fmt: skip
    filling.fill(made.pk, timezone.now())
    for width in (1280, 390):
        page = enter("sofia", width=width)
        page.goto(f"{site.url}/difusiones/{made.pk}/")
        pictures = page.locator("img.sup-thumb")
        expect(pictures).to_have_count(2)
        for one in pictures.all():
            one.scroll_into_view_if_needed()
            expect(one).to_have_js_property("complete", True)
            assert one.evaluate("one => one.naturalWidth") > 0
        assert axe_finds(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") == width
