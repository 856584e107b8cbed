"""Drafts: one's own words, the same on every device, and nobody else's."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from chats import moves
from inbox import drafts, tasks
from inbox.models import Draft
from tests import people
from tests.inbox.pages import HTMX, SECRET, signed_in


@pytest.fixture
def chat(http_origin, ana, ventas):
    return people.held(http_origin, ana, ventas, sender="c-1")


def saves(client, chat, text, version=0, **more):
    return client.post(reverse("draft", args=[chat.pk]), {"text": text, "version": version, **more})


def test_what_ana_writes_on_one_device_stands_in_the_box_of_the_other(chat, ana):
    saved = saves(signed_in(ana), chat, "Le confirmo el", note="on")
    assert saved.json() == {"text": "Le confirmo el", "note": True, "version": 1}
    page = signed_in(ana).get(reverse("chat", args=[chat.pk])).content.decode()
    assert '"text": "Le confirmo el"' in page
    assert "Borrador</b>" in page


def test_the_slower_of_two_devices_learns_what_the_other_wrote_and_destroys_nothing(chat, ana):
    one, other = signed_in(ana), signed_in(ana)
    assert saves(one, chat, "uno").json()["version"] == 1
    assert saves(one, chat, "uno y medio", 1).json()["version"] == 2
    late = saves(other, chat, "dos", 1)
    assert (late.status_code, late.json()["text"], late.json()["version"]) == (409, "uno y medio", 2)
    assert saves(other, chat, "uno y medio\ndos", 2).json()["version"] == 3
    # told twice, it is written once
    assert saves(other, chat, "uno y medio\ndos", 2).json()["version"] == 3


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_sending_the_words_empties_their_draft(headers, chat, ana):
    client = signed_in(ana)
    saves(client, chat, "Le confirmo")
    client.post(reverse("reply", args=[chat.pk]), {"text": "Le confirmo el turno"}, headers=headers)
    assert Draft.objects.get().text == ""
    assert Draft.objects.get().version == 2
    saves(client, chat, "ojo: moroso", 2, note="on")
    client.post(reverse("note", args=[chat.pk]), {"text": "ojo: moroso"}, headers=headers)
    assert Draft.objects.get().text == ""


def test_what_was_written_after_it_stays(chat, ana):
    client = signed_in(ana)
    saves(client, chat, "y algo más")
    client.post(reverse("reply", args=[chat.pk]), {"text": "Le confirmo el turno"})
    assert Draft.objects.get().text == "y algo más"


def test_nobody_else_reads_it_and_ana_only_while_she_may_see_the_chat(chat, ana, sofia, bruno, caio):
    client = signed_in(ana)
    saves(client, chat, SECRET)
    assert SECRET not in signed_in(sofia).get(reverse("chat", args=[chat.pk])).content.decode()
    moves.give_back(chat.pk, ana)
    moves.take(chat.pk, bruno)
    for other in (bruno, ana):
        page = signed_in(other).get(reverse("chat", args=[chat.pk]))
        assert SECRET not in page.content.decode()
    assert saves(client, chat, "otra cosa", 1).status_code == 404
    assert list(Draft.objects.visible_to(ana)) == []
    assert saves(signed_in(caio), chat, "hola").status_code == 404
    assert Draft.objects.get().text == SECRET


def test_what_is_no_draft_is_refused_and_nothing_is_kept(chat, ana):
    client = signed_in(ana)
    for version in ("x", "-1", "9" * 12, "²"):
        assert saves(client, chat, "hola", version).status_code == 400
    assert saves(client, chat, "x" * 16_385).status_code == 413
    assert saves(client, chat, "").json()["version"] == 0
    assert not Draft.objects.exists()
    assert client.post(reverse("draft", args=[987654]), {"text": "hola"}).status_code == 404


def test_words_that_nobody_touches_are_forgotten(chat, ana, http_origin, ventas):
    now = timezone.now()
    others = [people.held(http_origin, ana, ventas) for _number in range(2)]
    for one in (chat, *others):
        drafts.keep_draft(ana, one.pk, "hola", is_note=False, version=0)
    Draft.objects.filter(chat=others[0]).update(changed_at=now - timedelta(days=61))
    Draft.objects.filter(chat=others[1]).update(text="", changed_at=now - timedelta(days=3))
    assert tasks.prune_drafts() == 2
    assert Draft.objects.get().chat == chat
