"""External bots against agents and the clock at the same instant."""

import os
import random

from chats import moves
from chats.bots import external
from chats.errors import Rejected
from contacts.models import StateChange
from tests import people
from tests.chats.bots.external_bots import text, told
from tests.threads import Crowd
from wittybots import events
from wittybots.models import Bot, Event, Reception
from wittybots.turns import HandOver

# by night a thousand: each is a dozen transactions
RACES = 1000 if os.environ.get("WITTY_NIGHTLY") == "1" else 100


def test_a_bot_never_talks_over_the_agent_who_took_the_chat(transactional_db, ana, ventas):
    """Its answer against its own hand-over, the agent's take and the customer's next word, hundreds of times."""
    bot, origin = people.external_bot(), people.http_origin()
    Reception.objects.create(origin=origin, bot=bot)
    Bot.objects.update(most_per_minute=32_000)
    bot.refresh_from_db()
    moves.take(people.waiting(people.http_origin()).pk, ana)

    def quietly(act):
        def run(_number):
            try:
                return act()
            except Rejected as refused:
                return refused

        return run

    taken = 0
    with Crowd(4) as crowd:
        for number in range(RACES):
            chat = people.says(origin, f"c-{number}", "Hola").message.chat
            if number % 2:  # the take has something to win from the start
                external.hand_over(chat.pk, bot, HandOver("Ventas"))
            acts = [
                quietly(lambda chat=chat: external.say_messages(chat.pk, bot, [text("Te ayudo")])),
                quietly(lambda chat=chat: external.hand_over(chat.pk, bot, HandOver("Ventas", "Resumen"))),
                quietly(lambda chat=chat: moves.take(chat.pk, ana)),
                quietly(
                    lambda number=number: people.says(origin, f"c-{number}", "¿Hola?", external_id=f"again-{number}")
                ),
            ]
            random.shuffle(acts)
            found = crowd.at_once(acts)
            assert not [one for one in found if isinstance(one, Exception) and not isinstance(one, Rejected)], found
            taken += _checked(chat, ana)
    assert taken >= RACES // 4


def _checked(chat, ana):
    chat = people.fresh(chat)
    assert chat.messages.filter(direction="in").count() == 2
    took = StateChange.objects.filter(contact=chat.contact, cause="taken").first()
    left = StateChange.objects.filter(contact=chat.contact, cause="handed_over")
    assert left.count() == 1
    said = chat.messages.filter(author="bot", direction="out").order_by("id").last()
    hand_over = chat.messages.get(change=left.get())
    # in the order in which they were written
    assert said is None or said.pk < hand_over.pk
    if took:
        assert chat.agent == ana
    return took is not None


def test_the_customers_words_are_told_or_answered_by_people_whatever_happens_at_once(transactional_db, ventas):
    bot, origin = people.external_bot(), people.http_origin()
    Reception.objects.create(origin=origin, bot=bot)
    with Crowd(6) as crowd:
        for number in range(40):
            found = crowd.at_once([
                lambda _n, number=number, k=k: people.says(origin, f"c-{number}", f"{k}", external_id=f"{number}-{k}")
                for k in range(6)
            ])  # fmt: skip
            chat = found[0].message.chat
            assert Event.objects.filter(chat_id=chat.pk, kind="message_created").count() == 6
            assert Event.objects.filter(chat_id=chat.pk, kind="conversation_created").count() == 1
            assert told(chat)[0] == events.CREATED
