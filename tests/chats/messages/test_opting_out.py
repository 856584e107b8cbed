"""Who wants no broadcasts says so in a word, over the network or through an agent, and it is kept with its history."""

from datetime import timedelta

import pytest
from django.urls import reverse

from chats.messages.receipts import apply_receipt
from chats.models import Chat, Message
from common.errors import Failure
from contacts.models import CardChange, Contact
from origins.facts import Receipt
from tests import people
from tests.backoffice.pages import change, errors
from tests.chats.places import AT
from tests.inbox.pages import signed_in


def answers(chat):
    return list(chat.messages.filter(direction="out").values_list("text", flat=True))


@pytest.fixture
def origin(db):
    origin = people.http_origin(callback_url="https://crm.example.org/")
    people.with_bot(origin)
    return origin


def say(origin, text, *, at=AT):
    return people.fresh(people.says(origin, "cust", text, at=at, now=at).message.chat)


@pytest.mark.parametrize("word", ["BAJA", "  baja. ", "¡Bája!", "No recibir más"])
def test_a_word_ends_broadcasts_and_the_customer_is_told(origin, word):
    chat = say(origin, word)
    assert chat.contact.opted_out_at == AT
    assert chat.state == "BOT"
    assert answers(chat) == ["Listo: no te enviamos más difusiones."], "no bot has a say in it"
    assert chat.messages.filter(direction="note", text="Pidió no recibir más difusiones").count() == 1
    (step,) = CardChange.objects.filter(contact=chat.contact, field="opt_out")
    assert word.strip() in step.after


@pytest.mark.parametrize("text", ["doy de baja mi pedido", "bajada", "b a j a", "BAJA " * 20])
def test_a_sentence_with_the_word_is_for_the_bot(origin, text):
    chat = say(origin, text)
    assert chat.contact.opted_out_at is None
    assert answers(chat)
    assert "difusiones" not in answers(chat)[0]


def test_after_the_word_the_bot_answers_as_ever(origin):
    say(origin, "BAJA")
    chat = say(origin, "Hola", at=AT + timedelta(minutes=1))
    assert len(answers(chat)) > 1


def test_asking_twice_is_one_step_and_answered_twice(origin):
    say(origin, "BAJA")
    chat = say(origin, "STOP", at=AT + timedelta(minutes=1))
    assert chat.contact.opted_out_at == AT
    assert CardChange.objects.filter(contact=chat.contact, field="opt_out").count() == 1
    assert len(answers(chat)) == 2


def test_who_is_with_an_agent_is_answered_by_the_agent(http_origin, ana):
    chat = people.held(http_origin, ana, at=AT)
    people.says(http_origin, chat.contact.addresses.first().value, "BAJA", at=AT + timedelta(minutes=1),
                now=AT + timedelta(minutes=1))  # fmt: skip
    chat = people.fresh(chat)
    assert chat.contact.opted_out_at
    assert chat.state == "AGENTE"
    assert answers(chat) == []


def test_an_old_message_of_yesterday_ends_nothing(origin):
    people.says(origin, "cust", "BAJA", at=AT - timedelta(days=3), now=AT)
    assert Contact.objects.get(origin=origin).opted_out_at is None


def test_meta_says_that_a_person_stopped_promotions(db, django_capture_on_commit_callbacks):
    origin = people.whatsapp_origin()
    chat = people.nowhere(origin)
    message = Message.objects.create(
        chat=chat, origin=origin, direction="out", author="bot", kind="template", status="sent", external_id="wamid.1"
    )
    with django_capture_on_commit_callbacks(execute=True):
        apply_receipt(origin, Receipt("wamid.1", "failed", reason="no", failure=Failure.OPTED_OUT, code="131050"))
    assert Contact.objects.get(pk=chat.contact_id).opted_out_at
    assert Message.objects.get(pk=message.pk).status == "failed"


def test_a_line_may_have_words_of_its_own(sofia):
    origin, desk = people.http_origin(), signed_in(sofia)
    for words, said in (("x" * 41, "hasta 40 letras"), ("FORA, !!", "“!!” no es una palabra")):
        assert said in errors(desk.post(*change(origin, opt_out_words=words)))
    assert desk.post(*change(origin, opt_out_words=" Sair,  parar  agora, ,Sair")).status_code == 302
    origin.refresh_from_db()
    assert origin.opt_out_words == "Sair, parar agora"
    assert say(origin, "BAJA").contact.opted_out_at is None
    assert say(origin, "¡PARAR agora!").contact.opted_out_at == AT


def test_what_the_network_tells_of_promotions_is_kept_and_the_last_word_stands(db, client):
    origin = people.whatsapp_origin()
    hour = timedelta(hours=1)
    assert people.post_meta(client, origin, people.wa_text(sender="5491155550101")).status_code == 200
    chat = Chat.objects.get()

    def tells(value, at, who="5491155550101"):
        said = {"wa_id": who, "category": "marketing_messages", "value": value, "timestamp": int(at.timestamp())}
        value = {"metadata": {"phone_number_id": origin.line_id}, "user_preferences": [said]}
        changes = [{"field": "user_preferences", "value": value}]
        body = {"object": "whatsapp_business_account", "entry": [{"id": origin.account_id, "changes": changes}]}
        assert people.post_meta(client, origin, body).status_code == 200
        return people.fresh(chat).contact.opted_out_at

    assert tells("stop", AT + hour) == AT + hour
    assert tells("stop", AT + hour) == AT + hour
    assert tells("resume", AT + 3 * hour) is None
    # told late
    assert tells("stop", AT + 2 * hour) is None
    steps = CardChange.objects.filter(contact=chat.contact, field="opt_out").order_by("pk")
    assert [one.what for one in steps] == ["No quiere difusiones", "Vuelve a recibir difusiones"]
    notes = chat.messages.filter(direction="note", author="system").values_list("text", flat=True)
    assert [text.startswith("La red avisa que") for text in notes][-2:] == [True, True]
    # of somebody who never wrote nothing is made
    tells("stop", AT, who="5491155559999")
    assert Contact.objects.count() == 1
    people.assert_numbers_are_kept(chat)


def test_an_agent_switches_it_on_the_card_and_back(http_origin, ana):
    chat = people.waiting(http_origin)
    browser = signed_in(ana)
    url = reverse("switch_broadcasts", args=[chat.contact_id])
    assert browser.post(url, {"wants": "0"}).status_code == 303
    assert Contact.objects.get(pk=chat.contact_id).opted_out_at
    page = browser.get(reverse("contact", args=[chat.contact_id])).content.decode()
    assert "No quiere difusiones desde" in page
    assert browser.post(url, {"wants": "1"}).status_code == 303
    assert Contact.objects.get(pk=chat.contact_id).opted_out_at is None
    steps = CardChange.objects.filter(contact=chat.contact_id, field="opt_out").order_by("pk")
    assert [(bool(one.before), bool(one.after), one.actor) for one in steps] == [
        (False, True, ana), (True, False, ana),
    ]  # fmt: skip


def test_the_numbers_of_a_chat_are_kept(origin):
    people.assert_numbers_are_kept(say(origin, "BAJA"))
    assert people.all_consistent()
