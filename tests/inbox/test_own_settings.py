"""Mis ajustes: what is chosen is kept, part by part; what makes no sense is refused and changes nothing."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from chats import moves, publish
from inbox.models import AgentSettings
from inbox.notices.kinds import Kind, is_within, read_chosen, ways_of
from tests import people
from tests.inbox.pages import HTMX, signed_in

PAGE = "/ajustes/"
NOTICES = {"part": "notices", "sound": "bell", "volume": "30", "quiet_from": "22:00", "quiet_until": "07:00"}
NONE = {"mine": [], "mention": [], "reminder": []}
ZONE = ZoneInfo("America/Montevideo")


def own(agent):
    return AgentSettings.of(agent)


@pytest.fixture
def page(ana):
    return signed_in(ana)


def test_who_has_chosen_nothing_has_the_defaults_and_no_row(page, ana):
    answer = page.get(PAGE)
    assert answer.status_code == 200
    assert not AgentSettings.objects.exists()
    all_ways = ["tab", "sound", "desktop", "push"]
    assert own(ana).for_script()["notices"] == {
        "trays": ["tab"], "mine": all_ways, "answer": all_ways, "mention": all_ways, "reminder": all_ways
    }  # fmt: skip
    assert 'value="answer.desktop"' in answer.content.decode()


def test_switches_are_kept_as_they_were_set(page, ana, bruno):
    chosen = ["trays.sound", "trays.tab", "answer.tab"]
    answer = page.post(PAGE, NOTICES | {"on": chosen, "is_quiet": "on", "shows_text": "on"}, headers=HTMX)
    assert answer.status_code == 204
    kept = own(ana)
    assert kept.notices == {"trays": ["tab", "sound"], "answer": ["tab"]} | NONE
    assert (kept.sound, kept.volume, kept.is_quiet, kept.shows_text) == ("bell", 30, True, True)
    assert (kept.quiet_from, kept.quiet_until) == (time(22), time(7))
    assert page.post(PAGE, NOTICES).status_code == 302
    assert own(ana).notices == {"trays": [], "answer": []} | NONE
    assert not own(ana).is_quiet
    assert own(bruno).for_script()["notices"]["answer"] == ["tab", "sound", "desktop", "push"]


def test_each_part_saves_its_own_and_leaves_the_other(page, ana):
    page.post(PAGE, NOTICES | {"on": ["answer.tab"]}, headers=HTMX)
    page.post(PAGE, {"part": "keys"}, headers=HTMX)
    assert not own(ana).has_single_keys
    page.post(PAGE, NOTICES | {"on": ["trays.tab"]}, headers=HTMX)
    assert not own(ana).has_single_keys
    assert own(ana).notices == {"trays": ["tab"], "answer": []} | NONE
    assert "checked" not in page.get(PAGE).content.decode().split('id="single-keys"')[1].split(">")[0]


@pytest.mark.parametrize(
    "wrong",
    [
        {"part": ""},
        {"part": "otra"},
        {"on": ["answer.telepathy"]},
        {"on": ["birthday.tab"]},
        {"on": ["answer"]},
        {"volume": "101"},
        {"volume": "-1"},
        {"volume": "fuerte"},
        {"volume": ""},
        {"sound": "explosion"},
        {"quiet_from": "25:00"},
        {"quiet_from": ""},
        {"quiet_from": "07:00"},
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence_and_changes_nothing(page, ana, wrong):
    page.post(PAGE, NOTICES | {"on": ["answer.tab"]}, headers=HTMX)
    answer = page.post(PAGE, NOTICES | {"on": ["trays.tab"]} | wrong, headers=HTMX)
    assert answer.status_code == 422
    assert '"title": "' in answer["HX-Trigger"]
    assert own(ana).notices == {"trays": [], "answer": ["tab"]} | NONE
    assert own(ana).volume == 30


def test_nothing_at_all_is_refused_too(page):
    assert page.post(PAGE, {}).status_code == 422
    assert not AgentSettings.objects.exists()


@pytest.mark.parametrize(("theme", "cookie"), [("dark", "dark"), ("light", "light"), ("system", "")])
def test_the_theme_is_the_cookie_that_pages_are_drawn_by(page, theme, cookie):
    page.cookies["theme"] = "light"
    assert page.post(PAGE, {"part": "theme", "theme": theme}, headers=HTMX).status_code == 204
    assert page.cookies["theme"].value == cookie
    assert page.post(PAGE, {"part": "theme", "theme": "pink"}, headers=HTMX).status_code == 422


def test_who_is_not_signed_in_has_no_settings(client, ana):
    assert client.get(PAGE).status_code == 302
    assert client.post(PAGE, NOTICES).status_code == 302
    assert not AgentSettings.objects.exists()


def test_quiet_hours_go_over_midnight_and_by_the_installations_clock(ana):
    assert is_within(time(23), time(22), time(7))
    assert is_within(time(6, 59), time(22), time(7))
    assert not is_within(time(7), time(22), time(7))
    assert is_within(time(13), time(12), time(14))
    assert not is_within(time(11), time(12), time(14))
    quiet = AgentSettings(agent=ana, is_quiet=True, quiet_from=time(22), quiet_until=time(7))
    assert quiet.is_quiet_at(datetime(2026, 5, 4, 23, tzinfo=ZONE))
    assert not quiet.is_quiet_at(datetime(2026, 5, 4, 12, tzinfo=ZONE))
    quiet.is_quiet = False
    assert not quiet.is_quiet_at(datetime(2026, 5, 4, 23, tzinfo=ZONE))


def test_a_kind_of_which_nothing_was_chosen_keeps_its_default():
    assert ways_of({"trays": []}, Kind.ANSWER) == ["tab", "sound", "desktop", "push"]
    assert ways_of({"trays": []}, Kind.TRAYS) == []
    with pytest.raises(ValueError, match="birthday"):
        read_chosen(["birthday.tab"])


@pytest.fixture
def heads(monkeypatch):
    """What pages are told, by group."""
    told = []

    def hear(events):
        for event in events:
            head, _html = event.render() if event.render else (event.head, event.text)
            told.append((event.group, head))

    monkeypatch.setattr(publish, "publish_events", hear)
    return told


def test_open_pages_of_the_agent_hear_of_a_change(page, ana, heads, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        page.post(PAGE, NOTICES, headers=HTMX)
    assert heads == [(f"agent.{ana.pk}", {"settings": own(ana).for_script()})]


def test_who_has_come_into_a_tray_is_said_to_those_of_that_tray_only(
    ventas, ana, heads, django_capture_on_commit_callbacks
):
    origin = people.http_origin()
    chat = people.held(origin, ana, ventas, name="Marta Gómez", text="hola")
    heads.clear()
    with django_capture_on_commit_callbacks(execute=True):
        moves.give_back(chat.pk, ana)
    came = [(group, head) for group, head in heads if "came" in head]
    assert [group for group, _head in came] == [f"tray.{ventas.pk}"]
    head = came[0][1]
    assert (head["came"], head["into"], head["by"], head["text"]) == ("Marta Gómez", "Ventas", ana.pk, "hola")


def test_what_a_customer_says_in_a_held_chat_is_said_to_its_agent_only(
    ventas, ana, heads, django_capture_on_commit_callbacks
):
    origin = people.http_origin()
    people.held(origin, ana, ventas, sender="c-1", text="hola")
    heads.clear()
    with django_capture_on_commit_callbacks(execute=True):
        people.says(origin, "c-1", "¿y mi pedido?")
    told = [group for group, head in heads if head.get("text") == "¿y mi pedido?"]
    assert told == [f"agent.{ana.pk}"]


def test_the_address_is_the_contracts(page):
    assert reverse("settings") == PAGE


def test_rows_are_compact_where_chosen(ana):
    page = signed_in(ana)
    assert "is-compact" not in page.get("/bandejas/").content.decode().split("<body")[1].split(">")[0]
    answer = page.post(PAGE, {"part": "rows", "is_compact": "on"}, headers=HTMX)
    assert '"compact": true' in answer["HX-Trigger"]
    assert own(ana).is_compact
    assert own(ana).has_single_keys
    assert "is-compact" in page.get("/bandejas/").content.decode().split("<body")[1].split(">")[0]
    assert page.post(PAGE, {"part": "rows"}).status_code == 302
    assert not own(ana).is_compact


@pytest.mark.parametrize(("held_as", "is_list"), [("many", False), ("always", True), ("never", False)])
def test_held_chats_are_a_list_where_chosen(held_as, is_list, ana, http_origin):
    people.held(http_origin, ana)
    page = signed_in(ana)
    answer = page.post(PAGE, {"part": "held", "held_as": held_as}, headers=HTMX)
    assert f'"heldAs": "{held_as}"' in answer["HX-Trigger"]
    shown = page.get("/chat/").content.decode()
    assert ("wa-work is-list" in shown) == is_list
    assert f'data-held-as="{held_as}"' in shown
    assert page.post(PAGE, {"part": "held", "held_as": "sometimes"}, headers=HTMX).status_code == 422
    assert own(ana).held_as == held_as


def test_the_list_is_folded_and_unfolded_where_it_stands(ana):
    page = signed_in(ana)
    came_from = {"Referer": "http://testserver/chat/"}
    answer = page.post(PAGE, {"part": "fold", "is_held_folded": "on"}, headers=came_from)
    assert (answer.status_code, answer.url) == (302, "/chat/")
    assert own(ana).is_held_folded
    assert "is-folded" in page.get("/chat/").content.decode()
    assert page.post(PAGE, {"part": "fold"}, headers=HTMX).status_code == 204
    assert not own(ana).is_held_folded


def test_an_agent_has_a_time_zone_of_its_own_and_its_quiet_hours_go_by_it(ana):
    page = signed_in(ana)
    assert own(ana).for_script()["zone"] == "America/Montevideo"
    assert not own(ana).for_script()["hasOwnZone"]
    answer = page.post(PAGE, {"part": "zone", "time_zone": "Europe/Madrid"}, headers=HTMX)
    assert '"zone": "Europe/Madrid", "hasOwnZone": true' in answer["HX-Trigger"]
    chosen = page.get(PAGE).content.decode().split('value="Europe/Madrid"')[1].split(">")[0]
    assert "selected" in chosen
    page.post(PAGE, NOTICES | {"is_quiet": "on"}, headers=HTMX)
    assert own(ana).is_quiet_at(datetime(2026, 5, 4, 19, tzinfo=ZONE))  # midnight in Madrid
    assert not own(ana).is_quiet_at(datetime(2026, 5, 4, 10, tzinfo=ZONE))
    for wrong in ("Mars/Olympus", "x" * 100, "../etc/passwd", "\x00", "Europe/"):
        assert page.post(PAGE, {"part": "zone", "time_zone": wrong}, headers=HTMX).status_code == 422, wrong
    assert own(ana).time_zone == "Europe/Madrid"
    page.post(PAGE, {"part": "zone", "time_zone": ""}, headers=HTMX)
    assert own(ana).zone.key == "America/Montevideo"
    # one that this computer no longer knows
    assert AgentSettings(agent=ana, time_zone="Mars/Olympus").zone.key == "America/Montevideo"
