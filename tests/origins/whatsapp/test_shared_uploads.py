"""A file that many messages show is uploaded once; nobody's message is lost when its id is no good any more."""

import io
import json
from datetime import timedelta

import pytest
from django.utils import timezone

from common.errors import Failure, OriginError
from origins.facts import File
from origins.models import SharedUpload
from origins.whatsapp import network, shared_uploads
from tests import people
from tests.origins.whatsapp.sending import out, template
from tests.threads import Crowd

pytestmark = pytest.mark.django_db
MESSAGES, MEDIA = "/v25.0/1000001/messages", "/v25.0/1000001/media"
TAKEN = {"messages": [{"id": "wamid.OUT1"}]}
UNKNOWN_ID = {"error": {"code": 100, "message": "is not a valid whatsapp business account media attachment ID"}}


def offer(**more):
    given = {"name": "oferta.jpg", "mime": "image/jpeg", "size": 5, "shared": "difusiones/a.bin", **more}
    return File(**{"open": lambda: io.BytesIO(b"bytes"), **given})


def message(**more):
    return template({}, ({"type": "HEADER", "format": "IMAGE"},), file=offer(**more))


@pytest.fixture
def line(meta):
    meta.says("POST", MESSAGES, TAKEN)
    meta.answers["POST", MEDIA] = [(200, {"id": f"80000{number}"}, {}) for number in range(1, 9)]
    return people.whatsapp_origin(line_id="1000001", account_id="2000001", api_url=f"{meta.url}/")


def uploads(meta):
    return sum(asked[1] == MEDIA for asked in meta.asked)


def named(meta):
    """The ids that messages named their file by."""
    bodies = [json.loads(asked[4]) for asked in meta.asked if asked[1] == MESSAGES]
    return [body["template"]["components"][0]["parameters"][0]["image"]["id"] for body in bodies]


def send(line, **more):
    return network.send(line, message(**more)).id


def test_many_messages_name_one_upload(line, meta):
    for _one in range(3):
        assert send(line) == "wamid.OUT1"
    assert (uploads(meta), named(meta)) == (1, ["800001"] * 3)


def test_another_file_and_another_line_have_their_own(line, meta):
    send(line)
    send(line, shared="difusiones/b.bin")
    other = people.whatsapp_origin(line_id="1000001", account_id="2000001", api_url=f"{meta.url}/")
    send(other)
    assert named(meta) == ["800001", "800002", "800003"]


def test_what_one_message_shows_is_kept_for_none(line, meta):
    for _one in range(2):
        send(line, shared="")
    assert (uploads(meta), SharedUpload.objects.count()) == (2, 0)


def test_one_that_has_run_out_is_uploaded_anew(line, meta, time_machine):
    now = timezone.now()
    time_machine.move_to(now, tick=False)
    send(line)
    time_machine.move_to(now + timedelta(days=28), tick=False)
    send(line)
    time_machine.move_to(now + timedelta(days=29), tick=False)
    send(line)
    assert named(meta) == ["800001", "800001", "800002"]


def test_one_that_the_network_refuses_is_uploaded_anew_and_the_message_leaves(line, meta):
    send(line)
    meta.answers["POST", MESSAGES] = [(400, UNKNOWN_ID, {}), (200, TAKEN, {})]
    assert send(line) == "wamid.OUT1"
    send(line)
    assert named(meta) == ["800001", "800001", "800002", "800002"]


def test_one_that_is_refused_again_fails_the_message(line, meta):
    meta.answers["POST", MESSAGES] = (400, UNKNOWN_ID, {})
    with pytest.raises(OriginError) as refused:
        send(line)
    assert (refused.value.failure, named(meta)) == (Failure.FINAL, ["800001", "800002"])


def test_what_is_refused_for_something_else_is_not_sent_twice(line, meta):
    send(line)
    meta.answers["POST", MESSAGES] = (400, {"error": {"code": 131026}}, {})
    with pytest.raises(OriginError):
        send(line)
    assert (len(named(meta)), uploads(meta)) == (2, 1)


def test_an_id_that_another_worker_has_replaced_stays(line, meta):
    send(line)
    stale = {"id": "799999"}
    assert shared_uploads.forget_refused(line, offer(), stale, OriginError("x", code="100"))
    assert SharedUpload.objects.get().remote_id == "800001"


def test_who_comes_while_it_is_uploaded_comes_back_and_a_dead_worker_holds_nobody_up(line, meta):
    busy = SharedUpload.objects.create(
        origin=line, key="difusiones/a.bin", valid_until=timezone.now() + timedelta(seconds=90)
    )
    with pytest.raises(OriginError) as waits:
        send(line)
    assert (waits.value.failure, waits.value.after > 0, uploads(meta)) == (Failure.CHAT, True, 0)
    SharedUpload.objects.filter(pk=busy.pk).update(valid_until=timezone.now())
    assert send(line) == "wamid.OUT1"
    assert named(meta) == ["800001"]


def test_an_upload_that_fails_leaves_it_to_the_next(line, meta):
    meta.answers["POST", MEDIA] = [(503, {}, {}), (200, {"id": "800009"}, {})]
    with pytest.raises(OriginError) as refused:
        send(line)
    assert refused.value.failure == Failure.RETRY
    assert SharedUpload.objects.count() == 0
    send(line)
    assert named(meta) == ["800009"]


@pytest.mark.django_db(transaction=True)
def test_of_several_workers_at_once_one_uploads(transactional_db, line, meta):
    def attempt(_number):
        try:
            return send(line)
        except OriginError as error:
            return error.failure

    with Crowd(6) as crowd:
        results = crowd.at_once(attempt)
    assert set(results) <= {"wamid.OUT1", Failure.CHAT}
    assert uploads(meta) == 1
    assert set(named(meta)) == {"800001"}


def test_an_agents_picture_that_is_shared_too(line, meta):
    for _one in range(2):
        network.send(line, out("image", "hola", file=offer()))
    assert uploads(meta) == 1


def test_those_that_have_run_out_are_forgotten_at_night(line):
    now = timezone.now()
    for days in (-1, 1):
        SharedUpload.objects.create(origin=line, key=str(days), remote_id="1", valid_until=now + timedelta(days=days))
    assert shared_uploads.prune_uploads(now) == 1
    assert SharedUpload.objects.get().key == "1"
