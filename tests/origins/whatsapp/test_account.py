"""A WhatsApp account: its media, its templates, and *Probar conexión*."""

import base64
import hashlib

import pytest

from common.errors import Failure, OriginError
from origins.capabilities import CAPABILITIES
from origins.whatsapp import network

DATA = b"\xff\xd8picture"
HEX = hashlib.sha256(DATA).hexdigest()
B64 = base64.b64encode(hashlib.sha256(DATA).digest()).decode()
ASK = "/v25.0/700001"


@pytest.fixture
def media(meta):
    meta.says("GET", ASK, {"url": f"{meta.url}/file", "sha256": HEX, "file_size": len(DATA), "mime_type": "image/jpeg"})
    meta.says("GET", "/file", DATA, Content_Type="image/jpeg")
    return meta


def test_media_is_fetched_by_its_id_with_the_token_and_its_digest_is_checked(media, line):
    assert network.fetch_media(line, {"id": "700001", "sha256": B64}, 1000) == DATA
    assert media.asked[0][2] == "phone_number_id=1000001"
    assert [asked[3]["Authorization"] for asked in media.asked] == ["Bearer t-1"] * 2
    assert network.fetch_media(line, {"url": f"{media.url}/file", "sha256": HEX}, 1000) == DATA


def test_a_link_that_is_gone_is_asked_for_anew_once(media, line):
    media.answers["GET", "/file"] = [(404, b"", {}), (200, DATA, {})]
    assert network.fetch_media(line, {"id": "700001"}, 1000) == DATA
    assert [asked[1] for asked in media.asked] == [ASK, "/file"] * 2
    media.answers["GET", "/file"] = (404, b"", {})
    with pytest.raises(OriginError):
        network.fetch_media(line, {"id": "700001"}, 1000)
    assert len(media.asked) == 8


@pytest.mark.parametrize(
    "wrong", [hashlib.sha256(b"x").hexdigest(), base64.b64encode(hashlib.sha256(b"x").digest()).decode()]
)
def test_other_bytes_than_the_customers_are_refused(media, line, wrong):
    with pytest.raises(OriginError):
        network.fetch_media(line, {"id": "700001", "sha256": wrong}, 1000)


def test_a_page_instead_of_a_picture_and_too_much_are_refused(media, line):
    with pytest.raises(OriginError):
        network.fetch_media(line, {"id": "700001"}, len(DATA) - 1)
    # said to be larger: it is not even begun
    assert [asked[1] for asked in media.asked] == [ASK]
    media.says("GET", "/file", b"<html>", Content_Type="text/html")
    with pytest.raises(OriginError):
        network.fetch_media(line, {"id": "700001"}, 1000)


@pytest.mark.parametrize(
    "odd", [{}, {"id": ""}, {"id": ".."}, {"id": "../1000001"}, {"id": "a/b"}, {"id": "x" * 300}, {"id": "404"}]
)
def test_media_that_is_gone_is_final_and_no_trouble_of_the_line(media, line, odd):
    with pytest.raises(OriginError) as gone:
        network.fetch_media(line, odd, 1000)
    assert gone.value.failure == Failure.FINAL


LIST = "/v25.0/2000001/message_templates"


def remote(name, **more):
    return {"id": f"id-{name}", "name": name, "language": "es", "status": "APPROVED", "category": "UTILITY",
            "components": [{"type": "BODY", "text": "Hola {{1}}"}], **more}  # fmt: skip


def test_all_templates_are_read_page_after_page(meta, line):
    def page(names, after, **more):
        return (200, {"data": [remote(name) for name in names], "paging": {"cursors": {"after": after}, **more}}, {})

    meta.answers["GET", LIST] = [page(["a", "b"], "A", next="x"), page(["c"], "B", next="x"), page(["d"], "C")]
    assert [template.name for template in network.read_templates(line)] == ["a", "b", "c", "d"]
    assert ["after=A" in asked[2] for asked in meta.asked] == [False, True, False]
    assert "after=B" in meta.asked[2][2]
    # one that never ends
    meta.answers["GET", LIST] = page(["a"], "A", next="x")
    assert len(list(network.read_templates(line))) == 2


def test_a_template_is_kept_as_the_account_has_it(meta, line):
    parts = [
        {"type": "HEADER", "format": "IMAGE"}, {"type": "BODY", "text": "Hola {{nombre}}"}, {"type": "FOOTER", "text": "pie"},
        {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Sí"}]},
    ]  # fmt: skip
    whole = remote("promo", status="IN_APPEAL", category="MARKETING", parameter_format="NAMED", components=parts,
                   quality_score={"score": "GREEN"}, rejected_reason="NONE")  # fmt: skip
    others = [
        remote(str(n), status=status)
        for n, status in enumerate(("LIMIT_EXCEEDED", "PENDING_DELETION", "REINSTATED", "NEW"))
    ]
    meta.says("GET", LIST, {"data": [7, {}, whole, *others]})
    promo, *rest = network.read_templates(line)
    assert (promo.status, promo.category, promo.parameter_format, promo.quality) == (
        "pending",
        "marketing",
        "named",
        "GREEN",
    )
    assert (promo.body, promo.header, promo.footer, promo.reason) == ("Hola {{nombre}}", "", "pie", "")
    assert promo.components == tuple(parts)
    # what we do not know is not sent
    assert [template.status for template in rest] == ["disabled", "deleted", "approved", "disabled"]


@pytest.fixture
def connected(meta):
    number = {
        "id": "1000001",
        "display_phone_number": "+1 555-000-1000",
        "verified_name": "Witty",
        "quality_rating": "GREEN",
    }
    meta.says("GET", "/v25.0/1000001", number)
    meta.says("GET", "/v25.0/2000001/phone_numbers", {"data": [{"id": "1000001"}]})
    meta.says("GET", LIST, {"data": []})
    meta.says("GET", "/v25.0/2000001/subscribed_apps", {"data": [{"whatsapp_business_api_data": {"id": "1"}}]})
    return meta


def test_a_line_that_is_as_it_should_be_says_its_number_and_quality(connected, line):
    findings = network.check_connection(line)
    assert [finding.is_good for finding in findings] == [True] * 4
    assert "+1 555-000-1000" in findings[0].words
    assert "buena" in findings[0].words


def test_what_is_wrong_with_a_line_is_said_with_what_to_do(connected, line):
    def bad(path, body, status=200):
        connected.says("GET", f"/v25.0/{path}", body, status)
        return [finding for finding in network.check_connection(line) if not finding.is_good]

    (other,) = bad("2000001/phone_numbers", {"data": [{"id": "9"}]})
    assert "no es de esa cuenta" in other.words
    connected.says("GET", "/v25.0/2000001/phone_numbers", {"data": [{"id": "1000001"}]})
    (silent,) = bad("2000001/subscribed_apps", {"data": []})
    assert "messages" in silent.advice
    (_silent, closed) = reversed(bad("2000001/message_templates", {"error": {"code": 200}}, 403))
    assert "whatsapp_business_management" in closed.advice
    (token,) = bad("1000001", {"error": {"code": 190}}, 401)
    assert "token" in token.advice
    assert all(finding.words and finding.advice for finding in (other, silent, closed, token))
    line.access_token = ""
    assert [finding.is_good for finding in network.check_connection(line)] == [False]


def test_a_network_that_does_not_answer_is_said_once(meta, line):
    meta.close()
    (finding,) = network.check_connection(line)
    assert not finding.is_good


def test_what_whatsapp_can_is_what_its_limits_say():
    assert (CAPABILITIES["whatsapp"].text, CAPABILITIES["whatsapp"].caption, CAPABILITIES["whatsapp"].window) == (
        4096,
        1024,
        True,
    )
    assert CAPABILITIES["whatsapp"].chat_rate == pytest.approx(1 / 6)
    assert "edit" not in CAPABILITIES["whatsapp"].kinds
