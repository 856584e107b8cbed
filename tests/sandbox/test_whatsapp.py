"""The sandbox as WhatsApp: bodies, refusals, the window, templates and files."""

import base64
import hashlib
import hmac
import time

import httpx
import pytest

from sandbox.samples import draw_picture
from tests.sandbox.sandbox_lines import SECRET, VERIFY, code, text


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


def test_without_a_good_token_nothing_is_taken(sandbox, marta):
    for headers in ({}, {"Authorization": "Bearer other"}, {"Authorization": "Basic x"}):
        answer = httpx.post(f"{sandbox.url}/v25.0/1000001/messages", json=text(marta), headers=headers)
        assert code(answer) == (401, 190)
    assert sandbox.list_received(marta["id"]) == []


@pytest.mark.parametrize("shape", ["+{0}", "{0}", "+{0:.3} {0:.5}-{0:.2}", " {0} "])
def test_a_number_goes_in_any_form_and_never_to_somebody_else(sandbox, listener, graph, shape):
    """Whole, with or without its +, as people and client libraries write it."""
    lucia = sandbox.add_customer("whatsapp", phone="59899123456")
    sandbox.write(lucia["id"], "Hola")
    to = shape.format("59899123456") if "." not in shape else "+598 99 (123)-456"
    assert graph.post("/1000001/messages", json=text(lucia, to=to)).status_code == 200
    assert len(sandbox.list_received(lucia["id"])) == 1
    assert graph.post("/1000001/messages", json=text(lucia, to="99123456")).status_code == 200
    sandbox.wait_until(lambda: [one for one in listener.values("statuses") if one["status"] == "failed"])
    (failed,) = (one for one in listener.values("statuses") if one["status"] == "failed")
    assert failed["errors"][0]["code"] == 131026
    assert len(sandbox.list_received(lucia["id"])) == 1


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


def test_templates_come_in_pages(graph):
    seen, after = [], ""
    for _page in range(20):
        found = graph.get("/2000001/message_templates", params={"limit": 2, "after": after}).json()
        seen += [(template["name"], template["language"]) for template in found["data"]]
        if "next" not in found["paging"]:
            break
        after = found["paging"]["cursors"]["after"]
    assert len(seen) == len(set(seen)) == 10


def test_a_template_that_is_paused_is_told_and_refused(sandbox, listener, graph, marta):
    sandbox.change_template("hola", "es", "PAUSED")
    sandbox.wait_until(lambda: listener.bodies)
    (change,) = listener.bodies[-1]["entry"][0]["changes"]
    assert change["field"] == "message_template_status_update"
    assert change["value"]["event"] == "PAUSED"
    template = {"name": "hola", "language": {"code": "es"}}
    answer = graph.post("/1000001/messages", json=text(marta, type="template", template=template))
    assert code(answer) == (400, 132015)


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


def test_an_upload_is_what_the_customer_gets(sandbox, graph, marta):
    sandbox.write(marta["id"], "Hola")
    files = {"file": ("a.png", draw_picture(1), "image/png")}
    fields = {"messaging_product": "whatsapp", "type": "image/png"}
    media = graph.post("/1000001/media", data=fields, files=files).json()["id"]
    message = text(marta, type="image", image={"id": media, "caption": "mirá"})
    assert graph.post("/1000001/messages", json=message).status_code == 200
    entry = sandbox.show_customer(marta["id"])["thread"][-1]
    assert (entry["text"], entry["mime"]) == ("mirá", "image/png")
    shown = httpx.get(f"{sandbox.url}/sandbox/files/{entry['media']}")
    assert shown.content == files["file"][1]
