"""How sounds look: measured once, by a process of its own, from whatever comes."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from chats.attachments import measure_process, peaks, uploads
from chats.models import Attachment
from inbox.templatetags.sounds import clock_time, shape_path
from tests import people, plans
from tests.chats.attachments.recordings import film, recording


def keep(data, chat=None):
    kept = uploads.keep_bytes(data, "a.ogg")
    if chat is not None:
        message = people.says(chat.origin, "marta", "", kind="audio").message
        Attachment.objects.filter(pk=kept.pk).update(message=message, chat=chat)
    return kept


@pytest.mark.parametrize(
    ("codec", "box", "mime"),
    [("libopus", "ogg", "audio/ogg"), ("aac", "mp4", "audio/mp4"), ("libopus", "webm", "audio/webm")],
)
def test_a_voice_note_has_its_seconds_and_a_bar_for_each_part_of_it(codec, box, mime):
    data = recording(codec, box, rate=44_100 if codec == "aac" else 48_000)
    seconds, shape = peaks.measure_sound(data, mime)
    assert seconds == 3
    assert len(shape) == measure_process.BARS
    # a tone is as loud all the way, but for where it begins and ends
    assert min(shape[4:-4]) >= "g"


def test_what_is_quiet_is_lower_than_what_is_loud():
    assert measure_process.draw_bars([100] * 24 + [3500] * 24) == "1" * 24 + "z" * 24
    assert measure_process.draw_bars([0]) == "0" * measure_process.BARS


def test_what_cannot_be_read_has_no_shape():
    for data in (b"", b"OggS" + b"x" * 500, recording("libopus", "ogg")[:60]):
        assert peaks.measure_sound(data, "audio/ogg") == (None, "")


def test_a_sound_is_measured_once_and_shown_where_it_is_seen(http_origin, ana, monkeypatch):
    chat = people.held(http_origin, ana, sender="marta")
    kept = keep(recording("libopus", "ogg"), chat)
    told = []
    monkeypatch.setattr(peaks.publish, "message_changed", told.append)
    assert peaks.make_peaks(kept.pk)
    assert not peaks.make_peaks(kept.pk)
    assert len(told) == 1
    kept.refresh_from_db()
    assert (kept.seconds, len(kept.peaks)) == (3, measure_process.BARS)


def test_what_is_no_sound_or_is_gone_is_left_as_it_is(db):
    assert not peaks.make_peaks(keep(film()).pk)
    assert not peaks.make_peaks(10**9)
    lost = keep(recording("libopus", "ogg"))
    lost.file.delete(save=False)
    assert not peaks.make_peaks(lost.pk)


def test_what_nobody_measured_is_swept_up_and_what_cannot_be_read_is_tried_once(db, monkeypatch):
    sound, broken, film_of_it, fresh = (
        keep(data) for data in (recording("libopus", "ogg"), b"OggS" + b"x" * 500, film(), recording("libopus", "ogg"))
    )
    other = uploads.keep_bytes(b"x", "a.mid")
    Attachment.objects.filter(pk__in=[broken.pk]).update(mime="audio/ogg")
    Attachment.objects.filter(pk=other.pk).update(mime="audio/midi")
    now = timezone.now()
    Attachment.objects.exclude(pk=fresh.pk).update(created_at=now - timedelta(hours=1))
    assert peaks.sweep_sounds(now) == 1
    found = dict(Attachment.objects.values_list("pk", "peaks"))
    assert len(found[sound.pk]) == measure_process.BARS
    assert found[broken.pk] == found[other.pk] == peaks.NO_PEAKS
    assert found[film_of_it.pk] == found[fresh.pk] == ""
    opened = []
    monkeypatch.setattr(peaks, "measure_sound", lambda *given: opened.append(given) or (None, ""))
    assert peaks.sweep_sounds(now) == 0
    assert opened == []


def test_a_sweep_is_bounded_and_the_newest_sounds_come_first(db, monkeypatch):
    kept = [keep(recording("libopus", "ogg")) for _ in range(3)]
    long_ago = timezone.now() - timedelta(days=1)
    Attachment.objects.update(created_at=long_ago)
    monkeypatch.setattr(peaks, "MAX_SWEPT", 2)
    assert [peaks.sweep_sounds(timezone.now()) for _ in range(3)] == [2, 1, 0]
    Attachment.objects.update(peaks="")
    monkeypatch.setattr(peaks, "MAX_SWEPT", 1)
    peaks.sweep_sounds(timezone.now())
    assert Attachment.objects.exclude(peaks="").get() == kept[-1]


def test_the_sweep_reads_no_table_of_files(db):
    with connection.cursor() as cursor:
        plans.keep_only_index(cursor, "chats_attachment", "sounds_to_measure")
        assert "sounds_to_measure" in peaks.find_unmeasured(timezone.now()).explain()


def test_a_shape_is_bars_and_without_one_a_line():
    assert shape_path("0z").count("M") == 2
    for unknown in ("", peaks.NO_PEAKS, "<script>", "Z"):
        assert shape_path(unknown) == "M0 12h192v4h-192z"
    assert [clock_time(one) for one in (None, 0, 42, 725)] == ["", "0:00", "0:42", "12:05"]
