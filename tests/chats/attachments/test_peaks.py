"""How sounds look: measured once, by a process of its own, from whatever comes."""

import pytest

from chats.attachments import measure_process, peaks, uploads
from chats.models import Attachment
from inbox.templatetags.sounds import clock_time, shape_path
from tests import people
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


def test_a_shape_is_bars_and_without_one_a_line():
    assert shape_path("0z").count("M") == 2
    for unknown in ("", "<script>", "Z"):
        assert shape_path(unknown) == "M0 12h192v4h-192z"
    assert [clock_time(one) for one in (None, 0, 42, 725)] == ["", "0:00", "0:42", "12:05"]
