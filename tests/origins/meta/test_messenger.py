"""Messenger: entries of events in, one call of the Send API out, and our own id in its echoes."""

import io
import json
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st

from common.errors import Failure, OriginError
from common.signature import sign_bytes
from origins.facts import (
    AccountNews,
    Broken,
    CameFrom,
    Echo,
    Edit,
    File,
    Ignored,
    Incoming,
    Outgoing,
    Reaction,
    Receipt,
    Watermark,
)
from origins.meta import messenger
from origins.models import Origin
from tests.http_server import cut
from tests.origins import odd
from tests.origins.api import Api, payload, payloads

AT = datetime.fromtimestamp(1795525200.123, UTC)
CDN = "https://cdn.fbsbx.com/v/t59/"
BODIES = [json.loads(payload("messenger", name)) for name in payloads("messenger")]
UUID = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"


@pytest.fixture
def api(listening):
    api = listening(Api())
    api.answers[""] = (200, {"recipient_id": "24001", "message_id": "m_77"})
    return api


@pytest.fixture
def page(api):
    return Origin(
        kind="messenger", key="fb", name="P", secret="s-1", access_token="EAA1", line_id="3000001", api_url=api.url
    )


def read(name):
    items = list(messenger.parse(payload("messenger", name)))
    return [item.fact for item in items]


def out(kind="text", text="Hola", **fields):
    return Outgoing(UUID, (("psid", "24001"),), kind, text, **fields)


def a_file(name, mime, data=b"bytes", size=None):
    return File(name, mime, len(data) if size is None else size, lambda: io.BytesIO(data), url="https://x.example/f")


# --- coming in ---------------------------------------------------------------------------------


def test_only_what_the_app_signed_is_metas():
    page, raw = Origin(secret="s-1", previous_secret="s-0"), payload("messenger", "text")
    for secret in ("s-1", "s-0"):
        assert messenger.verify(page, {"x-hub-signature-256": sign_bytes(secret, raw)}, raw)
    assert not messenger.verify(page, {"x-hub-signature-256": sign_bytes("s-2", raw)}, raw)
    assert not messenger.verify(page, {}, raw)


def test_a_text():
    (item,) = messenger.parse(payload("messenger", "text"))
    assert item.line == "3000001"
    assert item.fact == Incoming("m_1", "24001", "text", "Hola, ¿abren hoy?", at=AT, address_kind="psid")


def test_a_reply_and_a_tapped_reply():
    assert read("reply")[0].reply_to == "m_out"
    (fact,) = read("quick_reply")
    assert (fact.kind, fact.text, fact.payload) == ("choice", "Ventas", {"payload": "ventas"})


def test_an_album_is_a_message_for_each_with_its_words_on_the_first():
    facts = read("album")
    assert [(f.external_id, f.kind, f.text) for f in facts] == [
        ("m_4", "image", "Mirá"), ("m_4:1", "image", ""), ("m_4:2", "document", ""),
    ]  # fmt: skip
    assert [f.payload["media"]["url"] for f in facts] == [CDN + "a.jpg", CDN + "b.jpg", CDN + "c.pdf"]


def test_attachments_of_every_kind():
    assert read("thumb")[0].kind == "sticker"
    assert read("audio")[0].kind == "audio"
    (place,) = read("location")
    assert (place.kind, place.payload["latitude"], place.payload["longitude"]) == ("location", -34.9, -56.16)
    # the preview of a link adds nothing to the link
    assert [(f.kind, f.text) for f in read("link")] == [("text", "https://example.com/a")]
    (fact,) = read("template")
    assert (fact.kind, fact.payload) == ("unsupported", {"type": "template"})


def test_postbacks():
    (fact,) = read("postback")
    assert (fact.external_id, fact.kind, fact.text) == ("m_10", "choice", "Empezar")
    assert fact.payload["payload"] == "GET_STARTED"
    assert fact.payload["referral"] == {
        "source_type": "ADS", "source_id": "6045246", "headline": "Oferta", "ref": "r1",
    }  # fmt: skip
    (old,), (again,) = read("postback_old"), read("postback_old")
    assert old == again
    assert old.external_id.startswith("pb:")
    other = json.loads(payload("messenger", "postback_old"))
    other["entry"][0]["messaging"][0]["timestamp"] += 1
    assert next(messenger.parse(json.dumps(other).encode())).fact.external_id != old.external_id


def test_the_ad_that_a_message_came_from():
    assert read("ad")[0].payload["referral"]["source_id"] == "6045246"


def test_echoes():
    assert read("echo") == [Echo("m_12", "24001", "psid", "text", "Sí, hasta las 20", UUID, AT)]
    assert read("echo_typed") == [Echo("m_13", "24001", "psid", "text", "Te respondo yo", "", AT)]


def test_an_album_of_ours_is_one_message_and_a_typed_one_is_several():
    body = json.loads(payload("messenger", "album"))
    event = body["entry"][0]["messaging"][0]
    event["sender"], event["recipient"] = event["recipient"], event["sender"]
    event["message"] |= {"is_echo": True, "metadata": UUID}
    facts = [item.fact for item in messenger.parse(json.dumps(body).encode())]
    assert [(fact.external_id, fact.ours, fact.kind) for fact in facts] == [("m_4", UUID, "image")]
    del event["message"]["metadata"]
    facts = [item.fact for item in messenger.parse(json.dumps(body).encode())]
    assert [fact.external_id for fact in facts] == ["m_4", "m_4:1", "m_4:2"]


def test_receipts():
    until = datetime.fromtimestamp(1795525199, UTC)
    assert read("delivery") == [
        Receipt("m_12", "delivered", sender="24001", at=AT), Receipt("m_14", "delivered", sender="24001", at=AT),
        Watermark("24001", "delivered", until, "psid"),
    ]  # fmt: skip
    assert read("delivery_watermark") == [Watermark("24001", "delivered", until, "psid")]
    assert read("read") == [Watermark("24001", "read", datetime.fromtimestamp(1795525199.5, UTC), "psid")]


def test_reactions_and_edits():
    assert read("reaction") == [Reaction("24001", "m_12", "❤️", "psid", AT)]
    assert read("reaction_removed")[0].emoji == ""
    assert read("edit") == [Edit("24001", "m_1", "Hola, ¿abren mañana?", "psid", AT)]


def test_what_is_no_customers_message_is_left():
    for name in ("standby", "handover", "feed"):
        facts = read(name)
        assert facts
        assert all(isinstance(fact, (Ignored, CameFrom)) for fact in facts)


def test_a_blocked_page_is_told():
    blocked, freed = read("policy")
    assert isinstance(blocked, AccountNews)
    assert blocked.is_trouble
    assert "Spam" in blocked.words
    assert freed.clears


def test_what_is_broken_takes_no_neighbour_along():
    items = list(messenger.parse(payload("messenger", "mixed")))
    good = [(item.fact.external_id, item.line) for item in items if isinstance(item.fact, Incoming)]
    assert good == [("m_20", "3000001"), ("m_21", "3000001"), ("m_22", "3000002")]
    assert sum(isinstance(item.fact, Broken) for item in items) == 6


def test_one_bad_receipt_takes_no_other_along():
    body = json.loads(payload("messenger", "delivery"))
    body["entry"][0]["messaging"][0]["delivery"]["mids"].insert(1, {"x": 1})
    facts = [item.fact for item in messenger.parse(json.dumps(body).encode())]
    assert [fact.ref for fact in facts if isinstance(fact, Receipt)] == ["m_12", "m_14"]
    assert sum(isinstance(fact, Watermark) for fact in facts) == sum(isinstance(fact, Broken) for fact in facts) == 1


def test_an_id_of_any_length_is_kept_and_still_itself():
    body = json.loads(payload("messenger", "album"))
    message = body["entry"][0]["messaging"][0]["message"]
    message["mid"] = "m_" + "x" * 400
    ids = [item.fact.external_id for item in messenger.parse(json.dumps(body).encode())]
    message["mid"] += "x"
    others = [item.fact.external_id for item in messenger.parse(json.dumps(body).encode())]
    assert len({*ids, *others}) == 6
    assert all(len(each) <= 200 for each in ids)


def test_attachments_that_make_no_sense_are_no_empty_bubble():
    body = json.loads(payload("messenger", "audio"))
    message = body["entry"][0]["messaging"][0]["message"]
    for text in (None, ""):
        for spoilt in ([5], "x", [{"type": "audio", "payload": None}], [{"type": "image", "payload": {"url": "x:"}}]):
            message |= {"text": text, "attachments": spoilt}
            (item,) = messenger.parse(json.dumps(body).encode())
            assert item.fact.kind == "unsupported"


@pytest.mark.parametrize(
    "raw", [b"", b"null", b"[]", b"{", b"\xff", b"{}", b'{"object": "page"}', payload("instagram", "text")]
)
def test_what_is_no_body_of_a_page(raw):
    with pytest.raises(OriginError):
        list(messenger.parse(raw))


@pytest.mark.parametrize("name", payloads("messenger"))
def test_anything_anywhere_is_a_fact_or_words_about_it(name):
    body = json.loads(payload("messenger", name))
    for path in odd.places(body):
        for value in odd.ODD:
            odd.facts_of(messenger, json.dumps(odd.put(body, path, value)).encode())


@how(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(odd.mutated(BODIES))
def test_any_mutation_is_facts_or_an_origin_error(raw):
    odd.facts_of(messenger, raw)


@given(st.binary() | odd.json_values.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_facts_or_an_origin_error(raw):
    odd.facts_of(messenger, raw)


# --- going out ---------------------------------------------------------------------------------


def test_a_text_leaves_with_our_id(page, api):
    assert messenger.send(page, out(reply_to="m_1")).id == "m_77"
    assert api.last.path == "/v25.0/3000001/messages"
    assert api.last.headers["Authorization"] == "Bearer EAA1"
    assert api.last.json == {
        "recipient": {"id": "24001"}, "messaging_type": "RESPONSE",
        "reply_to": {"mid": "m_1"},
        "message": {"text": "Hola", "metadata": UUID},
    }  # fmt: skip


def test_a_part_of_a_message_is_quoted_by_the_whole(page, api):
    messenger.send(page, out(reply_to="m_4:2"))
    assert api.last.json["reply_to"] == {"mid": "m_4"}
    messenger.send(page, out(reply_to="pb:0123"))
    assert "reply_to" not in api.last.json


def test_choices_are_quick_replies(page, api):
    messenger.send(page, out(choices=({"title": "Ventas", "payload": "v"},)))
    assert api.last.json["message"]["quick_replies"] == [{"content_type": "text", "title": "Ventas", "payload": "v"}]
    assert api.last.json["message"]["text"] == "Hola"


@pytest.mark.parametrize(
    "choices",
    [
        tuple({"title": f"Opción {n}", "payload": str(n)} for n in range(14)),
        ({"title": "x" * 21, "payload": "v"}, {"title": "Opción 1", "payload": "s"}),
    ],
)
def test_choices_that_are_too_many_or_too_long_are_numbers(page, api, choices):
    messenger.send(page, out(choices=choices))
    assert "quick_replies" not in api.last.json["message"]
    assert "2. Opción 1" in api.last.json["message"]["text"]


@pytest.mark.parametrize(
    ("kind", "mime", "type_"),
    [
        ("image", "image/png", "image"), ("audio", "audio/mpeg", "audio"), ("video", "video/mp4", "video"),
        ("document", "application/pdf", "file"), ("sticker", "image/png", "image"),
    ],
)  # fmt: skip
def test_files_are_uploaded(page, api, kind, mime, type_):
    assert messenger.send(page, out(kind, "", file=a_file("año.bin", mime))).id == "m_77"
    texts, files = api.last.form
    assert json.loads(texts["recipient"]) == {"id": "24001"}
    assert texts["messaging_type"] == "RESPONSE"
    assert json.loads(texts["message"]) == {"attachment": {"type": type_, "payload": {}}, "metadata": UUID}
    assert files["filedata"] == ("año.bin", mime, b"bytes")


def test_a_picture_that_is_too_large_for_one_and_was_not_made_smaller_is_a_file(page, api):
    for size, type_ in ((8 * 2**20, "image"), (8 * 2**20 + 1, "file")):
        messenger.send(page, out("image", "", file=a_file("a.png", "image/png", size=size)))
        assert json.loads(api.last.form[0]["message"])["attachment"]["type"] == type_


def test_what_is_too_large_does_not_leave(page, api):
    with pytest.raises(OriginError, match="25 MB"):
        messenger.send(page, out("video", "", file=a_file("a", "video/mp4", size=25 * 2**20 + 1)))
    with pytest.raises(OriginError, match="más largo"):
        messenger.send(page, out(text="x" * 2001))
    assert api.calls == []


def test_places_and_cards_leave_as_words(page, api):
    messenger.send(page, out("location", "", payload={"latitude": -34.9, "longitude": -56.1, "place": "Local"}))
    text = api.last.json["message"]["text"]
    assert text.startswith("Local\nhttps://")
    assert text.endswith("-34.9,-56.1")
    messenger.send(page, out("contact", "", payload={"contacts": [{"name": "Rosa", "phones": ["1", "2"]}]}))
    assert api.last.json["message"]["text"] == "Rosa: 1, 2"


def test_a_reaction_leaves(page, api):
    assert messenger.send(page, out("reaction", "", target="m_1", payload={"emoji": "👍"})).id == ""
    assert api.last.json == {
        "recipient": {"id": "24001"}, "sender_action": "react",
        "payload": {"message_id": "m_1", "reaction": "👍"},
    }  # fmt: skip
    messenger.send(page, out("reaction", "", target="m_1:2"))
    assert api.last.json["sender_action"] == "unreact"
    assert api.last.json["payload"] == {"message_id": "m_1"}


@pytest.mark.parametrize("kind", ["edit", "withdrawal"])
def test_what_messenger_has_not_is_refused_in_words(page, api, kind):
    with pytest.raises(OriginError, match="Messenger"):
        messenger.send(page, out(kind, "x", target="m_1"))
    assert api.calls == []


def test_late_only_what_a_person_wrote_goes_out_and_only_with_the_right(page, api):
    for right, author in ((False, "agent"), (True, "bot"), (False, "bot")):
        page.human_agent = right
        for kind, more in (("text", {}), ("image", {"file": a_file("a.png", "image/png")}), ("reaction", {})):
            with pytest.raises(OriginError) as refusal:
                messenger.send(page, out(kind, late=True, author=author, target="m_1", **more))
            assert refusal.value.failure is Failure.WINDOW
    assert api.calls == []
    page.human_agent = True
    messenger.send(page, out(late=True))
    assert (api.last.json["messaging_type"], api.last.json["tag"]) == ("MESSAGE_TAG", "HUMAN_AGENT")
    messenger.send(page, out("image", "", late=True, file=a_file("a.png", "image/png")))
    assert api.last.form[0]["tag"] == "HUMAN_AGENT"
    messenger.send(page, out())
    assert "tag" not in api.last.json


def refused(status, code, subcode=None):
    return (status, {"error": {"message": "(#1) words", "type": "OAuthException", "code": code,
                               "error_subcode": subcode}})  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (refused(400, 10, 2018278), Failure.WINDOW),
        (refused(400, 190), Failure.ACCOUNT),
        (refused(400, 551), Failure.FINAL),
        (refused(400, 613), Failure.LINE),
        (refused(400, 100), Failure.FINAL),
        (refused(500, 2), Failure.RETRY),
        ((502, b"<html>"), Failure.RETRY),
        (cut, Failure.UNSURE),
    ],
)
def test_what_meta_refuses(page, api, answer, failure):
    api.answers[""] = answer
    with pytest.raises(OriginError) as refusal:
        messenger.send(page, out())
    assert refusal.value.failure is failure
    assert "EAA1" not in str(refusal.value)


# --- files, set-up -----------------------------------------------------------------------------


def test_a_file_is_fetched_and_the_token_stays_at_home(page, api):
    api.answers["a.jpg"] = (200, b"the bytes", {"Content-Type": "image/jpeg"})
    assert messenger.fetch_media(page, {"url": f"{api.url}/v/a.jpg"}, 100) == b"the bytes"
    page.api_url = ""
    messenger.fetch_media(page, {"url": f"{api.url}/v/a.jpg"}, 100)
    assert "Authorization" not in api.last.headers
    with pytest.raises(OriginError):
        messenger.fetch_media(page, {}, 100)


def test_the_check_of_a_page_that_is_well(page, api):
    api.answers |= {
        "3000001": (200, {"id": "3000001", "name": "Tienda"}),
        "subscribed_apps": (200, {"data": [{"id": "1", "subscribed_fields": list(messenger.FIELDS)}]}),
    }
    findings = messenger.check_connection(page)
    assert all(finding.is_good for finding in findings)
    assert "Tienda" in findings[0].words


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"3000001": refused(400, 190)}, "token"),
        ({"3000001": (200, {"id": "9", "name": "Otra"})}, "otra cuenta"),
        ({"3000001": (200, [])}, "no contesta como Meta"),
        ({"subscribed_apps": (200, {"data": []})}, "Ninguna aplicación"),
        ({"subscribed_apps": (200, {"data": [{"subscribed_fields": ["messages"]}]})}, "message_echoes"),
        ({"subscribed_apps": (503, b"")}, "Meta"),
    ],
)
def test_the_check_says_what_is_wrong(page, api, answers, words):
    api.answers["3000001"] = (200, {"id": "3000001", "name": "Tienda"})
    api.answers |= answers
    bad = [finding for finding in messenger.check_connection(page) if not finding.is_good]
    assert any(words in finding.words for finding in bad)
    assert all(finding.advice for finding in bad)
