"""Conversations over the API: what a bot reads of its own, and what it never sees."""

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from chats import expiry, file_links, moves
from chats.bots import external, reading
from chats.messages import amendments, replies
from chats.models import Attachment, Chat, Message
from origins.facts import Edit
from tests import people
from tests.api.asking import Asker, problem
from tests.api.conversations import SECRET, of
from wittybots import tokens


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


def comes_back(chat, ana, text="Otra cosa", **fields):
    moves.take(chat.pk, ana)
    moves.close(chat.pk, ana)
    people.says(chat.origin, "marta", text, **fields)


def test_what_is_corrected_while_the_bot_has_it_is_read_also_in_a_later_round(api, chat, ana):
    people.says(chat.origin, "marta", "Mi peddio", external_id="own")
    corrects(chat, "own", "Mi pedido")
    assert read(api, chat) == ["Hola", "Mi pedido"]
    api.hands_over(chat)
    comes_back(chat, ana)
    assert read(api, chat) == ["Hola", "Mi pedido", "Otra cosa"]


def test_what_is_corrected_behind_the_bots_back_is_not_read(api, chat, ana):
    people.says(chat.origin, "marta", "Mi pedido", external_id="own")
    api.hands_over(chat)
    corrects(chat, "own", SECRET)
    corrects(chat, "own", f"{SECRET} otra vez")
    comes_back(chat, ana, external_id="third")
    assert read(api, chat) == ["Hola", "", "Otra cosa"]
    said = api.get(of(chat, "/messages")).json()["items"]
    assert (said[1]["source_id"], said[1]["type"]) == ("own", "text")
    corrects(chat, "third", "Otra cosa más")
    assert read(api, chat) == ["Hola", "", "Otra cosa más"]
    # what is corrected now is said to the bot
    corrects(chat, "own", "Era el 12")
    assert read(api, chat) == ["Hola", "Era el 12", "Otra cosa más"]


def test_what_is_corrected_while_another_bot_has_it_is_not_read(api, chat, other, ana):
    people.says(chat.origin, "marta", "Mi pedido", external_id="own")
    api.hands_over(chat)
    moves.take(chat.pk, ana)
    moves.close(chat.pk, ana)
    chat.origin.reception.bot = other.bot
    chat.origin.reception.save()
    people.says(chat.origin, "marta", "Otra cosa")
    corrects(chat, "own", SECRET)
    problem(api.get(of(chat, "/messages")), 409, "conversation-elsewhere")
    assert read(other, chat) == ["Otra cosa"]


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


@pytest.mark.parametrize("query", ["", "?after=1", "?limit=1"])
def test_of_a_conversation_that_is_elsewhere_the_bot_reads_nothing_not_even_its_own_part(query, api, gone):
    answer = api.get(of(gone, f"/messages{query}"))
    said = problem(answer, 409, "conversation-elsewhere")
    assert said["conversation"] == {"id": gone.pk, "status": "open", "control_version": gone.change_id}
    for word in ("Hola", "Te paso", SECRET):
        assert word not in answer.content.decode()
    # and there is what it could have read
    assert gone.messages.exclude(kind="move").count() == 5


def test_a_token_made_after_the_hand_over_reads_no_more_than_the_bot_that_had_the_chat(gone, bot, sofia):
    later = Asker(tokens.issue_token("de Sofía", bot, by=sofia)[1])
    problem(later.get(of(gone, "/messages")), 409, "conversation-elsewhere")
    listed = later.get("/conversations?status=open").json()["items"]
    assert [set(one) for one in listed] == [{"id", "status", "control_version", "contact"}]


def test_what_is_said_between_finding_the_chat_and_reading_it_is_not_read(api, chat, bot, ventas):
    found = external.find_held_chat(chat.pk, bot)
    assert [one.text for one in reading.readable_messages(found, bot.pk)] == ["Hola"]
    api.hands_over(chat, tray="Ventas")
    people.says(chat.origin, "marta", SECRET)
    assert list(reading.readable_messages(found, bot.pk)) == []


def test_what_was_withdrawn_is_empty_its_place_and_its_card_too(api, chat):
    Message.objects.create(
        chat=chat, origin=chat.origin, direction="in", author="customer", kind="location", bot=chat.bot,
        text="Mi casa", payload={"latitude": -34.9, "address": SECRET}, withdrawn_at=timezone.now(),
    )  # fmt: skip
    last = api.get(of(chat, "/messages")).json()["items"][-1]
    assert (last["type"], last["content"], last["payload"]) == ("location", "", {})


def test_a_file_is_named_with_an_address_that_gives_it_while_the_bot_has_the_chat(api, chat, client, ana):
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
    assert b"".join(client.get(file["url"]).streaming_content) == b"png"
    # the address is worth what the bot may read now
    api.hands_over(chat)
    assert client.get(file["url"]).status_code == 404
    comes_back(chat, ana)
    assert client.get(file["url"]).status_code == 200
    # and it leads to no other file: a line's own address gives only what goes out
    assert client.get(file_links.file_url(kept)).status_code == 404


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
        with django_assert_num_queries(4):
            assert len(api.get(f"/conversations?limit={limit}").json()["items"]) == min(limit, 31)
    with django_assert_num_queries(4):
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
