"""Only what a network signed is taken."""

import json

import pytest

from contacts.models import Contact
from live import throttle
from origins.models import Body, Origin
from tests import people
from tests.gateway.inbound.network_posts import META, heard, takes
from tests.origins.api import payload


@pytest.mark.parametrize("kind", META)
def test_only_what_the_app_signed_is_taken(client, kind, db):
    origin = getattr(people, f"{kind}_origin")()
    raw = payload(kind, "text")
    good = people.meta_signature(origin.secret, raw)
    refused = [
        None, "", "sha256=", "sha256=" + "0" * 64, good[7:], good.replace("sha256", "sha1"), good[:-1], good + "0",
        "sha256=" + "0" * 5000, "sha256=ñandú", good.upper(), people.meta_signature("el-de-otra-app", raw),
        people.meta_signature("", raw), people.meta_signature(origin.secret, raw + b" "),
    ]  # fmt: skip
    before = throttle.read_counts([f"unsigned:{origin.key}"])[0]
    for signature in refused:
        answer = people.post_meta(client, origin, raw, **{"X-Hub-Signature-256": signature})
        assert answer.status_code in (401, 403), signature
    assert not Body.objects.exists()
    assert not Contact.objects.exists()
    assert throttle.read_counts([f"unsigned:{origin.key}"])[0] == before + len(refused)
    assert takes(client, origin, raw)["accepted"] == 1


def test_what_was_signed_with_the_secret_before_it_was_changed_is_taken(client, whatsapp):
    Origin.objects.filter(pk=whatsapp.pk).update(secret="uno-nuevo", previous_secret=people.APP_SECRET)
    assert people.post_meta(client, whatsapp, people.wa_text(), secret=people.APP_SECRET).status_code == 200
    assert people.post_meta(client, whatsapp, people.wa_text(), secret="uno-nuevo").status_code == 200
    assert people.post_meta(client, whatsapp, people.wa_text(), secret="ninguno").status_code == 401


def test_telegram_is_known_by_its_secret_token(client, telegram):
    for secret in ("otro", "secreto-de-telegra", "x" * 5000, "ñ"):
        assert people.post_telegram(client, telegram, people.tg_text(), secret=secret).status_code in (401, 403)
    assert not Body.objects.exists()
    takes(client, telegram, people.tg_text(text="Hola"))
    assert heard() == ["Hola"]


def test_one_networks_signature_opens_no_other_door(client, whatsapp, telegram, http_origin):
    raw = json.dumps(people.wa_text()).encode()
    for origin in (telegram, http_origin):
        assert people.post_meta(client, origin, raw).status_code == 401
        assert people.post_signed(client, whatsapp, raw).status_code == 401
    assert not Body.objects.exists()
