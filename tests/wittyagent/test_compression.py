"""What is compressed, how, and what of an answer its length may say."""

import gzip
import io
import json
import secrets

import brotli
import pytest
from django.conf import settings
from django.http import FileResponse, HttpResponse, JsonResponse, StreamingHttpResponse
from django.test import RequestFactory

from tests import people
from wittyagent import compression
from wittyagent.compression import MAX_RANDOM_BYTES, CompressionMiddleware, choose_encoding

PAGE = "<li>¿Está listo mi pedido?</li>" * 50
UNPACK = {"br": brotli.decompress, "gzip": gzip.decompress}


def answer(response, accepted="gzip, deflate, br, zstd", **headers):
    request = RequestFactory().get("/", HTTP_ACCEPT_ENCODING=accepted, **headers)
    if cookie := headers.get("cookie"):
        request.COOKIES[settings.SESSION_COOKIE_NAME] = cookie
    return CompressionMiddleware(lambda _request: response)(request)


def is_plain(response):
    return "Content-Encoding" not in response


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("br;q=0.1, gzip", "br"),
        ("gzip, br;q=0", "gzip"),
        ("GZIP", "gzip"),
        ("*", "br"),
        ("*;q=0, gzip", "gzip"),
        ("br;q=odd, gzip;q=0.5", "gzip"),
        ("gzip;q=0", ""),
        ("identity", ""),
        ("xgzip", ""),
        ("", ""),
    ],
)
def test_the_browser_says_which_it_takes(accepted, encoding):
    assert choose_encoding(accepted) == encoding


@pytest.mark.parametrize("encoding", ["br", "gzip"])
def test_what_arrives_is_the_page(encoding):
    got = answer(HttpResponse(PAGE), encoding)
    assert UNPACK[encoding](got.content).decode() == PAGE
    assert got["Content-Encoding"] == encoding
    assert got["Content-Length"] == str(len(got.content))
    assert got["Vary"] == "Accept-Encoding"
    assert len(got.content) < len(PAGE) / 4


@pytest.mark.parametrize("pack", [compression.compress_brotli, compression.compress_gzip])
def test_every_padding_unpacks_to_the_same(pack):
    unpack = UNPACK["br" if pack is compression.compress_brotli else "gzip"]
    lengths = set()
    for padding in range(MAX_RANDOM_BYTES + 1):
        packed = pack(PAGE.encode(), padding)
        assert unpack(packed).decode() == PAGE
        lengths.add(len(packed))
    assert len(lengths) == MAX_RANDOM_BYTES + 1


@pytest.mark.parametrize("encoding", ["br", "gzip"])
def test_the_same_page_has_many_lengths(encoding):
    assert len({len(answer(HttpResponse(PAGE), encoding).content) for _ in range(60)}) > 10


@pytest.mark.parametrize(
    "response",
    [
        HttpResponse("corto"),
        HttpResponse(b"\x89PNG" + b"\0" * 5000, content_type="image/png"),
        HttpResponse(PAGE, headers={"Content-Encoding": "gzip"}),
        HttpResponse(PAGE, headers={"Cache-Control": "private, no-transform"}),
        HttpResponse(PAGE, status=206),
        HttpResponse(status=204),
        HttpResponse(status=304),
        StreamingHttpResponse([PAGE]),
        FileResponse(io.BytesIO(PAGE.encode()), content_type="text/plain"),
    ],
    ids=["short", "picture", "already", "no-transform", "range", "204", "304", "streaming", "file"],
)
def test_what_is_left_as_it_is(response):
    before = dict(response.headers), b"".join(response) if not response.streaming else None
    got = answer(response)
    assert (dict(got.headers), b"".join(got) if not got.streaming else None) == before


def test_who_takes_none_gets_the_page_and_caches_hear_of_it():
    got = answer(HttpResponse(PAGE, headers={"Vary": "Cookie"}), "identity")
    assert (got.content.decode(), got["Vary"]) == (PAGE, "Cookie, Accept-Encoding")
    assert is_plain(got)


def test_what_would_grow_stays():
    noise = secrets.token_bytes(400)
    got = answer(HttpResponse(noise, content_type="text/plain"))
    assert (got.content, is_plain(got)) == (noise, True)


@pytest.mark.parametrize(("tag", "after"), [('"a1"', 'W/"a1"'), ('W/"a1"', 'W/"a1"')])
def test_a_tag_is_weak_where_the_bytes_are_others(tag, after):
    assert answer(HttpResponse(PAGE, headers={"ETag": tag}))["ETag"] == after


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_another_site_asks_for_in_our_name_has_no_telling_length(site):
    got = answer(HttpResponse(PAGE), HTTP_SEC_FETCH_SITE=site, cookie="s")
    assert is_plain(got)
    assert "Accept-Encoding" in got["Vary"]
    # the web chat on a foreign page: nobody is signed in there
    assert not is_plain(answer(HttpResponse(PAGE), HTTP_SEC_FETCH_SITE=site))
    assert not is_plain(answer(HttpResponse(PAGE), HTTP_SEC_FETCH_SITE="same-origin", cookie="s"))


def test_json_is_compressed_where_it_is_long():
    long = [{"text": "Muchas gracias"}] * 40
    got = answer(JsonResponse(long, safe=False))
    assert json.loads(brotli.decompress(got.content)) == long
    assert is_plain(answer(JsonResponse({"accepted": 1})))


@pytest.mark.parametrize("path", ["/bandejas/", "/contactos/", "/chat/"])
def test_an_agents_page_says_all_that_it_varies_with(client, ana, path):
    client.force_login(ana)
    got = client.get(path, headers={"accept-encoding": "br"})
    assert got["Content-Encoding"] == "br"
    assert {"HX-Request", "Cookie", "Accept-Encoding"} <= {one.strip() for one in got["Vary"].split(",")}
    assert b"</html>" in brotli.decompress(got.content)


def test_the_head_of_a_page_tells_the_same(client, db):
    got = client.head("/login/", headers={"accept-encoding": "br"})
    assert (got["Content-Encoding"], got.content) == ("br", b"")


def test_the_token_of_a_form_is_another_each_time(client, db):
    """What never repeats cannot be guessed by lengths: Django masks it anew for each page."""
    tokens = {client.get("/login/").context["csrf_token"] for _ in range(3)}
    assert len({str(one) for one in tokens}) == 3


def test_the_panel_of_the_web_chat_is_compressed(client, db):
    got = client.get(
        f"/w/{people.web_origin().key}/", headers={"accept-encoding": "br", "sec-fetch-site": "cross-site"}
    )
    assert got["Content-Encoding"] == "br"
