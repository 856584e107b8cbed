"""Reading WhatsApp's bodies: every kind, each item on its own, and who is who."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import Failure, OriginError
from origins.facts import (
    AccountNews,
    Broken,
    Echo,
    Edit,
    Ignored,
    Incoming,
    Item,
    Promotions,
    Reaction,
    Receipt,
    Renamed,
    TemplateNews,
    Withdrawal,
)
from origins.whatsapp import network
from origins.whatsapp.identifiers import canonical_phone
from origins.whatsapp.inbound import parse

PAYLOADS = Path(__file__).parents[2] / "payloads" / "whatsapp"
NAMES = sorted(path.stem for path in PAYLOADS.glob("*.json"))
ODD = [
    None, True, False, 0, -1, 1.5, 10**30, 1e300, "", " ", "\x00", "\ud800", "x" * 300, "٣", [], {}, [[]], [None],
    {"id": "x"}, "text", "system", "reaction", "read", "failed", "0001-01-01T00:00:00+23:59", "‮é́", "1" * 5000, {"type": []},
]  # fmt: skip


def raw(name):
    return (PAYLOADS / f"{name}.json").read_bytes()


def facts(name):
    return [item.fact for item in network.parse(raw(name))]


def incoming(name):
    return [fact for fact in facts(name) if isinstance(fact, Incoming)]


def body_of(*messages, **value):
    value = {"metadata": {"phone_number_id": "1000001"}, "messages": list(messages), **value}
    return json.dumps(
        {
            "object": "whatsapp_business_account",
            "entry": [{"id": "2", "changes": [{"field": "messages", "value": value}]}],
        }
    ).encode()


def one(**message):
    (item,) = network.parse(body_of({"from": "59899111222", "id": "wamid.1", "timestamp": "1795000000", **message}))
    return item.fact


def test_a_text_is_read_whole_with_who_wrote_it_and_when():
    (item,) = network.parse(raw("text"))
    assert (item.line, item.account) == ("1000001", "")
    assert item.fact == Incoming(
        "wamid.IN001",
        "5491155550101",
        "text",
        "Hola, ¿tienen turno? 👩🏽‍🚀",
        "Marta Gómez",
        datetime.fromtimestamp(1795000001, UTC),
        {"shown_address": "+5491155550101"},
        "",
        (),
        "wa_id",
        (("bsuid", "AR.4455001"), ("phone", "5491155550101")),
    )


def test_every_kind_is_read_as_what_it_is():
    read = {fact.external_id: fact for fact in incoming("every_kind")}
    kinds = [fact.kind for fact in read.values()]
    assert kinds == [
        "text", "image", "audio", "video", "document", "sticker", "location", "contact", "choice", "choice", "text",
        "text", "choice", "text", "unsupported", "unsupported", "unsupported", "unsupported", "text",
    ]  # fmt: skip
    assert read["wamid.IN001"].reply_to == "wamid.OUT1"
    image = read["wamid.IN002"]
    assert image.text == "la tapa"
    assert image.payload["media"]["id"] == "700001"
    assert image.payload["media"]["sha256"] == "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="
    assert image.payload["media"]["url"].startswith("https://lookaside.fbsbx.com/")
    assert read["wamid.IN003"].payload["media"]["voice"] is True
    assert read["wamid.IN005"].payload["media"]["filename"] == "presupuesto.pdf"
    assert read["wamid.IN005"].payload["forwarded"] is True
    assert read["wamid.IN007"].payload | {"shown_address": ""} == {
        "latitude": -34.9, "longitude": -56.16, "place": "Oficina", "address": "Av. 18 de Julio 1000", "shown_address": "",
    }  # fmt: skip
    card = read["wamid.IN008"].payload
    assert (card["name"], card["phone"]) == ("Luis Paz", "+598 99 111 222")
    assert card["contacts"][0]["phones"] == ["+598 99 111 222", "+59899333444"]
    assert card["contacts"][1] == {"name": "", "phones": ["+54 11 5555 0000"]}
    # somebody else's card says nothing of who sent it
    assert ("phone", "59899111222") not in read["wamid.IN008"].aliases
    assert [(read[f"wamid.IN{n:03}"].text, read[f"wamid.IN{n:03}"].payload["payload"]) for n in (9, 10, 13)] == [
        ("Ventas", "ventas"), ("Turnos", "turnos"), ("Confirmo", "confirmo"),
    ]  # fmt: skip
    assert read["wamid.IN012"].text == "Acepta que lo llamen."
    assert read["wamid.IN011"].text == "nombre: Marta\nedad: 31"
    assert read["wamid.IN016"].text == "para hoy\n2 × SKU-1 (USD 10.5)"
    types = {key: fact.payload["type"] for key, fact in read.items() if fact.kind == "unsupported"}
    assert types == {
        "wamid.IN017": "poll_creation", "wamid.IN018": "interactive",
        "wamid.IN019": "request_welcome", "wamid.IN020": "hologram",
    }  # fmt: skip
    assert read["wamid.IN023"].payload["referral"] == {
        "source_type": "ad", "source_id": "120", "source_url": "https://fb.me/x", "headline": "Promo", "body": "20 %",
        "ctwa_clid": "clid",
    }  # fmt: skip


def test_what_changes_another_message_names_it_and_is_no_message():
    changes = [fact for fact in facts("every_kind") if not isinstance(fact, Incoming)]
    given, taken, edit, withdrawal = changes
    assert isinstance(given, Reaction)
    assert (given.target, given.emoji, given.sender, given.address_kind) == (
        "wamid.OUT1", "👍", "5491155550101", "wa_id",
    )  # fmt: skip
    assert isinstance(taken, Reaction)
    assert taken.emoji == ""
    assert isinstance(edit, Edit)
    assert (edit.target, edit.text) == ("wamid.IN001", "Hola, corregido")
    assert isinstance(withdrawal, Withdrawal)
    assert withdrawal.target == "wamid.IN002"
    assert ("bsuid", "AR.4455001") in withdrawal.aliases


def test_an_empty_emoji_takes_a_reaction_back_as_well():
    assert one(type="reaction", reaction={"message_id": "wamid.9", "emoji": ""}).emoji == ""


def test_who_hides_the_number_is_known_by_the_user_id():
    hidden, both, shared, nobody = facts("username")
    assert (hidden.address_kind, hidden.sender) == ("bsuid", "US.13491208655302741918")
    assert hidden.aliases == (("parent_bsuid", "US.ENT.77"),)
    assert hidden.payload["shown_address"] == "@pat.example"
    assert hidden.name == "Pat"
    assert (both.address_kind, both.sender, both.name) == ("wa_id", "525512345678", "Lupe")
    assert ("wa_id", "5215512345678") in both.aliases
    assert [value for kind, value in both.aliases if kind == "phone"] == ["525512345678"]
    # who answers to our asking for the number is known by it as well
    assert shared.kind == "contact"
    assert ("phone", "16505551234") in shared.aliases
    assert isinstance(nobody, Broken)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("5491155550101", "541155550101"), ("5531988887777", "553188887777"), ("5215512345678", "525512345678"),
        ("+54 9 11 5555-0101", "541155550101"),
    ],
)  # fmt: skip
def test_the_two_forms_of_a_number_are_the_same_person(first, second):
    assert canonical_phone(first) == canonical_phone(second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("553130001234", "5531930001234"), ("59899111222", "5989111222"), ("16505551234", "1650555123"),
        ("5491155550101", "5491155550102"), ("525512345678", "5255123456781"),
    ],
)  # fmt: skip
def test_other_numbers_stay_apart(first, second):
    assert canonical_phone(first) != canonical_phone(second)


def test_an_id_is_never_refused_for_its_form():
    fact = one(**{"from": "alguien@x"}, type="text", text={"body": "h"})
    assert (fact.address_kind, fact.sender, fact.aliases) == ("wa_id", "alguien@x", ())
    assert one(**{"from": "+598 99 111-222"}, type="text", text={"body": "h"}).sender == "59899111222"


def test_a_group_message_is_not_mixed_into_the_senders_chat():
    groups = [fact for fact in facts("mixed") if isinstance(fact, Ignored) and "group" in fact.reason]
    assert len(groups) == 1
    assert all(fact.text != "en el grupo" for fact in incoming("mixed"))


def test_a_new_number_or_user_id_is_told_with_the_old_one():
    first, second, third, identity, field = facts("system")
    assert isinstance(first, Renamed)
    assert set(first.old) == {("wa_id", "5491155550101"), ("bsuid", "AR.4455001"), ("phone", "5491155550101")}
    assert set(first.new) == {("wa_id", "5491155550202"), ("bsuid", "AR.2"), ("phone", "5491155550202")}
    assert first.words.startswith("Marta changed")
    assert (second.old, second.new) == (
        (("wa_id", "5491155550101"), ("phone", "5491155550101")),
        (("wa_id", "5491155550202"), ("phone", "5491155550202")),
    )
    assert third.old == (("bsuid", "US.1"), ("parent_bsuid", "US.ENT.1"))
    assert third.new == (("bsuid", "US.2"), ("parent_bsuid", "US.ENT.2"))
    assert isinstance(identity, Ignored)
    assert (field.old, field.new[0]) == ((("bsuid", "US.1"),), ("wa_id", "16505551234"))


def test_receipts_say_what_became_of_a_message_and_why_it_failed():
    read = facts("statuses")
    receipts = [fact for fact in read if isinstance(fact, Receipt)]
    assert [fact.status for fact in receipts] == [
        "sent", "delivered", "read", "read", "failed", "failed", "failed", "failed", "delivered",
    ]  # fmt: skip
    assert receipts[0].ref == "wamid.OUT1"
    assert receipts[0].ours == "6f1c0d5e-0000-4000-8000-000000000001"
    assert receipts[0].at == datetime.fromtimestamp(1795000300, UTC)
    window, payment, unknown, silent = receipts[4:8]
    assert (window.failure, window.code) == (Failure.WINDOW, "131047")
    assert "24 horas" in window.reason
    # of several errors the one that concerns the whole line
    assert (payment.failure, payment.code) == (Failure.ACCOUNT, "131042")
    assert (unknown.failure, unknown.code) == (Failure.FINAL, "99999999")
    assert "99999999" in unknown.reason
    assert silent.failure == Failure.FINAL
    assert silent.reason
    assert receipts[8].sender == "US.9"
    assert [type(fact) for fact in read if not isinstance(fact, Receipt)] == [Ignored, Broken, Broken, Ignored]


def test_what_is_told_of_templates_names_the_account():
    items = list(network.parse(raw("account")))
    news = [item.fact for item in items if isinstance(item.fact, TemplateNews)]
    assert all((fact.account, fact.name, fact.language) == ("2000001", "turno_confirmado", "es_AR") for fact in news)
    assert all(item.account == "2000001" and not item.line for item in items[:22])
    assert news[0].remote_id == "7000000000000001"
    assert [fact.status for fact in news] == ["rejected", "approved", "paused", "", "", "", "", ""]
    assert "Parece una promoción" in news[0].reason
    assert news[1].reason == ""
    assert [fact.category for fact in news[4:6]] == ["marketing", "utility"]
    assert news[6].quality == "RED"


def test_supervisors_are_told_of_the_account_and_only_what_stops_sending_is_trouble():
    news = [fact for fact in facts("account") if isinstance(fact, AccountNews)]
    assert [(fact.is_trouble, fact.clears) for fact in news] == [
        (True, False), (False, False), (True, False), (False, True), (False, True), (True, False), (True, False),
        (False, False), (False, False), (True, False), (False, False), (False, False), (False, False), (False, False),
    ]  # fmt: skip
    assert all(fact.words for fact in news)
    assert "TIER_2K" in news[10].words
    ignored = [fact.reason for fact in facts("account") if isinstance(fact, Ignored)]
    assert ignored == ["field history", "field a_field_of_2027"]


def test_who_stops_promotions_or_wants_them_again_is_named_by_all_their_ids():
    [stopped] = [fact for fact in facts("account") if isinstance(fact, Promotions)]
    assert (stopped.sender, stopped.address_kind, stopped.wants, stopped.at) == ("5491155550101", "wa_id", False, None)
    said = {"user_id": "AR.4455001", "category": "marketing_messages", "value": "resume", "timestamp": 1795525200}
    other = said | {"category": "surveys"}
    value = {"metadata": {"phone_number_id": "1000001"}, "user_preferences": [said, other, said | {"value": "later"}]}
    body = {"object": "whatsapp_business_account", "entry": [{"id": "2", "changes": [
        {"field": "user_preferences", "value": value},
        {"field": "user_preferences", "value": value | {"user_preferences": [{**said, "user_id": ""}]}},
    ]}]}  # fmt: skip
    wanted, *ignored, nobody = (item.fact for item in parse(json.dumps(body).encode()))
    assert (wanted.sender, wanted.address_kind, wanted.wants) == ("AR.4455001", "bsuid", True)
    assert wanted.at.timestamp() == 1795525200
    assert [type(fact) for fact in ignored] == [Ignored, Ignored]
    assert nobody.reason == "nobody is named as sender"


def test_what_was_typed_in_the_business_phone_is_an_echo_to_the_customer():
    typed, picture, withdrawn, hidden = facts("echoes")
    assert isinstance(typed, Echo)
    assert (typed.external_id, typed.sender, typed.address_kind, typed.text) == (
        "wamid.E1", "5491155550101", "wa_id", "te llamo",
    )  # fmt: skip
    assert ("bsuid", "AR.4455001") in typed.aliases
    assert (picture.kind, picture.text, picture.reply_to) == ("image", "acá", "wamid.IN001")
    assert picture.payload["media"]["id"] == "700009"
    assert isinstance(withdrawn, Ignored)
    assert (hidden.address_kind, hidden.sender) == ("bsuid", "US.1")


def test_what_is_broken_stays_with_itself():
    items = list(network.parse(raw("mixed")))
    assert [fact.text for fact in incoming("mixed")] == ["uno", "dos", "otra línea"]
    assert [item.line for item in items if isinstance(item.fact, Incoming)] == ["1000001", "1000001", "1000002"]
    assert sum(isinstance(item.fact, Receipt) for item in items) == 1
    assert sum(isinstance(item.fact, Broken) for item in items) == 9
    assert all(item.fact.reason for item in items if isinstance(item.fact, Broken))
    # where it stands, each place once
    assert len({(item.list, item.index) for item in items}) == len(items)
    trouble = [item.fact for item in items if isinstance(item.fact, AccountNews)]
    assert [fact.is_trouble for fact in trouble] == [True]
    late = incoming("mixed")[-1]
    assert late.at is None


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"[]", b"7", b'{"a', b"\xff\xfe", b"[" * 100_000, b"{}", b'{"entry": {}}',
        b'{"object": "page", "entry": []}', b'{"object": null, "entry": [{}]}', b"1" * 9_999,
    ],
)  # fmt: skip
def test_a_body_that_cannot_be_read_says_so(body):
    with pytest.raises(OriginError) as refusal:
        list(network.parse(body))
    assert str(refusal.value)


def leaves(value, path=()):
    if isinstance(value, (dict, list)):
        for step in value if isinstance(value, dict) else range(len(value)):
            yield from leaves(value[step], (*path, step))
    if path:
        yield path


def put(body, path, odd):
    body = json.loads(json.dumps(body))
    inside = body
    for step in path[:-1]:
        inside = inside[step]
    inside[path[-1]] = odd
    return json.dumps(body).encode()


@pytest.mark.parametrize("name", NAMES)
def test_anything_anywhere_is_a_fact_or_words_about_it_and_its_neighbours_are_read(name):
    body = json.loads(raw(name))
    whole = {(item.list, item.index): item.fact for item in network.parse(raw(name))}
    for turn, path in enumerate(leaves(body)):
        # all of them in turn, a few at each place
        for odd in ODD[turn % 5 :: 5]:
            try:
                items = list(network.parse(put(body, path, odd)))
            except OriginError:
                assert path in (("object",), ("entry",))
                continue
            assert all(isinstance(item, Item) for item in items)
            # entry, number, changes, number, value, list, number
            if len(path) >= 7 and path[5] in ("messages", "statuses", "message_echoes"):
                read = {(item.list, item.index): item.fact for item in items}
                here = (".".join(map(str, (*path[:4], path[5]))), path[6])
                assert {key: fact for key, fact in read.items() if key != here} == {
                    key: fact for key, fact in whole.items() if key != here
                }


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(max_size=10), inside, max_size=4),
    max_leaves=10,
)


@given(
    kind=st.sampled_from(["text", "image", "contacts", "interactive", "order", "location", "edit", "system"]),
    inside=JSON,
)
def test_any_inside_of_a_message_is_read_or_refused_in_words(kind, inside):
    (item,) = network.parse(body_of({"from": "1", "id": "w", "type": kind, kind: inside}))
    assert not isinstance(item.fact, Broken) or item.fact.reason


def test_a_body_of_a_thousand_messages_loses_none():
    many = [
        {
            "from": str(59890000000 + n % 50),
            "id": f"wamid.{n}",
            "timestamp": "1795000000",
            "type": "text",
            "text": {"body": str(n)},
        }
        for n in range(1000)
    ]
    assert [item.fact.text for item in network.parse(body_of(*many))] == [str(n) for n in range(1000)]


@pytest.mark.parametrize(
    "text", ["", "   ", "x" * 65_536, "a\x00b", "‮gnp.exe", "👨‍👩‍👧‍👦" * 1000, "{{ 7|add:1 }}<script>"]
)
def test_a_text_is_kept_as_it_came(text):
    assert one(type="text", text={"body": text}).text == text.replace("\x00", "")


def test_a_media_without_anything_inside_is_still_a_message_of_the_customer():
    fact = one(type="image", image={})
    assert (fact.kind, fact.payload["media"]) == ("image", {})
    assert one(type="image").kind == "unsupported"
    assert one(errors=[{"code": 131051}]).kind == "unsupported"
