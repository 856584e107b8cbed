"""What WhatsApp refuses of a message: its shape, lengths, counts, ids and templates; and what is just within."""

import pytest

from tests.sandbox.sandbox_lines import code, parameters, text
from tests.sandbox.sandbox_media import PDF, PNG


@pytest.fixture
def send(graph, marta, sandbox):
    """Sends a text that is changed so; the number of the refusal, None where it was taken."""
    sandbox.write(marta["id"], "Hola")

    def send(**change):
        message = {name: value for name, value in (text(marta) | change).items() if value is not None}
        answer = graph.post("/1000001/messages", json=message)
        return None if answer.status_code == 200 else code(answer)[1]

    return send


def buttons(count=3, title="Sí", payload="p", **more):
    offered = [{"type": "reply", "reply": {"id": f"{payload}{n}", "title": f"{title}{n}"}} for n in range(count)]
    return {"type": "button", "body": {"text": "¿Qué?"}, "action": {"buttons": offered}} | more


def rows(count, title="Opción", payload="o", **more):
    return [{"id": f"{payload}{n}", "title": f"{title}{n}", **more} for n in range(count)]


def listed(*sections, button="Ver", **more):
    action = {"button": button, "sections": list(sections)}
    return {"type": "list", "body": {"text": "¿Qué?"}, "action": action} | more


def section(*found, title=None):
    return {"rows": list(found)} | ({"title": title} if title is not None else {})


def asks(kind, name):
    return {"type": kind, "body": {"text": "¿?"}, "action": {"name": name}}


def link(title="Ver", url="https://example.org/"):
    parameters = {"display_text": title, "url": url}
    return {"type": "cta_url", "body": {"text": "¿?"}, "action": {"name": "cta_url", "parameters": parameters}}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"messaging_product": None}, 100),
        ({"messaging_product": "telegram"}, 100),
        ({"recipient_type": "many"}, 100),
        ({"to": ""}, 100),
        ({"to": None}, 100),
        ({"to": "marta"}, 131009),
        ({"to": "+123"}, 131009),
        ({"to": None, "recipient": "nadie"}, 100),
        ({"type": "poll"}, 100),
        ({"type": "image"}, 131009),
        ({"text": {"body": ""}}, 131008),
        ({"text": {}}, 131008),
        ({"text": {"body": 5}}, 100),
        ({"text": {"body": "x" * 4096}}, None),
        ({"text": {"body": "🙂" * 4096}}, None),
        ({"text": {"body": "x" * 4097}}, 100),
        ({"text": {"body": "a", "footer": "b"}}, 100),
        ({"text": {"body": "a", "preview_url": "sí"}}, 100),
        ({"text": {"body": "https://example.org", "preview_url": True}}, None),
        ({"biz_opaque_callback_data": "x" * 512}, None),
        ({"biz_opaque_callback_data": "x" * 513}, 100),
        ({"context": {"message_id": "77"}}, 131009),
        ({"context": {"message_id": "wamid.of-long-ago"}}, None),
        ({"context": {"id": "wamid.x"}}, 100),
        ({"text": {"body": "a", "preview_url": None}}, None),
        ({"type": "location", "location": {"latitude": "north"}}, 131009),
        ({"type": "location", "location": {"latitude": 91, "longitude": 0}}, 131009),
        ({"type": "location", "location": {"latitude": "-34.9", "longitude": "-56.1"}}, None),
        ({"type": "location", "location": {"latitude": 1, "longitude": 1, "place": "a"}}, 100),
        ({"type": "contacts", "contacts": []}, 131009),
        ({"type": "contacts", "contacts": [{"name": {"formatted_name": "A"}}]}, 131009),
        ({"type": "contacts", "contacts": [{"name": {"first_name": "A"}}]}, 131008),
        ({"type": "contacts", "contacts": [{"name": {"formatted_name": "A", "first_name": "A"}}]}, None),
        ({"type": "contacts", "contacts": [{"name": {"formatted_name": "A", "first_name": "A"}, "phone": "1"}]}, 100),
        ({"type": "reaction", "reaction": {"emoji": "👍"}}, 131008),
        ({"type": "reaction", "reaction": {"message_id": "wamid.x"}}, 131008),
        ({"type": "reaction", "reaction": {"message_id": "wamid.x", "emoji": "ok"}}, 131009),
        ({"type": "reaction", "reaction": {"message_id": "wamid.x", "emoji": "👍👍"}}, 131009),
        ({"type": "reaction", "reaction": {"message_id": "77", "emoji": "👍"}}, 131009),
    ],
)
def test_a_message_has_to_be_as_whatsapp_wants_it(send, sandbox, marta, change, expected):
    assert send(**change) == expected
    assert len(sandbox.list_received(marta["id"])) == (expected is None)


@pytest.mark.parametrize(
    ("interactive", "expected"),
    [
        (buttons(), None),
        (buttons(4), 131009),
        (buttons(0), 131009),
        (buttons(1, title="x" * 19), None),
        (buttons(1, title="x" * 20), 131009),
        (buttons(1, payload="x" * 255), None),
        (buttons(1, payload="x" * 256), 131009),
        (buttons(1, payload=" x"), 131009),
        (buttons(2) | {"action": {"buttons": buttons(1)["action"]["buttons"] * 2}}, 131009),
        (buttons(body={"text": "x" * 1024}), None),
        (buttons(body={"text": "x" * 1025}), 131009),
        (buttons(body={}), 131008),
        (buttons(footer={"text": "x" * 60}), None),
        (buttons(footer={"text": "x" * 61}), 131009),
        (buttons(header={"type": "text", "text": "x" * 60}), None),
        (buttons(header={"type": "text", "text": "x" * 61}), 131009),
        (buttons(header={"type": "sticker", "sticker": {}}), 131009),
        (buttons(header={"type": "image", "image": {"id": "1"}}), 100),
        (buttons(header={"type": "image"}), 100),
        (buttons(title_of="x"), 100),
        (buttons(action={"buttons": [{"type": "url", "reply": {"id": "a", "title": "b"}}]}), 131009),
        (listed(section(*rows(10))), None),
        (listed(section(*rows(11))), 131009),
        (listed(section()), 131009),
        (listed(), 131009),
        (listed(section(*rows(1, title="x" * 23))), None),
        (listed(section(*rows(1, title="x" * 24))), 131009),
        (listed(section(*rows(1, payload="x" * 199))), None),
        (listed(section(*rows(1, payload="x" * 200))), 131009),
        (listed(section(*rows(1, description="x" * 72))), None),
        (listed(section(*rows(1, description="x" * 73))), 131009),
        (listed(section(*rows(1)), button="x" * 20), None),
        (listed(section(*rows(1)), button="x" * 21), 131009),
        (listed(section(*rows(1)), section(*rows(1, payload="b"))), 131009),
        (listed(section(*rows(1), title="a"), section(*rows(1, payload="b"), title="b")), None),
        (listed(section(*rows(1), title="a"), section(*rows(1), title="b")), 131009),
        (listed(section(*rows(1), title="x" * 25)), 131009),
        (listed(*(section(*rows(1, payload=f"{n}-"), title="a") for n in range(11))), 131009),
        (listed(section(*rows(1)), body={"text": "x" * 4096}), None),
        (listed(section(*rows(1)), body={"text": "x" * 4097}), 131009),
        (listed(section(*rows(1)), header={"type": "image", "image": {"link": "https://example.org/a"}}), 131009),
        (link(), None),
        (link(title="x" * 21), 131009),
        (link(url="nada"), 131009),
        (asks("request_contact_info", "request_contact_info"), None),
        (asks("location_request_message", "send_location"), None),
        (asks("location_request_message", "otra"), 131009),
        (asks("carta", "otra"), 100),
    ],
)
def test_an_interactive_message_has_to_be_within_its_limits(send, interactive, expected):
    assert send(type="interactive", interactive=interactive) == expected


def test_buttons_stand_under_a_picture(send, graph, sandbox, marta):
    fields = {"messaging_product": "whatsapp", "type": "image/png"}
    media = graph.post("/1000001/media", data=fields, files={"file": ("a.png", PNG, "image/png")}).json()["id"]
    assert send(type="interactive", interactive=buttons(header={"type": "image", "image": {"id": media}})) is None
    entry = sandbox.show_customer(marta["id"])["thread"][-1]
    assert (entry["media"], len(entry["choices"])) == (media, 3)


def test_a_reaction_has_to_be_to_a_message_of_this_conversation(send, listener, sandbox, marta):
    first = sandbox.write(marta["id"], "mirá")["id"]

    def react(wamid):
        before = len([one for one in listener.values("statuses") if one["status"] == "failed"])
        assert send(type="reaction", reaction={"message_id": wamid, "emoji": "👍"}) is None
        sandbox.wait_until(lambda: len([o for o in listener.values("statuses") if o["status"] == "failed"]) > before)
        return listener.values("statuses")[-1]["errors"][0]["code"]

    assert react("wamid.nobody-knows") == 131009
    other = sandbox.add_customer("whatsapp")
    assert react(sandbox.write(other["id"], "Hola")["id"]) == 131009
    sandbox.switch_faults(window="off")
    sandbox.jump_clock(24 * 31)
    assert react(first) == 131009
    assert sandbox.list_received(marta["id"]) == []


def test_only_what_the_customer_wrote_is_marked_as_read(graph, send, sandbox, marta):
    def mark(**change):
        said = {"messaging_product": "whatsapp", "status": "read", "message_id": wamid} | change
        answer = graph.post("/1000001/messages", json=said)
        return None if answer.json() == {"success": True} else code(answer)[1]

    wamid = sandbox.write(marta["id"], "Hola")["id"]
    assert mark() is None
    assert mark(typing_indicator={"type": "text"}) is None
    assert mark(typing_indicator={"type": "dots"}) == 100
    assert mark(message_id="wamid.x") == 100
    assert mark(messaging_product="") == 100
    assert mark(status="deleted") == 100
    assert send() is None
    assert mark(message_id=sandbox.list_received(marta["id"])[0]["id"]) == 100


def body(*values, **named):
    return {"type": "body", "parameters": parameters(*values, **named)}


def button(index, kind, **parameter):
    return {"type": "button", "sub_type": kind, "index": str(index), "parameters": [parameter]}


IMAGE = {"type": "header", "parameters": [{"type": "image", "image": {"link": "https://example.org/a.png"}}]}
PLACE = {
    "type": "header",
    "parameters": [{"type": "location", "location": {"latitude": 1, "longitude": 2, "name": "a", "address": "b"}}],
}
URL = button(1, "url", type="text", text="abc")
COUPON = button(0, "copy_code", type="coupon_code", coupon_code="HOY")


@pytest.mark.parametrize(
    ("name", "language", "components", "expected"),
    [
        ("turno_confirmado", "es_AR", [body("Ana", "lunes")], None),
        ("turno_confirmado", "es_AR", [body("Ana", "lunes"), button(0, "quick_reply", type="payload", payload="a")], None),
        ("turno_confirmado", "es_AR", [body("Ana", "lunes"), button(0, "url", type="text", text="a")], 132012),
        ("turno_confirmado", "es_AR", [body("Ana", "lunes"), button(7, "quick_reply", type="payload", payload="a")], 132000),
        ("turno_confirmado", "es_AR", [body("Ana", "lunes"), {"type": "header", "parameters": parameters("x")}], 132000),
        ("turno_confirmado", "es_AR", [body("Ana", "lunes"), body("Ana", "lunes")], 132000),
        ("turno_confirmado", "es_AR", [body("Ana")], 132000),
        ("turno_confirmado", "es_AR", [], 132000),
        ("turno_confirmado", "es_AR", [body("Ana", "a\nb")], 132018),
        ("turno_confirmado", "es_AR", [body("Ana", "a\tb")], 132018),
        ("turno_confirmado", "es_AR", [body("Ana", "a     b")], 132018),
        ("turno_confirmado", "es_AR", [body("Ana", "a    b")], None),
        ("turno_confirmado", "es_AR", [body("Ana", "")], 131008),
        ("turno_confirmado", "es_AR", [body("Ana", " ")], 131008),
        ("turno_confirmado", "es_AR", [body("Ana", "x" * 1024)], 132005),
        ("turno_confirmado", "es_AR", [{"type": "footer"}], 100),
        ("turno_confirmado", "es_AR", [{"type": "body", "params": []}], 100),
        ("turno_confirmado", "es", [], 132001),
        ("turno_confirmado", "es_ar", [], 132001),
        ("nada", "es", [], 132001),
        ("", "es", [], 131008),
        ("retomar_conversacion", "es", [body(nombre="A", agente="B")], None),
        ("retomar_conversacion", "es", [body(agente="B", nombre="A")], None),
        ("retomar_conversacion", "es", [body("A", "B")], 100),
        ("retomar_conversacion", "es", [body(name="A", agente="B")], 132012),
        ("retomar_conversacion", "es", [{"type": "body", "parameters": parameters(nombre="A") * 2}], 132012),
        ("promo_primavera", "es_AR", [body("Ana")], 132012),
        ("promo_primavera", "es_AR", [IMAGE, body("Ana"), URL], None),
        ("promo_primavera", "es_AR", [IMAGE, body("Ana")], 131008),
        ("promo_primavera", "es_AR", [PLACE, body("Ana"), URL], 132012),
        ("promo_primavera", "es_AR", [{"type": "header", "parameters": [{"type": "image", "image": {"id": "1"}}]}, body("Ana"), URL], 100),
        ("vale_en_sucursal", "es", [PLACE, body("Ana"), COUPON], None),
        ("vale_en_sucursal", "es", [PLACE, body("Ana")], 131008),
        ("vale_en_sucursal", "es", [PLACE, body("Ana"), COUPON | {"parameters": [{"type": "coupon_code", "coupon_code": "x" * 16}]}], 100),
        ("vale_en_sucursal", "es", [PLACE, body("Ana"), COUPON, button(1, "quick_reply", type="payload", payload="a")], 132012),
        ("pedido_en_camino", "es", [{"type": "header", "parameters": parameters(pedido="x" * 60)}, body(nombre="A")], 132005),
        ("encuesta", "es", [], 132015),
        ("recordatorio_pago", "es", [], 132001),
        ("sorteo", "es", [], 132001),
        ("hola", "es", [body("x")], 132000),
        ("hola", "es", [], None),
    ],
)  # fmt: skip
def test_a_template_goes_only_with_what_it_needs(send, name, language, components, expected):
    template = {"name": name, "language": {"code": language}, "components": components}
    assert send(type="template", template=template) == expected


def test_a_template_has_no_other_keys(send):
    assert send(type="template", template={"name": "hola", "language": {"code": "es"}, "text": "a"}) == 100
    assert send(type="template", template={"name": "hola", "language": {"code": "es", "policy": "any"}}) == 100
    assert send(type="template", template={"name": "hola", "language": "es"}) == 100


def test_it_takes_forms_queries_and_any_version(graph, sandbox, marta):
    """As curl, old SDKs and batch clients send: the token in the body, what is no text as JSON."""
    import httpx

    sandbox.write(marta["id"], "Hola")
    form = {
        "messaging_product": "whatsapp", "to": marta["ids"]["wa_id"], "type": "text", "text": '{"body": "por formulario"}',
        "access_token": "a-token",
    }  # fmt: skip
    for path in ("/v19.0/1000001/messages", "/1000001/messages", "/v25.0/1000001/messages/"):
        assert httpx.post(sandbox.url + path, data=form).status_code == 200
    assert httpx.post(f"{sandbox.url}/v25.0/1000001/messages", files={"a": ("a", PDF)}, data=form).status_code == 200
    assert httpx.post(f"{sandbox.url}/v25.0/1000001/messages", params=form).status_code == 200
    assert len(sandbox.list_received(marta["id"])) == 5
    broken = httpx.post(
        f"{sandbox.url}/v25.0/1000001/messages", content=b"{", headers={"Authorization": "Bearer a-token", "Content-Type": "application/json"}
    )  # fmt: skip
    assert code(broken) == (400, 100)
