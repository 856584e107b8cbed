"""A bot and its conversations over HTTP: what it reads, says, keeps and hands over, and what it never sees."""

import uuid
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from chats import expiry, moves
from chats.messages import amendments, replies
from chats.models import Attachment, Chat, Message
from origins.facts import Edit
from tests import people
from tests.chats.api.asking import problem
from trays.models import Tray

# ASCII: JSON writes anything else as an escape
SECRET = "mi tarjeta es la 4111"


def of(chat, rest=""):
    return f"/conversations/{chat.pk}{rest}"


@pytest.fixture
def gone(chat, ventas, ana, api):
    """The bot has said something and handed it over; Ana has taken it, and they talk of what is no bot's business."""
    api.says(chat, "Te paso con Ventas")
    assert api.hands_over(chat, tray="Ventas").status_code == 200
    people.says(chat.origin, "marta", SECRET)
    moves.take(chat.pk, ana)
    replies.send_reply(chat.pk, ana, "No entendí: ¿cuál era tu tarjeta?")
    replies.write_note(chat.pk, ana, f"nota: {SECRET}")
    Chat.objects.filter(pk=chat.pk).update(attributes={"private": SECRET}, tags=[SECRET[:20]])
    return people.fresh(chat)


# --- reading --------------------------------------------------------------------------------------


def test_a_conversation_that_the_bot_holds_is_read_whole(api, chat):
    Chat.objects.filter(pk=chat.pk).update(attributes={"order": 12}, tags=["vip"])
    said = api.get(of(chat)).json()
    assert said.pop("window") == {"open": True, "closes_at": chat.session_expires_at.isoformat()}
    assert said == {
        "id": chat.pk,
        "status": "pending",
        "control_version": chat.change_id,
        "attributes": {"order": 12},
        "tags": ["vip"],
        "contact": {
            "id": chat.contact_id,
            "name": "Marta Gómez",
            "identifiers": [{"kind": "http", "value": "marta"}],
        },
    }


def test_one_that_it_had_shows_where_it_is_and_nothing_else(api, gone):
    answer = api.get(of(gone))
    assert answer.json() == {
        "id": gone.pk,
        "status": "open",
        "control_version": gone.change_id,
        "contact": {"id": gone.contact_id, "name": "Marta Gómez"},
    }
    for path in (of(gone), of(gone, "/messages"), "/conversations?status=open"):
        body = api.get(path).content.decode()
        for private in (SECRET, "4111", "Ana", "era tu tarjeta", "private"):
            assert private not in body, path


@pytest.mark.parametrize(
    ("status", "move"),
    [
        ("closed", lambda chat, ana: (moves.take(chat.pk, ana), moves.close(chat.pk, ana))),
        ("open", lambda chat, ana: moves.take(chat.pk, ana)),
        ("expired", lambda chat, ana: expiry.expire(now=timezone.now() + timedelta(days=2))),
    ],
)
def test_each_place_has_its_status(status, move, api, chat, ana):
    api.hands_over(chat)
    move(chat, ana)
    assert api.get(of(chat)).json()["status"] == status
    assert [one["id"] for one in api.get(f"/conversations?status={status}").json()["items"]] == [chat.pk]
    for other in {"pending", "open", "closed", "expired"} - {status}:
        assert api.get(f"/conversations?status={other}").json()["items"] == []


def test_the_control_version_grows_with_each_change_of_place(api, chat, ana):
    seen = [api.get(of(chat)).json()["control_version"]]
    api.hands_over(chat)
    for step in (lambda: moves.take(chat.pk, ana), lambda: moves.close(chat.pk, ana)):
        seen.append(api.get(of(chat)).json()["control_version"])
        step()
    people.says(chat.origin, "marta", "Otra cosa")
    back = api.get(of(chat)).json()
    assert (back["status"], [*seen, back["control_version"]]) == ("pending", sorted({*seen, back["control_version"]}))


@pytest.mark.parametrize("rest", ["", "/messages"])
def test_another_bots_conversation_is_as_one_that_is_not_there(rest, chat, other, api):
    foreign, none = other.get(of(chat, rest)), other.get(f"/conversations/{chat.pk + 1000}{rest}")
    assert problem(foreign, 404, "not-found") == problem(none, 404, "not-found")
    for verb, body in (("messages", {"content": "hola"}), ("handoff", {}), ("typing", {})):
        problem(other.post(of(chat, f"/{verb}"), body), 404, "not-found")
    problem(other.patch(of(chat), {"attributes": {"a": 1}}), 404, "not-found")
    fresh = people.fresh(chat)
    assert (fresh.state, fresh.attributes, fresh.messages.filter(author="bot").exists()) == ("BOT", {}, False)
    assert other.get("/conversations").json()["items"] == []
    assert api.get(of(chat)).status_code == 200


def test_a_chat_that_went_on_to_another_bot_is_elsewhere_for_the_first(api, chat, other, ana):
    api.says(chat, "Hola, soy el primero")
    api.hands_over(chat)
    moves.take(chat.pk, ana)
    moves.close(chat.pk, ana)
    reception = chat.origin.reception
    reception.bot = other.bot
    reception.save()
    people.says(chat.origin, "marta", SECRET)
    assert other.get(of(chat)).json()["attributes"] == {}
    assert set(api.get(of(chat)).json()) == {"id", "status", "control_version", "contact"}
    assert SECRET not in api.get(of(chat, "/messages")).content.decode()
    said = problem(api.says(chat, "Sigo yo"), 409, "conversation-elsewhere")
    assert said["conversation"]["status"] == "pending"
    # who has it now reads what is said since it came to him, and not what was said before
    said = other.get(of(chat, "/messages")).json()["items"]
    assert [one["content"] for one in said] == [SECRET]


def round_with_ana(chat, ana, api):
    """Handed over, talked about with Ana, closed, and with the bot again."""
    api.hands_over(chat)
    moves.take(chat.pk, ana)
    people.says(chat.origin, "marta", SECRET)
    replies.send_reply(chat.pk, ana, f"Anoto: {SECRET}")
    moves.close(chat.pk, ana)
    people.says(chat.origin, "marta", "Otra cosa")


def read(api, chat):
    return [one["content"] for one in api.get(of(chat, "/messages")).json()["items"]]


def test_a_bot_that_gets_the_chat_again_does_not_read_what_was_said_with_agents(api, chat, ana):
    api.says(chat, "¿En qué te ayudo?")
    round_with_ana(chat, ana, api)
    api.says(chat, "Decime")
    people.says(chat.origin, "marta", "Mi pedido")
    assert read(api, chat) == ["Hola", "¿En qué te ayudo?", "Otra cosa", "Decime", "Mi pedido"]
    round_with_ana(chat, ana, api)
    assert read(api, chat) == ["Hola", "¿En qué te ayudo?", "Otra cosa", "Decime", "Mi pedido", "Otra cosa"]


def corrects(chat, ref, text, at=None):
    assert amendments.apply_amendment(chat.origin, Edit("marta", ref, text, at=at))


def test_what_is_corrected_while_the_bot_has_it_is_read_also_later(api, chat):
    people.says(chat.origin, "marta", "Mi peddio", external_id="own")
    corrects(chat, "own", "Mi pedido")
    assert read(api, chat) == ["Hola", "Mi pedido"]
    api.hands_over(chat)
    assert read(api, chat) == ["Hola", "Mi pedido"]


def test_what_is_corrected_behind_the_bots_back_is_not_read(api, chat, ana):
    people.says(chat.origin, "marta", "Mi pedido", external_id="own")
    api.hands_over(chat)
    corrects(chat, "own", SECRET)
    moves.take(chat.pk, ana)
    assert read(api, chat) == ["Hola", ""]
    corrects(chat, "own", f"{SECRET} otra vez")
    assert read(api, chat) == ["Hola", ""]
    said = api.get(of(chat, "/messages")).json()["items"]
    assert (said[1]["source_id"], said[1]["type"]) == ("own", "text")
    # not either once it has the chat again
    moves.close(chat.pk, ana)
    people.says(chat.origin, "marta", "Otra cosa", external_id="third")
    assert read(api, chat) == ["Hola", "", "Otra cosa"]
    corrects(chat, "third", "Otra cosa más")
    assert read(api, chat) == ["Hola", "", "Otra cosa más"]
    # what is corrected now is said to the bot
    corrects(chat, "own", "Era el 12")
    assert read(api, chat) == ["Hola", "Era el 12", "Otra cosa más"]
    api.hands_over(chat)
    assert SECRET not in api.get(of(chat, "/messages")).content.decode()


def test_what_is_corrected_while_another_bot_has_it_is_not_read(api, chat, other, ana):
    people.says(chat.origin, "marta", "Mi pedido", external_id="own")
    api.hands_over(chat)
    moves.take(chat.pk, ana)
    moves.close(chat.pk, ana)
    chat.origin.reception.bot = other.bot
    chat.origin.reception.save()
    people.says(chat.origin, "marta", "Otra cosa")
    corrects(chat, "own", SECRET)
    assert read(api, chat) == ["Hola", ""]
    assert read(other, chat) == ["Otra cosa"]


# --- messages -------------------------------------------------------------------------------------


def test_what_was_said_is_read_in_order_and_without_notes(api, chat):
    api.says(chat, "¿En qué te ayudo?")
    people.says(chat.origin, "marta", "Mi pedido", external_id="wamid-9")
    said = api.get(of(chat, "/messages")).json()
    assert [(one["direction"], one["author"], one["content"]) for one in said["items"]] == [
        ("in", "customer", "Hola"),
        ("out", "bot", "¿En qué te ayudo?"),
        ("in", "customer", "Mi pedido"),
    ]
    last = said["items"][-1]
    assert (last["source_id"], last["type"], last["reply_to"], last["attachments"]) == ("wamid-9", "text", None, [])
    assert [one["sequence"] for one in said["items"]] == sorted(one["sequence"] for one in said["items"])
    assert (said["has_more"], said["next"]) == (False, last["sequence"])


def test_a_poller_reads_each_message_once(api, chat):
    seen, after = [], 0
    for number in range(7):
        people.says(chat.origin, "marta", f"mensaje {number}")
    while True:
        page = api.get(of(chat, f"/messages?after={after}&limit=3")).json()
        seen += [one["content"] for one in page["items"]]
        after = page["next"]
        if not page["has_more"]:
            break
    assert seen == ["Hola", *(f"mensaje {number}" for number in range(7))]
    assert api.get(of(chat, f"/messages?after={after}")).json() == {"items": [], "has_more": False, "next": after}
    people.says(chat.origin, "marta", "uno más")
    assert [one["content"] for one in api.get(of(chat, f"/messages?after={after}")).json()["items"]] == ["uno más"]


def test_of_a_conversation_that_is_elsewhere_the_bot_reads_its_own_part(api, gone):
    said = api.get(of(gone, "/messages")).json()["items"]
    assert [one["content"] for one in said] == ["Hola", "Te paso con Ventas"]
    # and there is more that it could have read
    assert gone.messages.exclude(kind="move").count() == 5


def test_a_file_is_named_with_an_address_that_gives_it(api, chat, client):
    message = Message.objects.create(
        chat=chat, origin=chat.origin, direction="in", author="customer", kind="image", bot=chat.bot
    )
    kept = Attachment.objects.create(
        message=message, chat=chat, name="foto.png", mime="image/png", size=3, file=ContentFile(b"png", "foto.png")
    )
    said = api.get(of(chat, "/messages")).json()["items"][-1]
    assert (said["type"], len(said["attachments"])) == ("image", 1)
    file = said["attachments"][0]
    assert (file["id"], file["mime_type"], file["size"]) == (str(kept.uuid), "image/png", 3)
    assert file["url"].startswith("http")


@pytest.mark.parametrize(
    "query", ["after=-1", "after=x", "after=%00", f"after={2**63}", "limit=0", "limit=101", "limit=", "after=1.5"]
)
def test_an_odd_page_is_refused(query, api, chat):
    problem(api.get(of(chat, f"/messages?{query}")), 422, "invalid")


def test_pages_cost_the_same_with_1_and_with_30(api, chat, django_assert_num_queries):
    api.get("/me")
    for number in range(30):
        message = people.says(chat.origin, "marta", f"m {number}").message
        if number % 3 == 0:
            Message.objects.filter(pk=message.pk).update(kind="document", reply_to=chat.messages.first())
        people.says(chat.origin, f"otra-{number}", "Hola")
    for limit in (1, 100):
        with django_assert_num_queries(4):
            assert len(api.get(of(chat, f"/messages?limit={limit}")).json()["items"]) == min(limit, 31)
        with django_assert_num_queries(3):
            assert len(api.get(f"/conversations?limit={limit}").json()["items"]) == min(limit, 31)
    with django_assert_num_queries(3):
        api.get(of(chat))


def test_the_conversations_that_a_bot_holds_are_paged(api, line, chat, other):
    people.says(people.received_by(other.bot), "ajena", "Hola")
    mine = {chat.pk} | {people.says(line, f"cliente-{number}", "Hola").message.chat_id for number in range(6)}
    seen, cursor = [], ""
    while True:
        page = api.get(f"/conversations?limit=3&cursor={cursor}").json()
        seen += [one["id"] for one in page["items"]]
        cursor = page["next"]
        assert page["has_more"] == bool(cursor)
        if not cursor:
            break
    assert (len(seen), set(seen)) == (7, mine)


@pytest.mark.parametrize(
    "query",
    [
        "cursor=x",
        "cursor=%00",
        "cursor=-1",
        "cursor=" + "9" * 30,
        "cursor=" + "9" * 300,
        "status=BOT",
        "status=",
        "limit=0",
    ],
)
def test_an_odd_list_is_refused(query, api):
    problem(api.get(f"/conversations?{query}"), 422, "invalid")


# --- saying ---------------------------------------------------------------------------------------


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


# --- handing over, keeping, typing ----------------------------------------------------------------


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
