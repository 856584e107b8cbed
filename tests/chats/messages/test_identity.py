"""Who is who: one contact where the network says it is the same person, and never two made one by themselves."""

import json
from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from chats import moves
from chats.messages import replies
from chats.messages import senders as persons
from chats.models import Chat, Message
from chats.receive import receiving
from contacts.models import Address, Contact
from origins.facts import Incoming
from tests import people
from tests.threads import Crowd, start

MARTA, NEW = "5491155550101", "5491155550202"


@pytest.fixture
def whatsapp(db):
    return people.whatsapp_origin()


def takes(origin, body, client=None):
    post = people.post_telegram if origin.kind == "telegram" else people.post_meta
    answer = post(client or Client(), origin, body)
    assert answer.status_code == 200
    assert answer.json()["rejected"] == []
    return answer.json()


def ids(contact, **more):
    found = Address.objects.filter(contact=contact, **{"revoked_at": None, **more})
    return {f"{kind}:{value}" for kind, value in found.values_list("kind", "value")}


def notes():
    return list(
        Message.objects.filter(direction="note", author="system").exclude(kind="move").values_list("text", flat=True)
    )


def changed_number(old, new, *, bsuid="", previous="", kind="user_changed_number"):
    system = {"type": kind, "body": f"Marta cambió de {old} a {new}", "wa_id": new}
    system |= {"user_id": bsuid, "previous_user_id": previous} if bsuid else {}
    said = people.wa_message(old, type="system", system=system)
    return people.wa_texts(said)


# --- phones and user ids --------------------------------------------------------------------------

FORMS = [("5491155550101", "541155550101"), ("5511987654321", "551187654321"), ("5215512345678", "525512345678")]


@pytest.mark.parametrize(("one", "other"), FORMS)
def test_a_number_in_its_two_forms_is_one_person(whatsapp, one, other):
    takes(whatsapp, people.wa_text(one, "uno"))
    takes(whatsapp, people.wa_text(other, "dos"))
    contact = Contact.objects.get()
    assert {f"wa_id:{one}", f"wa_id:{other}"} <= ids(contact)
    # the form that the network gave first is the one that is written to
    assert Chat.objects.get().messages.filter(direction="in").count() == 2


@pytest.mark.parametrize(("one", "other"), FORMS)
def test_a_number_in_its_two_forms_at_the_same_instant_is_one_person(transactional_db, one, other):
    origin = people.whatsapp_origin()
    bodies = [people.wa_text(form, f"{form} {n}") for n, form in enumerate((one, other, one, other))]
    with Crowd(4) as crowd:
        answers = crowd.at_once([lambda _n, body=body: takes(origin, body) for body in bodies])
    assert [answer["accepted"] for answer in answers] == [1] * 4
    assert (Contact.objects.count(), Chat.objects.count(), Message.objects.filter(direction="in").count()) == (1, 1, 4)
    assert people.all_consistent()


def test_numbers_that_only_look_alike_are_two_people(whatsapp):
    for number in ("5491155550101", "5491155550102", "551134567890", "5511934567890", "54115555010", "491155550101"):
        takes(whatsapp, people.wa_text(number))
    assert Contact.objects.count() == 6


def test_first_the_user_id_alone_and_then_with_the_number(whatsapp):
    takes(whatsapp, people.wa_text("", "sin número", bsuid="AR.1", username="marta.g"))
    contact = Contact.objects.get()
    assert (contact.shown_address, ids(contact)) == ("@marta.g", {"bsuid:AR.1"})
    takes(whatsapp, people.wa_text(MARTA, "con número", bsuid="AR.1"))
    assert Contact.objects.count() == 1
    assert ids(contact) == {"bsuid:AR.1", f"wa_id:{MARTA}", f"phone:{MARTA}"}
    takes(whatsapp, people.wa_text(MARTA, "solo el número"))
    assert Contact.objects.count() == 1


def test_first_the_number_and_then_the_user_id(whatsapp):
    takes(whatsapp, people.wa_text(MARTA, "uno"))
    takes(whatsapp, people.wa_text(MARTA, "dos", bsuid="AR.1"))
    takes(whatsapp, people.wa_text("", "tres", bsuid="AR.1"))
    assert Contact.objects.count() == 1
    assert Chat.objects.get().messages.filter(direction="in").count() == 3


def test_the_number_and_the_user_id_at_the_same_instant(transactional_db):
    origin = people.whatsapp_origin()
    bodies = [
        people.wa_text(MARTA, "a", bsuid="AR.1"), people.wa_text("", "b", bsuid="AR.1"),
        people.wa_text(MARTA, "c", bsuid="AR.1"), people.wa_text("541155550101", "d", bsuid="AR.1"),
    ]  # fmt: skip
    with Crowd(4) as crowd:
        answers = crowd.at_once([lambda _n, body=body: takes(origin, body) for body in bodies])
    assert [answer["accepted"] for answer in answers] == [1] * 4
    assert Contact.objects.count() == 1
    assert people.all_consistent()


def test_two_who_exist_are_never_made_one(whatsapp):
    takes(whatsapp, people.wa_text(MARTA, "por número"))
    takes(whatsapp, people.wa_text("", "por usuario", bsuid="AR.1"))
    assert Contact.objects.count() == 2
    takes(whatsapp, people.wa_text(MARTA, "con los dos", bsuid="AR.1"))
    assert Contact.objects.count() == 2
    first = Contact.objects.order_by("id").first()
    assert Message.objects.get(text="con los dos").chat.contact == first
    assert ids(first) == {f"wa_id:{MARTA}", f"phone:{MARTA}"}


def test_only_a_username_is_a_person(whatsapp):
    body = people.wa_text("", "hola", bsuid="US.9", username="pat.example", name="")
    takes(whatsapp, body)
    contact = Contact.objects.get()
    assert (contact.name, contact.shown_address) == ("", "@pat.example")
    takes(whatsapp, people.wa_text("", "soy Pat", bsuid="US.9", username="pat.example", name="Pat"))
    contact.refresh_from_db()
    assert contact.name == "Pat"


def test_a_user_id_in_the_place_of_the_number_is_a_user_id(whatsapp):
    takes(whatsapp, people.wa_text("US.1234", "hola", bsuid="US.1234", username="pat.example"))
    takes(whatsapp, people.wa_text("US.1234", "sigo"))
    assert ids(Contact.objects.get()) == {"bsuid:US.1234"}


def test_who_names_nobody_is_refused_and_kept(client, whatsapp):
    answer = people.post_meta(client, whatsapp, people.wa_text("", "¿quién?")).json()
    assert (answer["accepted"], len(answer["rejected"]), Contact.objects.count()) == (0, 1, 0)


def test_the_card_that_we_asked_for_brings_the_number(whatsapp):
    takes(whatsapp, people.wa_text("", "hola", bsuid="US.9"))
    shared = {
        "origin": "contact_request",
        "name": {"formatted_name": "Pat"},
        "phones": [{"phone": "+54 9 11 5555-0101"}],
    }
    takes(whatsapp, people.wa_texts(people.wa_message("", bsuid="US.9", type="contacts", contacts=[shared])))
    assert "phone:5491155550101" in ids(Contact.objects.get())
    takes(whatsapp, people.wa_text("541155550101", "y ahora por número"))
    assert Contact.objects.count() == 1
    # anyone's card that is just passed on says nothing of who writes
    passed = {"name": {"formatted_name": "Juan"}, "phones": [{"phone": "+54 9 11 4444-0000"}]}
    takes(whatsapp, people.wa_texts(people.wa_message("", bsuid="US.9", type="contacts", contacts=[passed])))
    assert not Address.objects.filter(value="5491144440000").exists()


def test_a_card_of_ones_own_brings_the_number_by_telegram(db):
    telegram = people.telegram_origin()
    takes(telegram, people.tg_text(text=None, contact={"phone_number": "+598 99 333 444", "user_id": 5001}))
    assert ids(Contact.objects.get()) == {"telegram:5001", "phone:59899333444"}
    takes(telegram, people.tg_text(text=None, contact={"phone_number": "+598 99 111 222", "user_id": 6001}))
    assert ids(Contact.objects.get()) == {"telegram:5001", "phone:59899333444"}


# --- a new number, a new user id ------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["user_changed_number", "customer_changed_number"])
def test_a_new_number_before_its_first_message(whatsapp, kind):
    takes(whatsapp, people.wa_text(MARTA, "con el viejo"))
    for _ in range(2):
        takes(whatsapp, changed_number(MARTA, NEW, kind=kind))
    takes(whatsapp, people.wa_text(NEW, "con el nuevo"))
    contact = Contact.objects.get()
    assert ids(contact) == {f"wa_id:{NEW}", f"phone:{NEW}"}
    assert contact.shown_address == f"+{NEW}"
    assert len(notes()) == 1
    assert MARTA in notes()[0]


def test_a_new_number_is_told_once_though_the_body_comes_again(whatsapp):
    takes(whatsapp, people.wa_text(MARTA, "hola", bsuid="AR.1"))
    raw = json.dumps(changed_number(MARTA, NEW, bsuid="AR.2", previous="AR.1")).encode()
    takes(whatsapp, raw)
    takes(whatsapp, raw)
    takes(whatsapp, changed_number(MARTA, NEW, bsuid="AR.2", previous="AR.1"))
    contact = Contact.objects.get()
    assert ids(contact) == {f"wa_id:{NEW}", f"phone:{NEW}", "bsuid:AR.2"}
    assert len(notes()) == 1


def test_a_new_number_with_the_same_user_id_is_told_once(whatsapp):
    takes(whatsapp, people.wa_text(MARTA, "hola", bsuid="AR.1"))
    said = people.wa_message(MARTA, bsuid="AR.1", type="system", system={
        "type": "customer_changed_number", "body": "x", "new_wa_id": NEW, "customer": MARTA})  # fmt: skip
    raw = json.dumps(people.wa_texts(said)).encode()
    for _ in range(3):
        takes(whatsapp, raw)
    assert len(notes()) == 1
    takes(whatsapp, people.wa_text("", "sigo siendo yo", bsuid="AR.1"))
    assert Contact.objects.count() == 1


def test_a_new_number_after_its_first_message_leaves_two_and_says_so(whatsapp):
    takes(whatsapp, people.wa_text(MARTA, "con el viejo"))
    takes(whatsapp, people.wa_text(NEW, "con el nuevo"))
    for _ in range(2):
        takes(whatsapp, changed_number(MARTA, NEW))
    assert Contact.objects.count() == 2
    assert len(notes()) == 1
    old = Chat.objects.get(messages__text="con el viejo")
    assert old.messages.filter(direction="note", author="system", text=notes()[0]).exists()
    assert f"wa_id:{NEW}" in ids(Contact.objects.order_by("id").last())


def test_a_new_number_at_the_moment_of_its_first_message_leaves_two_who_both_can_be_written_to(transactional_db):
    origin = people.whatsapp_origin()
    takes(origin, people.wa_text(MARTA, "con el viejo"))
    with transaction.atomic():
        people.says(origin, NEW, "con el nuevo", address_kind="wa_id", aliases=(("phone", NEW),))
        renamed = start(lambda: takes(origin, changed_number(MARTA, NEW)))
    renamed.result(20)
    old, new = Contact.objects.order_by("id")
    assert (ids(old), ids(new)) == ({f"wa_id:{MARTA}", f"phone:{MARTA}"}, {f"wa_id:{NEW}", f"phone:{NEW}"})
    assert len(notes()) == 1


def test_a_new_number_whose_first_message_carried_the_same_user_id(whatsapp):
    takes(whatsapp, people.wa_text(MARTA, "con el viejo", bsuid="AR.1"))
    takes(whatsapp, people.wa_text(NEW, "con el nuevo", bsuid="AR.1"))
    takes(whatsapp, changed_number(MARTA, NEW, bsuid="AR.1", previous="AR.1"))
    contact = Contact.objects.get()
    assert f"wa_id:{MARTA}" not in ids(contact)
    assert {f"wa_id:{NEW}", "bsuid:AR.1"} <= ids(contact)
    assert contact.shown_address == f"+{NEW}"


def test_the_old_number_is_somebody_elses_one_day(whatsapp):
    takes(whatsapp, people.wa_text(MARTA, "soy Marta"))
    takes(whatsapp, changed_number(MARTA, NEW))
    takes(whatsapp, people.wa_text(MARTA, "soy Raúl", name="Raúl"))
    assert Contact.objects.count() == 2
    raul = Message.objects.get(text="soy Raúl").chat.contact
    assert (raul.name, ids(raul)) == ("Raúl", {f"wa_id:{MARTA}", f"phone:{MARTA}"})
    takes(whatsapp, people.wa_text(NEW, "y yo sigo acá"))
    assert Message.objects.get(text="y yo sigo acá").chat.contact.name == "Marta Gómez"


def test_a_new_user_id_keeps_the_person(whatsapp):
    takes(whatsapp, people.wa_text("", "hola", bsuid="US.1"))
    value = people.wa_value() | {"user_id": {"previous": "US.1", "current": "US.2"}}
    takes(whatsapp, people.wa_body(people.wa_change("user_id_update", value)))
    takes(whatsapp, people.wa_text("", "acá estoy", bsuid="US.2"))
    assert (Contact.objects.count(), ids(Contact.objects.get())) == (1, {"bsuid:US.2"})


def test_a_change_of_somebody_unknown_is_of_no_consequence(whatsapp):
    takes(whatsapp, changed_number("5491100000001", "5491100000002"))
    assert (Contact.objects.count(), notes()) == (0, [])


def test_what_we_write_goes_to_the_number_of_now(whatsapp, ana):
    from gateway.outbound import payload

    takes(whatsapp, people.wa_text(MARTA, "hola"))
    takes(whatsapp, changed_number(MARTA, NEW))
    chat = Chat.objects.get()
    moves.take(chat.pk, ana)
    message = replies.send_reply(chat.pk, ana, "Va")
    out = payload.build_outgoing(Message.objects.get(pk=message.pk), timezone.now())
    assert out.address("wa_id", "phone") == NEW
    assert MARTA not in dict(out.to).values()


# --- ids that are odd -----------------------------------------------------------------------------


@pytest.mark.parametrize("odd", ["+54 (911) 5555-0101", "54911555501012345678901234567890", "ñ-1", "a:b/c d", "0"])
def test_an_id_of_the_network_is_never_refused_for_its_form(whatsapp, odd):
    takes(whatsapp, people.wa_text(odd))
    takes(whatsapp, people.wa_text(odd))
    assert (Contact.objects.count(), Message.objects.filter(direction="in").count()) == (1, 2)


def test_the_same_id_of_another_kind_is_another_person(db):
    messenger, instagram = people.messenger_origin(), people.instagram_origin()
    takes(messenger, people.meta_text("messenger", "24001"))
    takes(instagram, people.meta_text("instagram", "24001"))
    assert Contact.objects.count() == 2


def test_who_comes_back_without_his_name_keeps_it(whatsapp):
    takes(whatsapp, people.wa_text(MARTA, name="Marta"))
    takes(whatsapp, people.wa_texts(people.wa_message(MARTA, "sin tarjeta")))
    takes(whatsapp, people.wa_text(MARTA, name="Otra"))
    assert Contact.objects.get().name == "Marta"


def test_a_merge_that_another_connection_made_is_seen(whatsapp):
    """Who asks for a person whose ids are of nobody any more gets a new contact, not an error."""
    takes(whatsapp, people.wa_text(MARTA))
    Address.objects.filter(value=MARTA).update(revoked_at=timezone.now() - timedelta(days=1))
    fact = Incoming("wamid.Z", MARTA, "text", "de nuevo", address_kind="wa_id", aliases=(("phone", MARTA),))
    assert persons.find_owners(whatsapp, persons.ids_of(fact)) == {}
    assert receiving.receive(whatsapp, fact).is_new
    assert Contact.objects.count() == 2


def test_an_item_for_nobody_does_not_stop_the_body(whatsapp, client):
    said = [people.wa_message(""), people.wa_message(MARTA, "vale")]
    answer = people.post_meta(client, whatsapp, people.wa_texts(*said)).json()
    assert (answer["accepted"], len(answer["rejected"])) == (1, 1)
