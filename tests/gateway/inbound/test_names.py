"""Names as customers choose them: shown safely everywhere, kept as they came, and none where nothing can be seen."""

import pytest
from django.urls import reverse

from chats import fragments, moves, serializers
from chats.models import Chat
from contacts.models import Contact
from tests import people
from tests.gateway.inbound.network_posts import MARTA, takes

TURNED = "Ana \u202egpj.exe\u2066"


@pytest.mark.parametrize("name", ["\u3164", "\u200b\u2060", "\u2800", "\u202e"])
def test_an_invisible_name_is_none_until_a_real_one_comes(client, whatsapp, telegram, name):
    takes(client, whatsapp, people.wa_text(MARTA, name=name))
    contact = Contact.objects.get()
    assert (contact.name, str(contact)) == ("", f"+{MARTA}")
    takes(client, whatsapp, people.wa_text(MARTA, "y yo", name=name))
    takes(client, whatsapp, people.wa_text(MARTA, "soy", name="Marta"))
    contact.refresh_from_db()
    assert contact.name == "Marta"
    person = {"id": 7001, "is_bot": False, "first_name": name}
    takes(client, telegram, people.tg_update("message", people.tg_message(7001) | {"from": person}))
    assert str(Contact.objects.get(origin=telegram)) == "7001"


def test_one_of_before_falls_back_as_well(db):
    assert str(Contact(name="\u3164", shown_address="+598 99")) == "+598 99"


@pytest.mark.parametrize("held", [False, True])
def test_a_name_that_turns_what_follows_is_shown_straight_on_every_page(client, whatsapp, ana, held):
    takes(client, whatsapp, people.wa_text(MARTA, name=TURNED))
    chat = Chat.objects.get()
    if held:
        moves.take(chat.pk, ana)
    client.force_login(ana)
    pages = [reverse("contacts"), reverse("contact", args=[chat.contact_id])]
    chat = people.fresh(chat)
    pages += [reverse("chat", args=[chat.pk])] if held else [reverse("preview", args=[chat.tray_id, chat.pk])]
    for page in pages:
        html = client.get(page, follow=True).content.decode()
        assert "Ana gpj.exe" in html, page
        assert not {"\u202e", "\u2066"} & set(html), page
    head, _html = fragments.render_tab(Chat.objects.with_people().get(pk=chat.pk), "upsert")
    assert head["name"] == "Ana gpj.exe"
    # programs get it as it came
    assert serializers.serialize_contact(chat.contact).name == TURNED


@pytest.mark.parametrize("kind", ["messenger", "instagram"])
@pytest.mark.parametrize("said", [{"message": {"mid": "m_1", "text": "x"}}, {"postback": {"mid": "m_1", "title": "x"}},
                                  {"referral": {"ref": "x"}}])  # fmt: skip
def test_our_own_page_is_no_customer(client, db, kind, said):
    origin = getattr(people, f"{kind}_origin")()
    takes(client, origin, people.meta_event(kind, "", **said))
    takes(client, origin, people.meta_event(kind, "90077", to="90077", **said))
    assert not Contact.objects.exists()


def test_our_own_number_and_bot_are_no_customers(client, whatsapp, telegram):
    for number in ("15550001000", "+1 555 000-1000", whatsapp.line_id):
        takes(client, whatsapp, people.wa_text(number, "x"))
    bot = {"id": 9, "is_bot": True, "first_name": "bot"}
    takes(client, telegram, people.tg_update("message", people.tg_message(9) | {"from": bot}))
    assert not Contact.objects.exists()
