"""Reading Telegram: one Update a body, every kind, each part on its own."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st

from common.errors import OriginError
from origins.facts import Broken, Edit, Ignored, Incoming, Reaction
from origins.models import Origin
from origins.telegram import network
from tests.origins import odd
from tests.origins.api import payload, payloads

AT = datetime.fromtimestamp(1795525200, UTC)
BODIES = [json.loads(payload("telegram", name)) for name in payloads("telegram")]


def read(name):
    (item,) = network.parse(payload("telegram", name))
    assert (item.line, item.account) == ("", "")
    return item.fact


def test_only_who_knows_the_secret_is_telegram():
    bot = Origin(secret="s-1", previous_secret="s-0")
    header = "x-telegram-bot-api-secret-token"
    assert network.verify(bot, {header: "s-1"}, b"")
    assert network.verify(bot, {header: "s-0"}, b"")
    for wrong in ("", "s-2", "S-1", "s-1 ", "ñ" * 300, "\udcff", "s-10"):
        assert not network.verify(bot, {header: wrong}, b"")
    assert not network.verify(bot, {}, b"")
    assert not network.verify(Origin(secret="", previous_secret=""), {header: ""}, b"")


def test_a_text():
    fact = read("text")
    assert fact == Incoming(
        "5001:11", "5001", "text", "Hola, ¿tienen <b>stock</b>? 👩‍👩‍👧", "Marta Gómez", AT,
        {"shown_address": "@martag"}, address_kind="telegram",
    )  # fmt: skip


def test_a_reply_and_a_forward():
    assert read("reply").reply_to == "5001:11"
    assert read("forwarded").payload["forwarded"] is True
    assert read("start").text == "/start promo-7"


@pytest.mark.parametrize(
    ("name", "kind", "media"),
    [
        ("photo", "image", {"id": "p-l", "mime_type": "image/jpeg", "size": 180000}),
        ("photo_huge", "image", {"id": "p-m", "mime_type": "image/jpeg", "size": 20000}),
        ("voice", "audio", {"id": "v-1", "mime_type": "audio/ogg", "size": 9000, "voice": True}),
        ("audio", "audio", {"id": "a-1", "mime_type": "audio/mpeg", "filename": "tema.mp3", "size": 3000000}),
        ("video", "video", {"id": "vi-1", "mime_type": "video/mp4", "size": 900000}),
        ("video_note", "video", {"id": "vn-1", "mime_type": "video/mp4", "size": 90000}),
        ("animation", "video", {"id": "an-1", "mime_type": "video/mp4", "filename": "g.mp4"}),
        ("document", "document",
         {"id": "d-1", "mime_type": "application/pdf", "filename": "=cmd|'x'.pdf", "size": 12345}),
        ("sticker", "sticker", {"id": "s-1", "mime_type": "image/webp", "size": 20000}),
        ("sticker_tgs", "sticker", {"id": "s-2t", "mime_type": "image/webp"}),
        ("sticker_webm", "sticker", {"id": "s-3", "mime_type": "video/webm"}),
    ],
)  # fmt: skip
def test_files_of_every_kind(name, kind, media):
    fact = read(name)
    assert (fact.kind, fact.payload["media"]) == (kind, media)


def test_captions():
    assert [read(name).text for name in ("photo", "video", "document", "voice")] == [
        "La rota", "Así", "Presupuesto", "",
    ]  # fmt: skip


def test_places():
    assert read("location").payload == {"latitude": -34.9, "longitude": -56.16, "shown_address": "@martag"}
    assert read("venue").payload["place"] == "Mercado"
    assert read("venue").payload["address"] == "Pérez Castellano 1569"
    assert read("venue").kind == "location"


def test_only_ones_own_card_says_who_one_is():
    other, own = read("contact"), read("contact_own")
    assert other.kind == own.kind == "contact"
    assert other.payload["contacts"] == [{"name": "Rosa Díaz", "phones": ["+598 99 111 222"]}]
    assert (other.payload["name"], other.payload["phone"]) == ("Rosa Díaz", "+598 99 111 222")
    assert other.aliases == ()
    assert own.aliases == (("phone", "59899333444"),)


@pytest.mark.parametrize(
    ("name", "kind", "shows"),
    [("dice", "text", "🎲 4"), ("poll", "text", "¿Sí?"), ("story", "text", "Marta Gómez\nhttps://t.me/martag/s/1"),
     ("new_kind", "document", ""), ("gift", "unsupported", "")],
)  # fmt: skip
def test_what_can_be_read_of_a_content_of_another_kind_is_its_text(name, kind, shows):
    fact = read(name)
    assert (fact.kind, fact.text, fact.payload["type"]) == (kind, shows, {"new_kind": "hologram"}.get(name, name))


@pytest.mark.parametrize("name", ["pinned", "group", "channel", "live_location", "choice_inline", "blocked"])
def test_what_is_no_customers_message_is_left(name):
    assert isinstance(read(name), Ignored)


def test_what_a_customer_writes_to_a_connected_account_has_the_thread_in_its_name():
    said = read("business")
    assert (said.sender, said.external_id, said.payload["via"]) == ("5001", "biz.b:5001:5", "b")


def test_a_group_in_any_list_stays_out_of_the_senders_chat():
    chat = json.loads(payload("telegram", "group"))["message"]["chat"]
    for name, kind in (("edit", "edited_message"), ("reaction", "message_reaction"), ("text", "message")):
        body = json.loads(payload("telegram", name))
        body[kind]["chat"] = chat
        assert isinstance(next(network.parse(json.dumps(body).encode())).fact, Ignored)
    body = json.loads(payload("telegram", "choice"))
    body["callback_query"]["message"]["chat"] = chat
    assert isinstance(next(network.parse(json.dumps(body).encode())).fact, Ignored)


def test_edits():
    edited = datetime.fromtimestamp(1795525260, UTC)
    assert read("edit") == Edit("5001", "5001:11", "Hola, ¿tienen más?", "telegram", edited)
    assert read("edit_caption") == Edit("5001", "5001:15", "La otra", "telegram", edited)


def test_a_tapped_button():
    fact = read("choice")
    assert (fact.kind, fact.text, fact.payload["payload"]) == ("choice", "Ventas", "ventas")
    assert (fact.external_id, fact.acknowledge) == ("cb:4382bfdwdsb323b2d9", "4382bfdwdsb323b2d9")
    assert (fact.sender, fact.reply_to, fact.at) == ("5001", "5001:40", None)
    # of a message that Telegram does not show any more
    assert read("choice_old").text == "ventas"


def test_reactions():
    at = datetime.fromtimestamp(1795525300, UTC)
    assert read("reaction") == Reaction("5001", "5001:41", "❤", "telegram", at)
    assert read("reaction_removed").emoji == ""
    assert read("reaction_custom").emoji


def test_a_part_that_makes_no_sense_is_kept_as_such():
    for name, spoil in (("message", {"chat": 5}), ("message", {"message_id": "x"}), ("message", {"text": []})):
        body = json.loads(payload("telegram", "text"))
        body[name] |= spoil
        (item,) = network.parse(json.dumps(body).encode())
        assert isinstance(item.fact, Broken)
        assert item.fact.reason


@pytest.mark.parametrize("raw", [b"", b"null", b"[]", b"7", b"{", b"\xff", b"{}", b'{"update_id": 1}'])
def test_what_is_no_update(raw):
    with pytest.raises(OriginError):
        list(network.parse(raw))


def test_a_message_without_a_readable_file_is_not_lost():
    for name, kind in (("photo", "photo"), ("voice", "voice"), ("location", "location"), ("contact", "contact")):
        for spoilt in (5, [], {}, "x", [{}]):
            body = json.loads(payload("telegram", name))
            body["message"][kind] = spoilt
            fact = next(network.parse(json.dumps(body).encode())).fact
            assert (fact.kind, fact.payload["type"]) == ("unsupported", kind)


@pytest.mark.parametrize("name", payloads("telegram"))
def test_anything_anywhere_is_a_fact_or_words_about_it(name):
    body = json.loads(payload("telegram", name))
    for path in odd.places(body):
        for value in odd.ODD:
            odd.facts_of(network, json.dumps(odd.put(body, path, value)).encode())


@how(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(odd.mutated(BODIES))
def test_any_mutation_is_facts_or_an_origin_error(raw):
    odd.facts_of(network, raw)


@given(st.binary() | odd.json_values.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_facts_or_an_origin_error(raw):
    odd.facts_of(network, raw)
