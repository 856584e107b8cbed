"""Bodies of the networks: whatever comes is kept, nothing valid is lost, and each is processed once."""

import itertools
import json

import pytest
from django.utils import timezone

from chats.messages import replies
from chats.models import Chat, Message, Template
from contacts.models import Contact
from gateway import tasks
from gateway.inbound import body_processing
from origins.models import Body, Origin
from tests import people
from tests.gateway.inbound.network_posts import MARTA, META, ago, heard, hello, marta, takes
from tests.origins.api import payload, payloads

ODD = {
    "empty": b"", "null": b"null", "list": b"[1, 2]", "number": b"17", "text": b'"hola"', "cut": b'{"object": "wh',
    "no utf-8": b'{"object": "\xff\xfe"}', "deep": b'{"entry": ' + b"[" * 40_000 + b"]" * 40_000 + b"}",
    "huge": b'{"entry": ' + b"9" * 20_000 + b"}", "nan": b'{"entry": NaN, "object": Infinity}',
    "twice": b'{"object": "page", "object": "whatsapp_business_account", "entry": [], "entry": {}}',
    "nul": b'{"object": "whatsapp_business_account", "entry": "\\u0000"}', "bom": b"\xef\xbb\xbf{}",
    "surrogates": b'{"object": "\\ud800", "entry": []}', "blank": b" \n ",
}  # fmt: skip


@pytest.mark.parametrize("kind", [*META, "telegram"])
def test_the_oddest_body_is_kept_and_never_an_error(client, kind, db):
    origin = getattr(people, f"{kind}_origin")()
    for name, raw in ODD.items():
        takes(client, origin, raw)
        kept = Body.objects.get(origin=origin, raw=raw)
        # of Telegram's updates an unknown one is nothing broken
        if kind == "telegram" and name in ("huge", "nan", "twice", "nul", "surrogates"):
            assert (kept.state, kept.reason) == ("processed", ""), name
        else:
            assert (kept.state, bool(kept.reason)) == ("broken", True), name
    assert not Message.objects.exists()


@pytest.mark.parametrize("kind", [*META, "telegram"])
def test_a_body_whose_any_part_is_something_else_is_kept(client, kind, db):
    """Each place of a good body in turn holds what nobody expects there."""
    origin = getattr(people, f"{kind}_origin")()
    whole = json.loads(payload(kind, "text"))
    for path, odd in itertools.product(_places(whole), (None, [], {}, "", -1, 1e300, True)):
        takes(client, origin, json.dumps(_with(whole, path, odd)).encode())
    assert not Body.objects.filter(reason__contains="could not be stored").exists()
    assert not Body.objects.filter(reason__contains="unexpected form").exists()
    assert not Body.objects.filter(state="received").exists()


def _places(value, path=()):
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, child in children:
        yield from _places(child, (*path, name))


def _with(value, path, odd):
    if not path:
        return odd
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = _with(value[path[0]], path[1:], odd)
    return copy


@pytest.mark.parametrize("kind", [*META, "telegram"])
def test_every_body_that_the_networks_send_is_taken_and_again_changes_nothing(client, kind, db):
    origin = getattr(people, f"{kind}_origin")()
    for name in payloads(kind):
        takes(client, origin, payload(kind, name))
    seen = list(Message.objects.exclude(kind="move").order_by("id").values("text", "kind", "external_id", "status"))
    assert seen
    assert not Body.objects.filter(reason__contains="could not be stored").exists()
    for name in payloads(kind):
        takes(client, origin, payload(kind, name))
    again = list(Message.objects.exclude(kind="move").order_by("id").values("text", "kind", "external_id", "status"))
    assert again == seen
    assert people.all_consistent()


def test_three_megabytes_are_taken_and_left_to_the_worker(client, whatsapp):
    said = [people.wa_message(text="x" * 3_000, id=f"wamid.B{n}", at=ago(seconds=60)) for n in range(1000)]
    raw = json.dumps(people.wa_texts(*said)).encode()
    assert 3_000_000 < len(raw) < 5 * 1024 * 1024
    assert takes(client, whatsapp, raw) == {"kept": 1}
    body = Body.objects.get()
    assert (body.state, heard()) == ("received", [])
    tasks.process_body(body.pk)
    body.refresh_from_db()
    assert (body.state, body.attempts, len(heard())) == ("processed", 1, 1000)
    chat = Chat.objects.get()
    assert (chat.unread, chat.preview) == (1000, "x" * 140)
    # again, while nobody waits for it: nothing is done twice
    assert takes(client, whatsapp, raw) == {"kept": 1}
    assert body_processing.take_up(body.pk) is None
    body.refresh_from_db()
    assert (body.state, body.repeats, len(heard())) == ("processed", 1, 1000)


def test_ten_megabytes_are_refused_without_reading_them(client, whatsapp):
    raw = b" " * (10 * 1024 * 1024)
    assert people.post_meta(client, whatsapp, raw).status_code == 413
    assert not Body.objects.exists()


def test_a_broken_part_loses_none_of_its_neighbours(client, whatsapp):
    good = [people.wa_message(text=f"vale {n}", id=f"wamid.{n}") for n in range(4)]
    body = {
        "object": "whatsapp_business_account",
        "entry": [
            "nada", {"id": people.WABA, "changes": [
                people.wa_change(messages=[good[0], {"id": 1, "type": "text"}, "hola", good[1]]),
                {"field": "messages", "value": None},
                people.wa_change(messages={"no": "lista"}, statuses=[]),
                people.wa_change(messages=[good[2]]),
            ]},
            {"id": people.WABA}, {"id": people.WABA, "changes": [people.wa_change(messages=[good[3]])]},
        ],
    }  # fmt: skip
    answer = takes(client, whatsapp, body)
    assert answer["accepted"] == 4
    assert sorted(heard()) == [f"vale {n}" for n in range(4)]
    kept = Body.objects.get()
    assert kept.state == "broken"
    assert len(answer["rejected"]) >= 5
    assert "nobody is named as sender" in kept.reason
    assert "a list was expected" in kept.reason


def test_a_broken_event_of_messenger_loses_none_of_its_neighbours(client, messenger):
    events = [
        {"sender": {"id": "24001"}, "recipient": {"id": people.PAGE}, "timestamp": people.millis(), **said}
        for said in ({"message": {"mid": "m_a", "text": "uno"}}, {"message": {"text": "sin id"}},
                     {"message": "x"}, {"message": {"mid": "m_b", "text": "dos"}})
    ]  # fmt: skip
    answer = takes(client, messenger, people.meta_events("messenger", *events, None, 7))
    assert (answer["accepted"], len(answer["rejected"])) == (2, 4)
    assert heard() == ["uno", "dos"]


def test_messages_receipts_templates_notices_and_unknown_fields_in_one_body(client, whatsapp, ana):
    chat = marta(whatsapp, ana)
    sent = replies.send_reply(chat.pk, ana, "Va")
    Message.objects.filter(pk=sent.pk).update(status="sent", external_id="wamid.OUT")
    template = Template.objects.create(
        name="turno", language="es_AR", body="Hola", origin=whatsapp, remote_id="900", parameter_format="positional"
    )
    value = {"event": "PAUSED", "message_template_id": 900, "message_template_name": "turno",
             "message_template_language": "es_AR"}  # fmt: skip
    body = people.wa_body(
        people.wa_change(messages=[people.wa_message(text="Gracias")], statuses=[people.wa_status("wamid.OUT", "read")]),
        people.wa_change("message_template_status_update", value),
        people.wa_change("phone_number_quality_update", {
            "display_phone_number": "15550001000", "event": "FLAGGED", "current_limit": "TIER_1K"}),
        people.wa_change("algo_del_futuro", {"x": [1, {"y": None}]}),
        people.wa_change("messages", {"metadata": {"phone_number_id": people.LINE}, "novedades": [1]}),
    )  # fmt: skip
    answer = takes(client, whatsapp, body)
    assert answer["rejected"] == []
    assert Body.objects.get().state == "processed"
    sent.refresh_from_db()
    template.refresh_from_db()
    whatsapp.refresh_from_db()
    assert (sent.status, template.status, heard()[-1]) == ("read", "paused", "Gracias")
    assert "15550001000" in whatsapp.notice
    assert whatsapp.trouble == ""


def test_an_account_in_trouble_holds_its_line_and_its_end_lets_it_go(client, whatsapp):
    takes(client, whatsapp, people.wa_body(people.wa_change("account_update", {"event": "DISABLED_UPDATE"})))
    whatsapp.refresh_from_db()
    assert "Meta" in whatsapp.trouble
    assert whatsapp.held_until > timezone.now()
    takes(client, whatsapp, people.wa_body(people.wa_change("account_update", {"event": "ACCOUNT_REINSTATED"})))
    whatsapp.refresh_from_db()
    assert (whatsapp.trouble, whatsapp.held_until) == ("", None)


def test_a_notice_of_an_account_is_of_its_lines_and_of_no_other(client, db):
    one, two = people.whatsapp_origin(), people.whatsapp_origin(line_id="1000002")
    third = people.whatsapp_origin(line_id="1000003", account_id="2000009")
    foreign = people.whatsapp_origin(line_id="1000004", account_id="2000009", secret="de-otra-app")
    trouble = people.wa_change("account_update", {"event": "ACCOUNT_VIOLATION"})
    takes(client, one, people.wa_body(trouble, account="2000009"))
    assert [bool(Origin.objects.get(pk=o.pk).trouble) for o in (one, two, third, foreign)] == [
        False,
        False,
        True,
        False,
    ]
    takes(client, one, people.wa_body(trouble))
    assert [bool(Origin.objects.get(pk=o.pk).trouble) for o in (one, two, third, foreign)] == [True, True, True, False]


def test_a_notice_of_an_account_that_nobody_set_up_is_kept_and_told(client, whatsapp):
    trouble = people.wa_change("account_update", {"event": "ACCOUNT_VIOLATION"})
    takes(client, whatsapp, people.wa_body(trouble, account="2999999"))
    whatsapp.refresh_from_db()
    assert whatsapp.trouble == ""
    assert "2999999" in whatsapp.notice
    assert Body.objects.get().state == "broken"


@pytest.mark.parametrize("kind", [*META, "telegram"])
def test_the_same_body_again_is_the_same_message(client, kind, db):
    origin = getattr(people, f"{kind}_origin")()
    raw = hello(kind)
    assert takes(client, origin, raw) == {"accepted": 1, "duplicates": 0, "rejected": []}
    for _ in range(2):
        assert takes(client, origin, raw) == {"accepted": 0, "duplicates": 1, "rejected": []}
    body = Body.objects.get()
    assert (body.state, body.repeats, len(heard())) == ("processed", 2, 1)
    assert Chat.objects.get().unread == 1


def test_the_same_message_in_another_batch_is_the_same_message(client, whatsapp):
    said = [people.wa_message(text=f"n{n}", id=f"wamid.{n}") for n in range(4)]
    takes(client, whatsapp, people.wa_texts(said[0], said[1]))
    assert takes(client, whatsapp, people.wa_texts(said[1], said[2], said[3], said[2]))["duplicates"] == 2
    assert takes(client, whatsapp, people.wa_texts(said[3], said[0])) == {
        "accepted": 0, "duplicates": 2, "rejected": []
    }  # fmt: skip
    assert sorted(heard()) == ["n0", "n1", "n2", "n3"]
    states = Body.objects.order_by("id").values_list("state", flat=True)
    assert list(states) == ["processed", "processed", "duplicate"]
    assert Chat.objects.get().unread == 4


def test_an_id_is_unique_within_its_line_only(client, db):
    one, two = people.whatsapp_origin(), people.whatsapp_origin(line_id="1000002")
    takes(client, one, people.wa_text(id="wamid.X", text="a la uno"))
    takes(client, two, people.wa_text(id="wamid.X", text="a la dos", line="1000002"))
    assert (heard(one), heard(two)) == (["a la uno"], ["a la dos"])
    assert Contact.objects.count() == 2


def test_a_body_for_another_line_of_the_same_app_goes_to_that_line(client, db):
    one, two = people.whatsapp_origin(), people.whatsapp_origin(line_id="1000002")
    takes(client, one, people.wa_text(text="para la dos", line="1000002"))
    assert (heard(one), heard(two)) == ([], ["para la dos"])
    two.refresh_from_db()
    assert two.heard_at
    # twice in one body, and one to each
    takes(client, one, people.wa_body(
        people.wa_change(messages=[people.wa_message(text="a")]),
        people.wa_change(line="1000002", messages=[people.wa_message(text="b"), people.wa_message(text="c")]),
    ))  # fmt: skip
    assert (heard(one), sorted(heard(two))) == (["a"], ["b", "c", "para la dos"])


def test_who_has_one_apps_secret_has_no_say_on_another_apps_line(client, db):
    one, other = people.whatsapp_origin(), people.whatsapp_origin(line_id="1000002", secret="de-otra-app")
    for body in (
        people.wa_text(text="colado", line="1000002"),
        people.wa_texts(people.wa_message(text="colados"), people.wa_message(text="dos"), line="1000002"),
        people.wa_echo(MARTA, "colado", line="1000002"),
    ):
        assert takes(client, one, body)["rejected"]
    assert not Message.objects.filter(origin=other).exists()
    one.refresh_from_db()
    assert "1000002" in one.notice


@pytest.mark.parametrize("kind", META)
def test_a_line_that_nobody_set_up_is_kept_and_told(client, kind, db):
    origin = getattr(people, f"{kind}_origin")()
    body = people.wa_text(line="1999999") if kind == "whatsapp" else people.meta_text(kind, line="1999999")
    takes(client, origin, body)
    origin.refresh_from_db()
    kept = Body.objects.get()
    assert (kept.state, "1999999" in kept.reason, "1999999" in origin.notice, heard()) == ("broken", True, True, [])


@pytest.mark.parametrize("kind", [*META, "telegram"])
def test_what_comes_for_a_line_that_is_off_is_kept_and_replayed_when_it_is_on(client, kind, db):
    origin = getattr(people, f"{kind}_origin")(is_active=False)
    takes(client, origin, payload(kind, "text"))
    origin.refresh_from_db()
    kept = Body.objects.get()
    assert (kept.state, bool(origin.notice), heard()) == ("broken", True, [])
    Origin.objects.update(is_active=True)
    kept.origin.refresh_from_db()
    for _ in range(2):
        body_processing.process_body(kept)
        kept.refresh_from_db()
        assert (kept.state, len(heard())) == ("processed", 1)


def test_a_message_for_a_sister_line_that_is_off_is_not_lost(client, db):
    one, two = people.whatsapp_origin(), people.whatsapp_origin(line_id="1000002", is_active=False)
    takes(client, one, people.wa_text(text="a la apagada", line="1000002"))
    kept = Body.objects.get()
    assert (kept.state, heard()) == ("broken", [])
    Origin.objects.update(is_active=True)
    body_processing.process_body(kept)
    assert heard(two) == ["a la apagada"]


def test_a_body_that_ends_its_worker_is_left_to_people_after_five_times(client, whatsapp):
    takes(client, whatsapp, people.wa_text(text="Hola"))
    Body.objects.update(state="received", attempts=body_processing.MAX_ATTEMPTS)
    assert body_processing.take_up(Body.objects.get().pk) is None
    body = Body.objects.get()
    assert (body.state, "5 veces" in body.reason) == ("broken", True)
    Body.objects.update(state="received", attempts=body_processing.MAX_ATTEMPTS - 1)
    assert body_processing.take_up(body.pk).duplicates == 1


def test_what_nobody_finished_is_found_and_finished_once(whatsapp, settings):
    from gateway.inbound import raw_bodies as bodies

    raw = json.dumps(people.wa_text(text="olvidado")).encode()
    body, _new = bodies.keep_body(whatsapp, raw)
    assert list(body_processing.find_unfinished(ago(seconds=60))) == []
    Body.objects.update(received_at=ago(seconds=61))
    assert list(body_processing.find_unfinished(ago(seconds=60))) == [body.pk]
    tasks.process_body(body.pk)
    tasks.process_body(body.pk)
    assert (heard(), list(body_processing.find_unfinished(ago(seconds=60)))) == (["olvidado"], [])


def test_a_body_is_replayed_and_stored_once(client, whatsapp):
    takes(client, whatsapp, payload("whatsapp", "mixed"))
    seen = list(Message.objects.exclude(kind="move").order_by("id").values("text", "external_id", "status"))
    body = Body.objects.select_related("origin").get()
    body_processing.process_body(body)
    assert seen == list(Message.objects.exclude(kind="move").order_by("id").values("text", "external_id", "status"))
