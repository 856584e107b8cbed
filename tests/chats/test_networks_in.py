"""The doors of WhatsApp, Telegram, Messenger and Instagram: whatever comes is kept, nothing valid is lost, once."""

import itertools
import json
import random
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from chats import moves
from chats.messages import corrections, replies
from chats.models import Chat, Message, ParkedFact, Template
from contacts.models import Contact
from gateway import tasks
from gateway.inbound import body_processing
from live import throttle
from origins.models import Body, Origin
from tests import people
from tests.origins.api import payload, payloads
from tests.threads import Crowd

MARTA = "5491155550101"
META = ("whatsapp", "messenger", "instagram")


@pytest.fixture
def whatsapp(db):
    return people.whatsapp_origin()


@pytest.fixture
def messenger(db):
    return people.messenger_origin()


@pytest.fixture
def instagram(db):
    return people.instagram_origin()


@pytest.fixture
def telegram(db):
    return people.telegram_origin()


def ago(**time):
    return timezone.now() - timedelta(**time)


def heard(origin=None):
    """What customers said, in the order of the thread."""
    said = Message.objects.filter(direction="in", **({"origin": origin} if origin else {}))
    return list(said.order_by("created_at", "id").values_list("text", flat=True))


def takes(client, origin, body):
    """What the door says to a body that is really the network's."""
    post = people.post_telegram if origin.kind == "telegram" else people.post_meta
    answer = post(client, origin, body)
    assert answer.status_code == 200, answer.content
    return answer.json()


def hello(kind):
    """A first message of now, as bytes."""
    body = {"whatsapp": people.wa_text, "telegram": people.tg_text}.get(kind, lambda: people.meta_text(kind))()
    return json.dumps(body).encode()


def marta(whatsapp, agent=None, **fields):
    """A chat with her on WhatsApp: in General, or with an agent."""
    given = {"sender": MARTA, "address_kind": "wa_id", "aliases": (("phone", MARTA),), "external_id": "wamid.1"}
    if agent:
        return people.held(whatsapp, agent, **{**given, **fields})
    return people.waiting(whatsapp, **{**given, **fields})


# --- who it is ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", META)
def test_only_what_the_app_signed_is_taken(client, kind, db):
    origin = getattr(people, f"{kind}_origin")()
    raw = payload(kind, "text")
    good = people.meta_signature(origin.secret, raw)
    refused = [
        None, "", "sha256=", "sha256=" + "0" * 64, good[7:], good.replace("sha256", "sha1"), good[:-1], good + "0",
        "sha256=" + "0" * 5000, "sha256=ñandú", good.upper(), people.meta_signature("el-de-otra-app", raw),
        people.meta_signature("", raw), people.meta_signature(origin.secret, raw + b" "),
    ]  # fmt: skip
    before = throttle.read_counts([f"unsigned:{origin.key}"])[0]
    for signature in refused:
        answer = people.post_meta(client, origin, raw, **{"X-Hub-Signature-256": signature})
        assert answer.status_code in (401, 403), signature
    assert not Body.objects.exists()
    assert not Contact.objects.exists()
    assert throttle.read_counts([f"unsigned:{origin.key}"])[0] == before + len(refused)
    assert takes(client, origin, raw)["accepted"] == 1


def test_what_was_signed_with_the_secret_before_it_was_changed_is_taken(client, whatsapp):
    Origin.objects.filter(pk=whatsapp.pk).update(secret="uno-nuevo", previous_secret=people.APP_SECRET)
    assert people.post_meta(client, whatsapp, people.wa_text(), secret=people.APP_SECRET).status_code == 200
    assert people.post_meta(client, whatsapp, people.wa_text(), secret="uno-nuevo").status_code == 200
    assert people.post_meta(client, whatsapp, people.wa_text(), secret="ninguno").status_code == 401


def test_telegram_is_known_by_its_secret_token(client, telegram):
    for secret in ("otro", "secreto-de-telegra", "x" * 5000, "ñ"):
        assert people.post_telegram(client, telegram, people.tg_text(), secret=secret).status_code in (401, 403)
    assert not Body.objects.exists()
    takes(client, telegram, people.tg_text(text="Hola"))
    assert heard() == ["Hola"]


def test_one_networks_signature_opens_no_other_door(client, whatsapp, telegram, http_origin):
    raw = json.dumps(people.wa_text()).encode()
    for origin in (telegram, http_origin):
        assert people.post_meta(client, origin, raw).status_code == 401
        assert people.post_signed(client, whatsapp, raw).status_code == 401
    assert not Body.objects.exists()


# --- odd bodies -----------------------------------------------------------------------------------

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


# --- each part on its own -------------------------------------------------------------------------


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


# --- once -----------------------------------------------------------------------------------------


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


# --- what nobody finished -------------------------------------------------------------------------


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


# --- at the same instant --------------------------------------------------------------------------


def at_once(acts):
    """Each on a connection of its own, all at the same instant."""
    with Crowd(len(acts)) as crowd:
        return crowd.at_once([lambda _n, act=act: act() for act in acts])


@pytest.mark.parametrize("kind", [*META, "telegram"])
def test_the_same_body_on_two_connections_is_stored_once(kind, transactional_db):
    origin = getattr(people, f"{kind}_origin")()
    raw = hello(kind)
    answers = at_once([lambda: takes(Client(), origin, raw)] * 4)
    assert sum(answer["accepted"] for answer in answers) == 1
    assert sum(answer["duplicates"] for answer in answers) == 3
    assert (Contact.objects.count(), len(heard()), Chat.objects.get().unread) == (1, 1, 1)
    assert people.all_consistent()


def test_an_album_of_a_new_contact_on_five_connections(transactional_db, ana):
    origin = people.whatsapp_origin()
    person = people.wa_person()
    bodies = [
        people.wa_body(people.wa_change(contacts=[person], messages=[
            people.wa_message(id=f"wamid.A{n}", type="image", image={"id": f"70{n}", "mime_type": "image/jpeg"})
        ])) for n in range(5)
    ]  # fmt: skip
    answers = at_once([lambda body=body: takes(Client(), origin, body) for body in bodies])
    assert all(answer["accepted"] == 1 for answer in answers)
    assert (Contact.objects.count(), Chat.objects.count()) == (1, 1)
    pictures = Message.objects.filter(direction="in", kind="image")
    assert sorted(picture.payload["media"]["id"] for picture in pictures) == [f"70{n}" for n in range(5)]
    assert Chat.objects.get().unread == 5
    assert people.all_consistent()


def test_an_album_of_telegram_on_five_connections(transactional_db, ana):
    origin = people.telegram_origin()
    bodies = [
        people.tg_text(text=None, id=n, media_group_id="1",
                       photo=[{"file_id": f"f{n}", "width": 9, "height": 9, "file_size": 9}])
        for n in range(1, 6)
    ]  # fmt: skip
    at_once([lambda body=body: takes(Client(), origin, body) for body in bodies])
    assert (Contact.objects.count(), Chat.objects.count(), Message.objects.filter(kind="image").count()) == (1, 1, 5)


# --- order and time -------------------------------------------------------------------------------


def test_bodies_in_any_order_end_in_the_order_of_the_origins_seconds(client, whatsapp, ana):
    start = ago(minutes=30)
    bodies = [people.wa_text(text=f"{n:02}", at=start + timedelta(seconds=n)) for n in range(12)]
    random.Random(7).shuffle(bodies)
    for body in bodies:
        takes(client, whatsapp, body)
    assert heard() == [f"{n:02}" for n in range(12)]
    chat = Chat.objects.get()
    assert (chat.preview, chat.unread) == ("11", 12)
    assert int(chat.last_customer_at.timestamp()) == int((start + timedelta(seconds=11)).timestamp())


@pytest.mark.parametrize("together", [True, False])
def test_in_one_second_they_stand_as_they_came(client, whatsapp, ana, together):
    marta(whatsapp, at=ago(minutes=9))
    at = ago(minutes=5)
    said = [people.wa_message(text=str(n), at=at) for n in range(5)]
    said[2]["context"] = {"id": "wamid.1"}
    bodies = [people.wa_texts(*said)] if together else [people.wa_texts(one) for one in said]
    for body in bodies:
        takes(client, whatsapp, body)
    assert heard() == ["Hola", "0", "1", "2", "3", "4"]
    assert Chat.objects.get().preview == "4"


def test_a_message_of_over_24_h_ago_moves_nothing(client, whatsapp, ana):
    chat = marta(whatsapp, ana, at=ago(hours=2))
    before = people.fresh(chat)
    takes(client, whatsapp, people.wa_text(MARTA, "de ayer", at=ago(hours=25)))
    chat = people.fresh(chat)
    assert heard() == ["de ayer", "Hola"]
    for name in ("state", "agent", "session_expires_at", "last_customer_at", "unread", "preview", "change"):
        assert getattr(chat, name) == getattr(before, name), name
    # and of somebody new: a contact whose session is over
    takes(client, whatsapp, people.wa_text("5491155550777", "tarde", at=ago(hours=30)))
    assert Chat.objects.get(messages__text="tarde").state == "EXPIRADO"
    assert people.all_consistent()


@pytest.mark.parametrize(
    "stamp", ["4102444800", "0", "-5", "NaN", None, "", [], {"a": 1}, "2026-13-45", True, "9" * 30, -1e300]
)
def test_a_time_that_makes_no_sense_counts_as_now(client, whatsapp, stamp):
    body = people.wa_texts(people.wa_message(text="¿cuándo?"))
    message = body["entry"][0]["changes"][0]["value"]["messages"][0]
    if stamp is None:
        del message["timestamp"]
    else:
        message["timestamp"] = stamp
    before = timezone.now()
    assert takes(client, whatsapp, body)["accepted"] == 1
    stored = Message.objects.get(direction="in")
    assert before <= stored.created_at <= timezone.now()
    assert Chat.objects.get().session_expires_at <= timezone.now() + timedelta(hours=24)


def test_milliseconds_are_read_as_such(client, whatsapp, messenger):
    at = ago(minutes=7)
    takes(client, whatsapp, people.wa_texts(people.wa_message(at=str(people.millis(at)))))
    takes(client, messenger, people.meta_text("messenger", at=at))
    for message in Message.objects.filter(direction="in"):
        assert abs(message.created_at - at) < timedelta(milliseconds=2)


# --- what is said, and of what kind ---------------------------------------------------------------


def test_an_unknown_kind_is_a_customers_message_and_extends_the_window(client, whatsapp, ana):
    chat = marta(whatsapp, ana, at=ago(hours=20))
    for number, more in enumerate((
        {"type": "holograma", "holograma": {"x": 1}}, {"type": "interactive"}, {"type": "unsupported",
        "errors": [{"code": 131051}], "unsupported": {"type": "poll_creation"}}, {"type": "order"},
    )):  # fmt: skip
        takes(client, whatsapp, people.wa_texts(people.wa_message(**more)))
        assert Message.objects.filter(direction="in", kind="unsupported").count() == number + 1
    assert people.fresh(chat).session_expires_at > timezone.now() + timedelta(hours=23)


@pytest.mark.parametrize(
    "text", ["   ", "x" * 65_536, "a\x00b", "a\ud800b", "\u202eאבג", "👨‍👩‍👧‍👦" * 20, "<b>{{ x }}{% y %}</b>", "=1+1"]
)
def test_a_text_is_stored_whole_as_far_as_the_database_can(client, whatsapp, text):
    takes(client, whatsapp, people.wa_text(text=text))
    assert heard() == [text.replace("\x00", "").replace("\ud800", "?")]


def test_a_group_message_is_not_mixed_into_the_senders_chat(client, whatsapp, telegram):
    takes(client, whatsapp, people.wa_text(MARTA, "a mí"))
    takes(client, whatsapp, people.wa_texts(people.wa_message(MARTA, "al grupo", group_id="g-1")))
    takes(client, telegram, payload("telegram", "group"))
    assert heard() == ["a mí"]
    assert not Body.objects.exclude(state="processed").exists()


def test_a_new_message_brings_a_closed_chat_back_and_a_reaction_does_not(client, whatsapp, ana):
    chat = marta(whatsapp, ana)
    moves.close(chat.pk, ana)
    takes(client, whatsapp, people.wa_texts(people.wa_message(
        type="reaction", reaction={"message_id": "wamid.1", "emoji": "👍"})))  # fmt: skip
    assert people.fresh(chat).tray.kind == "closed"
    assert Message.objects.get(external_id="wamid.1").reaction == "👍"
    takes(client, whatsapp, people.wa_text(MARTA, "una cosa más"))
    assert people.fresh(chat).tray.kind == "general"


def test_a_reaction_is_taken_back_without_its_emoji(client, whatsapp, ana):
    marta(whatsapp)
    for reaction, stands in (({"emoji": "❤️"}, "❤️"), ({}, ""), ({"emoji": "😮"}, "😮"), ({"emoji": ""}, "")):
        said = {"type": "reaction", "reaction": {"message_id": "wamid.1", **reaction}}
        takes(client, whatsapp, people.wa_texts(people.wa_message(**said)))
        assert Message.objects.get(external_id="wamid.1").reaction == stands
    assert len(heard()) == 1


def test_a_customer_edits_and_withdraws(client, whatsapp, messenger, instagram, telegram, ana):
    takes(client, telegram, people.tg_text(id=11, text="hloa"))
    takes(client, telegram, people.tg_update("edited_message", people.tg_message(id=11, text="hola")))
    takes(client, messenger, people.meta_text("messenger", id="m_1", text="maniana"))
    takes(client, messenger, people.meta_event("messenger", "24001", message_edit={"mid": "m_1", "text": "mañana"}))
    takes(client, instagram, people.meta_text("instagram", "90001", id="i_1", text="secreto"))
    takes(client, instagram, people.meta_event("instagram", "90001", message={"mid": "i_1", "is_deleted": True}))
    marta(whatsapp)
    takes(client, whatsapp, people.wa_texts(people.wa_message(
        type="edit", edit={"original_message_id": "wamid.1", "message": {"type": "text", "text": {"body": "Buenas"}}}
    )))  # fmt: skip
    assert sorted(Message.objects.filter(edited_at__isnull=False).values_list("text", flat=True)) == [
        "Buenas", "hola", "mañana"
    ]  # fmt: skip
    assert sorted(Chat.objects.values_list("preview", flat=True)) == ["Buenas", "Mensaje retirado", "hola", "mañana"]
    takes(
        client, whatsapp, people.wa_texts(people.wa_message(type="revoke", revoke={"original_message_id": "wamid.1"}))
    )
    assert Message.objects.get(external_id="wamid.1").withdrawn_at
    assert Message.objects.filter(direction="in").count() == 4


def test_nobody_changes_another_persons_message(client, whatsapp):
    marta(whatsapp)
    stranger = people.wa_message("5491100000000", type="revoke", revoke={"original_message_id": "wamid.1"})
    takes(client, whatsapp, people.wa_texts(stranger))
    assert Message.objects.get(external_id="wamid.1").withdrawn_at is None


# --- what became of ours --------------------------------------------------------------------------


def out(chat, ana, text="Va", *, status="sent", external_id=None, sent_at=None):
    message = replies.send_reply(chat.pk, ana, text)
    Message.objects.filter(pk=message.pk).update(status=status, external_id=external_id, sent_at=sent_at)
    message.refresh_from_db()
    return message


@pytest.mark.parametrize("order", list(itertools.permutations(["sent", "delivered", "read"])))
def test_receipts_in_any_order_come_to_the_same(client, whatsapp, ana, order):
    message = out(marta(whatsapp, ana), ana, external_id="wamid.O")
    for status in (*order, order[0]):
        takes(client, whatsapp, people.wa_statuses(people.wa_status("wamid.O", status)))
    message.refresh_from_db()
    assert message.status == "read"


@pytest.mark.parametrize("order", [("failed", "delivered"), ("delivered", "failed")])
def test_a_failure_gives_way_to_what_arrived(client, whatsapp, ana, order):
    message = out(marta(whatsapp, ana), ana, external_id="wamid.O")
    for status in order:
        code = 131026 if status == "failed" else None
        takes(client, whatsapp, people.wa_statuses(people.wa_status("wamid.O", status, code=code)))
    message.refresh_from_db()
    assert (message.status, message.reason) == ("delivered", "")


def test_a_receipt_keeps_the_origins_time(client, whatsapp, ana):
    message, at = out(marta(whatsapp, ana), ana, external_id="wamid.O"), ago(minutes=3).replace(microsecond=0)
    takes(client, whatsapp, people.wa_statuses(people.wa_status("wamid.O", "delivered", at=at)))
    message.refresh_from_db()
    assert message.status_at == at


@pytest.mark.parametrize("to", ["5215512345678", "525512345678", None, "MX.900"])
def test_a_receipt_counts_whatever_it_calls_the_person(client, whatsapp, ana, to):
    """Meta may name a number in its other form, or the user id that we do not know yet."""
    chat = people.held(whatsapp, ana, sender="525512345678", address_kind="wa_id")
    message = out(chat, ana, external_id="wamid.O")
    takes(client, whatsapp, people.wa_statuses(people.wa_status("wamid.O", "read", to=to)))
    message.refresh_from_db()
    assert message.status == "read"


def test_an_unsure_one_is_told_by_our_own_id(client, whatsapp, ana):
    message = out(marta(whatsapp, ana), ana, status="unconfirmed")
    takes(client, whatsapp, people.wa_statuses(people.wa_status("wamid.NEW", "delivered", ours=message.uuid)))
    message.refresh_from_db()
    assert (message.status, message.external_id) == ("delivered", "wamid.NEW")
    takes(client, whatsapp, people.wa_statuses(people.wa_status("wamid.NEW", "read")))
    message.refresh_from_db()
    assert message.status == "read"


def test_a_watermark_moves_all_up_to_its_time_and_nothing_else(client, messenger, ana):
    given = {"address_kind": "psid", "at": ago(minutes=10)}
    chat = people.held(messenger, ana, sender="24001", **given)
    other = people.held(messenger, ana, sender="24002", **given)
    times = [ago(minutes=5), ago(minutes=4), ago(minutes=1)]
    ours = [out(chat, ana, f"n{n}", external_id=f"m_o{n}", sent_at=at) for n, at in enumerate(times)]
    theirs = out(other, ana, external_id="m_x", sent_at=times[0])
    mark = people.millis(ago(minutes=3))
    takes(client, messenger, people.meta_event("messenger", "24001", delivery={"watermark": mark}))
    assert [Message.objects.get(pk=o.pk).status for o in ours] == ["delivered", "delivered", "sent"]
    takes(client, messenger, people.meta_event("messenger", "24001", read={"watermark": mark}))
    takes(client, messenger, people.meta_event("messenger", "24001", delivery={"watermark": mark}))
    assert [Message.objects.get(pk=o.pk).status for o in ours] == ["read", "read", "sent"]
    theirs.refresh_from_db()
    assert theirs.status == "sent"


def test_instagram_says_which_one_was_read(client, instagram, ana):
    chat = people.held(instagram, ana, sender="90001", address_kind="igsid")
    message = out(chat, ana, external_id="i_o")
    takes(client, instagram, people.meta_event("instagram", "90001", read={"mid": "i_o"}))
    message.refresh_from_db()
    assert message.status == "read"


# --- echoes ---------------------------------------------------------------------------------------


def test_what_was_typed_in_the_phone_app_is_shown_as_sent_from_there(client, whatsapp, ana):
    chat = marta(whatsapp)
    assert chat.unread == 1
    for _ in range(2):
        takes(client, whatsapp, people.wa_echo(MARTA, "Te llamo", id="wamid.E"))
    message = Message.objects.get(external_id="wamid.E")
    assert (message.direction, message.author, message.status, message.agent) == ("out", "agent", "sent", None)
    assert message.payload["from_phone"] is True
    chat = people.fresh(chat)
    assert (chat.unread, chat.preview, chat.state) == (0, "Te llamo", "BANDEJA")
    takes(client, whatsapp, people.wa_statuses(people.wa_status("wamid.E", "read")))
    message.refresh_from_db()
    assert message.status == "read"


def test_what_was_typed_to_somebody_new_makes_a_contact_who_is_nowhere(client, whatsapp):
    takes(client, whatsapp, people.wa_echo("5491155550999", "Hola, te escribo de la tienda"))
    chat = Chat.objects.get()
    assert (chat.state, chat.unread) == ("EXPIRADO", 0)
    takes(client, whatsapp, people.wa_text("5491155550999", "Hola"))
    assert Chat.objects.get().state == "BANDEJA"
    assert Contact.objects.get().name == "Marta Gómez"
    assert people.all_consistent()


def test_an_echo_of_ours_by_messenger_is_not_doubled(client, messenger, ana):
    chat = people.held(messenger, ana, sender="24001", address_kind="psid")
    for status in ("sending", "unconfirmed", "sent"):
        message = out(chat, ana, "Va", status=status, external_id="m_have" if status == "sent" else None)
        mid = message.external_id or f"m_{status}"
        takes(client, messenger, people.meta_echo("messenger", "24001", "Va", id=mid, ours=message.uuid))
        message.refresh_from_db()
        assert (message.status, message.external_id) == ("sent", mid)
    assert Message.objects.filter(direction="out").count() == 3


def test_what_was_typed_in_the_pages_own_box_is_not_taken_for_ours(client, messenger, ana):
    """Messenger says our id in every echo of ours: the same words without it are another's."""
    chat = people.held(messenger, ana, sender="24001", address_kind="psid")
    ours = out(chat, ana, "ok", status="sending")
    takes(client, messenger, people.meta_echo("messenger", "24001", "ok", id="m_typed"))
    ours.refresh_from_db()
    assert (ours.status, ours.external_id) == ("sending", None)
    assert Message.objects.get(external_id="m_typed").payload["from_phone"]


@pytest.mark.parametrize("status", ["sending", "unconfirmed"])
def test_an_echo_of_ours_by_instagram_is_known_by_its_words(client, instagram, ana, status):
    chat = people.held(instagram, ana, sender="90001", address_kind="igsid")
    message = out(chat, ana, "Va", status=status)
    takes(client, instagram, people.meta_echo("instagram", "90001", "Va", id="i_o"))
    message.refresh_from_db()
    assert (message.status, message.external_id) == ("sent", "i_o")
    takes(client, instagram, people.meta_echo("instagram", "90001", "otra cosa", id="i_p"))
    assert Message.objects.get(external_id="i_p").payload["from_phone"]
    assert Message.objects.filter(direction="out").count() == 2


def test_an_echo_of_the_bots_menu_by_instagram_is_not_doubled(client, instagram):
    people.with_bot(instagram, greeting="¡Hola!")
    takes(client, instagram, people.meta_text("instagram", "90001", "Hola"))
    Message.objects.filter(direction="out").update(status="sending")
    from origins.choices import number_choices

    bot = Message.objects.get(direction="out")
    said = number_choices(bot.text, bot.payload["choices"])
    takes(client, instagram, people.meta_echo("instagram", "90001", said, id="i_o"))
    bot.refresh_from_db()
    assert (bot.status, bot.external_id) == ("sent", "i_o")


def test_a_reaction_on_its_way_is_not_taken_for_an_echoed_picture(client, instagram, ana):
    chat = people.held(instagram, ana, sender="90001", address_kind="igsid", external_id="i_1")
    first = Message.objects.get(external_id="i_1")
    reaction = corrections.react_to(chat.pk, ana, first.pk, "❤️")
    Message.objects.filter(pk=reaction.pk).update(status="sending")
    picture = {"mid": "i_e", "is_echo": True, "attachments": [{"type": "image", "payload": {"url": "https://x/y"}}]}
    takes(client, instagram, people.meta_event("instagram", "", to="90001", message=picture))
    assert Message.objects.get(external_id="i_e").kind == "image"
    assert not ParkedFact.objects.exists()
