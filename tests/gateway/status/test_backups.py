from datetime import timedelta

import pytest
from django.utils import timezone

from gateway.models import Backup
from gateway.status.backups import last_backup, note_backup

pytestmark = pytest.mark.django_db


def test_where_none_was_made_there_is_none():
    assert last_backup() is None


def test_the_latest_of_all_targets_is_the_last_whoever_was_noted_last():
    now = timezone.now()
    note_backup("/srv/copies", now - timedelta(hours=1), 10)
    note_backup("s3://copies/inbox", now - timedelta(days=2), 20)
    assert (last_backup().target, last_backup().size) == ("/srv/copies", 10)
    note_backup("s3://copies/inbox", now, 30)
    assert (last_backup().target, last_backup().taken_at) == ("s3://copies/inbox", now)
    assert Backup.objects.count() == 2
