"""By what link, ad or form a customer came: kept at the contact, and said with the message that follows."""

import pytest

from chats import fragments
from chats.models import Chat, Message, ParkedFact, Template
from contacts.models import Contact
from origins.models import Body, Origin
from tests import people
from tests.gateway.inbound.network_posts import heard, takes
from tests.inbox.pages import words_of

CAME = {"ref": "promo-invierno", "source": "SHORTLINK", "type": "OPEN_THREAD"}


def meta(kind):
    return getattr(people, f"{kind}_origin")()


def shown(message):
    return words_of(fragments.render_message(Chat.objects.with_people().get(pk=message.chat_id), message)[1])


@pytest.mark.parametrize("kind", ["messenger", "instagram"])
@pytest.mark.parametrize("name", ["referral", "optin"])
@pytest.mark.parametrize("times", [1, 2])
def test_a_link_told_before_the_first_message_is_said_with_it(client, db, kind, name, times):
    origin = meta(kind)
    for _ in range(times):
        takes(client, origin, people.meta_event(kind, "24001", **{name: CAME}))
    assert (Contact.objects.count(), Chat.objects.count()) == (0, 0)
    takes(client, origin, people.meta_text(kind, "24001", "Hola"))
    takes(client, origin, people.meta_text(kind, "24001", "¿Hay alguien?"))
    chat = Chat.objects.get()
    assert chat.attributes["ref"] == "promo-invierno"
    first, second = chat.messages.filter(direction="in").order_by("id")
    assert "promo-invierno" in shown(first)
    assert "promo-invierno" not in shown(second)
    assert not ParkedFact.objects.exists()
    assert people.all_consistent()


@pytest.mark.parametrize("kind", ["messenger", "instagram"])
@pytest.mark.parametrize("together", [False, True])
def test_a_known_customer_keeps_the_latest_link_and_stays_where_the_chat_is(client, db, ana, kind, together):
    origin = meta(kind)
    takes(client, origin, people.meta_text(kind, "24001", "Hola"))
    chat = Chat.objects.get()
    place = (chat.state, chat.tray_id, chat.change_id, chat.unread)
    takes(client, origin, people.meta_event(kind, "24001", referral=CAME))
    takes(client, origin, people.meta_event(kind, "24001", referral={**CAME, "ref": "otro-cartel"}))
    chat.refresh_from_db()
    assert chat.attributes["ref"] == "otro-cartel"
    assert (chat.state, chat.tray_id, chat.change_id, chat.unread) == place
    said = [{"sender": {"id": "24001"}, "recipient": {"id": origin.line_id}, "timestamp": people.millis(),
             "message": {"mid": f"m_x{n}", "text": str(n)}} for n in range(2)]  # fmt: skip
    for events in [said] if together else [said[:1], said[1:]]:
        takes(client, origin, people.meta_events(kind, *events))
    assert heard() == ["Hola", "0", "1"]
    with_link = [one.text for one in chat.messages.filter(direction="in") if "otro-cartel" in shown(one)]
    assert with_link == ["0"]


@pytest.mark.parametrize("kind", ["messenger", "instagram"])
def test_a_link_inside_of_a_tap_or_beside_a_message_is_kept(client, db, kind):
    origin = meta(kind)
    tap = {"mid": "m_1", "title": "Empezar", "payload": "GET_STARTED", "referral": CAME}
    takes(client, origin, people.meta_event(kind, "24001", postback=tap))
    takes(client, origin, people.meta_event(kind, "24002", message={"mid": "m_2", "text": "Hola"}, referral=CAME))
    inside = {
        "mid": "m_3",
        "text": "Hola",
        "referral": {"source": "ADS", "ad_id": "60", "ads_context_data": {"ad_title": "Botas"}},
    }
    takes(client, origin, people.meta_event(kind, "24003", message=inside))
    found = {chat.contact.addresses.get().value: chat.attributes for chat in Chat.objects.all()}
    assert found["24001"]["ref"] == found["24002"]["ref"] == "promo-invierno"
    assert found["24003"] == {"ref_source": "ADS", "ad_id": "60", "ad_title": "Botas"}
    assert all("promo-invierno" in shown(one) for one in Message.objects.filter(direction="in")[:2])


def test_an_ad_of_whatsapp_and_a_link_of_telegram_are_kept_too(client, whatsapp, telegram):
    ad = {
        "source_type": "ad",
        "source_id": "120",
        "headline": "Botas",
        "source_url": "https://fb.me/x",
        "ctwa_clid": "c",
    }
    takes(client, whatsapp, people.wa_texts(people.wa_message(referral=ad)))
    takes(client, telegram, people.tg_text(text="/start cartel-7"))
    kept = {chat.origin.kind: chat.attributes for chat in Chat.objects.all()}
    assert kept["whatsapp"] == {"ref_source": "ad", "ad_id": "120", "ad_title": "Botas", "ctwa_clid": "c"}
    assert kept["telegram"] == {"ref_source": "start", "ref": "cartel-7"}


def test_an_arrival_of_nobody_or_of_nothing_leaves_nothing(client, messenger):
    event = people.meta_event("messenger", "24001", optin={"ref": "x", "user_ref": "u-1"})
    del event["entry"][0]["messaging"][0]["sender"]
    takes(client, messenger, event)
    takes(client, messenger, people.meta_event("messenger", "24001", optin={"type": "notification_messages"}))
    assert not ParkedFact.objects.exists()
    assert set(Body.objects.values_list("state", flat=True)) == {"processed"}


@pytest.mark.parametrize("name", ["policy-enforcement", "policy_enforcement"])
def test_a_blocked_page_is_told_in_both_spellings(client, messenger, name):
    takes(client, messenger, people.meta_event("messenger", "", **{name: {"action": "block", "reason": "Spam"}}))
    messenger.refresh_from_db()
    assert "Spam" in messenger.trouble
    takes(client, messenger, people.meta_event("messenger", "", **{name: {"action": "unblock", "reason": ""}}))
    assert Origin.objects.get(pk=messenger.pk).trouble == ""


def test_a_flagged_template_says_until_when(client, whatsapp, sofia):
    template = Template.objects.create(name="turno", body="Hola", origin=whatsapp, remote_id="77")
    news = {"message_template_id": 77, "message_template_name": "turno", "message_template_language": "es"}
    flagged = news | {"event": "FLAGGED", "reason": "NONE", "disable_info": {"disable_date": "1796000000"}}
    takes(client, whatsapp, people.wa_body(people.wa_change("message_template_status_update", flagged)))
    template.refresh_from_db()
    assert template.disabled_from.timestamp() == 1_796_000_000
    client.force_login(sofia)
    assert "de noviembre de 2026" in client.get("/admin/chats/template/").content.decode()
    takes(
        client,
        whatsapp,
        people.wa_body(people.wa_change("message_template_status_update", news | {"event": "REINSTATED"})),
    )
    template.refresh_from_db()
    assert template.disabled_from is None
