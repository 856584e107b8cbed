"""The sandbox as Messenger and Instagram."""

import json

import httpx
import pytest

from tests.sandbox.sandbox_lines import add, code


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
