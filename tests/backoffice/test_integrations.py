"""Endpoints of integrations: what they are told, switched off and on."""

import re

from django.utils import timezone

from tests import people
from tests.backoffice.bot_pages import OUTSIDE, STATES, errors, integration, made, save, text_of
from tests.backoffice.pages import history, page
from wittybots.models import EVENTS, Endpoint, Event


def test_an_integration_is_told_states_and_no_messages(as_sofia):
    form = as_sofia.get(page("wittybots_endpoint", "add")).context["adminform"].form
    assert [value for value, _label in form.fields["events"].choices] == STATES
    new = {"name": "CRM", "url": OUTSIDE, "events": ["conversation_closed", "message_created"]}
    assert errors(as_sofia.post(page("wittybots_endpoint", "add"), new))
    shown = text_of(as_sofia.post(page("wittybots_endpoint", "add"), new | {"events": STATES[:2]}, follow=True))
    endpoint = Endpoint.objects.get()
    assert (endpoint.bot, endpoint.name, endpoint.url, endpoint.events) == (None, "CRM", OUTSIDE, STATES[:2])
    assert endpoint.secret.startswith("whsec_")
    assert endpoint.secret in shown
    assert endpoint.secret not in text_of(as_sofia.get(page("wittybots_endpoint", "change", endpoint.pk)))


def test_those_of_bots_are_in_their_bots_page_only(as_sofia):
    bot = people.external_bot()
    assert as_sofia.get(page("wittybots_endpoint", "changelist")).context["cl"].result_count == 0
    for name in ("change", "secret", "off", "check", "delete"):
        assert as_sofia.post(page("wittybots_endpoint", name, bot.endpoint.pk), {"post": "yes"}).status_code in (
            302,
            404,
        )
    endpoint = Endpoint.objects.get()
    assert (endpoint.is_active, endpoint.secret) == (True, people.SIGNING)


def test_it_is_switched_off_and_on(as_sofia):
    endpoint = integration()
    as_sofia.post(page("wittybots_endpoint", "off", endpoint.pk))
    assert not Endpoint.objects.get().is_active
    as_sofia.post(page("wittybots_endpoint", "on", endpoint.pk))
    assert Endpoint.objects.get().is_active
    assert history() == ["desactivado", "encendido de nuevo"]


def test_what_waits_is_dropped_when_it_is_switched_off_and_a_late_one_when_it_is_switched_on(as_sofia):
    endpoint, other = integration(), integration(name="ERP")
    for one in (endpoint, other):
        for state in ("queued", "sending", "done"):
            Event.objects.create(
                endpoint=one, kind="conversation_closed", chat_id=1, state=state, next_try_at=timezone.now()
            )
    as_sofia.post(page("wittybots_endpoint", "off", endpoint.pk))
    told = Event.objects.filter(endpoint=endpoint).order_by("id")
    assert list(told.values_list("state", "reason")) == [
        ("dropped", "El webhook se desactivó"), ("dropped", "El webhook se desactivó"), ("done", ""),
    ]  # fmt: skip
    assert set(Event.objects.filter(endpoint=other).values_list("state", flat=True)) == {"queued", "sending", "done"}
    late = Event.objects.create(endpoint=endpoint, kind="conversation_closed", chat_id=2)
    as_sofia.post(page("wittybots_endpoint", "on", endpoint.pk))
    late.refresh_from_db()
    assert late.state == "dropped"


def test_the_log_counts_tries_and_not_how_they_are_kept(as_sofia):
    event = Event.objects.create(endpoint=integration(), kind="conversation_closed", state="failed", attempts=4)
    as_sofia.post(page("wittybots_event", "again", event.pk))
    assert Event.objects.get().is_resent
    for name in ("changelist", "change"):
        text = text_of(as_sofia.get(page("wittybots_event", name, *([event.pk] if name == "change" else []))))
        assert "104" not in text
        assert re.search(r"\b4\b", text)


def test_other_connectors_are_told_only_what_they_use(as_sofia):
    for kind in ("rasa", "typebot", "botpress"):
        bot = people.external_bot(kind, url=OUTSIDE, remote_id="x", events=list(EVENTS))
        save(as_sofia, bot, most_per_minute=29)
        assert Endpoint.objects.get(bot=bot).events == ["message_created"]
        new = made(kind, name=f"otro {kind}")
        save(as_sofia, new, url=OUTSIDE, remote_id="x")
        people.says(people.received_by(new), "cust-1", "Hola")
        assert list(Event.objects.filter(endpoint__bot=new).values_list("kind", flat=True)) == ["message_created"]
    bot = people.external_bot(url=OUTSIDE, events=["conversation_closed"])
    save(as_sofia, bot, most_per_minute=29)
    assert Endpoint.objects.get(bot=bot).events == ["conversation_closed"]


def test_saving_a_page_that_was_open_does_not_switch_it_on_again(as_sofia):
    endpoint = integration(is_active=False, switched_off_at=timezone.now())
    form = {"name": "CRM 2", "url": OUTSIDE, "events": STATES, "is_active": "on"}
    as_sofia.post(page("wittybots_endpoint", "change", endpoint.pk), form)
    kept = Endpoint.objects.get()
    assert (kept.name, kept.is_active, kept.secret) == ("CRM 2", False, people.SIGNING)
