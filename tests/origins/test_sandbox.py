"""The sandbox speaks as the networks do, its faults can be repeated, and it counts right."""

import base64
import hashlib
import hmac
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from sandbox.client import Sandbox, SandboxError

SECRET, TOKEN, VERIFY = "an app's secret", "a-token", "a-verify-token"
BOT = "3000001:bot-token"


class Listener:
    """A webhook of ours: keeps each body with its headers, answers as it is told (200)."""

    def __init__(self, port=0):
        self.got, self.answers, self.lock = [], [], threading.Lock()
        listener = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self):
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                with listener.lock:
                    listener.got.append((dict(self.headers), raw))
                    status = listener.answers.pop(0) if listener.answers else 200
                self._say(status, b"{}")

            def do_GET(self):
                query = parse_qs(urlsplit(self.path).query)
                good = query.get("hub.verify_token") == [VERIFY] and query.get("hub.mode") == ["subscribe"]
                self._say(200 if good else 403, query["hub.challenge"][0].encode() if good else b"no")

            def _say(self, status, body):
                head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n\r\n".encode()
                self.wfile.write(head + body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/webhooks/line/"

    @property
    def bodies(self):
        with self.lock:
            return [json.loads(raw) for _headers, raw in self.got]

    def values(self, name):
        """All messages or statuses of WhatsApp bodies, in order of arrival."""
        changes = [change for body in self.bodies for entry in body["entry"] for change in entry["changes"]]
        return [item for change in changes for item in change["value"].get(name, [])]

    def events(self):
        return [event for body in self.bodies for entry in body["entry"] for event in entry["messaging"]]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def listener():
    listener = Listener()
    yield listener
    listener.close()


@pytest.fixture(scope="module")
def running():
    with Sandbox.start(seed=7) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(listener, running):
    running.reset(seed=7)
    add(running, listener, "whatsapp", "1000001", account_id="2000001")
    running.switch_faults(retry_first=0.05)
    return running


@pytest.fixture
def marta(sandbox):
    return sandbox.add_customer("whatsapp", name="Marta Ñandú")


@pytest.fixture
def graph(sandbox):
    with httpx.Client(base_url=f"{sandbox.url}/v25.0", headers={"Authorization": f"Bearer {TOKEN}"}) as client:
        yield client


def add(sandbox, listener, kind, line_id, **what):
    token = BOT if kind == "telegram" else TOKEN
    return sandbox.register_line(
        kind, line_id, secret=SECRET, access_token=token, verify_token=VERIFY, webhook=listener.url, **what
    )


def text(customer, body="Hola", **what):
    return {
        "messaging_product": "whatsapp", "recipient_type": "individual", "to": f"+{customer['ids']['wa_id']}",
        "type": "text", "text": {"body": body}, **what,
    }  # fmt: skip


def code(answer):
    return answer.status_code, answer.json()["error"]["code"]


# --- webhooks -----------------------------------------------------------------------------------


def test_a_body_is_signed_over_the_bytes_that_are_sent(sandbox, listener, marta):
    said = sandbox.write(marta["id"], "¿Año nuevo? a/b")
    headers, raw = listener.got[-1]
    good = "sha256=" + hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest()
    assert said["status"] == 200
    assert headers["X-Hub-Signature-256"] == good
    assert rb"\u00bfA\u00f1o nuevo? a\/b" in raw
    (message,) = listener.values("messages")
    assert message["text"]["body"] == "¿Año nuevo? a/b"
    assert message["id"] == said["id"]
    assert message["from"] == marta["ids"]["wa_id"]
    assert message["from_user_id"] == marta["ids"]["bsuid"]


def test_the_verification_tells_a_right_token_from_a_wrong_one(running, listener):
    said = running.register_line("whatsapp", "1000009", verify_token=VERIFY, webhook=listener.url)
    assert said["verified"] is True
    said = running.register_line("whatsapp", "1000009", verify_token="other", webhook=listener.url)
    assert said["verified"] is False
    assert "403" in said["reason"]


def test_who_shows_only_a_username_has_no_number_in_the_body(sandbox, listener):
    lucia = sandbox.add_customer("whatsapp", phone="", username="lucia")
    sandbox.write(lucia["id"], "Hola")
    (message,) = listener.values("messages")
    (contact,) = listener.values("contacts")
    assert "from" not in message
    assert message["from_user_id"] == lucia["ids"]["bsuid"]
    assert "wa_id" not in contact
    assert contact["profile"]["username"] == "lucia"


@pytest.mark.parametrize(
    ("kind", "holds"),
    [
        ("image", "image"), ("voice", "audio"), ("audio", "audio"), ("video", "video"), ("document", "document"),
        ("sticker", "sticker"), ("location", "location"), ("contact", "contacts"), ("order", "order"),
        ("unsupported", "unsupported"),
    ],
)  # fmt: skip
def test_every_kind_that_a_customer_writes(sandbox, listener, marta, kind, holds):
    assert sandbox.write(marta["id"], "mirá", kind=kind)["status"] == 200
    (message,) = listener.values("messages")
    assert message["type"] == holds
    assert message[holds]


def test_each_message_of_a_customer_has_a_later_second(sandbox, listener, marta):
    for number in range(5):
        sandbox.write(marta["id"], str(number))
    stamps = [int(message["timestamp"]) for message in listener.values("messages")]
    assert stamps == sorted(set(stamps))
    sandbox.run_messages(messages=50, customers=[sandbox.add_customer()["id"]], wait=10)
    stamps = [int(message["timestamp"]) for message in listener.values("messages")[5:]]
    assert len(set(stamps)) == 50
    assert max(stamps) <= time.time()


def test_what_is_not_answered_with_200_comes_again_the_same(sandbox, listener, marta):
    listener.answers = [500, 404]
    assert sandbox.write(marta["id"], "insisto")["status"] == 200
    raws = [raw for _headers, raw in listener.got]
    assert len(raws) == 3
    assert len(set(raws)) == 1


def test_edits_withdrawals_reactions_and_quotes_name_their_message(sandbox, listener, marta):
    first = sandbox.write(marta["id"], "Hola")["id"]
    sandbox.write(marta["id"], "Hola!", kind="edit", target=first)
    sandbox.write(marta["id"], kind="reaction", target=first, emoji="👍")
    sandbox.write(marta["id"], kind="reaction", target=first)
    sandbox.write(marta["id"], "esto", reply_to=first)
    sandbox.write(marta["id"], kind="withdrawal", target=first)
    _first, edit, react, unreact, quote, revoke = listener.values("messages")
    assert edit["edit"]["original_message_id"] == revoke["revoke"]["original_message_id"] == first
    assert react["reaction"] == {"message_id": first, "emoji": "👍"}
    assert unreact["reaction"] == {"message_id": first}
    assert quote["context"]["id"] == first


def test_a_customer_with_a_new_number_is_the_same_person(sandbox, listener, graph, marta):
    sandbox.write(marta["id"], kind="moved", phone="59890000001")
    (message,) = listener.values("messages")
    assert message["system"]["previous_user_id"] == marta["ids"]["bsuid"]
    assert listener.values("contacts") == []
    sandbox.write(marta["id"], "soy yo")
    answer = graph.post("/1000001/messages", json=text({"ids": {"wa_id": "59890000001"}}))
    assert answer.status_code == 200
    assert len(sandbox.list_received(marta["id"])) == 1


# --- sending by WhatsApp ------------------------------------------------------------------------


def test_a_message_reaches_the_customer_and_its_receipts_come(sandbox, listener, graph, marta):
    sandbox.write(marta["id"], "Hola")
    answer = graph.post("/1000001/messages", json=text(marta, biz_opaque_callback_data="our-uuid"))
    wamid = answer.json()["messages"][0]["id"]
    assert answer.json()["contacts"][0]["user_id"] == marta["ids"]["bsuid"]
    sandbox.wait_until(lambda: len(listener.values("statuses")) == 2)
    assert sandbox.read(marta["id"]) == 1
    sandbox.wait_until(lambda: len(listener.values("statuses")) == 3)
    statuses = listener.values("statuses")
    assert [status["status"] for status in statuses] == ["sent", "delivered", "read"]
    assert {status["biz_opaque_callback_data"] for status in statuses} == {"our-uuid"}
    assert {status["id"] for status in statuses} == {wamid}
    (got,) = sandbox.list_received(marta["id"])
    assert (got["id"], got["ours"], got["text"], got["times"]) == (wamid, "our-uuid", "Hola", 1)


def test_buttons_are_answered_with_what_they_carry(sandbox, listener, graph, marta):
    sandbox.write(marta["id"], "Hola")
    buttons = [{"type": "reply", "reply": {"id": f"p{n}", "title": f"Opción {n}"}} for n in range(3)]
    content = {"type": "button", "body": {"text": "¿Qué?"}, "action": {"buttons": buttons}}
    message = text(marta, type="interactive", interactive=content)
    wamid = graph.post("/1000001/messages", json=message).json()["messages"][0]["id"]
    sandbox.write(marta["id"], kind="choice", target=wamid, choice="p1")
    reply = listener.values("messages")[-1]
    assert reply["interactive"] == {"type": "button_reply", "button_reply": {"id": "p1", "title": "Opción 1"}}
    assert reply["context"]["id"] == wamid
    buttons.append({"type": "reply", "reply": {"id": "p4", "title": "Cuarta"}})
    assert code(graph.post("/1000001/messages", json=message)) == (400, 131009)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"messaging_product": None}, 100),
        ({"to": ""}, 100),
        ({"type": "poll"}, 100),
        ({"text": {"body": ""}}, 131008),
        ({"text": {"body": "x" * 4097}}, 100),
        ({"type": "image", "image": {"id": "123"}}, 131009),
        ({"type": "image", "image": {"id": "1", "link": "https://x"}}, 131009),
        ({"type": "location", "location": {"latitude": "north"}}, 131009),
        ({"type": "contacts", "contacts": [{"name": {"formatted_name": "A"}}]}, 131009),
        ({"type": "template", "template": {"name": "nada", "language": {"code": "es"}}}, 132001),
    ],
)
def test_what_whatsapp_would_refuse_is_refused(sandbox, graph, marta, change, expected):
    assert code(graph.post("/1000001/messages", json=text(marta) | change))[1] == expected
    assert sandbox.list_received(marta["id"]) == []


def test_without_a_good_token_nothing_is_taken(sandbox, marta):
    for headers in ({}, {"Authorization": "Bearer other"}, {"Authorization": "Basic x"}):
        answer = httpx.post(f"{sandbox.url}/v25.0/1000001/messages", json=text(marta), headers=headers)
        assert code(answer) == (401, 190)
    assert sandbox.list_received(marta["id"]) == []


def test_a_number_without_plus_goes_to_nobody(sandbox, listener, graph, marta):
    sandbox.write(marta["id"], "Hola")
    assert graph.post("/1000001/messages", json=text(marta, to=marta["ids"]["wa_id"])).status_code == 200
    sandbox.wait_until(lambda: listener.values("statuses"))
    assert listener.values("statuses")[0]["errors"][0]["code"] == 131026
    assert sandbox.list_received(marta["id"]) == []


def test_the_window_closes_after_a_day_and_a_template_still_goes(sandbox, listener, graph, marta):
    sandbox.write(marta["id"], "Hola")
    sandbox.jump_clock(25)
    assert graph.post("/1000001/messages", json=text(marta, biz_opaque_callback_data="u")).status_code == 200
    sandbox.wait_until(lambda: listener.values("statuses"))
    (status,) = listener.values("statuses")
    assert (status["status"], status["errors"][0]["code"]) == ("failed", 131047)
    assert status["biz_opaque_callback_data"] == "u"
    sandbox.switch_faults(window="at_once")
    assert code(graph.post("/1000001/messages", json=text(marta))) == (400, 131047)
    template = {"name": "hola", "language": {"code": "es"}}
    assert graph.post("/1000001/messages", json=text(marta, type="template", template=template)).status_code == 200
    assert [got["kind"] for got in sandbox.list_received(marta["id"])] == ["template"]
    sandbox.write(marta["id"], "acá estoy")
    assert graph.post("/1000001/messages", json=text(marta)).status_code == 200


def test_the_pair_limit_lets_45_go_at_once(sandbox, graph, marta):
    sandbox.switch_faults(pair_rate=True, receipts="off")
    sandbox.write(marta["id"], "Hola")
    answers = [graph.post("/1000001/messages", json=text(marta, f"n {number}")) for number in range(46)]
    assert [answer.status_code for answer in answers[:45]] == [200] * 45
    assert code(answers[45]) == (400, 131056)


def parameters(*values, **named):
    return [{"type": "text", "text": value} for value in values] + [
        {"type": "text", "parameter_name": name, "text": value} for name, value in named.items()
    ]


@pytest.mark.parametrize(
    ("name", "language", "components", "expected"),
    [
        ("turno_confirmado", "es_AR", [{"type": "body", "parameters": parameters("Ana", "lunes")}], 200),
        ("turno_confirmado", "es_AR", [{"type": "body", "parameters": parameters("Ana")}], 132000),
        ("turno_confirmado", "es_AR", [{"type": "body", "parameters": parameters("Ana", "a\nb")}], 132018),
        ("turno_confirmado", "es", [], 132001),
        ("retomar_conversacion", "es", [{"type": "body", "parameters": parameters(nombre="A", agente="B")}], 200),
        ("retomar_conversacion", "es", [{"type": "body", "parameters": parameters(name="A", agente="B")}], 132012),
        ("promo_primavera", "es_AR", [{"type": "body", "parameters": parameters("Ana")}], 132012),
        ("encuesta", "es", [], 132015),
        ("recordatorio_pago", "es", [], 132001),
        ("hola", "es", [{"type": "body", "parameters": parameters("x")}], 132000),
    ],
)
def test_a_template_goes_only_with_what_it_needs(sandbox, graph, marta, name, language, components, expected):
    template = {"name": name, "language": {"code": language}, "components": components}
    answer = graph.post("/1000001/messages", json=text(marta, type="template", template=template))
    assert (200 if answer.status_code == 200 else answer.json()["error"]["code"]) == expected
    assert len(sandbox.list_received(marta["id"])) == (expected == 200)


def test_templates_come_in_pages(graph):
    seen, after = [], ""
    for _page in range(20):
        found = graph.get("/2000001/message_templates", params={"limit": 2, "after": after}).json()
        seen += [(template["name"], template["language"]) for template in found["data"]]
        if "next" not in found["paging"]:
            break
        after = found["paging"]["cursors"]["after"]
    assert len(seen) == len(set(seen)) == 9


def test_a_template_that_is_paused_is_told_and_refused(sandbox, listener, graph, marta):
    sandbox.change_template("hola", "es", "PAUSED")
    sandbox.wait_until(lambda: listener.bodies)
    (change,) = listener.bodies[-1]["entry"][0]["changes"]
    assert change["field"] == "message_template_status_update"
    assert change["value"]["event"] == "PAUSED"
    template = {"name": "hola", "language": {"code": "es"}}
    answer = graph.post("/1000001/messages", json=text(marta, type="template", template=template))
    assert code(answer) == (400, 132015)


# --- files --------------------------------------------------------------------------------------


def test_a_link_to_a_file_lasts_five_minutes_and_wants_the_token(sandbox, listener, graph, marta):
    sandbox.write(marta["id"], kind="voice")
    said = listener.values("messages")[0]["audio"]
    assert said["voice"] is True
    found = graph.get(f"/{said['id']}").json()
    data = graph.get(found["url"])
    assert data.content[:4] == b"OggS"
    assert b"OpusHead" in data.content
    digest = hashlib.sha256(data.content)
    assert base64.b64decode(said["sha256"]) == digest.digest()
    assert found["sha256"] == digest.hexdigest()
    assert httpx.get(found["url"]).status_code == 401
    sandbox.jump_clock(0.1)
    assert graph.get(found["url"]).status_code == 404
    assert graph.get(graph.get(f"/{said['id']}").json()["url"]).status_code == 200


@pytest.mark.parametrize("fault", ["media_lost", "media_html", "media_digest"])
def test_files_get_lost_or_are_not_what_was_said(sandbox, listener, graph, marta, fault):
    sandbox.switch_faults(**{fault: 1.0})
    sandbox.write(marta["id"], kind="image")
    said = listener.values("messages")[0]["image"]
    answer = graph.get(f"/{said['id']}")
    if fault == "media_lost":
        assert answer.status_code == 400
        return
    data = graph.get(answer.json()["url"])
    assert data.status_code == 200
    assert hashlib.sha256(data.content).hexdigest() != answer.json()["sha256"]
    assert data.headers["Content-Type"].startswith("text/html") == (fault == "media_html")


def test_an_upload_is_what_the_customer_gets(sandbox, graph, marta):
    sandbox.write(marta["id"], "Hola")
    files = {"file": ("a.png", b"\x89PNG\r\n\x1a\n--x\r\n", "image/png")}
    fields = {"messaging_product": "whatsapp", "type": "image/png"}
    media = graph.post("/1000001/media", data=fields, files=files).json()["id"]
    message = text(marta, type="image", image={"id": media, "caption": "mirá"})
    assert graph.post("/1000001/messages", json=message).status_code == 200
    entry = sandbox.show_customer(marta["id"])["thread"][-1]
    assert (entry["text"], entry["mime"]) == ("mirá", "image/png")
    shown = httpx.get(f"{sandbox.url}/sandbox/files/{entry['media']}")
    assert shown.content == files["file"][1]
    assert code(graph.post("/1000001/messages", json=text(marta, type="video", video={"id": media}))) == (400, 131053)


# --- faults -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("fault", "reached"), [("cut_accepted", 1), ("cut_refused", 0)])
def test_a_line_that_is_cut_says_nothing_of_what_became_of_the_message(sandbox, graph, marta, fault, reached):
    sandbox.write(marta["id"], "Hola")
    sandbox.switch_faults(**{fault: 1.0})
    with pytest.raises(httpx.RemoteProtocolError):
        graph.post("/1000001/messages", json=text(marta))
    assert len(sandbox.list_received(marta["id"])) == reached


@pytest.mark.parametrize(
    ("fault", "expected"),
    [("error_500", (500, 131000)), ("error_429", (429, 130429)), ("error_131056", (400, 131056))],
)
def test_errors_by_chance_bring_nothing_to_the_customer(sandbox, graph, marta, fault, expected):
    sandbox.write(marta["id"], "Hola")
    sandbox.switch_faults(**{fault: 1.0})
    assert code(graph.post("/1000001/messages", json=text(marta))) == expected
    assert sandbox.list_received(marta["id"]) == []


def test_receipts_come_before_the_answer(sandbox, listener, graph, marta):
    sandbox.write(marta["id"], "Hola")
    sandbox.switch_faults(receipts="early", read_at_once=True)
    graph.post("/1000001/messages", json=text(marta))
    assert [status["status"] for status in listener.values("statuses")] == ["sent", "delivered", "read"]


def test_one_receipt_stays_away(sandbox, listener, graph, marta):
    sandbox.write(marta["id"], "Hola")
    sandbox.switch_faults(receipts="early", read_at_once=True, no_delivered=1.0)
    graph.post("/1000001/messages", json=text(marta))
    assert [status["status"] for status in listener.values("statuses")] == ["sent", "read"]


def test_a_batch_holds_many_messages(sandbox, listener):
    sandbox.switch_faults(parallel=1)
    sandbox.run_messages(messages=250, customers=5, batch=100, wait=10)
    sizes = [len(body["entry"][0]["changes"][0]["value"]["messages"]) for body in listener.bodies]
    assert sizes == [100, 100, 50]
    assert sum(sizes) == 250


def test_a_run_with_faults_brings_every_message_and_some_more_than_once(sandbox, listener):
    done = sandbox.run_messages(
        messages=400, customers=8, duplicates=0.1, rebatch=0.05, hang_up=0.05, shuffle=6, wait=20
    )
    assert (done["accepted"], done["given_up"]) == (400, 0)
    ids = [message["id"] for message in listener.values("messages")]
    assert len(set(ids)) == 400
    assert len(ids) > 400
    numbers = [int(message["text"]["body"].rpartition("#")[2]) for message in listener.values("messages")]
    assert numbers != sorted(numbers)
    raws = [raw for _headers, raw in listener.got]
    assert len(raws) > len(set(raws))
    totals = sandbox.read_totals()
    assert (totals["written"], totals["accepted"], totals["given_up"], totals["dropped"]) == (400, 400, 0, 0)


def test_the_same_seed_makes_the_same_faults(sandbox, listener):
    def story(seed):
        sandbox.reset(seed)
        add(sandbox, listener, "whatsapp", "1000001", account_id="2000001")
        sandbox.switch_faults(parallel=1, duplicates=0.3, rebatch=0)
        one, start = sandbox.add_customer()["id"], len(listener.got)
        for number in range(40):
            sandbox.write(one, f"#{number}")
        sandbox.wait_until(lambda: not sandbox.read_totals()["waiting"])
        changes = [body["entry"][0]["changes"][0]["value"]["messages"] for body in listener.bodies[start:]]
        return sandbox.show_customer(one)["ids"]["wa_id"], [messages[0]["text"]["body"] for messages in changes]

    first, again, other = story(5), story(5), story(6)
    assert first == again != other
    assert len(first[1]) > 40


def test_counts_tell_twice_and_out_of_order(sandbox, graph, marta):
    sandbox.write(marta["id"], "Hola")
    for number, ours in ((1, "a"), (3, "b"), (2, "c"), (2, "c")):
        graph.post("/1000001/messages", json=text(marta, f"respuesta #{number}", biz_opaque_callback_data=ours))
    totals = sandbox.read_totals()
    assert (totals["received"], totals["distinct"], totals["duplicates"], totals["out_of_order"]) == (4, 3, 1, 1)
    assert [got["times"] for got in sandbox.list_received(marta["id"])] == [1, 1, 2, 2]


def test_nonsense_faults_change_nothing(running):
    before = running.switch_faults()
    for wrong in ({"nonsense": 1}, {"batch": 0}, {"receipts": "never"}, {"duplicates": "often"}, {"delay": -1}):
        with pytest.raises(SandboxError):
            running.switch_faults(error_500=0.5, **wrong)
    assert running.switch_faults() == before


# --- Messenger and Instagram --------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "line"), [("messenger", "4000001"), ("instagram", "5000001")])
def test_a_page_answers_and_gets_its_echo(sandbox, listener, graph, kind, line):
    add(sandbox, listener, kind, line)
    nora = sandbox.add_customer(kind)
    person = next(iter(nora["ids"].values()))
    sandbox.write(nora["id"], "Hola")
    assert listener.events()[-1]["message"]["text"] == "Hola"
    message = {"text": "Buenas", "metadata": "our-uuid"}
    body = {"recipient": {"id": person}, "messaging_type": "RESPONSE", "message": message}
    mid = graph.post(f"/{line}/messages", json=body).json()["message_id"]
    sandbox.wait_until(lambda: any(event.get("message", {}).get("is_echo") for event in listener.events()))
    echo = next(event for event in listener.events() if event.get("message", {}).get("is_echo"))
    assert (echo["message"]["metadata"], echo["message"]["mid"]) == ("our-uuid", mid)
    assert echo["sender"]["id"] == line
    assert echo["recipient"]["id"] == person
    sandbox.read(nora["id"])
    sandbox.wait_until(lambda: any("read" in event for event in listener.events()))
    seen = next(event["read"] for event in listener.events() if "read" in event)
    assert ("watermark" in seen) == (kind == "messenger")
    assert ("mid" in seen) == (kind == "instagram")
    if kind == "messenger":  # it may come after the read
        sandbox.wait_until(lambda: any("delivery" in event for event in listener.events()))
    assert any("delivery" in event for event in listener.events()) == (kind == "messenger")


def test_after_a_day_only_a_person_may_write_to_messenger(sandbox, listener, graph):
    add(sandbox, listener, "messenger", "4000001")
    nora = sandbox.add_customer("messenger")
    sandbox.write(nora["id"], "Hola")
    sandbox.jump_clock(30)
    body = {"recipient": {"id": nora["ids"]["psid"]}, "message": {"text": "Buenas"}}
    assert code(graph.post("/4000001/messages", json=body)) == (400, 10)
    tagged = body | {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
    assert graph.post("/4000001/messages", json=tagged).status_code == 200
    assert code(graph.post("/4000001/messages", json=tagged | {"tag": "ACCOUNT_UPDATE"})) == (400, 100)
    sandbox.jump_clock(24 * 7)
    assert code(graph.post("/4000001/messages", json=tagged)) == (400, 10)


def test_what_messenger_and_instagram_refuse(sandbox, listener, graph):
    add(sandbox, listener, "messenger", "4000001")
    add(sandbox, listener, "instagram", "5000001")
    nora, igor = sandbox.add_customer("messenger"), sandbox.add_customer("instagram")
    for one in (nora, igor):
        sandbox.write(one["id"], "Hola")

    def send(line, person, text):
        return graph.post(f"/{line}/messages", json={"recipient": {"id": person}, "message": {"text": text}})

    assert code(send("4000001", nora["ids"]["psid"], "x" * 2001)) == (400, 100)
    assert send("4000001", nora["ids"]["psid"], "x" * 2000).status_code == 200
    assert code(send("5000001", igor["ids"]["igsid"], "ñ" * 501)) == (400, 100)
    assert send("5000001", igor["ids"]["igsid"], "ñ" * 500).status_code == 200
    assert code(send("4000001", "999", "Hola")) == (400, 100)
    sandbox.block(nora["id"])
    assert code(send("4000001", nora["ids"]["psid"], "Hola")) == (400, 551)


def test_a_file_goes_to_messenger_in_a_form(sandbox, listener, graph):
    add(sandbox, listener, "messenger", "4000001")
    nora = sandbox.add_customer("messenger")
    sandbox.write(nora["id"], kind="image")
    url = listener.events()[-1]["message"]["attachments"][0]["payload"]["url"]
    assert httpx.get(url).content[:4] == b"\x89PNG"
    form = {
        "recipient": json.dumps({"id": nora["ids"]["psid"]}),
        "message": json.dumps({"attachment": {"type": "file", "payload": {}}, "metadata": "u"}),
    }
    answer = graph.post("/4000001/messages", data=form, files={"filedata": ("a.pdf", b"%PDF-1.4", "application/pdf")})
    assert answer.status_code == 200
    (got,) = sandbox.list_received(nora["id"])
    assert (got["kind"], got["ours"]) == ("document", "u")


# --- Telegram -----------------------------------------------------------------------------------


@pytest.fixture
def bot(sandbox, listener):
    add(sandbox, listener, "telegram", "3000001", account_id="witty_bot")
    with httpx.Client(base_url=f"{sandbox.url}/bot{BOT}") as client:
        yield client


@pytest.fixture
def tomas(sandbox, bot):
    return sandbox.add_customer("telegram", name="Tomás Paz")


def test_telegram_posts_updates_with_its_secret(sandbox, listener, bot, tomas):
    sandbox.write(tomas["id"], "Hola")
    headers, raw = listener.got[-1]
    update = json.loads(raw)
    assert headers["X-Telegram-Bot-Api-Secret-Token"] == SECRET
    assert update["message"]["text"] == "Hola"
    assert update["message"]["chat"]["type"] == "private"
    assert update["message"]["from"]["first_name"] == "Tomás"
    first = update["update_id"]
    sandbox.write(tomas["id"], "otra")
    assert listener.bodies[-1]["update_id"] > first


def test_a_bot_sends_and_its_buttons_are_tapped(sandbox, listener, bot, tomas):
    keyboard = {"inline_keyboard": [[{"text": "Sí", "callback_data": "yes"}]]}
    chat = tomas["ids"]["chat_id"]
    said = bot.post("/sendMessage", json={"chat_id": chat, "text": "¿Sí?", "reply_markup": keyboard}).json()["result"]
    assert said["chat"]["id"] == int(chat)
    assert said["text"] == "¿Sí?"
    sandbox.write(tomas["id"], kind="choice", target=str(said["message_id"]), choice=0)
    query = listener.bodies[-1]["callback_query"]
    assert query["data"] == "yes"
    assert query["message"]["message_id"] == said["message_id"]
    assert bot.post("/answerCallbackQuery", json={"callback_query_id": query["id"]}).json()["result"] is True
    assert sandbox.read_report(customers=False)["counts"]["callbacks_answered"] == 1


def test_files_go_both_ways_by_telegram(sandbox, listener, bot, tomas):
    sandbox.write(tomas["id"], "mirá", kind="image")
    message = listener.bodies[-1]["message"]
    assert message["caption"] == "mirá"
    found = bot.post("/getFile", json={"file_id": message["photo"][-1]["file_id"]}).json()["result"]
    assert httpx.get(f"{sandbox.url}/file/bot{BOT}/{found['file_path']}").content[:4] == b"\x89PNG"
    answer = bot.post(
        "/sendVoice", data={"chat_id": tomas["ids"]["chat_id"]}, files={"voice": ("a.ogg", b"OggS", "audio/ogg")}
    )
    assert answer.json()["result"]["voice"]["mime_type"] == "audio/ogg"
    assert [got["kind"] for got in sandbox.list_received(tomas["id"])] == ["voice"]


def test_telegram_refuses_in_its_own_words(sandbox, listener, bot, tomas):
    chat = tomas["ids"]["chat_id"]

    def words(method, **what):
        answer = bot.post(f"/{method}", json=what).json()
        return answer["error_code"], answer["description"]

    assert words("sendMessage", chat_id=chat, text="x" * 4097) == (400, "Bad Request: message is too long")
    assert words("sendMessage", chat_id=chat, text="") == (400, "Bad Request: message text is empty")
    assert words("sendMessage", chat_id="1", text="a") == (400, "Bad Request: chat not found")
    assert words("nonsense")[0] == 404
    assert httpx.post(f"{sandbox.url}/botwrong/getMe").status_code == 401
    sandbox.block(tomas["id"])
    sandbox.wait_until(lambda: listener.bodies)
    assert listener.bodies[-1]["my_chat_member"]["new_chat_member"]["status"] == "kicked"
    assert words("sendMessage", chat_id=chat, text="a") == (403, "Forbidden: bot was blocked by the user")
    sandbox.block(tomas["id"], False)
    sandbox.switch_faults(error_429=1.0, retry_after=3)
    answer = bot.post("/sendMessage", json={"chat_id": chat, "text": "a"})
    assert answer.status_code == 429
    assert answer.json()["parameters"]["retry_after"] == 3
    assert sandbox.list_received(tomas["id"]) == []


def test_a_bot_edits_withdraws_and_reacts(sandbox, listener, bot, tomas):
    chat = tomas["ids"]["chat_id"]
    theirs = sandbox.write(tomas["id"], "Hola")["id"]
    ours = bot.post("/sendMessage", json={"chat_id": chat, "text": "Bunas"}).json()["result"]["message_id"]
    bot.post("/editMessageText", json={"chat_id": chat, "message_id": ours, "text": "Buenas"})
    reaction = [{"type": "emoji", "emoji": "👍"}]
    bot.post("/setMessageReaction", json={"chat_id": chat, "message_id": int(theirs), "reaction": reaction})
    thread = {entry["id"]: entry for entry in sandbox.show_customer(tomas["id"])["thread"]}
    assert thread[str(ours)]["text"] == "Buenas"
    assert thread[theirs]["reactions"] == {"line": "👍"}
    bot.post("/deleteMessage", json={"chat_id": chat, "message_id": ours})
    assert sandbox.show_customer(tomas["id"])["thread"][1]["payload"]["withdrawn"] is True


# --- against the product's own networks -----------------------------------------------------------


KINDS = {
    "whatsapp": (
        "image",
        "voice",
        "audio",
        "video",
        "document",
        "sticker",
        "location",
        "contact",
        "order",
        "unsupported",
    ),
    "messenger": ("image", "voice", "video", "document", "sticker", "location", "unsupported"),
    "instagram": ("image", "voice", "video", "document", "unsupported"),
    "telegram": ("image", "voice", "audio", "video", "document", "sticker", "location", "contact", "unsupported"),
}


LINES = {"whatsapp": "1000001", "messenger": "4000001", "instagram": "5000001", "telegram": "3000001"}


def origin_of(sandbox, kind, line_id):
    from origins.models import Origin

    token = BOT if kind == "telegram" else TOKEN
    # never stored: these networks ask nothing of the database
    return Origin(
        kind=kind, key=kind, name=kind, secret=SECRET, access_token=token, line_id=line_id, account_id="2000001" * (kind == "whatsapp"),
        api_url=sandbox.url, human_agent=True,
    )  # fmt: skip


@pytest.mark.parametrize("kind", list(KINDS))
def test_the_product_reads_all_that_customers_do(sandbox, listener, settings, kind):
    from origins.facts import Broken, Incoming
    from origins.networks import network_of

    settings.ALLOWED_INTERNAL_HOSTS = ["127.0.0.1"]
    line_id = LINES[kind]
    add(sandbox, listener, kind, line_id, account_id="2000001")
    one = sandbox.add_customer(kind)
    first = sandbox.write(one["id"], "Hola", referral=kind != "telegram")["id"]
    for written in KINDS[kind]:
        sandbox.write(one["id"], "mirá", kind=written)
    sandbox.write(one["id"], "esto", reply_to=first)
    sandbox.write(one["id"], kind="reaction", target=first, emoji="👍")
    sandbox.write(one["id"], "Hola!", kind="edit", target=first)
    origin, facts = origin_of(sandbox, kind, line_id), []
    for headers, raw in listener.got:
        lower = {name.lower(): value for name, value in headers.items()}
        assert network_of(kind).verify(origin, lower, raw)
        facts += [item.fact for item in network_of(kind).parse(raw)]
    assert not [fact for fact in facts if isinstance(fact, Broken)]
    assert len([fact for fact in facts if isinstance(fact, Incoming)]) == len(KINDS[kind]) + 2
    pictures = [fact for fact in facts if isinstance(fact, Incoming) and fact.kind == "image"]
    assert network_of(kind).fetch_media(origin, pictures[0].payload["media"], 10**6)[:4] == b"\x89PNG"


@pytest.mark.parametrize("kind", list(KINDS))
def test_the_product_sends_to_it_and_finds_its_connection_good(sandbox, listener, settings, kind):
    from origins.facts import Outgoing
    from origins.networks import network_of

    settings.ALLOWED_INTERNAL_HOSTS = ["127.0.0.1"]
    line_id = LINES[kind]
    add(sandbox, listener, kind, line_id, account_id="2000001")
    one = sandbox.add_customer(kind)
    sandbox.write(one["id"], "Hola")
    (value, *_others) = one["ids"].values()
    address = {"whatsapp": "wa_id", "messenger": "psid", "instagram": "igsid", "telegram": "telegram"}[kind]
    origin = origin_of(sandbox, kind, line_id)
    choices = tuple({"title": title, "payload": title.lower()} for title in ("Ventas", "Soporte", "Administración"))
    out = Outgoing("our-uuid", ((address, value),), "text", "¿Con quién?", choices=choices)
    sent = network_of(kind).send(origin, out)
    thread = sandbox.show_customer(one["id"])["thread"]
    assert thread[-1]["text"] == "¿Con quién?"
    assert sent.id.endswith(thread[-1]["id"])
    assert [choice["payload"] for choice in thread[-1]["choices"]] == ["ventas", "soporte", "administración"]
    bad = [finding.words for finding in network_of(kind).check_connection(origin) if not finding.is_good]
    # of Telegram's webhook it looks at the address, which is no https here
    assert not bad or kind == "telegram"
    assert len(list(network_of(kind).read_templates(origin))) == (9 if kind == "whatsapp" else 0)


# --- the server itself --------------------------------------------------------------------------


def test_a_second_one_starts_beside_it_and_hundreds_are_answered_on_one_line(sandbox, marta):
    """What makes it quick: a line that stays open, and on which no small answer is held back."""
    with Sandbox.start() as other:
        assert other.url != sandbox.url
    sandbox.switch_faults(receipts="off", window="off")
    import http.client

    line = http.client.HTTPConnection("127.0.0.1", int(sandbox.url.rpartition(":")[2]))
    raw, headers = json.dumps(text(marta)).encode(), {"Authorization": f"Bearer {TOKEN}"}
    lines = set()
    for _ in range(500):
        line.request("POST", "/v25.0/1000001/messages", raw, headers)
        lines.add(line.sock)
        answer = line.getresponse()
        assert answer.status == 200
        answer.read()
    assert len(lines) == 1
    line.close()


def test_a_page_of_another_site_cannot_work_it(running):
    for headers in ({"Origin": "https://evil.example"}, {"Host": "evil.example:80"}):
        assert httpx.post(f"{running.url}/sandbox/jump", json={"hours": 1}, headers=headers).status_code == 403
    assert httpx.get(f"{running.url}/").status_code == 200


def test_its_page_has_all_its_words(running):
    from sandbox.faults import Faults
    from sandbox.words import FAULTS

    page = httpx.get(f"{running.url}/").text
    assert "[[" not in page
    assert set(FAULTS) == set(Faults().as_dict())


@pytest.mark.django_db
def test_the_command_takes_the_origins_that_point_at_it():
    from demo.management.commands.sandbox import lines
    from origins.models import Origin

    here = {"kind": "whatsapp", "line_id": "1", "access_token": "t", "verify_token": "v", "secret": "s"}
    Origin.objects.create(name="acá", key="here", api_url="http://127.0.0.1:8098", **here)
    Origin.objects.create(name="otra", key="other", api_url="http://127.0.0.1:8099", **here)
    Origin.objects.create(name="Meta", key="real", **here)
    Origin.objects.create(name="apagada", key="off", api_url="http://127.0.0.1:8098", is_active=False, **here)
    (line,) = lines(8098, "http://127.0.0.1:8000")
    assert (line.webhook, line.secret, line.access_token) == ("http://127.0.0.1:8000/webhooks/here/", "s", "t")


def test_a_webhook_that_was_down_gets_everything_when_it_is_back(sandbox, listener):
    port = listener.server.server_port
    listener.close()
    sandbox.run_messages(messages=60, customers=6)
    sandbox.wait_until(lambda: sandbox.read_report(customers=False)["counts"].get("webhook_0", 0) >= 60)
    assert sandbox.read_totals()["accepted"] == 0
    back = Listener(port)
    try:
        sandbox.wait_until(lambda: sandbox.read_totals()["accepted"] == 60)
        assert len({message["id"] for message in back.values("messages")}) == 60
    finally:
        back.close()
