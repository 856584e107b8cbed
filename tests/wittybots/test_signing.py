"""What we sign, a receiver's own library verifies; whatever is changed on the way, it refuses."""

import base64
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from wittybots import signing

BODY = b'{"event":"ping"}'


def now():
    return int(time.time())


@given(st.binary(min_size=1, max_size=64), st.text(min_size=1, max_size=40), st.dictionaries(st.text(), st.text()))
def test_a_receiver_verifies_what_we_sign(key, uuid, value):
    secret = "whsec_" + base64.b64encode(key).decode()
    raw = json.dumps(value).encode()
    assert Webhook(secret).verify(raw, signing.sign_headers([secret], uuid, now(), raw)) == value


def test_a_secret_that_is_not_of_their_form_signs_as_it_stands():
    headers = signing.sign_headers(["una clave ñ"], "e-1", now(), BODY)
    as_they_write_it = "whsec_" + base64.b64encode("una clave ñ".encode()).decode()
    assert Webhook(as_they_write_it).verify(BODY, headers)


def test_what_only_looks_like_their_form_signs_as_it_stands():
    headers = signing.sign_headers(["whsec_no es base64!"], "e-1", now(), BODY)
    as_they_write_it = "whsec_" + base64.b64encode(b"whsec_no es base64!").decode()
    assert Webhook(as_they_write_it).verify(BODY, headers)


@pytest.mark.parametrize("which", [0, 1])
def test_while_a_secret_is_changed_the_old_one_and_the_new_one_verify(which):
    secrets = [signing.new_secret(), signing.new_secret()]
    headers = signing.sign_headers(secrets, "e-1", now(), BODY)
    assert headers["webhook-signature"].count("v1,") == 2
    assert Webhook(secrets[which]).verify(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(signing.new_secret()).verify(BODY, headers)


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-id": "e-2"},
        {"webhook-timestamp": str(now() - 1)},
        {"webhook-timestamp": str(now() - 3600)},
        {"webhook-signature": "v1,AAAA"},
        {"webhook-signature": ""},
    ],
)
def test_what_was_changed_on_the_way_is_refused(change):
    secret = signing.new_secret()
    headers = signing.sign_headers([secret], "e-1", now(), BODY) | change
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY, headers)


def test_a_changed_body_is_refused():
    secret = signing.new_secret()
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY + b" ", signing.sign_headers([secret], "e-1", now(), BODY))


def test_without_a_secret_nothing_is_signed_and_the_id_still_goes():
    assert signing.sign_headers(["", ""], "e-1", 5, BODY) == {"webhook-id": "e-1", "webhook-timestamp": "5"}


def test_new_secrets_are_of_their_form_and_never_the_same():
    made = {signing.new_secret() for _ in range(100)}
    assert len(made) == 100
    assert all(one.startswith("whsec_") and len(signing.key_of(one)) == 24 for one in made)
