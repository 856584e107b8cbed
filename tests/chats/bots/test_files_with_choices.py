"""A bot's picture with choices: below it where the network has buttons there, else with the words that follow."""

import pytest

from chats.bots import rows
from origins.models import Origin
from tests import people
from wittybots.turns import Saying

PICTURE = {"url": "https://example.org/zapatilla.jpg"}


def said(kind, *titles, text="¿La querés?", files=1):
    """(kind, text, choices) of each message that becomes of it."""
    bot = people.external_bot()
    address = {"whatsapp": "wa_id", "telegram": "telegram", "messenger": "psid", "instagram": "igsid"}[kind]
    line = people.received_by(bot, Origin.objects.create(kind=kind, name=kind, key=kind, line_id="1"))
    chat = people.fresh(people.says(line, "59899", "Hola", address_kind=address).message.chat)
    choices = tuple({"title": title, "payload": title} for title in titles)
    saying = Saying("choices", text, choices, (PICTURE,) * files)
    made = rows.plan_parts(chat, bot, saying, chat.last_customer_at)
    return [(one.kind, one.text, len(one.payload.get("choices", ()))) for one in made]


@pytest.mark.parametrize("kind", ["whatsapp", "telegram"])
def test_choices_of_a_picture_stand_below_it(db, kind):
    assert said(kind, "Sí", "No") == [("image", "¿La querés?", 2)]


def test_choices_that_do_not_fit_there_stand_below_the_words_that_follow(db):
    assert said("whatsapp", "a", "b", "c", "d") == [("image", "", 0), ("text", "¿La querés?", 4)]


def test_a_title_that_is_too_long_for_a_button_keeps_the_list(db):
    assert said("whatsapp", "Quiero la de talle 42") == [("image", "", 0), ("text", "¿La querés?", 1)]


@pytest.mark.parametrize("kind", ["messenger", "instagram"])
def test_where_a_file_has_no_words_its_choices_follow_with_them(db, kind):
    assert said(kind, "Sí", "No") == [("image", "", 0), ("text", "¿La querés?", 2)]


def test_nothing_stands_below_a_sound_on_whatsapp(db, monkeypatch):
    monkeypatch.setitem(PICTURE, "url", "https://example.org/voz.mp3")
    assert said("whatsapp", "Sí", text="") == [("audio", "", 0), ("text", "", 1)]


def test_choices_of_several_files_stand_below_the_words_that_follow(db):
    found = said("whatsapp", "Sí", files=2)
    assert found == [("image", "", 0), ("image", "", 0), ("text", "¿La querés?", 1)]
