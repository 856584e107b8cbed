"""What can be read in a body is shown, whatever the network calls it; what nobody said makes no chat arrive."""

import json

import pytest

from chats import fragments, serializers
from chats.models import Chat, Message
from origins.models import Body
from tests import people
from tests.gateway.inbound.network_posts import takes
from tests.inbox.pages import words_of
from tests.origins.api import PAYLOADS

KINDS = ("whatsapp", "telegram", "messenger", "instagram")


def shapes(kind):
    return [json.loads(line) for line in (PAYLOADS / kind / "shapes.jsonl").read_text().splitlines()]


def body_of(kind, number, said):
    """A body in which the customer of that number says it."""
    if kind == "whatsapp":
        around = people.wa_message(f"598990{number:05}", id=f"wamid.S{number}", type=said["type"])
        return people.wa_body(people.wa_change(messages=[around | said]))
    if kind == "telegram":
        message = people.tg_message(sender=9000 + number, id=number + 1, text=said.get("text"))
        return people.tg_update("message", message | said)
    event = people.meta_event(kind, str(70000 + number), **{name: each for name, each in said.items() if each})
    inside = event["entry"][0]["messaging"][0]
    if "sender" in said:
        del inside["sender"]
    for name in ("message", "postback"):
        if name in inside:
            inside[name].setdefault("mid", f"m_s{number}")
    return event


@pytest.mark.parametrize("kind", KINDS)
def test_all_that_can_be_read_is_shown(client, db, kind):
    origin = getattr(people, f"{kind}_origin")()
    wrong = []
    for number, shape in enumerate(shapes(kind)):
        last = Message.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        takes(client, origin, body_of(kind, number, shape["said"]))
        rows = list(Message.objects.filter(pk__gt=last, direction="in").order_by("pk"))
        shown = " ".join(shown_of(row) for row in rows)
        lost = [words for words in shape["shows"] if words not in shown]
        if len(rows) != shape["rows"] or lost:
            wrong.append((shape["name"], len(rows), lost, shown))
    assert wrong == []
    assert not Body.objects.filter(state="broken").exists()
    assert Chat.objects.count() == sum(shape["rows"] > 0 for shape in shapes(kind))


def shown_of(message):
    """The words that the thread shows of a message, with where its links lead."""
    _head, html = fragments.render_message(Chat.objects.with_people().get(pk=message.chat_id), message)
    assert "javascript:" not in html
    assert "<img" not in html
    links = [part.split('"')[0] for part in html.split('href="')[1:]]
    return f"{words_of(html)} {' '.join(links)}"


@pytest.mark.parametrize("kind", ["messenger", "instagram"])
def test_a_shared_product_is_in_lists_for_bots_and_its_picture_is_fetched_by_us(client, db, kind):
    origin = getattr(people, f"{kind}_origin")()
    shape = next(each for each in shapes(kind) if each["name"] == "generic")
    takes(client, origin, body_of(kind, 1, shape["said"]))
    message = Message.objects.get(direction="in")
    assert message.kind == "image"
    assert message.payload["media"]["url"] == "https://img.example.org/1.jpg"
    assert message.chat.preview.startswith("Zapatilla azul 42 $ 2.990 https://tienda.example/z42")
    told = serializers.serialize_message(message, 1)
    assert "Zapatilla azul 42\n$ 2.990" in told.content
    assert told.payload["cards"][0]["buttons"][0] == {"title": "Comprar", "url": "https://tienda.example/c"}
    assert "media" not in told.payload


def test_the_words_beside_a_card_are_shown_once_and_an_edit_replaces_both(client, telegram):
    checklist = {"title": "Compras", "tasks": [{"id": 1, "text": "Yerba"}]}
    takes(client, telegram, people.tg_update("message", people.tg_message(id=5, text=None) | {"checklist": checklist}))
    message = Message.objects.get(direction="in")
    assert message.text == "Compras\n• ☐ Yerba"
    assert words_of(fragments.render_message(message.chat, message)[1]).count("Yerba") == 1
    checklist["tasks"][0]["completion_date"] = 1795525200
    done = people.tg_message(id=5, text=None) | {"checklist": checklist}
    takes(client, telegram, people.tg_update("edited_message", done))
    message.refresh_from_db()
    assert "☑ Yerba" in message.text
    assert "☐" not in words_of(fragments.render_message(message.chat, message)[1])


def test_the_message_that_it_answers_is_told_by_the_body_only_where_we_have_none(client, telegram):
    for number, text in ((5, "lo de antes"), (6, "esto"), (7, "aquello")):
        # the last one answers what was said before the line was ours
        older = people.tg_message(id=5 if number == 6 else 4, text="lo de antes")
        answers = {"reply_to_message": older} if number > 5 else {}
        takes(client, telegram, people.tg_update("message", people.tg_message(id=number, text=text) | answers))
    _before, known, unknown = Message.objects.filter(direction="in").order_by("pk")
    for message in (known, unknown):
        assert words_of(fragments.render_message(message.chat, message)[1]).count("lo de antes") == 1
    assert "answered" not in serializers.serialize_message(known, 1).payload
    assert serializers.serialize_message(unknown, 1).payload["answered"] == [{"kind": "quote", "text": "lo de antes"}]


def test_an_edit_of_the_words_leaves_the_card(client, messenger):
    shape = next(each for each in shapes("messenger") if each["name"] == "generic_no_picture")
    takes(client, messenger, body_of("messenger", 1, shape["said"]))
    edit = {"mid": "m_s1", "text": "¿Tenés estas dos?"}
    takes(client, messenger, people.meta_event("messenger", "70001", message_edit=edit))
    message = Message.objects.get(direction="in")
    assert message.text.startswith("¿Tenés estas dos?\nRemera")
    assert words_of(fragments.render_message(message.chat, message)[1]).count("¿Tenés estas dos?") == 1


def test_a_withdrawn_card_is_said_to_nobody(client, instagram):
    shape = next(each for each in shapes("instagram") if each["name"] == "generic_no_picture")
    takes(client, instagram, body_of("instagram", 1, shape["said"]))
    gone = people.meta_event("instagram", "70001", message={"mid": "m_s1", "is_deleted": True})
    takes(client, instagram, gone)
    told = serializers.serialize_message(Message.objects.get(direction="in"), 1)
    assert (told.content, told.payload.get("cards"), told.payload.get("words")) == ("", None, None)


def test_a_thing_without_end_is_cut(client, whatsapp):
    deep = "x"
    for _ in range(100):
        deep = {"title": deep, "rows": [{"body": "y " * 150}] * 2}
    said = {"type": "holograma", "holograma": deep}
    takes(client, whatsapp, body_of("whatsapp", 1, said))
    message = Message.objects.get(direction="in")
    assert message.kind == "unsupported"
    assert 0 < len(message.text) < 5000
