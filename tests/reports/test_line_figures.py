"""What goes through lines: messages, failures by their reason, what the network charges, and the page that shows it."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command

from chats import moves
from chats.messages import receipts, replies
from chats.models import Message, MessageCharge, MessageFailure
from common.errors import Failure
from origins.facts import Charge, Receipt
from origins.models import Origin
from reports import hourly, line_figures
from reports.models import LineFigure
from reports.periods import Period
from tests import people

TEN = datetime(2026, 11, 3, 10, 0, tzinfo=ZoneInfo("America/Montevideo"))
DAY = Period(TEN.date(), TEN.date())


def at(minute, hour=10):
    return TEN.replace(hour=hour, minute=minute)


@pytest.fixture
def line(db):
    return Origin.objects.create(kind="whatsapp", name="WhatsApp Norte", key="wa-1", line_id="1", access_token="x")


def said(line, agent, when=None):
    """An agent's answer in a new chat, as it waits to leave."""
    when = when or at(0)
    chat = people.waiting(line, at=when)
    moves.take(chat.pk, agent, at=when)
    return replies.send_reply(chat.pk, agent, "Buenas", now=when)


def told(message, status, when=None, **more):
    return receipts.apply_receipt(message.origin, Receipt(str(message.uuid), status, at=when or at(1), **more))


def sums(line):
    hourly.sweep(line_figures.KIND)
    return line_figures.read_sums(DAY)[line.pk]


def test_messages_count_for_their_line_by_who_wrote_them(line, ana, http_origin):
    people.with_bot(http_origin)
    people.says(http_origin, "rosa", "hola", at=at(0), now=at(0))
    said(line, ana)
    assert sums(line).numbers == {"in": 1, "agent": 1}
    assert sums(http_origin).numbers == {"in": 1, "bot": 1}


def test_a_failure_counts_by_its_reason_in_the_hour_in_which_it_was_known_and_once_an_attempt(line, ana):
    message = said(line, ana)
    told(message, "failed", at(5, 11), failure=Failure.FINAL, code="131026", reason="nadie")
    told(message, "failed", at(6, 11), failure=Failure.FINAL, code="131026", reason="nadie")
    assert sums(line).failures == {("final", "131026"): 1}
    assert LineFigure.objects.get(what="failed").hour == at(0, 11)
    # tried again
    Message.objects.filter(pk=message.pk).update(attempts=2, status="sending")
    told(message, "failed", at(5, 12), failure=Failure.WINDOW, code="131047", reason="tarde")
    assert MessageFailure.objects.count() == 2
    assert sums(line).failures == {("final", "131026"): 1, ("window", "131047"): 1}


def test_what_the_network_charges_counts_once_a_message_by_its_category(line, ana):
    message = said(line, ana)
    told(message, "sent", charge=Charge("marketing", "regular"))
    told(message, "delivered", at(2), charge=Charge("marketing", "regular"))
    told(said(line, ana), "sent", charge=Charge("service", "free_customer_service", is_billable=False))
    assert MessageCharge.objects.count() == 2
    found = sums(line)
    assert found.charged == {"marketing": 1}
    assert found.free == {"service": 1}


def test_a_message_that_comes_late_counts_in_its_own_hour(line, ana):
    people.says(line, "marta", "hola", at=at(0), now=at(0))
    sums(line)
    people.says(line, "rosa", "tarde", at=at(30, 8), now=at(30))
    assert sums(line).heard == 2
    assert sorted(LineFigure.objects.filter(what="in").values_list("hour", flat=True)) == [at(0, 8), at(0)]


def test_figures_are_made_again_and_compared(line, ana):
    told(said(line, ana), "sent", charge=Charge("utility"))
    sums(line)
    call_command("check_reports")
    LineFigure.objects.filter(what="charged").update(n=9)
    LineFigure.objects.filter(what="in").delete()
    with pytest.raises(CommandError, match="1 hours differ"):
        call_command("check_reports")
    call_command("check_reports", fix=True)
    assert sums(line).charged == {"utility": 1}
    assert hourly.roll_up_lately(line_figures.KIND, TEN + timedelta(hours=3)) == 0
