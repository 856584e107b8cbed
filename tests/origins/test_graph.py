"""What Meta's networks share: signatures, the verification request, errors by their number, and where the token goes."""

import hashlib
import hmac
import json

import pytest

from common.errors import Failure, OriginError
from origins import graph
from origins.models import Origin
from tests.origins.graph_server import Meta

RAW = b'{"name":"Jos\\u00e9 \\/ "}'


def signed(secret, raw=RAW):
    return {graph.HEADER: "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()}


def test_only_the_apps_secret_or_the_one_before_it_signs():
    origin = Origin(secret="new", previous_secret="old")
    assert graph.verify(origin, signed("new"), RAW)
    assert graph.verify(origin, signed("old"), RAW)
    assert not graph.verify(origin, signed("other"), RAW)
    assert not graph.verify(origin, signed("new"), RAW + b" ")
    # the same body written another way has another signature
    assert not graph.verify(origin, signed("new"), json.dumps(json.loads(RAW)).encode())


def test_without_a_secret_nothing_is_signed():
    assert not graph.verify(Origin(secret="", previous_secret=""), signed(""), RAW)
    assert graph.verify(Origin(secret="", previous_secret="old"), signed("old"), RAW)


@pytest.mark.parametrize(
    "header",
    [None, "", "sha256=", "sha1=abc", "ñandú", "\udcff", "sha256=" + "é" * 64, "sha256=" + "0" * 64, "x" * 100_000],
)
def test_an_odd_signature_is_no_signature(header):
    headers = {} if header is None else {graph.HEADER: header}
    assert not graph.verify(Origin(secret="s"), headers, RAW)


def asks(**more):
    return {"hub.mode": ["subscribe"], "hub.verify_token": ["tóken"], "hub.challenge": ["<b>1158201444"], **more}


def test_the_verification_request_is_answered_with_its_challenge_as_it_is():
    assert graph.answer_challenge(Origin(verify_token="tóken"), asks()) == "<b>1158201444"


@pytest.mark.parametrize("name", ["hub.mode", "hub.verify_token", "hub.challenge"])
@pytest.mark.parametrize("value", [[], ["tóken", "tóken"], ["otro"], ["\ud800"]])
def test_anything_else_than_one_of_each_is_refused(name, value):
    found = graph.answer_challenge(Origin(verify_token="tóken"), asks(**{name: value}))
    assert found is None or (name == "hub.challenge" and len(value) == 1)


def test_a_line_without_a_verify_token_is_never_verified():
    assert graph.answer_challenge(Origin(verify_token=""), asks(**{"hub.verify_token": [""]})) is None
    assert graph.answer_challenge(Origin(verify_token="v"), {}) is None


# --- errors by their number ---------------------------------------------------------------------

CLASSES = {
    Failure.RETRY: (2, 131000, 131016, 131057, 133004),
    Failure.CHAT: (131056,),
    Failure.LINE: (4, 80007, 130429, 613),
    Failure.WINDOW: (131047, 1545041),
    Failure.ACCOUNT: (3, 10, 190, 200, 250, 299, 131042, 131031, 368, 131048, 131064, 130497),
    Failure.OPTED_OUT: (131050,),
    Failure.TEMPLATE: (132001, 132015, 132016),
    Failure.FINAL: (
        131026, 131021, 131030, 130472, 131049, 132018, 131052, 131053, 137000, 131062, 100, 131008, 131009,
        131051, 130501, 551, 987654,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("failure", "code"), [(failure, code) for failure, codes in CLASSES.items() for code in codes])
def test_a_number_decides_what_follows_in_an_answer_and_in_a_receipt(failure, code):
    for status in (0, 400):
        error = graph.make_error({"code": code, "message": "Re-engagement (#131047) rate limit"}, status)
        assert (error.failure, error.code) == (failure, str(code))
        # Spanish, and whole sentences: what happened, and what to do
        assert str(error).endswith(".")
        assert not any(word in str(error) for word in ("Re-engagement", "!", "¡"))
    assert graph.find_failure(code) == (failure, str(error))
    assert graph.make_error({"code": str(code)}, 400).failure == failure


@pytest.mark.parametrize(
    ("message", "failure"),
    [
        ("Error validating access token: Session has expired", Failure.ACCOUNT),
        ("Invalid OAuth access token.", Failure.ACCOUNT),
        ("AuthException", Failure.ACCOUNT),
        ("(#0) We were unable to authenticate the app user.", Failure.ACCOUNT),
        ("Something went wrong", Failure.FINAL),
        ("", Failure.FINAL),
        (None, Failure.FINAL),
    ],
)
def test_nought_is_the_token_only_where_it_says_so(message, failure):
    for status in (0, 400):
        error = graph.make_error({"code": 0, "type": "OAuthException", "message": message}, status)
        assert error.failure == failure
        assert ("token" in str(error)) == (failure == Failure.ACCOUNT)
    assert graph.make_error({"code": 0, "message": message}, 401).failure == Failure.ACCOUNT
    assert graph.make_error({"code": 0, "message": "x"}, 500).failure == Failure.RETRY


def test_an_unknown_number_fails_one_message_and_never_the_line():
    for code in (5, 99, 301, 1000, 2500, 131199, 132999, 133999, 999_999_999):
        for status in (0, 400, 401, 403, 404):
            assert graph.make_error({"code": code, "message": "new"}, status).failure == Failure.FINAL
    for code, subcode in ((10, 2018108), (200, 2018108), (100, 2018047), (100, 999)):
        assert graph.make_error({"code": code, "error_subcode": subcode}, 400).failure == Failure.FINAL


def test_a_page_that_may_not_write_any_more_is_the_window_and_not_the_token():
    for code, subcode in ((10, 2018278), (10, 2534022), (200, 1545041), (551, 1545041)):
        assert graph.make_error({"code": code, "error_subcode": subcode}, 400).failure == Failure.WINDOW
    assert graph.make_error({"code": 10, "error_subcode": 1}, 403).failure == Failure.ACCOUNT
    assert graph.make_error({"code": 100, "error_subcode": 33}, 400).failure == Failure.ACCOUNT


def test_without_a_known_number_the_status_decides():
    for status in (429, 500, 502, 503, 504):
        assert graph.make_error({}, status).failure == Failure.RETRY
        assert graph.make_error("<html>", status).failure == Failure.RETRY
        assert graph.make_error({"code": 987654}, status).failure == Failure.RETRY
    assert graph.make_error(None, 401).failure == Failure.ACCOUNT
    for status in (301, 400, 403, 404, 413):
        error = graph.make_error(None, status)
        assert (error.failure, error.permanent) == (Failure.FINAL, True)
        assert str(status) in str(error)


@pytest.mark.parametrize(
    "odd", [None, [], "x", 7, {"code": None}, {"code": []}, {"code": True}, {"code": "9" * 5000}, {"code": 1e300}]
)
def test_an_odd_error_is_an_error_all_the_same(odd):
    assert graph.make_error(odd, 400).failure == Failure.FINAL


def test_rates_say_how_long_to_wait_and_the_network_knows_better(meta, line):
    assert graph.make_error({"code": 131056}, 400).after >= 6
    assert graph.make_error({"code": 130429}, 429).after > 0
    meta.says("POST", "/v25.0/1000001/messages", {"error": {"code": 130429}}, 429, Retry_After="17")
    with pytest.raises(OriginError) as slow:
        graph.call_graph(line, "POST", "1000001/messages", json={})
    assert (slow.value.failure, slow.value.after) == (Failure.LINE, 17)


# --- calls --------------------------------------------------------------------------------------


def test_a_call_carries_the_token_and_gives_the_object(meta, line):
    meta.says("GET", "/v25.0/1000001", {"id": "1000001"})
    assert graph.call_graph(line, "GET", "1000001", params={"fields": "id"}) == {"id": "1000001"}
    ((_method, _path, query, headers, _data),) = meta.asked
    assert (headers["Authorization"], query) == ("Bearer t-1", "fields=id")


def test_an_error_never_repeats_the_token(meta, line, caplog):
    line.access_token = "EAAsecret"
    meta.says(
        "GET",
        "/v25.0/1",
        {"error": {"code": 190, "message": "Malformed access token EAAsecret", "fbtrace_id": "T"}},
        401,
    )
    with pytest.raises(OriginError) as refused:
        graph.call_graph(line, "GET", "1")
    assert refused.value.failure == Failure.ACCOUNT
    assert "EAAsecret" not in str(refused.value) + caplog.text
    assert "190" in caplog.text


@pytest.mark.parametrize("token", ["", "a b", "a\nb", "ñ", "\x00"])
def test_a_token_that_cannot_be_sent_is_trouble_of_the_line_and_nothing_is_asked(meta, line, token):
    line.access_token = token
    with pytest.raises(OriginError) as refused:
        graph.call_graph(line, "POST", "1000001/messages", unsure=True, json={})
    assert refused.value.failure == Failure.ACCOUNT
    assert meta.asked == []


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b'{"a'])
def test_an_answer_that_cannot_be_read_was_an_answer(meta, line, body):
    meta.says("POST", "/v25.0/1/messages", body)
    assert graph.call_graph(line, "POST", "1/messages", unsure=True, json={}) == {}


def test_a_line_cut_without_an_answer_is_unsure_only_where_it_may_not_be_repeated(meta, line):
    meta.answers["POST", "/v25.0/1/messages"] = None
    for unsure, failure in ((True, Failure.UNSURE), (False, Failure.RETRY)):
        with pytest.raises(OriginError) as cut:
            graph.call_graph(line, "POST", "1/messages", unsure=unsure, json={})
        assert cut.value.failure == failure


def test_the_address_is_metas_unless_the_line_names_another():
    assert graph.base_url(Origin()) == "https://graph.facebook.com"
    assert graph.base_url(Origin(), "https://graph.instagram.com") == "https://graph.instagram.com"
    assert graph.base_url(Origin(api_url="http://127.0.0.1:9/x/")) == "http://127.0.0.1:9/x"


# --- the token goes to Meta only ----------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "https://lookaside.fbsbx.com/a?b=c", "https://graph.facebook.com/", "https://scontent.xx.fbcdn.net/x.jpg",
        "https://mmg.whatsapp.net/d", "https://FBSBX.com:443/", "http://127.0.0.1:9000/media/1",
    ],
)  # fmt: skip
def test_the_token_goes_to_metas_hosts_and_to_the_lines_own(url):
    assert graph.may_have_token(Origin(api_url="http://127.0.0.1:9000/x"), url)


@pytest.mark.parametrize(
    "url",
    [
        "http://lookaside.fbsbx.com/a", "https://evilfbsbx.com/", "https://fbsbx.com.evil.com/", "https://evil.com/fbsbx.com",
        "https://evil.com#.fbsbx.com", "https://evil.com?.fbsbx.com", "https://x@lookaside.fbsbx.com/", "https://fbsbx.com@evil.com/",
        "https://evil.com\\@lookaside.fbsbx.com/", "https://evil.com\\.fbsbx.com/", "https://fbsbx.com:8443/", "https://lookaside.fbsbx.com\x00/",
        "//lookaside.fbsbx.com/", "ftp://lookaside.fbsbx.com/", "", "https://", "http://127.0.0.1:9001/", "https://127.0.0.1:9000/",
        "http://127.0.0.1/", "http://localhost:9000/", "file:///etc/passwd", "https://[::1",
    ],
)  # fmt: skip
def test_the_token_goes_nowhere_else(url):
    assert not graph.may_have_token(Origin(api_url="http://127.0.0.1:9000/x"), url)
    assert not graph.may_have_token(Origin(), url)


def test_a_link_elsewhere_is_fetched_without_the_token(meta, line):
    other = Meta()
    try:
        other.says("GET", "/a.jpg", b"bytes", Content_Type="image/jpeg")
        meta.says("GET", "/a.jpg", b"bytes", Content_Type="image/jpeg")
        assert graph.fetch_url(line, f"{other.url}/a.jpg", 100) == b"bytes"
        assert graph.fetch_url(line, f"{meta.url}/a.jpg", 100) == b"bytes"
        assert "Authorization" not in other.asked[0][3]
        assert meta.asked[0][3]["Authorization"] == "Bearer t-1"
    finally:
        other.close()


def test_neither_a_redirect_nor_a_page_nor_more_than_was_said_is_taken(meta, line):
    meta.says("GET", "/away", b"", 302, Location="https://evil.example/")
    meta.says("GET", "/page", b"<html>", Content_Type="text/HTML; charset=utf-8")
    meta.says("GET", "/big", b"x" * 101, Content_Type="image/jpeg")
    for path in ("away", "page", "big"):
        with pytest.raises(OriginError) as refused:
            graph.fetch_url(line, f"{meta.url}/{path}", 100)
        assert str(refused.value)
