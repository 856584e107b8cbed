"""A bot that cannot be reached or does not answer loses the chat to people."""

from datetime import timedelta

from chats.bots import deadlines, external, release
from gateway import tasks
from tests import people
from tests.chats.bots.external_bots import NOW, has_heard, lines, text
from wittybots.models import Bot, Endpoint, Event, Reception
from wittybots.turns import HandOver


def due(chat):
    return people.fresh(chat).bot_due_at


def test_a_customer_whose_bot_cannot_be_reached_goes_to_people_and_is_told_once(chat, bot):
    assert release.release_chat(chat.pk, bot, "El bot no responde: HTTP 500")
    assert not release.release_chat(chat.pk, bot, "El bot no responde: HTTP 500")
    found = people.fresh(chat)
    assert (found.state, found.tray.kind, found.change.note) == ("BANDEJA", "general", "El bot no responde: HTTP 500")
    assert lines(chat)[1:] == [("bot", "out", bot.farewell)]


def test_giving_up_leads_to_the_origins_own_tray(chat, bot, ventas):
    Reception.objects.update(tray=ventas)
    release.release_chat(chat.pk, bot, "No responde")
    assert people.fresh(chat).tray == ventas


def takes_it(chat, bot, **how):
    chat = people.fresh(chat)
    deadlines.note_heard(chat, bot, now=NOW(), **how)
    chat.save(update_fields=("bot_due_at",))


def test_a_bot_that_took_the_message_and_says_nothing_loses_the_chat(chat, bot):
    has_heard(chat)
    takes_it(chat, bot, has_answered=False)
    assert release.release_overdue(NOW() + timedelta(seconds=30)) == 0
    assert release.release_overdue(NOW() + timedelta(seconds=46)) == 1
    assert release.release_overdue(NOW() + timedelta(seconds=90)) == 0
    assert people.fresh(chat).state == "BANDEJA"


def test_a_bot_that_greets_and_dies_before_it_answers_loses_the_chat(chat, bot):
    """It greeted on conversation_created, took the message with a 204, and meant to answer later."""
    external.say_messages(chat.pk, bot, [text("Hola, soy el bot")])
    assert due(chat) is not None
    began = NOW()
    has_heard(chat)
    takes_it(chat, bot, has_answered=False, began=began)
    assert release.release_overdue(NOW() + timedelta(seconds=46)) == 1


def test_an_answer_to_the_first_question_leaves_the_second_open(chat, bot, line):
    has_heard(chat)
    people.says(line, "marta", "¿Y cuánto sale?")
    external.say_messages(chat.pk, bot, [text("Sí, hay")])
    assert due(chat) - NOW() > timedelta(seconds=40)
    began = NOW()
    has_heard(chat)
    takes_it(chat, bot, has_answered=False, began=began)
    assert release.release_overdue(NOW() + timedelta(seconds=46)) == 1


def test_what_the_bot_says_by_the_api_while_it_is_told_is_its_answer(chat, bot):
    began = NOW()
    Event.objects.filter(chat_id=chat.pk).update(state="sending")
    external.say_messages(chat.pk, bot, [text("Sí, hay")])
    has_heard(chat)
    takes_it(chat, bot, has_answered=False, began=began)
    assert due(chat) is None


def test_one_chat_that_cannot_be_helped_does_not_stop_the_others(line, bot, monkeypatch):
    chats = [people.says(line, f"c-{number}", "Hola").message.chat for number in range(3)]
    break_chat(chats[0], monkeypatch)
    assert release.release_overdue(NOW() + timedelta(seconds=90)) == 2
    assert [people.fresh(chat).state for chat in chats] == ["BOT", "BANDEJA", "BANDEJA"]


def break_chat(broken, monkeypatch):
    """From now on no step of this chat can be written, nor of those that are written together with it."""
    really = release.go_many

    def go_many(steps, *args, **more):
        if broken.pk in [step.chat.pk for step in steps]:
            raise RuntimeError("rota")
        return really(steps, *args, **more)

    monkeypatch.setattr(release, "go_many", go_many)


def test_all_chats_of_a_bot_leave_it_together_and_each_has_its_line(line, bot, django_assert_max_num_queries):
    Bot.objects.filter(pk=bot.pk).update(farewell="")
    chats = [people.says(line, f"c-{number}", "Hola").message.chat for number in range(30)]
    with django_assert_max_num_queries(12):
        assert release.release_all(bot, "El bot se apagó") == 30
    assert {people.fresh(chat).state for chat in chats} == {"BANDEJA"}
    assert all(chat.messages.filter(kind="move", change__note="El bot se apagó").count() == 1 for chat in chats)
    assert people.all_consistent()
    assert release.release_all(bot, "El bot se apagó") == 0


def test_one_chat_that_cannot_leave_its_bot_keeps_no_other_with_it(line, bot, monkeypatch):
    chats = [people.says(line, f"c-{number}", "Hola").message.chat for number in range(3)]
    break_chat(chats[1], monkeypatch)
    assert release.release_all(bot, "El bot se apagó") == 2
    assert [people.fresh(chat).state for chat in chats] == ["BANDEJA", "BOT", "BANDEJA"]


def test_a_bot_that_has_had_its_say_keeps_the_chat(chat, bot, line):
    has_heard(chat)
    takes_it(chat, bot, has_answered=True)
    assert release.release_overdue(NOW() + timedelta(hours=1)) == 0
    people.says(line, "marta", "¿Y?")
    assert release.release_overdue(NOW() + timedelta(seconds=60)) == 1


def test_the_first_question_without_an_answer_is_the_one_that_counts(line, bot):
    began = NOW()
    chat = people.says(line, "marta", "Hola", now=began).message.chat
    for second in (20, 40, 50):
        people.says(line, "marta", "¿Hola?", now=began + timedelta(seconds=second))
    assert people.fresh(chat).bot_due_at - began <= timedelta(seconds=57)


def test_typing_gives_the_bot_time_but_not_for_ever(line, bot):
    began = NOW() - timedelta(seconds=100)
    chat = people.says(line, "marta", "Hola", at=began, now=began).message.chat
    for _times in range(3):
        external.extend_for_typing(chat.pk, bot)
    assert people.fresh(chat).bot_due_at - began < timedelta(seconds=60)


def test_a_bot_whose_endpoint_is_off_gets_no_chat(line, bot):
    Endpoint.objects.update(is_active=False)
    chat = people.says(line, "marta", "Hola").message.chat
    assert people.fresh(chat).state == "BANDEJA"
    assert not chat.messages.filter(author="bot").exists()


def test_a_chat_goes_to_people_at_the_next_word_once_its_endpoint_is_off(chat, line, bot):
    Endpoint.objects.update(is_active=False)
    people.says(line, "marta", "¿Hola?")
    assert people.fresh(chat).state == "BANDEJA"


def test_a_bot_without_an_endpoint_asks_the_api_by_itself(db):
    bot, origin = Bot.objects.create(kind="webhook"), people.http_origin()
    Reception.objects.create(origin=origin, bot=bot)
    chat = people.says(origin, "marta", "Hola").message.chat
    assert people.fresh(chat).state == "BOT"
    external.say_messages(chat.pk, bot, [text("Hola")])


def test_the_chats_of_a_bot_that_is_switched_off_go_to_people(line, bot, ventas):
    chats = [people.says(line, f"c-{n}", "Hola").message.chat for n in range(3)]
    external.hand_over(chats[0].pk, bot, HandOver("Ventas"))
    tasks.release_bot(bot.pk)
    assert [people.fresh(chat).state for chat in chats] == ["BANDEJA", "BOT", "BOT"]
    Bot.objects.update(is_active=False)
    tasks.release_bot(bot.pk)
    tasks.release_bot(bot.pk)
    assert [people.fresh(chat).tray.name for chat in chats] == ["Ventas", "General", "General"]
