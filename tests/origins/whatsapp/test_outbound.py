"""Sending by WhatsApp: texts, choices, files and templates, against a server that really listens."""

import io
import json
from email.parser import BytesParser

import pytest
from django.core.files.storage import FileSystemStorage

from common.errors import Failure, OriginError
from origins.facts import File, TemplateCall
from origins.whatsapp import network
from tests.origins.whatsapp.sending import out, template

MESSAGES, MEDIA = "/v25.0/1000001/messages", "/v25.0/1000001/media"


def file(name="foto.jpg", mime="image/jpeg", data=b"bytes", **more):
    return File(name=name, mime=mime, size=len(data), open=lambda: io.BytesIO(data), **more)


@pytest.fixture
def sends(meta, line):
    """Sends one message and gives what WhatsApp was told."""
    meta.says("POST", MESSAGES, {"contacts": [{"input": "x"}], "messages": [{"id": "wamid.OUT1"}]})
    meta.says("POST", MEDIA, {"id": "800001"})

    def send(message):
        assert network.send(line, message).id == "wamid.OUT1"
        return json.loads(meta.asked[-1][4])

    return send


@pytest.fixture
def refuses(meta, line):
    """Tries to send what is refused before anything has left."""

    def send(message):
        before = len(meta.asked)
        with pytest.raises(OriginError) as refused:
            network.send(line, message)
        assert all(path != MESSAGES for _method, path, *_rest in meta.asked[before:])
        assert str(refused.value)
        return refused.value

    return send


def uploaded(meta):
    """The fields of the last upload."""
    *_rest, headers, data = next(asked for asked in reversed(meta.asked) if asked[1] == MEDIA)
    parsed = BytesParser().parsebytes(b"Content-Type: " + headers["Content-Type"].encode() + b"\r\n\r\n" + data)
    return {
        part.get_param("name", header="content-disposition"): (
            part.get_filename(),
            part.get_content_type(),
            part.get_payload(decode=True),
        )
        for part in parsed.get_payload()
    }


def test_a_text_goes_to_the_number_with_its_plus_and_with_our_own_id(sends):
    assert sends(out(text="Hola 👋", reply_to="wamid.IN1")) == {
        "messaging_product": "whatsapp", "recipient_type": "individual", "to": "+5491155550101",
        "biz_opaque_callback_data": "u-1", "context": {"message_id": "wamid.IN1"}, "type": "text",
        "text": {"body": "Hola 👋", "preview_url": False},
    }  # fmt: skip


def test_who_has_no_number_is_written_to_by_user_id(sends, refuses):
    body = sends(out(text="h", to=(("bsuid", "US.1"), ("parent_bsuid", "US.ENT.1"))))
    assert (body["recipient"], "to" in body) == ("US.1", False)
    assert sends(out(text="h", to=(("bsuid", "US.1"), ("phone", "16505551234"))))["to"] == "+16505551234"
    assert refuses(out(text="h", to=(("psid", "1"),))).permanent


def test_what_is_taken_without_an_id_was_taken(meta, line):
    for answer in (b"", {}, {"messages": "x"}, {"messages": [7]}):
        meta.says("POST", MESSAGES, answer)
        assert network.send(line, out(text="h")).id == ""


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        ((200, {"error": {"code": 131047}}, {}), Failure.WINDOW), ((400, {"error": {"code": 131056}}, {}), Failure.CHAT),
        ((429, {"error": {"code": 130429}}, {}), Failure.LINE), ((401, {"error": {"code": 190}}, {}), Failure.ACCOUNT),
        ((500, {"error": {"code": 131000}}, {}), Failure.RETRY), ((503, b"down", {}), Failure.RETRY),
        ((400, {"error": {"code": 132015}}, {}), Failure.TEMPLATE), ((400, {"error": {"code": 131026}}, {}), Failure.FINAL),
        (None, Failure.UNSURE),
    ],
)  # fmt: skip
def test_what_follows_from_an_answer(meta, line, answer, failure):
    meta.answers["POST", MESSAGES] = answer
    with pytest.raises(OriginError) as error:
        network.send(line, out(text="h"))
    assert error.value.failure == failure
    assert len(meta.asked) == 1


def test_after_the_24_hours_only_a_template_leaves(sends, refuses):
    for kind in ("text", "image", "reaction", "location"):
        assert refuses(out(kind, "h", late=True, file=file(), target="w")).failure == Failure.WINDOW
    assert sends(out("template", late=True, template=TemplateCall("hola", "es", {})))["type"] == "template"


@pytest.mark.parametrize("kind", ["edit", "withdrawal", "move", "unsupported"])
def test_what_whatsapp_does_not_have_is_refused_in_words(refuses, kind):
    assert refuses(out(kind, "h", target="w")).permanent


@pytest.mark.parametrize("text", ["", " \n ", "x" * 4097])
def test_a_text_that_cannot_leave_is_refused(refuses, text):
    assert refuses(out(text=text)).permanent


def offer(*titles, **more):
    return tuple({"title": title, "payload": f"p{number}"} | more for number, title in enumerate(titles))


def test_up_to_three_short_choices_are_buttons(sends):
    body = sends(out(text="¿Con quién?", choices=offer("Ventas", "Soporte", "Administración")))
    assert body["interactive"]["type"] == "button"
    assert body["interactive"]["body"] == {"text": "¿Con quién?"}
    assert body["interactive"]["action"]["buttons"][2] == {
        "type": "reply", "reply": {"id": "p2", "title": "Administración"},
    }  # fmt: skip
    assert sends(out(text="x" * 1024, choices=offer("a")))["interactive"]["type"] == "button"


@pytest.mark.parametrize(
    ("text", "choices"),
    [
        ("h", offer("a", "b", "c", "d")), ("h", offer("Un título de más de veinte")), ("h", offer("igual", "igual")),
        ("x" * 1025, offer("a", "b")), ("h", offer(*(f"opción {n}" for n in range(10)))),
    ],
)  # fmt: skip
def test_more_or_longer_ones_are_a_list(sends, text, choices):
    interactive = sends(out(text=text, choices=choices))["interactive"]
    assert interactive["type"] == "list"
    assert 1 <= len(interactive["action"]["button"]) <= 20
    rows = interactive["action"]["sections"][0]["rows"]
    assert [row["id"] for row in rows] == [choice["payload"] for choice in choices]
    assert all(0 < len(row["title"]) <= 24 for row in rows)


def test_a_long_title_stands_whole_below_its_beginning(sends):
    title = "Cambiar el turno de 👨‍👩‍👧‍👦 y otros"
    (row,) = sends(out(text="h", choices=offer(title)))["interactive"]["action"]["sections"][0]["rows"]
    assert row == {"id": "p0", "title": "Cambiar el turno de…", "description": title}


@pytest.mark.parametrize(
    "choices",
    [
        offer(*(f"opción {n}" for n in range(11))), offer("x" * 73), offer("a", "b", payload="mismo"),
        offer("a", payload="p" * 201) + offer("b", "c", "d"), offer("a", payload="p" * 257),
    ],
)  # fmt: skip
def test_what_neither_holds_is_numbered_text(sends, choices):
    body = sends(out(text="Elegí", choices=choices))
    assert body["type"] == "text"
    assert body["text"]["body"].startswith(f"Elegí\n\n1. {choices[0]['title']}")


def test_choices_never_stand_without_a_text(sends):
    assert sends(out(text="", choices=offer("a")))["interactive"]["body"]["text"]


def test_a_picture_is_uploaded_and_sent_by_its_id(sends, meta):
    body = sends(out("image", "la tapa", file=file()))
    assert body["image"] == {"id": "800001", "caption": "la tapa"}
    fields = uploaded(meta)
    assert fields["messaging_product"][2] == b"whatsapp"
    assert fields["type"][2] == b"image/jpeg"
    assert fields["file"] == ("foto.jpg", "image/jpeg", b"bytes")
    assert meta.asked[0][3]["Authorization"] == "Bearer t-1"


@pytest.mark.parametrize(
    ("kind", "sent", "text", "given"),
    [
        ("image", "image", "", file("a.png", "image/png")),
        ("document", "document", "t", file("a.csv", "text/csv")),
        ("sticker", "sticker", "", file("a.webp", "image/webp")),
        ("audio", "audio", "", file("a.ogg", "audio/ogg; codecs=opus", is_voice=True)),
        ("audio", "audio", "", file("a.mp3", "audio/mpeg")),
        ("video", "video", "t", file("a.mp4", "video/mp4")),
        ("document", "document", "t", file("a.pdf", "application/pdf")),
    ],
)  # fmt: skip
def test_a_file_goes_as_what_whatsapp_takes_and_no_text_is_lost(sends, kind, sent, text, given):
    body = sends(out(kind, text, file=given))
    assert body["type"] == sent
    assert body[sent].get("caption", "") == text
    assert ("filename" in body[sent]) == (sent == "document")
    assert body[sent].get("voice", False) == (sent == "audio" and given.is_voice)


@pytest.mark.parametrize(
    ("kind", "text", "given"),
    [
        ("image", "", file("a.gif", "image/gif")),
        ("image", "", file("a.webp", "image/webp")),
        ("image", "", file("a.heic", "image/heic")),
        ("image", "", file("a.jpg", data=b"x" * (5 * 1024 * 1024 + 1))),
        ("audio", "", file("a.webm", "audio/webm", is_voice=True)),
        ("audio", "con texto", file("a.mp3", "audio/mpeg")),
        ("video", "", file("a.mov", "video/quicktime")),
        ("video", "", file("a.mp4", "video/mp4", traits=frozenset({"hevc"}))),
        ("document", "", file("a.zip", "application/zip")),
        ("document", "", file("a.bin", "application/octet-stream")),
    ],
)
def test_what_whatsapp_would_refuse_does_not_leave(line, meta, kind, text, given):
    with pytest.raises(OriginError) as refused:
        network.send(line, out(kind, text, file=given))
    assert refused.value.permanent
    assert not meta.asked


@pytest.mark.parametrize(
    ("kind", "given", "header"),
    [
        ("image", file(), {"id": "800001"}),
        ("video", file("v.mp4", "video/mp4"), {"id": "800001"}),
        ("document", file("carta.pdf", "application/pdf"), {"id": "800001", "filename": "carta.pdf"}),
    ],
)
def test_choices_stand_as_buttons_below_a_file(sends, kind, given, header):
    body = sends(out(kind, "¿La querés?", file=given, choices=offer("Sí", "No")))
    assert body["type"] == "interactive"
    said = body["interactive"]
    assert (said["type"], said["header"], said["body"]) == (
        "button",
        {"type": kind, kind: header},
        {"text": "¿La querés?"},
    )
    assert [button["reply"]["title"] for button in said["action"]["buttons"]] == ["Sí", "No"]


def test_choices_that_no_button_holds_are_numbered_below_the_file(sends):
    for choices in (offer("a", "b", "c", "d"), offer("una opción larguísima de más")):
        body = sends(out("image", "¿Cuál?", file=file(), choices=choices))
        assert body["image"]["caption"].startswith("¿Cuál?\n\n1. ")


def test_a_file_with_choices_and_no_words_asks_to_choose(sends):
    assert sends(out("image", "", file=file(), choices=offer("Sí")))["interactive"]["body"]["text"]


@pytest.mark.parametrize(
    ("text", "has"),
    [
        ("Mirá https://ejemplo.uy/a?b=1", True), ("HTTP://EJEMPLO.UY", True), ("(http://ejemplo.uy)", True),
        ("Hola", False), ("https:// no", False), ("ejemplo.uy", False),
    ],
)  # fmt: skip
def test_a_link_in_a_text_is_shown_with_its_preview(sends, text, has):
    assert sends(out(text=text))["text"] == {"body": text, "preview_url": has}


def test_the_name_of_a_document_has_no_path_and_nothing_hidden(sends):
    body = sends(out("document", file=file("../../etc/\u202egnp.exe\r\n.pdf", "application/pdf")))
    assert body["document"]["filename"] == "gnp.exe.pdf"
    assert len(sends(out("document", file=file("a" * 300 + ".pdf", "application/pdf")))["document"]["filename"]) <= 221


def test_a_large_file_streams_from_the_disk(sends, meta, tmp_path):
    (tmp_path / "v.mp4").write_bytes(b"v" * 3_000_000)
    opens = FileSystemStorage(tmp_path)
    body = sends(out("video", file=File("v.mp4", "video/mp4", 3_000_000, lambda: opens.open("v.mp4"))))
    assert body["video"] == {"id": "800001"}
    assert len(uploaded(meta)["file"][2]) == 3_000_000


def test_a_file_that_cannot_go_is_refused_in_words(refuses, meta):
    def gone():
        raise FileNotFoundError

    assert refuses(out("image")).permanent
    assert refuses(out("image", file=File("a.jpg", "image/jpeg", 1, gone))).permanent
    assert refuses(out("document", file=File("a", "a/b", 100 * 1024 * 1024 + 1, gone))).permanent
    assert refuses(out("image", "x" * 1025, file=file())).permanent
    meta.says("POST", MEDIA, {"error": {"code": 100, "message": "Param file must be a file with one of…"}}, 400)
    assert "archivo" in str(refuses(out("image", file=file())))


@pytest.mark.parametrize("answer", [None, (500, b"", {}), (200, {}, {})])
def test_an_upload_may_be_tried_again_whatever_became_of_it(refuses, meta, answer):
    meta.answers["POST", MEDIA] = answer
    assert refuses(out("image", file=file())).failure == Failure.RETRY


def test_a_place_a_card_and_a_reaction(sends, refuses):
    place = {"latitude": -34.9, "longitude": -56.1, "place": "Oficina", "address": "18 de Julio"}
    assert sends(out("location", payload=place))["location"] == {
        "latitude": -34.9, "longitude": -56.1, "name": "Oficina", "address": "18 de Julio",
    }  # fmt: skip
    assert sends(out("contact", payload={"name": "Luis", "phone": "+598 99"}))["contacts"] == [
        {"name": {"formatted_name": "Luis", "first_name": "Luis"}, "phones": [{"phone": "+598 99", "type": "CELL"}]}
    ]
    cards = {"contacts": [{"name": "", "phones": ["+1"]}, {"name": "Ana", "phones": []}, {}]}
    assert [card["name"]["formatted_name"] for card in sends(out("contact", payload=cards))["contacts"]] == [
        "+1",
        "Ana",
    ]
    body = sends(out("reaction", "👍", target="wamid.IN1", reply_to="wamid.IN0"))
    assert (body["reaction"], "context" in body) == ({"message_id": "wamid.IN1", "emoji": "👍"}, False)
    assert sends(out("reaction", "", target="wamid.IN1"))["reaction"]["emoji"] == ""
    assert refuses(out("location", payload={"place": "x"})).permanent
    assert refuses(out("contact")).permanent
    assert refuses(out("reaction", "👍")).permanent


PROMO = (
    {"type": "HEADER", "format": "IMAGE"},
    {"type": "BODY", "text": "Llegó {{2}}, {{1}}: 20 %"},
    {"type": "BUTTONS", "buttons": [
        {"type": "QUICK_REPLY", "text": "No más"}, {"type": "URL", "text": "Ver", "url": "https://e.com/{{1}}"},
        {"type": "COPY_CODE", "text": "Copiar"}, {"type": "PHONE_NUMBER", "text": "Llamar"},
        {"type": "URL", "text": "Fija", "url": "https://e.com/"},
    ]},
)  # fmt: skip


def test_a_template_goes_with_its_picture_its_variables_in_order_and_its_buttons(sends, meta):
    variables = {
        "2": "la primavera",
        "1": " Marta \n\t    G.",
        "button_0": "baja",
        "button_1": "abc",
        "button_2": "PROMO20",
    }
    body = sends(template(variables, PROMO, file=file()))
    assert body["template"]["language"] == {"code": "es_AR"}
    assert body["template"]["components"] == [
        {"type": "header", "parameters": [{"type": "image", "image": {"id": "800001"}}]},
        {"type": "body", "parameters": [{"type": "text", "text": "Marta G."}, {"type": "text", "text": "la primavera"}]},
        {"type": "button", "index": "0", "sub_type": "quick_reply", "parameters": [{"type": "payload", "payload": "baja"}]},
        {"type": "button", "index": "1", "sub_type": "url", "parameters": [{"type": "text", "text": "abc"}]},
        {"type": "button", "index": "2", "sub_type": "copy_code", "parameters": [{"type": "coupon_code", "coupon_code": "PROMO20"}]},
    ]  # fmt: skip


def test_named_variables_carry_their_names_in_the_header_too(sends):
    parts = (
        {"type": "HEADER", "format": "TEXT", "text": "Pedido {{pedido}}"},
        {"type": "BODY", "text": "{{nombre}}, {{nombre}}: hoy."},
    )
    body = sends(template({"header_pedido": "A-17", "nombre": "Ana", "de más": "x"}, parts, "named"))
    assert body["template"]["components"] == [
        {"type": "header", "parameters": [{"type": "text", "parameter_name": "pedido", "text": "A-17"}]},
        {"type": "body", "parameters": [{"type": "text", "parameter_name": "nombre", "text": "Ana"}]},
    ]


def test_without_its_parts_its_variables_say_what_it_needs(sends):
    body = sends(template({"10": "j", "2": "b", "1": "a", "header_1": "h"}))
    assert [part["type"] for part in body["template"]["components"]] == ["header", "body"]
    assert [one["text"] for one in body["template"]["components"][1]["parameters"]] == ["a", "b", "j"]
    assert "components" not in sends(template({}))["template"]


@pytest.mark.parametrize(
    ("variables", "given"),
    [
        ({"1": "a", "button_1": "x", "button_2": "y"}, file()), ({"1": "a", "2": " \n", "button_1": "x", "button_2": "y"}, file()),
        ({"1": "a", "2": "b", "button_2": "y"}, file()), ({"1": "a", "2": "b", "button_1": "x"}, file()),
        ({"1": "a", "2": "b", "button_1": "x", "button_2": "y"}, None),
        ({"1": "a", "2": "b", "button_1": "x", "button_2": "y"}, file("a.pdf", "application/pdf")),
    ],
)  # fmt: skip
def test_a_template_that_lacks_something_is_refused_before_anything_leaves(refuses, meta, variables, given):
    assert refuses(template(variables, PROMO, file=given)).permanent
    assert meta.asked == []
