"""Claims of workers that die or hang, and how many calls one endpoint may have at once."""

import pytest
from django.utils import timezone

from gateway.endpoints import calls, event_queue
from tests import people
from tests.gateway.endpoints.endpoint_calls import asks, bot_said, claim, event, events, notes, tell
from wittybots.models import Event


def test_a_claim_of_a_dead_worker_runs_out_and_the_event_is_told_again(origin, server):
    chat = asks(origin)
    claimed = claim(chat)
    assert claimed.state == "sending"
    assert tell(chat) == 0
    assert (chat.bot.endpoint.pk, chat.pk) not in event_queue.find_due(timezone.now())
    later = timezone.now() + event_queue.CLAIM
    assert (chat.bot.endpoint.pk, chat.pk) in event_queue.find_due(later)
    Event.objects.update(next_try_at=timezone.now())
    assert tell(chat) == 1
    assert server.bodies[0]["attempt"] == 2
    assert not event_queue.finish_event(claimed, "done", reason=""), "the dead one came back, and has nothing to say"


def test_an_answer_is_never_carried_out_twice(origin, server, monkeypatch):
    server.answers = [{"messages": ["una vez"]}]
    chat = asks(origin)
    real = calls.carry_out

    def dies(*given):
        real(*given)
        raise SystemExit

    monkeypatch.setattr(calls, "carry_out", dies)
    with pytest.raises(SystemExit):
        tell(chat)
    monkeypatch.setattr(calls, "carry_out", real)
    assert event(chat).state == "sending"
    Event.objects.update(next_try_at=timezone.now())
    asks(origin, "otra cosa")
    server.answers = [{"messages": ["dos"]}]
    tell(chat)
    assert bot_said(chat) == ["una vez", "dos"]
    assert server.texts == ["Hola", "otra cosa"]
    assert [one.state for one in events(chat)] == ["done", "done"]


def test_a_worker_that_dies_in_the_last_try_makes_nobody_wait_for_ever(origin, server):
    server.answers = [(500, None, {})]
    chat = asks(origin)
    Event.objects.update(state="sending", attempts=event_queue.LAST_ATTEMPT, next_try_at=timezone.now())
    tell(chat)
    assert len(server.got) == 1
    assert (event(chat).state, event(chat).attempts) == ("failed", event_queue.LAST_ATTEMPT + 1)
    assert people.fresh(chat).state == "BANDEJA"
    assert "bot no pudo responder" in notes(chat)


def test_what_kills_every_worker_is_given_up_and_what_comes_next_has_its_turn(origin, server):
    server.answers = [{"messages": []}]
    chat = asks(origin)
    made = 0
    while claim(chat).state == "sending":
        made += 1
        assert made <= event_queue.MAX_CLAIMS
        Event.objects.update(next_try_at=timezone.now())
    assert made == event_queue.MAX_CLAIMS
    assert (event(chat).state, event(chat).reason) == ("failed", "Se cortó la llamada")
    Event.objects.update(state="sending", next_try_at=timezone.now())
    tell(chat)
    assert not server.got
    assert people.fresh(chat).state == "BANDEJA"
