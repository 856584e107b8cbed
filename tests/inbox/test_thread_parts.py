"""Moving in a thread: what is older, a message, a day, the first unread one; and all files of a chat."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from chats.messages import replies
from chats.models import Message
from inbox import chat_files
from tests import people
from tests.inbox.pages import HTMX, pane_of, signed_in


@pytest.fixture
def long_chat(http_origin, ana):
    """Ana's: 30 messages on each of four days, and one of today."""
    chat = people.held(http_origin, ana, sender="marta", text="el de hoy")
    noon = timezone.localtime().replace(hour=12)
    said = [
        Message(
            chat=chat, origin=http_origin, direction="in", author="customer", text=f"día {day} n {number}",
            created_at=noon - timedelta(days=day, minutes=30 - number),
        )
        for day in (4, 3, 2, 1) for number in range(30)
    ]  # fmt: skip
    Message.objects.bulk_create(said)
    return people.fresh(chat)


def part_of(agent, chat, headers=HTMX, **query):
    return signed_in(agent).get(reverse("older", args=[chat.pk]), query, headers=headers)


def test_around_a_message_stands_what_was_said_before_and_after(long_chat, ana):
    wanted = Message.objects.get(text="día 3 n 15")
    answer = part_of(ana, long_chat, cerca=wanted.pk)
    shown = answer.context["thread"]
    assert {"día 3 n 0", "día 3 n 15", "día 3 n 29"} < {one.message.text for one in shown.lines}
    html = answer.content.decode()
    assert f'data-around="{wanted.pk}"' in html
    # there is more on both sides, and links lead to it
    assert "Ver mensajes anteriores" in html
    assert f'id="gap-{long_chat.pk}-{shown.after}"' in html
    assert "Ver mensajes siguientes" not in part_of(ana, long_chat).content.decode()


def test_a_day_leads_to_its_first_message_and_one_without_any_to_the_nearest(long_chat, ana):
    def found(day):
        around = part_of(ana, long_chat, dia=day).context["thread"].around
        return Message.objects.get(pk=around).text

    day = timezone.localtime() - timedelta(days=3)
    assert found(f"{day:%Y-%m-%d}") == "día 3 n 0"
    assert found("2001-01-01") == "día 4 n 0"
    last = long_chat.messages.order_by("-created_at", "-id").first()
    assert part_of(ana, long_chat, dia="2199-01-01").context["thread"].around == last.pk


def test_what_nobody_has_answered_has_a_line_above_it_until_it_is_answered(http_origin, ana):
    chat = people.held(http_origin, ana, sender="marta")
    replies.send_reply(chat.pk, ana, "Hola")
    assert "sin leer" not in pane_of(signed_in(ana), chat)
    first = people.says(http_origin, "marta", "¿Hay?").message
    people.says(http_origin, "marta", "¿Siguen ahí?")
    html = pane_of(signed_in(ana), chat)
    assert html.count(f'id="unread-{chat.pk}"') == 1
    assert "2 sin leer" in html
    assert html.index(f'id="unread-{chat.pk}"') < html.index(f'id="m-{first.pk}"')
    assert part_of(ana, chat, noleido=1).context["thread"].around == first.pk
    replies.send_reply(chat.pk, ana, "Acá estoy")
    assert f'id="unread-{chat.pk}"' not in pane_of(signed_in(ana), chat)


def test_a_message_of_another_chat_is_no_place_in_this_one(long_chat, http_origin, ana):
    other = people.held(http_origin, ana, sender="otro", text="secreto").messages.get(direction="in")
    answer = part_of(ana, long_chat, cerca=other.pk)
    assert answer.context["thread"].around == 0
    assert "secreto" not in answer.content.decode()


def test_without_scripts_a_part_is_a_page_that_leads_on(long_chat, ana):
    page = part_of(ana, long_chat, headers={}, cerca=Message.objects.get(text="día 3 n 15").pk)
    html = page.content.decode()
    assert "<html" in html
    assert "Ver mensajes anteriores" in html
    assert "Ver mensajes siguientes" in html
    assert reverse("chat", args=[long_chat.pk]) in html
    assert 'name="dia"' in html
    assert 'type="date"' in signed_in(ana).get(reverse("thread_day", args=[long_chat.pk])).content.decode()


@pytest.mark.parametrize(
    "more", [{"HX-Boosted": "true"}, {"HX-History-Restore-Request": "true"}, {"Witty-Refresh": "1"}]
)
def test_a_page_that_ana_follows_a_link_to_goes_back_to_or_is_asked_for_anew_is_a_page(more, http_origin, ana):
    chat = people.held(http_origin, ana, sender="marta")
    picture = give(chat, "uno.png", "image/png", width=2, height=1)
    client = signed_in(ana)
    for url in (
        reverse("older", args=[chat.pk]), reverse("thread_day", args=[chat.pk]),
        reverse("chat_files", args=[chat.pk]), reverse("picture", args=[chat.pk, picture.uuid]),
        reverse("why", args=[chat.pk]), reverse("remind", args=[chat.pk]), reverse("snooze", args=[chat.pk]),
        reverse("schedule", args=[chat.pk]), reverse("template_form", args=[chat.pk]),
        reverse("contact_chat", args=[chat.contact_id]), reverse("block", args=[chat.contact_id]),
    ):  # fmt: skip
        assert 'id="main"' in client.get(url, headers=HTMX | more).content.decode(), url
        assert 'id="main"' not in client.get(url, headers=HTMX).content.decode(), url


# --- files -----------------------------------------------------------------------------------------------


def give(chat, name, mime, **fields):
    kind = "sticker" if name == "sticker.webp" else "document"
    said = people.says(chat.origin, "marta", "", kind=kind).message
    return said.attachments.create(chat=chat, name=name, mime=mime, size=1200, file=name, **fields)


def names(page):
    return [one.name for one in page.files]


def test_the_files_of_a_chat_are_listed_by_what_they_are_the_newest_first(http_origin, ana):
    chat = people.held(http_origin, ana, sender="marta")
    for name, mime, fields in (
        ("uno.png", "image/png", {"width": 2, "height": 1}),
        ("dos.mp4", "video/mp4", {}),
        ("voz.ogg", "audio/ogg", {"is_voice": True, "seconds": 42, "peaks": "0az"}),
        ("lista.pdf", "application/pdf", {}),
        ("sticker.webp", "image/webp", {"width": 2, "height": 1}),
    ):
        give(chat, name, mime, **fields)
    gone = give(chat, "gone.pdf", "application/pdf")
    Message.objects.filter(pk=gone.message_id).update(withdrawn_at=timezone.now())
    assert names(chat_files.read_files(chat, "fotos")) == ["dos.mp4", "uno.png"]
    assert names(chat_files.read_files(chat, "audios")) == ["voz.ogg"]
    assert names(chat_files.read_files(chat, "documentos")) == ["lista.pdf"]
    assert chat_files.read_files(chat, "cosas").kind == "fotos"
    assert chat_files.read_files(people.held(http_origin, ana, sender="otro"), "documentos").files == []
    html = signed_in(ana).get(reverse("chat_files", args=[chat.pk]), {"clase": "documentos"}).content.decode()
    assert "lista.pdf" in html
    assert "PDF · 1 kB" in html
    sounds = signed_in(ana).get(reverse("chat_files", args=[chat.pk]), {"clase": "audios"}).content.decode()
    assert "0:42" in sounds


def test_many_files_are_paged(http_origin, ana):
    chat = people.held(http_origin, ana, sender="marta")
    made = [give(chat, f"{number}.pdf", "application/pdf") for number in range(chat_files.PAGE_SIZE + 2)]
    first = chat_files.read_files(chat, "documentos")
    rest = chat_files.read_files(chat, "documentos", first.before)
    assert names(first) + names(rest) == [one.name for one in reversed(made)]
    assert rest.before == ""
    page = signed_in(ana).get(reverse("chat_files", args=[chat.pk]), {"clase": "documentos"}, headers=HTMX)
    assert f"antes={first.before}" in page.content.decode()


def test_a_picture_leads_to_the_ones_before_and_after_it(http_origin, ana):
    chat = people.held(http_origin, ana, sender="marta")
    size = {"width": 2, "height": 1}
    one, two, three = (give(chat, f"{number}.png", "image/png", **size) for number in range(3))
    give(chat, "sticker.webp", "image/webp", **size)
    client = signed_in(ana)

    def address(of, uuid):
        return reverse("picture", args=[of.pk, uuid])

    html = client.get(address(chat, two.uuid), headers=HTMX).content.decode()
    assert f'rel="prev" href="{address(chat, one.uuid)}"' in html
    assert f'rel="next" href="{address(chat, three.uuid)}"' in html
    assert 'rel="next"' not in client.get(address(chat, three.uuid)).content.decode()
    other = people.held(http_origin, ana, sender="otro")
    assert client.get(address(other, two.uuid)).status_code == 404
    assert client.get(address(chat, give(chat, "a.pdf", "text/plain").uuid)).status_code == 404


def test_the_speed_of_sounds_is_kept_for_the_agent(ana, bruno):
    client = signed_in(ana)
    assert client.post("/ajustes/", {"part": "speed", "sound_speed": "15"}, headers=HTMX).status_code == 204
    assert '"speed": 1.5' in client.get("/ajustes/").content.decode()
    assert '"speed": 1.0' in signed_in(bruno).get("/ajustes/").content.decode()
    for wrong in ("7", "x", ""):
        assert client.post("/ajustes/", {"part": "speed", "sound_speed": wrong}, headers=HTMX).status_code == 422
    assert '"speed": 1.5' in client.get("/ajustes/").content.decode()
