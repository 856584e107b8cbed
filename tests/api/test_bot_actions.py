"""What a bot does with its conversation over the API: it speaks, hands over, and keeps what it found out."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from chats import moves
from chats.models import Chat, Message
from tests import people
from tests.api.asking import problem
from tests.api.conversations import of
from trays.models import Tray


def test_the_bot_says_something(api, chat):
    answer = api.says(chat, "  Hola, Marta  ", control_version=chat.change_id)
    assert answer.status_code == 201
    said = answer.json()
    assert said["conversation"] == {"id": chat.pk, "status": "pending", "control_version": chat.change_id}
    message = Message.objects.get(author="bot")
    assert [one["id"] for one in said["messages"]] == [str(message.uuid)]
    assert (message.text, message.bot, message.chat) == ("Hola, Marta", chat.bot, chat)
    # what it is told is what it would read
    assert said["messages"] == api.get(of(chat, "/messages")).json()["items"][-1:]


def test_the_bot_offers_choices(api, chat):
    buttons = [{"title": "Mi pedido", "payload": "order"}, {"title": "Una persona"}]
    said = api.says(chat, "¿Qué necesitás?", type="choices", buttons=buttons).json()["messages"]
    offered = [{"title": "Mi pedido", "payload": "order"}, {"title": "Una persona", "payload": "Una persona"}]
    assert said[0]["payload"] == {"choices": offered}


def test_the_bot_quotes_a_message_of_this_conversation_only(api, chat, line):
    quoted = str(chat.messages.filter(direction="in").get().uuid)
    assert api.says(chat, "Eso mismo", reply_to=quoted).json()["messages"][0]["reply_to"] == quoted
    foreign = str(people.says(line, "otra", "Hola").message.uuid)
    for ref in (foreign, str(uuid.uuid4())):
        problem(api.says(chat, "Eso mismo", reply_to=ref), 422, "invalid")


@pytest.mark.parametrize(
    "words",
    [
        "x",
        "x" * 16_384,
        "👩‍👩‍👧‍👦" * 50,
        "<b>hola</b>",
        "{{ nombre }}",
        "‮abc",
        "a\x00b",
        "línea\n\notra",
        "'; DROP TABLE",
    ],
)
def test_texts_are_taken_as_they_are(words, api, chat):
    said = api.says(chat, words).json()["messages"]
    assert "".join(one["content"] for one in said) == words.replace("\x00", "")


def test_after_the_hand_over_nobody_is_talked_over(api, gone):
    before = gone.messages.count()
    for answer in (
        api.says(gone, "¿Seguís ahí?"),
        api.hands_over(gone),
        api.post(of(gone, "/typing")),
        api.patch(of(gone), {"tags": []}),
    ):
        said = problem(answer, 409, "conversation-elsewhere")
        assert said["conversation"] == {"id": gone.pk, "status": "open", "control_version": gone.change_id}
        assert set(said) == {"type", "title", "status", "detail", "conversation", "words"}
        assert "Ventas" not in answer.content.decode()
        assert "Ana" not in answer.content.decode()
    assert gone.messages.count() == before


def test_an_answer_to_an_earlier_round_is_refused(api, chat, ana):
    old = chat.change_id
    api.hands_over(chat)
    moves.take(chat.pk, ana)
    moves.close(chat.pk, ana)
    people.says(chat.origin, "marta", "Otra cosa")
    now = people.fresh(chat).change_id
    for answer in (
        api.says(chat, "tarde", control_version=old),
        api.hands_over(chat, control_version=old),
        api.patch(of(chat), {"tags": ["x"], "control_version": old}),
    ):
        said = problem(answer, 409, "control-version-old")
        assert said["conversation"] == {"id": chat.pk, "status": "pending", "control_version": now}
    assert api.says(chat, "a tiempo", control_version=now).status_code == 201


def test_over_its_limits_the_bot_loses_the_conversation(api, chat):
    for number in range(10):
        assert api.says(chat, f"mensaje {number}").status_code == 201
    said = problem(api.says(chat, "y otro"), 409, "conversation-elsewhere")
    assert said["conversation"]["status"] == "open"
    assert people.fresh(chat).tray == Tray.objects.general()


def test_the_bot_hands_over_with_all_that_it_knows(api, chat, ventas):
    answer = api.hands_over(
        chat,
        tray="ventas",
        summary="Quiere cambiar la dirección",
        attributes={"order": 12, "vip": True, "note": None},
        message="Te paso con Ventas",
        control_version=chat.change_id,
    )
    fresh = people.fresh(chat)
    assert answer.json() == {
        "status": "open",
        "tray": "Ventas",
        "tray_id": ventas.pk,
        "control_version": fresh.change_id,
        "open_now": True,
    }
    assert (fresh.state, fresh.tray, fresh.bot_summary) == ("BANDEJA", ventas, "Quiere cambiar la dirección")
    assert fresh.attributes == {"order": 12, "vip": True}
    assert fresh.messages.filter(author="bot", direction="out").get().text == "Te paso con Ventas"
    assert fresh.change_id > chat.change_id


@pytest.mark.parametrize("wish", [{}, {"tray": None}, {"tray": "General"}, {"tray": "general"}])
def test_without_a_tray_it_goes_to_general(wish, api, chat):
    assert api.hands_over(chat, **wish).json()["tray"] == "General"


def test_a_tray_may_be_named_by_its_id(api, chat, ventas):
    assert api.hands_over(chat, tray=ventas.pk).json()["tray"] == "Ventas"


def test_a_tray_that_is_none_is_refused_and_those_there_are_named(api, chat, ventas, ana):
    archived = people.tray("Vieja")
    Tray.objects.filter(pk=archived.pk).update(archived_at=timezone.now())
    unknown = [
        "No hay",
        "Vieja",
        archived.pk,
        10**12,
        Tray.objects.closed().pk,
        Tray.objects.closed().name,
        str(ana.personal_tray),
        ana.personal_tray.pk,
        "\x00",
    ]
    for tray in unknown:
        said = problem(api.hands_over(chat, tray=tray), 422, "unknown-tray")
        assert said["trays"] == ["General", "Ventas"], tray
    assert people.fresh(chat).state == "BOT"


@pytest.mark.parametrize(
    "wish",
    [
        {"tray": True}, {"tray": 1.5}, {"tray": []}, {"tray": ""}, {"tray": -1}, {"tray": 2**63}, {"tray": "x" * 201}, {"summary": "x" * 2001},
        {"attributes": []}, {"attributes": {"a": []}}, {"attributes": {"a": {}}}, {"attributes": {"": 1}}, {"attributes": {"x" * 41: 1}},
        {"attributes": {"a": "x" * 501}}, {"attributes": {"a": 1e308 * 10}}, {"attributes": {str(n): n for n in range(51)}},
        {"attributes": {"\x00": 1}}, {"message": "x" * 16_385}, {"control_version": 1.5}, {"bandeja": "Ventas"},
    ],
)  # fmt: skip
def test_an_odd_hand_over_is_refused_and_changes_nothing(wish, api, chat):
    answer = api.hands_over(chat, **wish)
    # Python writes Infinity, which is not JSON
    code, status = ("bad-request", 400) if "Infinity" in repr(wish) or "inf" in repr(wish) else ("invalid", 422)
    problem(answer, status, code)
    fresh = people.fresh(chat)
    assert (fresh.state, fresh.attributes) == ("BOT", {})


def test_the_second_hand_over_changes_nothing(api, chat, ventas):
    assert api.hands_over(chat, tray="Ventas").status_code == 200
    version = people.fresh(chat).change_id
    problem(api.hands_over(chat, tray="General"), 409, "conversation-elsewhere")
    assert (people.fresh(chat).tray, people.fresh(chat).change_id) == (ventas, version)


def test_what_the_bot_found_out_is_kept(api, chat):
    assert api.patch(of(chat), {"attributes": {"order": 12, "city": "Rosario"}, "tags": ["vip"]}).status_code == 200
    said = api.patch(of(chat), {"attributes": {"city": None, "paid": False, "total": 10.5}}).json()
    assert (said["attributes"], said["tags"]) == ({"order": 12, "paid": False, "total": 10.5}, ["vip"])
    assert api.patch(of(chat), {"tags": []}).json()["tags"] == []
    assert api.patch(of(chat), {}).json()["attributes"] == {"order": 12, "paid": False, "total": 10.5}
    assert said == {**api.get(of(chat)).json(), "tags": ["vip"]}


@pytest.mark.parametrize(
    "wish",
    [
        {"tags": "vip"},
        {"tags": [""]},
        {"tags": ["\x00"]},
        {"tags": ["x" * 41]},
        {"tags": [str(n) for n in range(21)]},
        {"tags": [1]},
        {"state": "AGENTE"},
        {"attributes": {"a": "\ud800"}, "tags": [3]},
    ],
)
def test_odd_tags_are_refused(wish, api, chat):
    problem(api.patch(of(chat), wish), 422, "invalid")
    assert people.fresh(chat).tags == []


@pytest.mark.parametrize("value", ["a\x00b", "\ud800x"])
def test_a_value_that_the_database_cannot_keep_is_kept_as_far_as_it_can(value, api, chat):
    answer = api.patch(of(chat), {"attributes": {"a": value}})
    assert answer.json()["attributes"]["a"] in ("ab", "?x")


def test_no_more_than_fifty_attributes_stand(api, chat):
    assert api.patch(of(chat), {"attributes": {str(n): n for n in range(50)}}).status_code == 200
    problem(api.patch(of(chat), {"attributes": {"one more": 1}}), 422, "invalid")
    assert api.patch(of(chat), {"attributes": {"0": None, "one more": 1}}).status_code == 200


def test_typing_says_nothing_and_gives_time(api, chat):
    answer = api.post(of(chat, "/typing"))
    assert (answer.status_code, answer.content) == (204, b"")
    assert not chat.messages.filter(author="bot").exists()
    assert people.fresh(chat).state == "BOT"


def test_once_the_window_is_closed_only_a_template_goes(api, chat):
    Chat.objects.filter(pk=chat.pk).update(session_expires_at=timezone.now() - timedelta(seconds=1))
    said = problem(api.says(chat, "¿Seguís ahí?", control_version=chat.change_id), 409, "window-closed")
    assert said["conversation"]["status"] == "pending"
    assert api.get(of(chat)).json()["window"]["open"] is False
