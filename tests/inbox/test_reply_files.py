"""Several files in a plain form."""

from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from chats.models import Attachment
from tests import people
from tests.inbox.pages import signed_in

CLIENT = uuid4()


def file(name, data=b"hola"):
    return SimpleUploadedFile(name, data, "text/plain")


def sent(chat):
    rows = chat.messages.filter(direction="out").order_by("id")
    return [(one.text, ", ".join(each.name for each in one.attachments.all())) for one in rows]


@pytest.fixture
def post(chat, ana):
    client = signed_in(ana)
    return lambda **form: client.post(reverse("reply", args=[chat.pk]), form, follow=True)


def test_each_is_a_message_in_order_and_sent_twice_they_are_one_each(chat, post):
    for _time in range(2):
        answer = post(text="Los tres", client_id=str(CLIENT), files=[file("a.txt"), file("b.txt"), file("c.txt")])
        assert answer.status_code == 200
    assert sent(chat) == [("Los tres", "a.txt"), ("", "b.txt"), ("", "c.txt")]


def test_what_is_refused_is_said_and_the_others_go_with_the_text(chat, post):
    page = post(text="Va", files=[file("vacio.txt", b""), file("b.txt"), file("grande.txt", b"x" * 10_485_761)])
    assert sent(chat) == [("Va", "b.txt")]
    text = page.content.decode()
    assert "vacio.txt: El archivo está vacío" in text
    assert "grande.txt: El archivo pesa más de 10 MB" in text


def test_where_all_are_refused_nothing_goes_and_the_words_stay(chat, post, ana):
    answer = post(text="Va", files=[file("uno.txt", b""), file("dos.txt", b"")])
    assert answer.status_code == 422
    assert sent(chat) == []
    assert not Attachment.objects.exists()
    page = signed_in(ana).get(reverse("chat", args=[chat.pk]))
    assert page.status_code == 200
    assert people.fresh(chat).state == "AGENTE"


def test_a_note_keeps_its_files_inside_and_sends_nothing(chat, post, ana):
    for _time in range(2):
        post(note="on", text="Así quedó", client_id=str(CLIENT), files=[file("a.txt"), file("b.txt")])
    notes = chat.messages.filter(direction="note", author="agent").order_by("id")
    assert [(one.kind, one.text, one.status, one.attachments.get().name) for one in notes] == [
        ("document", "Así quedó", "", "a.txt"), ("document", "", "", "b.txt"),
    ]  # fmt: skip
    assert sent(chat) == []
    shown = signed_in(ana).get(reverse("chat", args=[chat.pk])).content.decode()
    assert shown.count(reverse("file", args=[notes[0].attachments.get().uuid])) >= 1


def test_who_may_not_write_a_note_leaves_no_file_behind(chat, bruno):
    answer = signed_in(bruno).post(reverse("note", args=[chat.pk]), {"text": "Va", "files": [file("a.txt")]})
    assert answer.status_code in (403, 404)
    assert not Attachment.objects.exists()
    assert not chat.messages.filter(direction="note", author="agent").exists()


def test_a_supervisor_adds_a_file_to_a_note_on_anothers_chat(chat, sofia):
    page = signed_in(sofia).get(reverse("chat", args=[chat.pk])).content.decode()
    assert 'name="files"' in page
    signed_in(sofia).post(reverse("reply", args=[chat.pk]), {"note": "on", "files": [file("a.txt")]})
    assert chat.messages.get(direction="note", author="agent").attachments.get().name == "a.txt"
    assert sent(chat) == []
