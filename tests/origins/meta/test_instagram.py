"""Instagram: where it differs from Messenger."""

import io
import json
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as how

from common.errors import Failure, OriginError
from origins.facts import Echo, File, Ignored, Incoming, Outgoing, Reaction, Receipt, Withdrawal
from origins.meta import instagram
from origins.models import Origin
from tests.http_server import cut
from tests.origins import odd
from tests.origins.api import Api, payload, payloads

AT = datetime.fromtimestamp(1795525200.123, UTC)
IG, CDN = "17841400000001", "https://lookaside.fbsbx.com/ig_messaging_cdn/?asset_id="
BODIES = [json.loads(payload("instagram", name)) for name in payloads("instagram")]


@pytest.fixture
def api(listening):
    api = listening(Api())
    api.answers[""] = (200, {"recipient_id": "90001", "message_id": "aWdf77"})
    return api


@pytest.fixture
def account(api):
    return Origin(kind="instagram", key="ig", name="I", secret="s", access_token="IG1", line_id=IG, api_url=api.url)


def read(name):
    items = list(instagram.parse(payload("instagram", name)))
    assert {item.line for item in items} == {IG}
    return [item.fact for item in items]


def out(kind="text", text="Hola", **fields):
    return Outgoing("6f9619ff", (("igsid", "90001"),), kind, text, **fields)


def a_file(name, mime, size=5, url=""):
    return File(name, mime, size, lambda: io.BytesIO(b"bytes"), url=url)


# --- coming in ---------------------------------------------------------------------------------


def test_texts_and_replies():
    assert read("text") == [Incoming("aWdf1", "90001", "text", "hola 👋", at=AT, address_kind="igsid")]
    assert read("reply")[0].reply_to == "aWdf0"
    (story,) = read("story_reply")
    assert (story.text, story.reply_to, story.payload["story"]["id"]) == ("¿Precio?", "", "179")
    assert read("product")[0].payload["referral"] == {"source_type": "PRODUCT", "source_id": "555"}
    assert read("postback")[0].kind == "choice"


def test_echoes_come_with_the_messages():
    assert read("echo") == [Echo("aWdf4", "90001", "igsid", "text", "Hola", "", AT)]


def test_the_lines_own_message_is_never_a_customers():
    body = json.loads(payload("instagram", "echo"))
    message = body["entry"][0]["messaging"][0]["message"]
    del message["is_echo"]
    assert isinstance(next(instagram.parse(json.dumps(body).encode())).fact, Echo)
    message["is_self"] = True
    assert isinstance(next(instagram.parse(json.dumps(body).encode())).fact, Ignored)


def test_a_message_taken_back():
    assert read("deleted") == [Withdrawal("90001", "aWdf1", "igsid", AT)]


def test_what_instagram_does_not_give():
    assert [(f.kind, f.payload["type"]) for f in read("unsupported")] == [("unsupported", "unsupported")]
    assert [(f.kind, f.payload["type"]) for f in read("ephemeral")] == [("unsupported", "ephemeral")]


def test_what_was_shared():
    (image,) = read("image")
    assert (image.kind, image.payload["media"]["url"]) == ("image", CDN + "2")
    # by its old and its new name, and shown once
    (post,) = read("post")
    assert (post.kind, post.text, post.payload["type"]) == ("document", "Este\nNuevo", "ig_post")
    assert post.payload["media"]["url"] == CDN + "3"
    assert read("reel")[0].kind == "video"
    assert read("story_mention")[0].payload == {"media": {"url": CDN + "5"}, "type": "story_mention"}
    # a page is a link and no file
    (page,) = read("reel_page")
    assert (page.kind, page.text) == ("text", "Reel\nhttps://www.instagram.com/reel/abc/")


def test_read_says_which():
    assert read("read") == [Receipt("aWdf4", "read", sender="90001", at=AT)]
    assert read("reaction") == [Reaction("90001", "aWdf4", "🔥", "igsid", AT)]
    assert isinstance(read("comment")[0], Ignored)


@pytest.mark.parametrize("name", payloads("instagram"))
def test_anything_anywhere_is_a_fact_or_words_about_it(name):
    body = json.loads(payload("instagram", name))
    for path in odd.places(body):
        for value in odd.ODD:
            odd.facts_of(instagram, json.dumps(odd.put(body, path, value)).encode())


@how(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(odd.mutated(BODIES))
def test_any_mutation_is_facts_or_an_origin_error(raw):
    odd.facts_of(instagram, raw)


def test_a_body_of_a_page_is_none_of_instagrams():
    with pytest.raises(OriginError):
        list(instagram.parse(payload("messenger", "text")))


# --- going out ---------------------------------------------------------------------------------


def test_a_text_leaves_by_the_account(account, api):
    assert instagram.send(account, out()).id == "aWdf77"
    assert api.last.path == f"/v25.0/{IG}/messages"
    assert api.last.json == {
        "recipient": {"id": "90001"}, "messaging_type": "RESPONSE", "message": {"text": "Hola"},
    }  # fmt: skip


def test_a_text_leaves_by_the_page(account, api):
    account.account_id = "3000001"
    instagram.send(account, out())
    assert api.last.path == "/v25.0/3000001/messages"


@pytest.mark.parametrize(("account_id", "base"), [("", "graph.instagram.com"), ("3000001", "graph.facebook.com")])
def test_where_it_goes_when_nothing_is_said(account, account_id, base, monkeypatch):
    asked = []

    def unknown(host, *_rest, **_fields):
        asked.append(host)
        raise OSError

    monkeypatch.setattr("socket.getaddrinfo", unknown)
    account.api_url, account.account_id = "", account_id
    with pytest.raises(OriginError) as refusal:
        instagram.send(account, out())
    assert not refusal.value.permanent
    assert set(asked) == {base}


def test_lengths_are_bytes(account, api):
    instagram.send(account, out(text="ñ" * 500))
    with pytest.raises(OriginError, match="más largo"):
        instagram.send(account, out(text="ñ" * 500 + "a"))
    assert len(api.calls) == 1


def test_files_go_by_their_address_where_instagram_can_reach_it(account, api):
    instagram.send(account, out("image", "", file=a_file("a.png", "image/png", url="https://x.example/a.png")))
    attachment = api.last.json["message"]["attachment"]
    assert attachment == {"type": "image", "payload": {"url": "https://x.example/a.png"}}
    instagram.send(account, out("image", "", file=a_file("año.png", "image/png", url="http://127.0.0.1/a.png")))
    assert api.last.form[1]["filedata"] == ("ano.png", "image/png", b"bytes")
    account.account_id = "3000001"
    instagram.send(account, out("image", "", file=a_file("a.png", "image/png", url="https://x.example/a.png")))
    assert api.last.form[1]["filedata"][2] == b"bytes"


@pytest.mark.parametrize(
    ("kind", "mime", "size", "words"),
    [
        ("image", "image/png", 8 * 2**20 + 1, "8 MB"),
        ("video", "video/mp4", 25 * 2**20 + 1, "25 MB"),
        ("document", "application/zip", 5, "PDF"),
        ("audio", "audio/ogg", 5, "ese tipo de audio"),
        ("image", "image/webp", 5, "ese tipo de foto"),
    ],
)
def test_files_that_instagram_does_not_take(account, api, kind, mime, size, words):
    with pytest.raises(OriginError, match=words):
        instagram.send(account, out(kind, "", file=a_file("a", mime, size)))
    assert api.calls == []


def test_only_a_heart(account, api):
    instagram.send(account, out("reaction", "", target="aWdf1", payload={"emoji": "❤️"}))
    assert api.last.json["payload"] == {"message_id": "aWdf1", "reaction": "love"}
    with pytest.raises(OriginError, match="❤"):
        instagram.send(account, out("reaction", "", target="aWdf1", payload={"emoji": "👍"}))


def test_late_only_what_a_person_wrote(account, api):
    with pytest.raises(OriginError) as refusal:
        instagram.send(account, out(late=True))
    assert refusal.value.failure is Failure.WINDOW
    account.human_agent = True
    with pytest.raises(OriginError):
        instagram.send(account, out(late=True, author="bot"))
    assert api.calls == []
    instagram.send(account, out(late=True))
    assert api.last.json["tag"] == "HUMAN_AGENT"


def test_a_cut_line_is_unsure(account, api):
    api.answers[""] = cut
    with pytest.raises(OriginError) as refusal:
        instagram.send(account, out())
    assert refusal.value.failure is Failure.UNSURE


def test_the_check(account, api):
    api.answers |= {
        IG: (200, {"id": "555", "user_id": IG, "username": "tienda"}),
        "subscribed_apps": (200, {"data": [{"id": "1", "subscribed_fields": list(instagram.FIELDS)}]}),
    }
    assert all(finding.is_good for finding in instagram.check_connection(account))
    account.line_id = "9"
    api.answers["9"] = api.answers[IG]
    assert not instagram.check_connection(account)[0].is_good
    account.account_id = "3000001"
    api.answers["3000001"] = (200, {"id": "3000001", "name": "Tienda"})
    assert all(finding.is_good for finding in instagram.check_connection(account))
