"""Answers that somebody leads elsewhere: it takes the secret, stays in the history, and administrators hear of it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from gateway.status.diversions import list_diversions
from tests import people
from tests.backoffice.bot_pages import integration
from tests.backoffice.line_pages import line
from tests.backoffice.pages import history, opened
from tests.backoffice.things import address_of

OLD, NEW = "https://1.1.1.1/in", "https://9.9.9.9/in?key=4711"


def http_line():
    return people.http_origin(callback_url=OLD)


# the thing, where its address is, where its secret is
SIGNED = {
    "http line": (http_line, "callback_url", lambda one: one.secret),
    "first address of an http line": (people.http_origin, "callback_url", lambda one: one.secret),
    "bot": (lambda: people.external_bot(url=OLD), "url", lambda one: one.endpoint.secret),
    "bot for Chatwoot": (lambda: people.external_bot("chatwoot", url=OLD), "url", lambda one: one.endpoint.secret),
    "integration": (lambda: integration(url=OLD), "url", lambda one: one.secret),
}  # fmt: skip


def now_at(thing, field):
    fresh = type(thing).objects.get(pk=thing.pk)
    return getattr(fresh, field) if hasattr(fresh, field) else getattr(fresh.endpoint, field)


@pytest.mark.parametrize("what", SIGNED)
def test_a_new_address_needs_the_secret_again(what, as_sofia):
    make, field, secret_of = SIGNED[what]
    thing = make()
    before, address = now_at(thing, field), address_of(thing)
    page = opened(as_sofia, address)
    for typed, words in (("", "Escribí de nuevo el secreto"), ("otro", "Ese no es el secreto"), ("*", "Ese no es")):
        refused = as_sofia.post(address, page | {field: [NEW], "current_secret": [typed]})
        assert words in str(refused.context["errors"])
        assert secret_of(thing) not in refused.content.decode()
    assert as_sofia.post(address, {**page, field: [NEW], "current_secret": []}).status_code == 200
    assert now_at(thing, field) == before
    saved = as_sofia.post(address, page | {field: [NEW], "current_secret": [f" {secret_of(thing)}\n"]})
    assert saved.status_code == 302
    assert now_at(thing, field) == NEW
    kept = secret_of(type(thing).objects.get(pk=thing.pk))
    assert kept == secret_of(thing)


@pytest.mark.parametrize("what", SIGNED)
def test_who_leaves_the_address_alone_needs_no_secret(what, as_sofia):
    make, _field, _secret = SIGNED[what]
    thing = make()
    address = address_of(thing)
    assert as_sofia.post(address, opened(as_sofia, address) | {"name": ["Otro nombre"]}).status_code == 302


def test_another_bot_at_the_same_server_is_another_address(as_sofia):
    bot = people.external_bot("typebot", url="https://1.1.1.1", remote_id="nuestro", access_token="tok-1", secret="")
    address = address_of(bot)
    refused = as_sofia.post(address, opened(as_sofia, address) | {"remote_id": ["ajeno"]})
    assert "Escribí de nuevo el token" in str(refused.context["errors"])
    assert as_sofia.post(
        address, opened(as_sofia, address) | {"remote_id": ["ajeno"], "access_token": ["tok-1"]}
    ).status_code == 302  # fmt: skip
    assert len(list_diversions(timezone.now())) == 1


@pytest.mark.parametrize("what", [*SIGNED, "whatsapp line", "rasa bot"])
def test_administrators_are_told_for_a_week_and_the_history_keeps_the_hosts(what, as_sofia, admin):
    others = {
        "whatsapp line": (lambda: line(api_url="https://1.1.1.1"), "api_url", lambda one: one.access_token),
        "rasa bot": (lambda: people.external_bot("rasa", url=OLD, secret=""), "url", lambda one: ""),
    }
    make, field, secret_of = {**SIGNED, **others}[what]
    thing = make()
    address = address_of(thing)
    typed = {"current_secret": [secret_of(thing)]}
    if what == "whatsapp line":
        typed = {"access_token": [secret_of(thing)], "secret": [thing.secret]}
    assert as_sofia.post(address, opened(as_sofia, address) | {field: [NEW]} | typed).status_code == 302
    old = "nada" if "first" in what else "1.1.1.1"
    told = list_diversions(timezone.now())
    assert [(one.who, one.old or "nada", one.new, one.url) for one in told] == [
        ("Sofía Duarte", old, "9.9.9.9", address)
    ]
    said = history()[-1]
    assert f"“{old}” → “9.9.9.9”" in said
    assert "4711" not in said
    assert "4711" not in str(told)
    # for a week where administrators and supervisors look
    assert "9.9.9.9" in as_sofia.get("/supervision/").content.decode()
    as_sofia.force_login(admin, backend="django.contrib.auth.backends.ModelBackend")
    shown = as_sofia.get("/admin/").content.decode()
    assert "Para mirar ahora" in shown
    assert "9.9.9.9" in shown


def test_what_is_told_ends_after_a_week(as_sofia):
    thing = http_line()
    address = address_of(thing)
    typed = {"callback_url": [NEW], "current_secret": [thing.secret]}
    as_sofia.post(address, opened(as_sofia, address) | typed)
    assert list_diversions(timezone.now())
    assert not list_diversions(timezone.now() + timedelta(days=8))
