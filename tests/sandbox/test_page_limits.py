"""What Messenger and Instagram refuse of a message, and what is just within."""

import pytest

LINES = {"messenger": ("4000001", "psid"), "instagram": ("5000001", "igsid")}


@pytest.fixture
def send(graph, nora, igor):
    """Sends a message; the number and the narrower one of its refusal, None where it was taken."""
    people = {"messenger": nora, "instagram": igor}

    def send(network, message=None, **change):
        line, known = LINES[network]
        said = {"recipient": {"id": people[network]["ids"][known]}, "messaging_type": "RESPONSE", **change}
        said |= {} if message is None else {"message": message}
        answer = graph.post(f"/{line}/messages", json=said)
        error = answer.json().get("error")
        return error and (error["code"], error.get("error_subcode", 0))

    return send


def quick(count=1, title="Sí", payload="p", **more):
    return {
        "text": "¿?",
        "quick_replies": [{"content_type": "text", "title": title, "payload": payload, **more}] * count,
    }


def template(**payload):
    return {"attachment": {"type": "template", "payload": payload}}


def postback(title="Ventas", **more):
    return {"type": "postback", "title": title, "payload": "p", **more}


@pytest.mark.parametrize("network", LINES)
@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"text": "Hola", "metadata": "x" * 1000}, None),
        ({"text": "Hola", "metadata": "x" * 1001}, (100, 0)),
        ({"text": ""}, (100, 2018034)),
        ({"text": " "}, (100, 2018034)),
        ({}, (100, 2018034)),
        (None, (100, 0)),
        ("Hola", (100, 0)),
        ({"text": "Hola", "buttons": []}, (100, 0)),
        ({"text": "Hola", "attachment": {"type": "image", "payload": {"url": "https://example.org/a.png"}}}, (100, 2018034)),
        ({"attachment": {"type": "sticker", "payload": {}}}, (100, 0)),
        ({"attachment": {"type": "image", "payload": {"link": "https://example.org/a.png"}}}, (100, 0)),
        (quick(13), None),
        (quick(14), (100, 0)),
        (quick(title="x" * 20), None),
        (quick(title="x" * 21), (100, 0)),
        (quick(title=""), (100, 0)),
        (quick(payload="x" * 1001), (100, 0)),
        (quick(payload=""), (100, 0)),
        (quick(content_type="location"), (100, 0)),
        (quick(id="1"), (100, 0)),
        (template(template_type="button", text="x" * 640, buttons=[postback()] * 3), None),
        (template(template_type="button", text="x" * 641, buttons=[postback()]), (100, 0)),
        (template(template_type="button", text="a", buttons=[postback()] * 4), (100, 2018054)),
        (template(template_type="button", text="a", buttons=[postback("x" * 21)]), (100, 0)),
        (template(template_type="button", text="a", buttons=[postback(type="reply")]), (100, 0)),
        (template(template_type="generic", elements=[{"title": "a"}] * 10), None),
        (template(template_type="generic", elements=[{"title": "a"}] * 11), (100, 2018145)),
        (template(template_type="generic", elements=[{"title": "x" * 81}]), (100, 0)),
        (template(template_type="carta"), (100, 0)),
    ],
)  # fmt: skip
def test_a_message_has_to_be_as_meta_wants_it(send, network, message, expected):
    assert send(network, message) == expected


@pytest.mark.parametrize("network", LINES)
def test_it_goes_out_by_right_only(send, network, sandbox):
    say = {"text": "Hola"}
    assert send(network, say, messaging_type="UPDATE") is None
    assert send(network, say, messaging_type="ANY") == (100, 0)
    assert send(network, say, tag="HUMAN_AGENT") == (100, 0)
    assert send(network, say, messaging_type="MESSAGE_TAG") == (100, 0)
    for gone in ("ACCOUNT_UPDATE", "CONFIRMED_EVENT_UPDATE", "POST_PURCHASE_UPDATE"):
        assert send(network, say, messaging_type="MESSAGE_TAG", tag=gone) == (100, 0)
    sandbox.jump_clock(25)
    assert send(network, say) == (10, 2018278 if network == "messenger" else 2534022)
    assert send(network, say, messaging_type="MESSAGE_TAG", tag="HUMAN_AGENT") is None


@pytest.mark.parametrize("network", LINES)
def test_what_it_names_has_to_be_there(send, network, nora, igor, sandbox):
    customer = nora if network == "messenger" else igor
    mid = sandbox.write(customer["id"], "mirá")["id"]
    assert send(network, {"text": "a"}, reply_to={"mid": mid}) is None
    assert send(network, {"text": "a"}, reply_to={"mid": "m_none"}) == (100, 0)
    assert send(network, sender_action="react", payload={"message_id": mid, "reaction": "love"}) is None
    assert send(network, sender_action="react", payload={"message_id": "m_none", "reaction": "love"}) == (100, 0)
    assert send(network, sender_action="react", payload={"message_id": mid, "reaction": "bien"}) == (100, 0)
    is_any = send(network, sender_action="react", payload={"message_id": mid, "reaction": "👍"})
    assert is_any == (None if network == "messenger" else (100, 0))
    assert send(network, sender_action="unreact", payload={"message_id": mid}) is None
    assert send(network, sender_action="typing_off") is None
    assert send(network, sender_action="dance") == (100, 0)
    assert send(network, {"text": "a"}, sender_action="typing_on") == (100, 0)
    assert send(network, {"text": "a"}, recipient={"id": "1"}) == (100, 2018001 if network == "messenger" else 2534014)
    assert send(network, {"text": "a"}, recipient="1") == (100, 0)


@pytest.mark.parametrize(
    "form",
    [
        {"recipient": "{'id':'%s'}", "message": "{'text':'hola, vos: sí'}"},
        {"recipient": "{id:'%s'}", "message": '{text: "hola vos: sí"}'},
        {"recipient[id]": "%s", "message[text]": "hola, vos: sí"},
    ],
)
def test_a_form_is_read_as_metas_own_examples_write_it(graph, sandbox, nora, form):
    filled = {name: value.replace("%s", nora["ids"]["psid"]) for name, value in form.items()}
    assert graph.post("/4000001/messages", data=filled).status_code == 200
    assert graph.post("/4000001/messages", params=filled).status_code == 200
    said = "hola vos: sí" if "{text:" in str(form) else "hola, vos: sí"
    assert [got["text"] for got in sandbox.list_received(nora["id"])] == [said] * 2


def test_what_is_null_was_not_given(send):
    assert send("messenger", {"text": "Hola", "attachment": None, "quick_replies": None}, tag=None) is None


def test_a_quote_stands_beside_the_message_not_in_it(send, sandbox, nora):
    mid = sandbox.write(nora["id"], "mirá")["id"]
    assert send("messenger", {"text": "a", "reply_to": {"mid": mid}}) == (100, 0)
