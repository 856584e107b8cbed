"""Strangers on the disk: no file before the first message, so many bytes a day, loose files gone within the hour."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from chats.attachments import budgets
from chats.attachments.uploads import drop_loose_uploads
from chats.errors import Rejected
from chats.models import Attachment, UploadBudget
from gateway import tasks
from origins.models import Body
from tests.threads import Crowd
from tests.webchat.visitors import Visitor, refused

pytestmark = pytest.mark.django_db
MB = 1024 * 1024


@pytest.fixture
def small(monkeypatch, settings):
    """Limits that a test can reach: 3 MB a visitor, 5 an address, 7 an origin, 9 in all."""
    monkeypatch.setattr(budgets, "VISITOR_BYTES", 3 * MB)
    monkeypatch.setattr(budgets, "ADDRESS_BYTES", 5 * MB)
    settings.WEB_ORIGIN_BYTES_A_DAY, settings.WEB_BYTES_A_DAY = 7 * MB, 9 * MB


def visitor_at(client, origin, address=None):
    """Somebody who has written; at an address of their own unless told."""
    one = Visitor(client, origin)
    one.address = address or one.address
    one.says("Hola")
    return one


def uploads(one, megabytes=1):
    return one.uploads(b"x" * (megabytes * MB)).status_code


def files_on_disk(settings):
    return [one for one in Path(settings.MEDIA_ROOT).rglob("*") if one.is_file()]


def test_no_file_before_the_first_message(belen, settings):
    answer = belen.uploads()
    assert refused(answer, 409)
    assert answer.json()["reason"] == "Escribí primero un mensaje; después podés mandar archivos"
    assert not Attachment.objects.exists()
    assert not files_on_disk(settings)
    belen.says("Hola")
    assert belen.uploads().status_code == 201


def test_a_visitor_has_so_many_bytes_a_day_also_where_messages_take_them(client, origin, small):
    belen, somebody = visitor_at(client, origin), visitor_at(client, origin)
    for _ in range(3):
        kept = belen.uploads(b"x" * MB)
        assert kept.status_code == 201
        belen.says("", files=[kept.json()["id"]])
    assert refused(belen.uploads(b"x"), 413)
    assert uploads(somebody) == 201


def test_new_identities_of_one_address_share_what_it_has_and_leave_others_theirs(client, origin, small):
    assert uploads(visitor_at(client, origin, "10.9.9.9"), 3) == 201
    assert uploads(visitor_at(client, origin, "10.9.9.9"), 2) == 201
    assert uploads(visitor_at(client, origin, "10.9.9.9"), 1) == 413
    assert uploads(visitor_at(client, origin), 2) == 201


def test_an_origin_and_all_of_them_have_an_end(client, origin, small):
    from tests import people

    assert [uploads(visitor_at(client, origin), 3) for _ in range(3)] == [201, 201, 413]
    other = people.web_origin()
    assert [uploads(visitor_at(client, other), 3) for _ in range(2)] == [201, 413]
    # who was refused by all has spent nothing of the origin's
    assert UploadBudget.objects.get(name=f"origin:{other.pk}").spent_bytes == 3 * MB


def test_tomorrow_there_is_room_again(client, origin, small):
    belen = visitor_at(client, origin)
    assert uploads(belen, 3) == 201
    UploadBudget.objects.update(day=timezone.localdate() - timedelta(days=1))
    assert uploads(belen, 3) == 201


def test_without_redis_the_limit_holds(client, origin, small, settings):
    belen = visitor_at(client, origin)
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    from live import feed

    feed._feed = None
    assert uploads(belen, 3) == 201
    assert uploads(belen, 1) == 413


def test_an_upload_that_could_not_be_kept_costs_nothing(client, origin, small, settings, tmp_path):
    belen = visitor_at(client, origin)
    settings.MEDIA_ROOT = tmp_path / "a file"
    settings.MEDIA_ROOT.write_text("no folder")
    assert [uploads(belen, 2) for _ in range(4)] == [503] * 4
    settings.MEDIA_ROOT = tmp_path / "there"
    assert uploads(belen, 3) == 201


def test_a_flood_of_long_messages_is_charged_as_files_are(client, origin, small, monkeypatch):
    monkeypatch.setattr(budgets, "VISITOR_BYTES", 60_000)
    belen = visitor_at(client, origin)
    raws = [belen.post({"id": f"m-{n}", "text": "x" * 4000, "more": "y" * 20_000}).status_code for n in range(4)]
    assert raws == [201, 201, 413, 413]
    assert belen.says("una palabra")["text"] == "una palabra"
    assert Body.objects.filter(origin=origin).count() == 4


@pytest.mark.django_db(transaction=True)
def test_ten_at_once_get_no_more_than_there_is(client, origin, small):
    belen = visitor_at(client, origin)
    mine = budgets.budgets_of(origin, "belen", belen.address)

    def spend(_number):
        budgets.spend(mine, MB)
        return "ok"

    with Crowd(10) as crowd:
        answers = crowd.at_once(spend)
    assert answers.count("ok") == 3
    assert sum(isinstance(one, Rejected) for one in answers) == 7


def test_loose_files_are_gone_within_the_hour(belen, settings):
    belen.says("Hola")
    loose = belen.uploads().json()["id"]
    taken = belen.uploads().json()["id"]
    belen.says("", files=[taken])
    tasks.drop_loose_files()
    assert Attachment.objects.count() == 2
    drop_loose_uploads(timezone.now() + timedelta(minutes=51) - tasks.LOOSE_FOR)
    assert [str(one.uuid) for one in Attachment.objects.all()] == [taken]
    assert len(files_on_disk(settings)) == 1
    assert refused(belen.post({"id": "tarde", "text": "", "files": [loose]}), 422)


def test_budgets_of_past_days_are_forgotten(belen):
    belen.says("Hola")
    belen.uploads()
    UploadBudget.objects.update(day=timezone.localdate() - timedelta(days=2))
    tasks.prune()
    assert not UploadBudget.objects.exists()
