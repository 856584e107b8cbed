"""Retention: what is too old is forgotten, and nothing that is counted changes."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from chats import moves, retention
from chats.attachments import uploads
from chats.messages import replies
from chats.models import Attachment, Message, RetentionProgress
from contacts.models import StateChange
from reports.models import HourFigure
from tests import people
from tests.inbox.pages import signed_in

OLD = timedelta(days=40)


@pytest.fixture
def old_chat(http_origin, ana, ventas):
    """Attended long ago, with a file and a reason."""
    at = timezone.now() - OLD
    chat = people.waiting(http_origin, ventas, text="hola viejo", at=at)
    moves.take(chat.pk, ana, at=at)
    kept = uploads.keep_upload(SimpleUploadedFile("viejo.txt", b"bytes"))
    replies.send_reply(chat.pk, ana, "respuesta vieja", files=[kept], now=at)
    moves.send(chat.pk, ventas, ana, note="motivo viejo", at=at)
    Attachment.objects.update(created_at=at)
    return people.fresh(chat)


def figures():
    return list(HourFigure.objects.order_by("id").values_list("hour", "axis", "ref", "measure", "bucket", "n"))


def files_of(settings):
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def test_nothing_is_forgotten_unless_days_are_set(old_chat, settings):
    assert retention.sweep() == (0, 0)
    assert Message.objects.filter(text="hola viejo").exists()
    assert len(files_of(settings)) == 1


def test_old_words_and_files_go_and_figures_stay(old_chat, http_origin, ana, settings):
    call_command("check_reports")
    before = figures()
    people.says(http_origin, "otra", "hola nuevo")
    settings.MESSAGES_KEPT_DAYS = 30
    words, _files = retention.sweep()
    assert words == Message.objects.filter(chat=old_chat).count()
    assert retention.sweep() == (0, 0)
    old = Message.objects.filter(chat=old_chat)
    assert not old.exclude(text="").exists()
    assert not StateChange.objects.exclude(note="").exists()
    assert people.fresh(old_chat).preview == ""
    assert files_of(settings) == []
    assert Message.objects.filter(text="hola nuevo").exists()
    assert old.filter(external_id__isnull=False).exists()
    call_command("check_reports")
    assert figures()[: len(before)] == before
    call_command("check_history")
    page = signed_in(ana).get(reverse("contact_chat", args=[old_chat.contact_id])).content.decode()
    assert page.count("Pasó el tiempo que se guardan los mensajes") == old.exclude(kind="move").count()


def test_old_files_alone_go_and_the_message_says_so(old_chat, ana, settings):
    settings.FILES_KEPT_DAYS = 30
    assert retention.sweep() == (0, 1)
    assert files_of(settings) == []
    assert Message.objects.filter(text="respuesta vieja").exists()
    page = signed_in(ana).get(reverse("contact_chat", args=[old_chat.contact_id])).content.decode()
    assert "pasó el tiempo que se guardan los archivos" in page


def test_a_sweep_stops_at_the_first_that_is_young_and_goes_on_from_there(old_chat, http_origin, settings, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    settings.MESSAGES_KEPT_DAYS = 30
    people.says(http_origin, "otra", "hola nuevo")
    late = people.says(http_origin, "tercera", "dicho hace mucho, llegado hoy", at=timezone.now() - OLD)
    retention.sweep()
    mark = RetentionProgress.objects.get().message_id
    assert mark < late.message.pk
    assert Message.objects.get(pk=late.message.pk).text
    retention.sweep(timezone.now() + timedelta(days=31))
    assert not Message.objects.exclude(text="").exists()
