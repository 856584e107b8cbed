"""Visitors and their tokens: nobody until they write, revocable, and held where one address makes many."""

import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from common.errors import OriginError
from contacts.models import Address, Contact
from origins import web
from origins.models import Body
from tests import people
from tests.inbox.pages import signed_in
from tests.webchat.visitors import DOORS, Visitor, refused

pytestmark = pytest.mark.django_db


def test_a_new_visitor_is_nobody_until_he_writes(client, origin):
    asked = Visitor(client, origin, token="").ask("post", "visitor/")
    assert asked.status_code == 201
    visitor = Visitor(client, origin, asked.json()["token"])
    assert visitor.history() == {"messages": [], "agent": "", "more": False}
    assert not Contact.objects.exists()
    visitor.says("Hola")
    assert visitor.chat.contact.shown_address.startswith("visitante ")


def test_two_visitors_are_two(belen, somebody):
    belen.says("Soy Belén")
    somebody.says("Soy otra")
    assert [m["text"] for m in belen.history()["messages"]] == ["Soy Belén"]
    assert [m["text"] for m in somebody.history()["messages"]] == ["Soy otra"]


FORGED = {
    "none": "",
    "rubbish": "abc",
    "three parts": "a:b:c",
    "not ascii": "ñandú:é:ü",
    "long": "x" * 5000,
    "null": "null:null:null",
}


@pytest.mark.parametrize("token", FORGED.values(), ids=FORGED)
@pytest.mark.parametrize(("method", "rest"), DOORS[1:])
def test_a_token_that_is_not_ours_opens_nothing(client, origin, token, method, rest):
    # a header's bytes arrive as Latin-1
    wire = token.encode().decode("latin-1")
    assert refused(Visitor(client, origin, wire).ask(method, rest), 401)
    assert not Body.objects.exists()


@pytest.mark.parametrize(("method", "rest"), DOORS[1:])
def test_a_changed_token_opens_nothing(client, origin, belen, method, rest):
    value, at, signature = belen.token.split(":")
    for token in (f"{value[:-1]}x:{at}:{signature}", f"{value}:{at}:{signature[:-1]}", f"{value}:1:{signature}"):
        assert refused(Visitor(client, origin, token).ask(method, rest), 401)


@pytest.mark.parametrize(("method", "rest"), DOORS[1:])
def test_the_token_of_another_origin_opens_nothing(client, origin, method, rest):
    # even of one that was given the same secret
    other = people.web_origin(secret=origin.secret)
    foreign = Visitor(client, origin, web.new_token(other))
    assert refused(foreign.ask(method, rest), 401)


@pytest.mark.parametrize(("method", "rest"), DOORS[1:])
def test_a_new_secret_revokes_every_token(origin, belen, method, rest):
    belen.says("Hola")
    origin.secret = "otro-secreto"
    origin.save()
    assert refused(belen.ask(method, rest), 401)


@pytest.mark.parametrize(("method", "rest"), DOORS[1:])
def test_a_revoked_visitor_is_out_and_the_others_are_not(belen, somebody, method, rest):
    belen.says("Hola")
    somebody.says("Hola")
    Address.objects.filter(contact=belen.chat.contact).update(revoked_at=timezone.now())
    assert refused(belen.ask(method, rest), 401)
    assert somebody.history()["messages"]


def test_half_a_character_is_no_token(origin):
    with pytest.raises(OriginError):
        web.read_visitor(origin, "\ud800:a:b")


def test_one_address_makes_so_many_visitors_a_minute(client, origin):
    visitor = Visitor(client, origin, token="")
    assert {visitor.ask("post", "visitor/").status_code for _ in range(60)} == {201}
    assert refused(visitor.ask("post", "visitor/"), 429)
    assert Visitor(client, origin, token="").ask("post", "visitor/").status_code == 201


def test_behind_a_proxy_it_is_the_address_that_the_proxy_saw(client, origin, settings):
    def asks(seen):
        headers = {"X-Forwarded-For": seen}
        return client.post(f"/w/{origin.key}/visitor/", headers=headers).status_code

    settings.TRUSTED_PROXIES = ["127.0.0.1"]
    noisy = f"10.9.9.{uuid.uuid4().int % 250}"
    # what the client itself put before does not count
    assert {asks(f"1.2.3.{n}, {noisy}") for n in range(60)} == {201}
    assert asks(f"9.9.9.9, {noisy}") == 429
    assert asks(f"10.9.8.{uuid.uuid4().int % 250}") == 201


def test_many_identities_of_one_address_are_held_together(client, origin):
    address = f"10.7.7.{uuid.uuid4().int % 250}"
    statuses = []
    for _ in range(7):
        visitor = Visitor(client, origin)
        visitor.address = address
        visitor.says("Hola")
        statuses += [visitor.uploads().status_code for _ in range(20)]
    assert statuses == [201] * 120 + [429] * 20


def test_a_token_ends_unless_it_is_used_and_is_renewed_while_it_is(client, origin, settings, time_machine):
    settings.VISITOR_TOKEN_DAYS = 8
    begun = timezone.now()
    belen = Visitor(client, origin)
    belen.says("Hola")
    assert "X-Witty-Visitor" not in belen.ask("get", "messages/").headers
    time_machine.move_to(begun + timedelta(days=3))
    renewed = belen.ask("get", "messages/").headers["X-Witty-Visitor"]
    time_machine.move_to(begun + timedelta(days=9))
    assert refused(belen.ask("get", "messages/"), 401)
    belen.token = renewed
    assert [one["text"] for one in belen.history()["messages"]] == ["Hola"]
    time_machine.move_to(begun + timedelta(days=12))
    assert refused(belen.ask("get", "messages/"), 401)


def test_sofia_ends_the_web_chat_of_one_visitor_and_of_no_other(belen, somebody, sofia, ana):
    belen.says("Hola")
    somebody.says("Hola")
    contact = belen.chat.contact
    url = reverse("visitor_end", args=[contact.pk])
    assert signed_in(ana).post(url).status_code == 403
    assert belen.history()["messages"]
    assert signed_in(sofia).post(url).status_code == 303
    assert refused(belen.ask("get", "messages/"), 401)
    assert somebody.history()["messages"]
    assert signed_in(sofia).post(url).status_code == 409
    assert contact.card_changes.get().what == "Se le cerró el chat web"
    # what was said stays, and the browser is somebody new
    belen.token = web.new_token(belen.origin)
    belen.says("Otra vez")
    assert belen.chat.contact_id != contact.pk
