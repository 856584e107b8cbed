"""What the forms of lines tell people to tick exists at Meta, and is read when it comes."""

import pytest

from chats.models import Message
from origins.facts import Ignored
from origins.meta import app
from origins.whatsapp.inbound import LISTS
from origins.whatsapp.notices import read_account_news
from tests import people
from tests.gateway.inbound.network_posts import takes

# of Meta's references to the webhooks of each, November 2026
EXIST = {
    "whatsapp": {
        "account_alerts", "account_review_update", "account_update", "business_capability_update", "flows", "history",
        "message_template_components_update", "message_template_quality_update", "message_template_status_update",
        "messages", "phone_number_name_update", "phone_number_quality_update", "security", "smb_app_state_sync",
        "smb_message_echoes", "template_category_update", "user_preferences",
    },
    "messenger": {
        "message_deliveries", "message_echoes", "message_edits", "message_reactions", "message_reads", "messages",
        "messaging_optins", "messaging_policy_enforcement", "messaging_postbacks", "messaging_referrals", "standby",
    },
    "instagram": {
        "message_reactions", "messages", "messaging_optins", "messaging_policy_enforcement", "messaging_postbacks",
        "messaging_referral", "messaging_seen", "standby",
    },
}  # fmt: skip
# what an event of each is called, by the field
EVENTS = {
    "messaging_postbacks": {"postback": {"title": "Sí", "payload": "x"}},
    "messaging_referrals": {"referral": {"ref": "x"}},
    "messaging_referral": {"referral": {"ref": "x"}},
    "messaging_optins": {"optin": {"ref": "x"}},
    "messaging_policy_enforcement": {"policy_enforcement": {"action": "warning", "reason": "Spam"}},
    "message_edits": {"message_edit": {"mid": "m_1", "text": "x"}},
    "message_reactions": {"reaction": {"mid": "m_1", "action": "react", "emoji": "👍"}},
    "message_deliveries": {"delivery": {"watermark": 1795525200123}},
    "message_reads": {"read": {"watermark": 1795525200123}},
    "messaging_seen": {"read": {"mid": "m_1"}},
    "message_echoes": {"message": {"mid": "m_e", "text": "x", "is_echo": True}},
    "messages": {"message": {"mid": "m_m", "text": "x"}},
}


@pytest.mark.parametrize("kind", EXIST)
def test_every_field_that_the_form_names_exists(kind):
    assert set(app.FIELDS[kind]) <= EXIST[kind]


@pytest.mark.parametrize("field", sorted({*app.FIELDS["whatsapp"]} - {*LISTS}))
def test_every_field_of_whatsapp_that_the_form_names_is_read(field):
    value = {"message_template_id": 7, "message_template_name": "turno", "event": "X"}
    assert not isinstance(read_account_news(field, value, "2000001", 1795525200), Ignored)


@pytest.mark.parametrize("kind", ["messenger", "instagram"])
def test_every_field_of_meta_that_the_form_names_is_read(client, db, kind):
    origin = getattr(people, f"{kind}_origin")()
    takes(client, origin, people.meta_text(kind, "24001", "Hola", id="m_1"))
    for field in app.FIELDS[kind]:
        sides = {"sender": "", "to": "24001"} if field == "message_echoes" else {"sender": "24001"}
        answer = takes(client, origin, people.meta_event(kind, **sides, **EVENTS[field]))
        assert (answer["rejected"], answer["accepted"]) == ([], 1), field
    assert Message.objects.filter(direction="in").exists()
