"""A clock that jumped: nothing that cannot be undone is done by it, until it agrees with the database's again."""

import time
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from gateway import tasks
from origins.models import Body
from tests import people


@pytest.mark.parametrize("jump", [timedelta(days=1, hours=1), timedelta(days=400), -timedelta(hours=1)])
def test_nobody_expires_and_nothing_is_forgotten_by_a_clock_that_jumped(jump, http_origin, settings, caplog):
    chat = people.waiting(http_origin)
    kept = Body.objects.create(origin=http_origin, raw=b"{}", digest=b"x" * 32)
    settings.MESSAGES_KEPT_DAYS = 30
    with time_machine.travel(time.time() + jump.total_seconds()):
        assert tasks.expire_due() is None
        assert tasks.prune() is None
        assert tasks.forget_old() is None
        assert tasks.send_scheduled() is None
    assert people.fresh(chat).state == "BANDEJA"
    assert chat.messages.get(direction="in").text
    assert Body.objects.filter(pk=kept.pk).exists()
    assert "expire_due waits: the clock here and that of the database are" in caplog.text
    # what is due by both is done
    type(chat).objects.filter(pk=chat.pk).update(session_expires_at=timezone.now() - timedelta(minutes=1))
    assert tasks.expire_due() == 1
