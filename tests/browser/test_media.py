"""Reading above in a thread, looking at its pictures, and listening to its sounds."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from playwright.sync_api import expect

from chats.attachments import uploads
from chats.models import Attachment, Message
from tests import people
from tests.browser.desk import LIVE, line_is_open, lines
from tests.chats.attachments.recordings import recording
from tests.inbox.pages import picture

TOP_OF = "(line) => line.getBoundingClientRect().top"
# by so many pixels a line may be off where the browser rounds
ROUNDED = 2


@pytest.fixture
def desk(site, team, enter):
    """Ana's page, the chat that is open in it, and 200 messages in it."""
    chat = people.held(people.http_origin(), team["ana"], sender="c-1", text="el último")
    at = timezone.now() - timedelta(hours=3)
    said = [
        Message(chat=chat, origin=chat.origin, direction="in", author="customer", text=f"dicho {number:03}",
                created_at=at + timedelta(seconds=number))
        for number in range(200)
    ]  # fmt: skip
    Message.objects.bulk_create(said)
    first = Message.objects.get(text="dicho 002")
    people.says(chat.origin, "c-1", "por esto pregunto", reply_to=first.external_id)
    Message.objects.filter(text="por esto pregunto").update(reply_to=first)
    page = enter("ana")
    page.goto(f"{site.url}/chat/{chat.pk}/")
    line_is_open(page)
    return page, chat


def scroll(page, pixels):
    page.evaluate("(pixels) => document.querySelector('.wa-log').scrollBy(0, pixels)", pixels)


def test_who_reads_above_stays_there_and_is_told_what_came_and_gets_to_what_is_quoted(desk):
    page, chat = desk
    expect(lines(page, "por esto pregunto")).to_be_in_viewport()
    scroll(page, -700)
    read = page.locator(".wa-msg").filter(has_text="dicho 180")
    expect(page.locator("[data-to-end]")).to_be_visible()
    before = read.evaluate(TOP_OF)
    people.says(chat.origin, "c-1", "¿Y entonces?")
    expect(page.locator("[data-to-end]")).to_have_text("1 mensaje nuevo abajo", timeout=LIVE)
    assert abs(read.evaluate(TOP_OF) - before) <= ROUNDED
    # a pane that comes anew says it still
    page.evaluate("import('inbox/refresh.js').then((it) => it.refreshPart(document.querySelector('.wa-pane')))")
    expect(page.locator("[data-to-end]")).to_have_text("1 mensaje nuevo abajo")
    expect(page.locator("[data-to-end]")).to_be_visible()
    assert abs(read.evaluate(TOP_OF) - before) <= ROUNDED
    # the beginning of what there is: more of it comes, and the line stays
    scroll(page, -10_000)
    expect(lines(page, "dicho 120")).to_have_count(1)
    assert page.locator(".wa-day").count() == len(set(page.locator(".wa-day").all_inner_texts()))
    # back at the end the newest lines are kept, with their day above; reading up brings the others again, each once
    while page.locator(".wa-log .wa-msg").count() < 150:
        scroll(page, -10_000)
        page.wait_for_timeout(100)
    page.locator("[data-to-end]").click()
    expect(lines(page, "dicho 120")).to_have_count(0)
    assert page.locator(".wa-log .wa-msg").count() < 70
    expect(page.locator(".wa-thread > li").first).to_have_class("wa-day")
    expect(lines(page, "¿Y entonces?")).to_be_in_viewport()
    expect(page.locator("[data-to-end]")).to_be_hidden()
    scroll(page, -10_000)
    expect(lines(page, "dicho 120")).to_have_count(1)
    page.locator("[data-to-end]").click()
    texts = page.locator(".wa-log .wa-text").all_inner_texts()
    assert len(texts) == len(set(texts))
    page.locator("a.wa-quote").click()
    expect(page.locator(".wa-msg.is-found")).to_contain_text("dicho 002")
    expect(page.locator(".wa-msg.is-found")).to_be_in_viewport()
    expect(page.locator(".wa-msg.is-found")).to_be_focused()
    # what is between them is missing, and its link leads on until it is not
    page.locator(".wa-gap a").click()
    expect(lines(page, "dicho 030")).to_have_count(1)
    expect(page.locator(".wa-thread :focus")).to_have_count(1)
    numbers = [
        text[6:9] for text in page.locator(".wa-caption > .wa-text").all_inner_texts() if text.startswith("dicho")
    ]
    assert numbers == sorted(set(numbers))


def test_pictures_are_looked_through_with_keys_and_the_focus_comes_back(desk):
    page, chat = desk
    for name in ("uno.png", "dos.png"):
        kept = uploads.keep_upload(SimpleUploadedFile(name, picture()))
        said = people.says(chat.origin, "c-1", "", kind="image").message
        Attachment.objects.filter(pk=kept.pk).update(message=said, chat=chat)
    page.reload()
    page.locator("a[data-picture]").last.dblclick()
    viewer = page.locator("dialog.wa-viewer-box")
    expect(viewer.locator("h2")).to_have_text("dos.png")
    page.keyboard.press("ArrowLeft")
    expect(viewer.locator("h2")).to_have_text("uno.png")
    page.keyboard.press("+")
    expect(viewer.locator("[data-zoom]")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Escape")
    expect(viewer).to_be_hidden()
    expect(page.locator("a[data-picture]").first).to_be_focused()
    page.get_by_role("button", name="Más de este chat").click()
    page.get_by_role("link", name="Archivos").click()
    expect(page.locator("#dialog a[data-picture]")).to_have_count(2)
    page.get_by_role("link", name="Audios").click()
    expect(page.locator("#dialog")).to_contain_text("Todavía no hay ninguno")


def test_one_sound_plays_at_a_time_and_its_speed_is_kept(desk, team):
    page, chat = desk
    people.held(chat.origin, team["ana"], name="Otra", sender="c-2")
    address = page.url
    page.goto(address.partition("/chat/")[0] + "/chat/?paneles=1")
    page.goto(address)
    for _number in range(3):
        kept = uploads.keep_upload(SimpleUploadedFile("a.ogg", recording("libopus", "ogg", seconds=120)))
        said = people.says(chat.origin, "c-1", "", kind="audio").message
        Attachment.objects.filter(pk=kept.pk).update(message=said, chat=chat, is_voice=True, seconds=120)
    # the last one is lost
    kept.file.storage.delete(kept.file.name)
    page.reload()
    voices = page.locator(".wa-voice")
    voices.first.locator("[data-play]").click()
    expect(page.locator(".wa-voice.is-playing")).to_have_count(1)
    expect(voices.first.locator("[data-time]")).to_contain_text("/ 2:00")
    voices.first.locator("[data-speed]").click()
    expect(voices.first.locator("[data-speed]")).to_have_text("1,5×")
    voices.nth(1).locator("[data-play]").click()
    expect(voices.nth(1)).to_have_class("wa-voice is-playing")
    expect(page.locator(".wa-voice.is-playing")).to_have_count(1)
    expect(voices.nth(1).locator("[data-speed]")).to_have_text("1,5×")
    # it goes on where another chat comes in its place, and can be stopped there
    page.locator("#tabs .wa-tab").filter(has_text="Otra").click()
    expect(voices).to_have_count(0)
    page.get_by_role("button", name="Pausar").click()
    expect(page.get_by_role("button", name="Pausar")).to_have_count(0)
    page.locator("#tabs .wa-tab").filter(has_text="Marta").click()
    expect(voices).to_have_count(3)
    expect(page.locator(".wa-voice.is-playing")).to_have_count(0)
    voices.last.locator("[data-play]").click()
    expect(page.locator("#toasts")).to_contain_text("No se pudo reproducir el audio")
