"""Meta asks whether an address is ours: only who knows the token hears its challenge, as plain text."""

import pytest
from django.urls import reverse

from live import throttle
from origins.models import Body, Origin
from tests import people

RIGHT = {"hub.mode": "subscribe", "hub.verify_token": "verificame", "hub.challenge": "1158201444"}
META = ("whatsapp", "messenger", "instagram")


def ask(client, origin, query):
    return client.get(reverse("webhook", args=[origin.key]), query)


@pytest.mark.parametrize("kind", META)
def test_the_right_token_hears_its_challenge_as_plain_text(client, kind, db):
    origin = getattr(people, f"{kind}_origin")()
    answer = ask(client, origin, RIGHT)
    assert (answer.status_code, answer.content) == (200, b"1158201444")
    assert answer["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize(
    "change",
    [
        {"hub.verify_token": "otro"}, {"hub.verify_token": ""}, {"hub.verify_token": "verificame "},
        {"hub.verify_token": "ñandú"}, {"hub.verify_token": "x" * 10_000}, {"hub.verify_token": None},
        {"hub.mode": None}, {"hub.mode": ""}, {"hub.mode": "unsubscribe"}, {"hub.challenge": None},
        {"hub.verify_token": ["verificame", "verificame"]}, {"hub.challenge": ["1", "2"]},
        {"hub.mode": ["subscribe", "subscribe"]}, {"hub.mode": None, "hub.verify_token": None},
    ],
)  # fmt: skip
def test_whoever_does_not_know_it_hears_nothing(client, db, change):
    origin = people.whatsapp_origin()
    answer = ask(client, origin, {name: value for name, value in (RIGHT | change).items() if value is not None})
    assert answer.status_code == 403
    assert b"1158201444" not in answer.content
    assert not Body.objects.exists()


def test_markup_as_challenge_is_never_a_page(client, db):
    origin = people.whatsapp_origin()
    markup = "<script>alert(1)</script>"
    answer = ask(client, origin, RIGHT | {"hub.challenge": markup})
    assert (answer.status_code, b"script" in answer.content) == (403, False)
    refused = ask(client, origin, RIGHT | {"hub.challenge": markup, "hub.verify_token": "otro"})
    assert (refused.status_code, b"script" in refused.content) == (403, False)


def test_a_token_that_is_no_text_is_wrong_and_no_error(client, db):
    origin = people.whatsapp_origin()
    for token in ("%FF%FE", "%ED%A0%80", "%00"):
        query = f"?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token={token}"
        assert client.get(reverse("webhook", args=[origin.key]) + query).status_code == 403


def test_a_line_without_a_token_is_verified_by_nobody(client, db):
    origin = people.whatsapp_origin(verify_token="")
    for token in ("", "verificame"):
        assert ask(client, origin, RIGHT | {"hub.verify_token": token}).status_code == 403


@pytest.mark.parametrize("make", [people.telegram_origin, people.http_origin, people.web_origin])
def test_no_other_origin_answers_it(client, db, make):
    origin = make(verify_token="verificame")
    assert ask(client, origin, RIGHT).status_code == 403


def test_an_address_that_does_not_exist_says_the_same_as_a_wrong_token(client, db):
    origin = people.whatsapp_origin()
    wrong = ask(client, origin, RIGHT | {"hub.verify_token": "otro"})
    Origin.objects.filter(pk=origin.pk).delete()
    gone = ask(client, origin, RIGHT)
    assert (gone.status_code, gone.content) == (wrong.status_code, wrong.content)


def test_a_plain_visit_is_not_a_verification(client, db):
    origin = people.whatsapp_origin()
    before = throttle.read_counts([f"unsigned:{origin.key}"])[0]
    assert ask(client, origin, {}).status_code in (401, 403)
    assert throttle.read_counts([f"unsigned:{origin.key}"])[0] == before + 1
