"""The web chat's doors: what a visitor's browser may ask, and what everybody else gets."""

import itertools
import json
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.utils import timezone
from django.utils.html import escapejs

from chats import moves
from chats.attachments import uploads as attachments_uploads
from chats.messages import replies
from chats.models import Attachment, Chat, Message
from common.errors import OriginError
from contacts.models import Address, Contact
from origins import web
from origins.models import Body, Origin
from tests import people
from webchat import guard, views

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63e04a690000016a00efd02b4d67"
    "0000000049454e44ae426082"
)
_addresses = itertools.count(1)
pytestmark = pytest.mark.django_db


class Visitor:
    """A browser with the web chat open."""

    def __init__(self, client, origin, token=None):
        self.client, self.origin = client, origin
        self.token = web.new_token(origin) if token is None else token
        # limits are kept in Redis and by address: each has its own
        self.address = f"10.1.{next(_addresses) % 250}.{uuid.uuid4().int % 250}"

    def path(self, rest=""):
        return f"/w/{self.origin.key}/{rest}"

    def ask(self, method, rest, *args, **options):
        headers = {"X-Witty-Visitor": self.token, **options.pop("headers", {})} if self.token else {}
        return getattr(self.client, method)(
            self.path(rest), *args, headers=headers, REMOTE_ADDR=self.address, **options
        )

    def post(self, body):
        raw = body if isinstance(body, (bytes, str)) else json.dumps(body)
        return self.ask("post", "messages/", raw, content_type="application/json")

    def says(self, text, ref=None, **more):
        response = self.post({"id": ref or str(uuid.uuid4()), "text": text, **more})
        assert response.status_code in (200, 201), response.content
        return response.json()["message"]

    def history(self, after=""):
        response = self.ask("get", f"messages/?after={after}" if after != "" else "messages/")
        assert response.status_code == 200
        return response.json()

    def uploads(self, data=PNG, name="foto.png", **more):
        return self.ask("post", "files/", {"file": SimpleUploadedFile(name, data), **more})

    @property
    def chat(self):
        name = web.read_visitor(self.origin, self.token)
        return people.fresh(Chat.objects.get(contact__addresses__value=name))


@pytest.fixture
def origin():
    return people.web_origin(title="Almacén Norte")


@pytest.fixture
def belen(client, origin):
    return Visitor(client, origin)


@pytest.fixture
def somebody(client, origin):
    return Visitor(client, origin)


def refused(response, status):
    """It says why, in JSON, and that is all it says."""
    assert response.status_code == status
    assert list(response.json()) == ["reason"]
    assert response.json()["reason"].strip()
    return True


# --- pages -------------------------------------------------------------------------------------


def policy(client, origin):
    response = client.get(f"/w/{origin.key}/")
    assert response.status_code == 200
    parts = [part.strip().split() for part in response["Content-Security-Policy"].split(";")]
    return {name: sources for name, *sources in parts}


def test_without_sites_any_page_may_hold_the_chat(client, origin):
    assert policy(client, origin)["frame-ancestors"] == ["*"]


@pytest.mark.parametrize(
    ("line", "source"),
    [
        ("https://www.almacen.com", "https://www.almacen.com"),
        ("https://www.almacen.com/tienda?a=b", "https://www.almacen.com"),
        ("almacen.com", "https://almacen.com"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("https://*.almacen.com", "https://*.almacen.com"),
        ("https://almacén.com", "https://xn--almacn-fva.com"),
        ("https://[::1]:8443", "https://[::1]:8443"),
        ("https://a.com;script-src", None),
        ("https://a.com,b.com", None),
        ("https://'unsafe-inline'", None),
        ("https://[oops", None),
        ("https://" + "a" * 70 + ".com", None),
        ("https://yo:clave@a.com", None),
        ("javascript://a.com", None),
        ("data:text/html,x", None),
        ("//a.com", None),
        ("\u2028", None),
    ],
)
def test_only_the_allowed_sites_may_hold_it(client, line, source):
    origin = people.web_origin(allowed_sites=f"{line}\nhttps://otro.com")
    found = policy(client, origin)
    assert found["frame-ancestors"] == ["'self'", *([source] if source else []), "https://otro.com"]
    assert found["default-src"] == ["'self'"]


def test_sites_of_which_none_is_one_allow_nobody(client):
    assert policy(client, people.web_origin(allowed_sites="https://[oops"))["frame-ancestors"] == ["'self'"]


def test_the_panel_can_be_framed_and_says_nothing_of_an_agent(client, origin, sofia):
    client.force_login(sofia)
    response = client.get(f"/w/{origin.key}/")
    assert "X-Frame-Options" not in response
    assert not response.cookies
    assert "Almacén Norte" in response.text
    assert "sofia" not in response.text.lower()
    assert "<style" not in response.text
    assert " style=" not in response.text


def test_the_launcher_is_one_cacheable_script_for_all(client, origin):
    response = client.get(f"/w/{origin.key}/widget.js")
    assert response["Content-Type"] == "text/javascript; charset=utf-8"
    assert response["Cache-Control"] == "public, max-age=300"
    assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert f'const KEY = "{escapejs(origin.key)}"' in response.text
    assert "innerHTML" not in response.text
    assert "eval(" not in response.text


def test_a_title_and_a_colour_are_only_that(client):
    title = "\"</script><img src=x>\\'`${1}"
    origin = people.web_origin(title=title, color="red}*{}")
    script = client.get(f"/w/{origin.key}/widget.js").text
    assert "</script>" not in script
    assert "`${1}" not in script
    assert "red}" not in script
    panel = client.get(f"/w/{origin.key}/").text
    assert "<img" not in panel
    assert "red}" not in panel
    assert "<img" not in client.get(f"/w/{origin.key}/demo/").text


def test_the_demo_page_holds_the_script(client, origin):
    page = client.get(f"/w/{origin.key}/demo/").text
    assert f'<script src="/w/{origin.key}/widget.js" async></script>' in page


PAGES = ["", "widget.js", "demo/"]
DOORS = [("post", "visitor/"), ("get", "messages/"), ("post", "messages/"), ("post", "files/"),
         ("get", "files/00000000-0000-4000-8000-000000000000/")]  # fmt: skip


@pytest.mark.parametrize("fields", [{"is_active": False}, {"kind": "http"}, {"key": "otra"}])
@pytest.mark.parametrize(("method", "rest"), [*(("get", page) for page in PAGES), *DOORS])
def test_there_is_a_door_only_where_there_is_an_active_web_chat(origin, belen, fields, method, rest):
    belen.says("Hola")
    Origin.objects.filter(pk=origin.pk).update(**fields)
    response = belen.ask(method, rest)
    assert response.status_code == 404
    if rest not in PAGES:
        refused(response, 404)


@pytest.mark.parametrize(
    ("method", "rest", "allowed"),
    [
        ("get", "visitor/", "POST"),
        ("put", "messages/", "GET, POST"),
        ("delete", "messages/", "GET, POST"),
        ("get", "files/", "POST"),
        ("post", "files/00000000-0000-4000-8000-000000000000/", "GET"),
    ],
)
def test_other_methods_are_refused_in_words(belen, method, rest, allowed):
    response = belen.ask(method, rest)
    assert refused(response, 405)
    assert response["Allow"] == allowed


@pytest.mark.parametrize("rest", PAGES)
def test_pages_are_only_read(belen, rest):
    assert belen.ask("post", rest).status_code == 405


# --- who it is ---------------------------------------------------------------------------------


def test_a_new_visitor_is_nobody_until_he_writes(client, origin):
    asked = Visitor(client, origin, token="").ask("post", "visitor/")
    assert asked.status_code == 201
    visitor = Visitor(client, origin, asked.json()["token"])
    assert visitor.history() == {"messages": [], "agent": "", "more": False}
    assert not Contact.objects.exists()
    visitor.says("Hola")
    assert visitor.chat.contact.shown_address.startswith("visitante ")


def test_two_visitors_are_two(belen, somebody):
    belen.says("Soy Belén")
    somebody.says("Soy otra")
    assert [m["text"] for m in belen.history()["messages"]] == ["Soy Belén"]
    assert [m["text"] for m in somebody.history()["messages"]] == ["Soy otra"]


FORGED = {
    "none": "",
    "rubbish": "abc",
    "three parts": "a:b:c",
    "not ascii": "ñandú:é:ü",
    "long": "x" * 5000,
    "null": "null:null:null",
}


@pytest.mark.parametrize("token", FORGED.values(), ids=FORGED)
@pytest.mark.parametrize(("method", "rest"), DOORS[1:])
def test_a_token_that_is_not_ours_opens_nothing(client, origin, token, method, rest):
    # a header's bytes arrive as Latin-1
    wire = token.encode().decode("latin-1")
    assert refused(Visitor(client, origin, wire).ask(method, rest), 401)
    assert not Body.objects.exists()


@pytest.mark.parametrize(("method", "rest"), DOORS[1:])
def test_a_changed_token_opens_nothing(client, origin, belen, method, rest):
    value, at, signature = belen.token.split(":")
    for token in (f"{value[:-1]}x:{at}:{signature}", f"{value}:{at}:{signature[:-1]}", f"{value}:1:{signature}"):
        assert refused(Visitor(client, origin, token).ask(method, rest), 401)


@pytest.mark.parametrize(("method", "rest"), DOORS[1:])
def test_the_token_of_another_origin_opens_nothing(client, origin, method, rest):
    # even of one that was given the same secret
    other = people.web_origin(secret=origin.secret)
    foreign = Visitor(client, origin, web.new_token(other))
    assert refused(foreign.ask(method, rest), 401)


@pytest.mark.parametrize(("method", "rest"), DOORS[1:])
def test_a_new_secret_revokes_every_token(origin, belen, method, rest):
    belen.says("Hola")
    origin.secret = "otro-secreto"
    origin.save()
    assert refused(belen.ask(method, rest), 401)


@pytest.mark.parametrize(("method", "rest"), DOORS[1:])
def test_a_revoked_visitor_is_out_and_the_others_are_not(belen, somebody, method, rest):
    belen.says("Hola")
    somebody.says("Hola")
    Address.objects.filter(contact=belen.chat.contact).update(revoked_at=timezone.now())
    assert refused(belen.ask(method, rest), 401)
    assert somebody.history()["messages"]


def test_half_a_character_is_no_token(origin):
    with pytest.raises(OriginError):
        web.read_visitor(origin, "\ud800:a:b")


def test_one_address_makes_so_many_visitors_a_minute(client, origin):
    visitor = Visitor(client, origin, token="")
    assert {visitor.ask("post", "visitor/").status_code for _ in range(60)} == {201}
    assert refused(visitor.ask("post", "visitor/"), 429)
    assert Visitor(client, origin, token="").ask("post", "visitor/").status_code == 201


def test_behind_a_proxy_it_is_the_address_that_the_proxy_saw(client, origin, settings):
    def asks(seen):
        headers = {"X-Forwarded-For": seen}
        return client.post(f"/w/{origin.key}/visitor/", headers=headers, secure=True).status_code

    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    noisy = f"10.9.9.{uuid.uuid4().int % 250}"
    # what the client itself put before does not count
    assert {asks(f"1.2.3.{n}, {noisy}") for n in range(60)} == {201}
    assert asks(f"9.9.9.9, {noisy}") == 429
    assert asks(f"10.9.8.{uuid.uuid4().int % 250}") == 201


# --- messages ----------------------------------------------------------------------------------

BAD = {
    "empty": (b"", 400),
    "not json": (b"{", 400),
    "not utf-8": (b'{"id": "\xff"}', 400),
    "a list": (b"[]", 400),
    "a number": (b"1", 400),
    "null": (b"null", 400),
    "very deep": (b"[" * 30_000, 400),
    "deep within": (b'{"id": "a", "text": "x", "more": ' + b"[" * 20_000 + b"]" * 20_000 + b"}", 400),
    "a huge number": (b'{"id": ' + b"9" * 5000 + b"}", 400),
    "nothing": ({}, 422),
    "no id": ({"text": "Hola"}, 422),
    "blank id": ({"id": "  ", "text": "Hola"}, 422),
    "long id": ({"id": "x" * 101, "text": "Hola"}, 422),
    "id a list": ({"id": [], "text": "Hola"}, 422),
    "id a truth": ({"id": True, "text": "Hola"}, 422),
    "no text": ({"id": "a"}, 422),
    "blank text": ({"id": "a", "text": " \n\t "}, 422),
    "only NUL": ({"id": "a", "text": "\x00\x00"}, 422),
    "long text": ({"id": "a", "text": "x" * 4097}, 422),
    "text an object": ({"id": "a", "text": {"x": 1}}, 422),
    "text not a number": (b'{"id": "a", "text": NaN}', 422),
    "text infinite": (b'{"id": "a", "text": 1e999}', 422),
    "payload a list": ({"id": "a", "text": "x", "payload": []}, 422),
    "files a text": ({"id": "a", "text": "x", "files": "abc"}, 422),
    "files false": ({"id": "a", "text": "x", "files": False}, 422),
    "files a number": ({"id": "a", "text": "x", "files": [5]}, 422),
    "files not ids": ({"id": "a", "text": "x", "files": ["../etc/passwd"]}, 422),
    "files unknown": ({"id": "a", "text": "x", "files": [str(uuid.uuid4())]}, 422),
    "two files": ({"id": "a", "text": "x", "files": [str(uuid.uuid4()), str(uuid.uuid4())]}, 422),
    "too large": ({"id": "a", "text": "x" * guard.MAX_BODY_BYTES}, 413),
}


@pytest.mark.parametrize(("body", "status"), BAD.values(), ids=BAD)
def test_what_makes_no_sense_is_refused_in_words(belen, body, status):
    assert refused(belen.post(body), status)
    assert not Message.objects.exists()
    assert not Contact.objects.exists()


ODD = {
    "the longest": "x" * 4096,
    "emoji family": "👨‍👩‍👧‍👦",
    "right to left": "مرحبا",
    "markup": "<script>alert(1)</script>{{ 7 }}",
    "lines": "uno\ndos",
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_odd_texts_are_stored_whole(belen, text):
    assert belen.says(text)["text"] == text
    assert belen.history()["messages"][0]["text"] == text


def test_what_the_database_cannot_keep_is_left_out(belen):
    response = belen.post(b'{"id": "a", "text": "ho\\u0000la \\ud800"}')
    assert response.status_code == 201
    assert response.json()["message"]["text"] == "hola ?"


def test_what_nobody_reads_spoils_nothing(belen):
    response = belen.post(b'{"id": "a", "text": "hola", "n": NaN, "m": 1e999, "id2": ["\\ud800"], "id": "b"}')
    assert response.status_code == 201
    assert response.json()["message"]["client_id"].endswith(":b")


def test_with_the_database_away_the_browser_tries_again(belen, monkeypatch):
    def away(*args):
        raise OperationalError("the connection is closed")

    monkeypatch.setattr(views.bodies, "keep", away)
    assert refused(belen.post({"id": "a", "text": "Hola"}), 503)
    monkeypatch.undo()
    assert belen.post({"id": "a", "text": "Hola"}).status_code == 201


def test_a_content_length_that_is_none_is_not_believed(client, origin, belen):
    for length in ("abc", "-1", "9" * 30):
        response = client.generic(
            "POST", belen.path("messages/"), b"{}", "application/json",
            headers={"X-Witty-Visitor": belen.token}, CONTENT_LENGTH=length,
        )  # fmt: skip
        assert response.status_code in (400, 413, 422)


def test_the_same_id_twice_is_one_message(belen):
    first = belen.post({"id": "m-1", "text": "Hola"})
    again = belen.post({"id": "m-1", "text": "Hola"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert Message.objects.filter(direction="in").count() == 1
    assert belen.chat.unread == 1


def test_the_same_id_of_two_visitors_is_two_messages(belen, somebody):
    assert belen.post({"id": "m-1", "text": "Hola"}).status_code == 201
    assert somebody.post({"id": "m-1", "text": "Hola"}).status_code == 201
    assert Message.objects.filter(direction="in").count() == 2


def test_the_browser_finds_its_own_id_again(belen):
    assert belen.says("Hola", ref="m-1")["client_id"].partition(":")[2] == "m-1"


def test_the_ledger_keeps_what_came_as_it_came(belen):
    belen.says("Hola", ref="m-1", unknown=[1, {"a": None}])
    body = Body.objects.get()
    kept = json.loads(bytes(body.raw))
    assert kept["message"] == {"id": "m-1", "text": "Hola", "unknown": [1, {"a": None}]}
    assert kept["visitor"] == web.read_visitor(belen.origin, belen.token)
    assert (body.origin, body.state) == (belen.origin, "processed")
    assert belen.token not in bytes(body.raw).decode()


def test_the_ledger_keeps_what_was_refused_too(belen):
    belen.post({"id": "m-1"})
    body = Body.objects.get()
    assert body.state == "broken"
    assert "vacío" in body.reason


def test_sixty_messages_a_minute_and_receipts_beside_them(belen):
    for number in range(60):
        belen.says("Hola", ref=f"m-{number}")
    assert refused(belen.post({"id": "m-60", "text": "Hola"}), 429)
    assert belen.post({"receipts": []}).status_code == 200
    assert belen.history()["messages"]


def test_a_choice_leads_to_its_tray(origin, belen, ventas):
    people.with_bot(origin)
    belen.says("Hola")
    greeting = belen.history()["messages"][-1]
    assert (greeting["author"], greeting["name"]) == ("bot", "")
    ventas_button = greeting["choices"][0]
    mine = belen.says(ventas_button["title"], payload=ventas_button["payload"])
    assert mine["kind"] == "choice"
    assert (belen.chat.state, belen.chat.tray) == ("BANDEJA", ventas)


# --- what was said -----------------------------------------------------------------------------


def test_the_customer_reads_first_names_and_no_inside(origin, belen, ventas, ana, sofia):
    belen.says("Hola")
    moves.take(belen.chat.pk, sofia)
    replies.write_note(belen.chat.pk, sofia, "cliente difícil")
    moves.send(belen.chat.pk, ventas, sofia, note="para Ana")
    moves.take(belen.chat.pk, ana)
    replies.send_reply(belen.chat.pk, ana, "Hola Belén")
    answer = belen.history()
    assert [(m["author"], m["name"], m["text"]) for m in answer["messages"]] == [
        ("me", "", "Hola"),
        ("agent", "Ana", "Hola Belén"),
    ]
    assert answer["agent"] == "Ana"
    for inside in ("Ferreyra", "Ventas", "difícil", "para Ana", "Sofía", "Duarte", "tray", "status"):
        assert inside not in json.dumps(answer, ensure_ascii=False)


def test_history_comes_in_pages_after_a_number(belen, ana):
    belen.says("Hola")
    moves.take(belen.chat.pk, ana)
    for number in range(205):
        replies.send_reply(belen.chat.pk, ana, f"m {number}")
    latest = belen.history()
    assert [len(latest["messages"]), latest["messages"][-1]["text"], latest["more"]] == [100, "m 204", False]
    read, after, more = [], 0, True
    while more:
        answer = belen.history(after)
        read += answer["messages"]
        after, more = read[-1]["number"], answer["more"]
    assert [m["text"] for m in read] == ["Hola", *(f"m {n}" for n in range(205))]
    assert belen.history(after)["messages"] == []


@pytest.mark.parametrize("after", ["abc", "-1", "1.5", "9" * 40, "１", "%00", "null"])
def test_a_number_that_is_none_asks_for_the_latest(belen, after):
    belen.says("Hola")
    assert len(belen.history(after)["messages"]) == 1


def test_no_cache_mixes_two_visitors(belen):
    response = belen.ask("get", "messages/")
    assert response["Cache-Control"] == "no-store"
    assert "X-Witty-Visitor" in response["Vary"]


def test_history_takes_as_many_queries_for_many_as_for_one(belen, ana, django_assert_num_queries):
    belen.says("Hola")
    moves.take(belen.chat.pk, ana)
    for number in range(30):
        replies.send_reply(belen.chat.pk, ana, f"m {number}")
    # origin, revoked?, chat, messages with their agents, files, holder
    with django_assert_num_queries(6):
        belen.history()


# --- receipts ----------------------------------------------------------------------------------


@pytest.fixture
def answered(belen, ana):
    """A message of Ana's to Belén."""
    belen.says("Hola")
    moves.take(belen.chat.pk, ana)
    return replies.send_reply(belen.chat.pk, ana, "Buenas")


def settle(visitor, message, status):
    response = visitor.post({"receipts": [{"id": str(message.uuid), "status": status}]})
    assert response.status_code == 200
    message.refresh_from_db()
    return response.json()["settled"], message.status


def test_receipts_only_move_forward(belen, answered):
    assert settle(belen, answered, "delivered") == (1, "delivered")
    assert settle(belen, answered, "read") == (1, "read")
    assert settle(belen, answered, "delivered") == (1, "read")


def test_receipts_are_for_ones_own_messages(belen, somebody, answered):
    somebody.says("Hola")
    assert settle(somebody, answered, "read") == (0, "sent")
    mine = belen.chat.messages.get(direction="in")
    assert settle(belen, mine, "read") == (0, "")


def test_receipts_leave_no_row_in_the_ledger(belen, answered):
    before = Body.objects.count()
    settle(belen, answered, "read")
    assert Body.objects.count() == before


BAD_RECEIPTS = {
    "not a list": {},
    "null": None,
    "a text": "read",
    "not an object": ["read"],
    "no id": [{"status": "read"}],
    "no status": [{"id": str(uuid.uuid4())}],
    "id a number": [{"id": 5, "status": "read"}],
    "id a list": [{"id": [], "status": "read"}],
    "id not a uuid": [{"id": "' OR 1=1 --", "status": "read"}],
    "id with NUL": [{"id": "\x00", "status": "read"}],
    "half a character": [{"id": "\ud800", "status": "read"}],
    "status of another": [{"id": str(uuid.uuid4()), "status": "failed"}],
    "status unknown": [{"id": str(uuid.uuid4()), "status": "eaten"}],
    "status a list": [{"id": str(uuid.uuid4()), "status": []}],
    "too many": [{"id": str(uuid.uuid4()), "status": "read"}] * 101,
}


@pytest.mark.parametrize("receipts", BAD_RECEIPTS.values(), ids=BAD_RECEIPTS)
def test_receipts_that_make_no_sense_are_refused_whole(belen, answered, receipts):
    good = {"id": str(answered.uuid), "status": "read"}
    mixed = [good, *receipts] if isinstance(receipts, list) else receipts
    assert refused(belen.post({"receipts": mixed}), 400)
    answered.refresh_from_db()
    assert answered.status == "sent"


# --- files -------------------------------------------------------------------------------------


def test_a_picture_goes_with_a_message(belen):
    up = belen.uploads(name="../../mi foto.png")
    assert up.status_code == 201
    facts = up.json()
    assert (facts["name"], facts["mime"], facts["width"]) == ("mi foto.png", "image/png", 1)
    mine = belen.says("", files=[facts["id"]])
    assert mine["kind"] == "image"
    assert [f["id"] for f in mine["files"]] == [facts["id"]]
    assert belen.chat.preview_kind == "image"
    down = belen.ask("get", f"files/{facts['id']}/")
    assert b"".join(down.streaming_content) == PNG
    assert down["Content-Type"] == "image/png"
    assert "X-Witty-Visitor" in down["Vary"]


def test_a_file_is_not_readable_before_it_is_sent(belen):
    belen.says("Hola")
    assert refused(belen.ask("get", f"files/{belen.uploads().json()['id']}/"), 404)


def test_a_file_is_sent_once(belen):
    kept = belen.uploads().json()["id"]
    belen.says("", files=[kept])
    assert refused(belen.post({"id": "otra", "text": "", "files": [kept]}), 422)
    assert Message.objects.filter(direction="in").count() == 1


def test_another_visitor_s_file_is_neither_sent_nor_read(belen, somebody):
    mine = belen.uploads().json()["id"]
    assert refused(somebody.post({"id": "a", "text": "x", "files": [mine]}), 422)
    belen.says("", files=[mine])
    somebody.says("Hola")
    assert refused(somebody.ask("get", f"files/{mine}/"), 404)


def test_a_file_of_a_note_is_not_the_customer_s(belen, answered, ana):
    note = replies.write_note(belen.chat.pk, ana, "ver adjunto")
    inside = attachments_uploads.keep_upload(SimpleUploadedFile("interno.txt", b"adentro"))
    Attachment.objects.filter(pk=inside.pk).update(message=note, chat=note.chat)
    assert refused(belen.ask("get", f"files/{inside.uuid}/"), 404)
    assert str(inside.uuid) not in json.dumps(belen.history())


def test_the_customer_reads_the_agent_s_file(belen, answered, ana):
    file = attachments_uploads.keep_upload(SimpleUploadedFile("lista.pdf", b"%PDF-1.4 x"))
    replies.send_reply(belen.chat.pk, ana, "Va", files=[file])
    assert belen.history()["messages"][-1]["files"][0]["name"] == "lista.pdf"
    down = belen.ask("get", f"files/{file.uuid}/")
    assert down["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("name", ["x.html", "x.svg", "x.png"])
def test_what_a_browser_would_run_is_a_download_without_a_type(belen, name):
    kept = belen.uploads(b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", name).json()
    belen.says("", files=[kept["id"]])
    down = belen.ask("get", f"files/{kept['id']}/")
    assert down["Content-Type"] == "application/octet-stream"
    assert down["Content-Disposition"].startswith("attachment")
    assert down["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in down["Content-Security-Policy"]


def test_ten_megabytes_and_not_a_byte_more(belen):
    assert belen.uploads(b"x" * attachments_uploads.MAX_UPLOAD_BYTES).status_code == 201
    assert refused(belen.uploads(b"x" * (attachments_uploads.MAX_UPLOAD_BYTES + 1)), 413)
    assert refused(belen.uploads(b"x" * (attachments_uploads.MAX_UPLOAD_BYTES + 10_000)), 413)
    assert Attachment.objects.count() == 1


def test_uploads_that_are_none(belen):
    assert refused(belen.uploads(b""), 422)
    assert refused(belen.ask("post", "files/", {}), 422)
    assert refused(belen.ask("post", "files/", {"file": "just a text"}), 422)
    assert refused(belen.ask("post", "files/", b"raw", content_type="application/octet-stream"), 422)
    two = [SimpleUploadedFile("a", b"a"), SimpleUploadedFile("b", b"b")]
    assert refused(belen.ask("post", "files/", {"file": two}), 422)
    for boundary in ("", "; boundary=", "; boundary=ñ", "; boundary=" + "x" * 500):
        response = belen.ask("post", "files/", b"--x\r\n", content_type=f"multipart/form-data{boundary}")
        assert response.status_code in (400, 422)
        assert refused(response, response.status_code)
    many = {f"f{n}": SimpleUploadedFile("a", b"a") for n in range(30)}
    assert refused(belen.ask("post", "files/", many), 400)
    assert not Attachment.objects.exists()


def test_twenty_files_a_minute(belen):
    assert {belen.uploads().status_code for _ in range(20)} == {201}
    assert refused(belen.uploads(), 429)


def test_many_identities_of_one_address_are_held_together(client, origin):
    address = f"10.7.7.{uuid.uuid4().int % 250}"
    statuses = []
    for _ in range(7):
        visitor = Visitor(client, origin)
        visitor.address = address
        statuses += [visitor.uploads().status_code for _ in range(20)]
    assert statuses == [201] * 120 + [429] * 20
