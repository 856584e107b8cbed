"""Web Push against the example of its RFC, and what is no key of a browser."""

import pytest

from common import web_push

# RFC 8291, section 5 and appendix A
TEXT = b"When I grow up, I want to be a watermelon"
POINT = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
SECRET = "BTBZMqHH6r4Tts7J_aSIgg"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
SENDER = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_y"
    "l95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def test_a_body_is_that_of_the_rfcs_example():
    made = web_push.encrypt_payload(
        TEXT, POINT, SECRET, salt=web_push.decode_bytes(SALT), sender=web_push.read_private_key(SENDER)
    )
    assert web_push.encode_bytes(made) == BODY


def test_no_two_bodies_are_the_same():
    assert web_push.encrypt_payload(TEXT, POINT, SECRET) != web_push.encrypt_payload(TEXT, POINT, SECRET)


def test_a_key_is_read_as_it_was_made():
    text = web_push.make_private_key()
    assert web_push.read_private_key(text).private_numbers().private_value.to_bytes(32, "big") == (
        web_push.decode_bytes(text)
    )


@pytest.mark.parametrize(
    ("point", "secret"),
    [
        ("", ""),
        (POINT, ""),
        (POINT, SECRET + "AAAA"),
        (POINT[:-4], SECRET),
        ("B" + "A" * 86, SECRET),
        ("ñ", SECRET),
        (POINT, "no es base64!"),
    ],
)
def test_what_is_no_key_of_a_browser_is_refused(point, secret):
    with pytest.raises(ValueError):  # noqa: PT011 - of several kinds, each in other words
        web_push.check_receiver(point, secret)
