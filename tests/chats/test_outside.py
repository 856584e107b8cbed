"""External bots: what they may do with a chat that is theirs, and with none other, at any moment."""

import io
import itertools
import random
from datetime import timedelta

import pytest
from django.utils import timezone
from PIL import Image

from chats import expiry, moves
from chats.bots import deadlines, external, release, validation
from chats.errors import Rejected, Rejection
from chats.messages import receipts, replies
from chats.models import Attachment, Message, Template
from contacts.models import StateChange
from gateway import tasks
from tests import people
from tests.mediaserver import MediaServer
from tests.threads import Crowd
from trays.models import Tray
from wittybots import events
from wittybots.models import Bot, Endpoint, Event, Reception
from wittybots.turns import HandOver, Saying

NOW = timezone.now


def png():
    made = io.BytesIO()
    Image.new("RGB", (4, 3)).save(made, "PNG")
    return made.getvalue()


def text(words, **more):
    return Saying(text=words, **more)


@pytest.fixture
def bot(db):
    return people.external_bot()


@pytest.fixture
def line(bot):
    """An HTTP origin that this bot receives."""
    origin = people.http_origin()
    Reception.objects.create(origin=origin, bot=bot)
    return origin


@pytest.fixture
def chat(line):
    return people.fresh(people.says(line, "marta", "Hola", name="Marta Gómez").message.chat)


def told(chat):
    """The kinds of what its endpoints are to be told, in order."""
    return list(Event.objects.filter(chat_id=chat.pk).order_by("id").values_list("kind", flat=True))


def has_heard(chat):
    """Its bot was told all there is, and took it."""
    Event.objects.filter(chat_id=chat.pk).update(state="done", status_code=200)


def due(chat):
    return people.fresh(chat).bot_due_at


def lines(chat):
    return [(m.author, m.direction, m.text) for m in chat.messages.exclude(kind="move").order_by("created_at", "id")]


# --- what the bot is told -------------------------------------------------------------------------


def test_a_first_message_is_told_to_the_bot_that_receives_the_origin(chat, bot):
    assert (chat.state, chat.bot) == ("BOT", bot)
    assert told(chat) == ["conversation_created", "message_created"]
    assert set(Event.objects.values_list("endpoint__bot", "control_version")) == {(bot.pk, chat.change_id)}
    assert Message.objects.get(direction="in").bot == bot
    assert chat.bot_due_at - NOW() < timedelta(seconds=60)


def test_every_message_is_told_once_and_the_menu_says_nothing(chat, line):
    people.says(line, "marta", "¿Hay alguien?", external_id="m-2")
    people.says(line, "marta", "¿Hay alguien?", external_id="m-2")
    assert told(chat) == ["conversation_created", "message_created", "message_created"]
    assert not chat.messages.filter(author="bot").exists()


def test_the_way_of_a_chat_is_told_as_states_and_no_message_of_the_agent(chat, line, bot, ana):
    external.hand_over(chat.pk, bot, HandOver())
    moves.take(chat.pk, ana)
    replies.send_reply(chat.pk, ana, "Hola Marta")
    people.says(line, "marta", "Hola Ana")
    moves.give_back(chat.pk, ana)
    moves.take(chat.pk, ana)
    moves.close(chat.pk, ana)
    people.says(line, "marta", "Otra cosa")
    expiry.expire(now=NOW() + timedelta(hours=25))
    people.says(line, "marta", "Mañana", now=NOW() + timedelta(hours=30), at=NOW() + timedelta(hours=30))
    assert told(chat) == [
        "conversation_created", "message_created", "conversation_opened", "conversation_closed",
        "conversation_returned", "message_created", "conversation_expired", "conversation_returned", "message_created",
    ]  # fmt: skip
    versions = list(Event.objects.order_by("id").values_list("control_version", flat=True))
    assert versions == sorted(versions)


def test_an_integration_is_told_states_and_never_a_message(line, ana):
    Endpoint.objects.create(name="CRM", url="https://crm.example/", events=["message_created", "conversation_created"])
    chat = people.says(line, "marta", "Hola").message.chat
    assert list(Event.objects.filter(endpoint__bot=None).values_list("kind", flat=True)) == ["conversation_created"]
    external.hand_over(chat.pk, chat.bot, HandOver())


def test_an_endpoint_is_told_only_what_it_asked_for(line, bot):
    Endpoint.objects.update(events=["message_created"])
    chat = people.says(line, "marta", "Hola").message.chat
    assert told(chat) == ["message_created"]


def test_receipts_of_the_bots_messages_are_told_where_they_are_wanted(chat, bot, line):
    from origins.facts import Receipt

    line.callback_url = "https://example.com/"
    line.save()
    Endpoint.objects.update(events=["message_updated"])
    (said,) = external.say_messages(chat.pk, bot, [text("Hola, soy el bot")])
    receipts.apply_receipt(line, Receipt(str(said.uuid), "delivered"))
    assert told(chat)[-1] == "message_updated"
    external.hand_over(chat.pk, bot, HandOver())
    receipts.apply_receipt(line, Receipt(str(said.uuid), "read"))
    assert told(chat).count("message_updated") == 1


# --- what it says ----------------------------------------------------------------------------------


def test_the_bot_speaks_in_its_own_chat(chat, bot):
    has_heard(chat)
    said = external.say_messages(
        chat.pk, bot, [text("Hola"), text("¿Qué necesitás?", choices=({"title": "Ventas", "payload": "v"},))]
    )
    assert [m.text for m in said] == ["Hola", "¿Qué necesitás?"]
    assert said[1].payload == {"choices": [{"title": "Ventas", "payload": "v"}]}
    chat = people.fresh(chat)
    assert (chat.preview, chat.bot_due_at, {m.bot for m in said}) == ("¿Qué necesitás?", None, {bot})


def test_a_long_text_leaves_in_parts_and_its_choices_stand_under_the_last(bot):
    origin = people.telegram_origin()
    Reception.objects.create(origin=origin, bot=bot)
    chat = people.says(origin, "77", "Hola", address_kind="telegram").message.chat
    said = external.say_messages(chat.pk, bot, [text("palabra " * 1000, choices=({"title": "Sí"},))])
    assert len(said) > 1
    assert [bool(m.payload) for m in said] == [False] * (len(said) - 1) + [True]
    assert all(len(m.text) <= 4096 for m in said)


ODD = [
    Saying(text=""), Saying(text=" \n\x00 "), Saying(kind="telepathy", text="x"), Saying(kind="image"), Saying(kind="", text="x"),
    Saying(text="x" * 16_385), Saying(text="x", choices=({"title": ""},)), Saying(text="x", choices=({"payload": "a"},)),
    Saying(text="x", choices=({"title": "t" * 41},)), Saying(text="x", choices=({"title": "t", "payload": "p" * 201},)),
    Saying(text="x", choices=tuple({"title": f"{n}"} for n in range(11))), Saying(text="x", reply_to="no-es-un-id"),
    Saying(text="x", reply_to="00000000-0000-0000-0000-000000000000"), Saying(kind="template"),
    Saying(kind="template", template={"name": "no está"}), Saying(kind="template", template={"name": None, "variables": 7}),
    Saying(kind="image", attachments=({"url": "http://127.0.0.1:1/a.png"},)), Saying(kind="image", attachments=({"url": ""},)),
    Saying(kind="image", attachments=({"url": "file:///etc/passwd"},)), Saying(kind="image", attachments=({},) * 6),
    Saying(kind="image", attachments=({"url": "http://[::1"},)),
]  # fmt: skip


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
def test_what_cannot_be_said_is_refused_and_nothing_of_it_is_stored(chat, bot, odd):
    with pytest.raises(Rejected) as refusal:
        external.say_messages(chat.pk, bot, [text("Antes"), odd])
    assert refusal.value.code == Rejection.INVALID
    assert refusal.value.message
    assert not chat.messages.filter(author="bot").exists()
    assert people.fresh(chat).state == "BOT"


def test_odd_characters_are_stored_as_far_as_the_database_can(chat, bot):
    (said,) = external.say_messages(chat.pk, bot, [text("a\x00b\ud800 {{x}} <b>{% y %}</b>")])
    assert said.text == "ab? {{x}} <b>{% y %}</b>"


def test_the_bot_sends_files_that_it_has_elsewhere(chat, bot, settings):
    settings.ALLOWED_INTERNAL_HOSTS = ["127.0.0.1"]
    server = MediaServer()
    server.files = {"/foto.png": png(), "/pagina.html": b"<html><script>alert(1)</script>"}
    picture, page = ({"url": server.url(path)} for path in server.files)
    try:
        attachments = (picture, page | {"filename": "../../otra.png"})
        said = external.say_messages(chat.pk, bot, [Saying("image", "Mirá", attachments=attachments)])
        people.fetch_files(chat)
        more = external.say_messages(
            chat.pk, bot, [Saying("image", attachments=(picture, {"url": server.url("/nada")}))]
        )
        people.fetch_files(chat)
    finally:
        server.close()
    said, more = ([Message.objects.get(pk=one.pk) for one in several] for several in (said, more))
    assert Attachment.objects.count() == 3
    assert [(m.kind, m.text, m.status) for m in said] == [("image", "Mirá", "sent"), ("document", "", "sent")]
    assert said[1].attachments.get().name == "otra.png"
    assert [(m.status, m.reason, m.attachments.count()) for m in more] == [
        ("sent", "", 1), ("failed", "No se pudo traer el archivo: ya no está disponible", 0),
    ]  # fmt: skip
    assert chat.messages.filter(author="bot").count() == 4


def test_the_bot_sends_a_template_of_the_line(chat, bot):
    Template.objects.create(name="turno", body="Hola {{nombre}}, tu turno es el {{dia}}.")
    wanted = {"name": "turno", "variables": {"nombre": "Marta", "dia": "lunes"}}
    (said,) = external.say_messages(chat.pk, bot, [Saying("template", template=wanted)])
    assert (said.kind, said.text) == ("template", "Hola Marta, tu turno es el lunes.")
    with pytest.raises(Rejected, match="dia"):
        external.say_messages(
            chat.pk, bot, [Saying("template", template={"name": "turno", "variables": {"nombre": "Marta"}})]
        )


# --- whose the chat is -------------------------------------------------------------------------------


def verbs(chat, bot, version=None):
    return [
        lambda: external.say_messages(chat.pk, bot, [text("Sigo acá")], change_id=version),
        lambda: external.hand_over(chat.pk, bot, HandOver(tray="General"), change_id=version),
        lambda: external.keep_findings(chat.pk, bot, attributes={"a": 1}, change_id=version),
    ]


def untouched(chat):
    return lines(chat), StateChange.objects.filter(contact=chat.contact).count(), people.fresh(chat).attributes


@pytest.mark.parametrize("number", range(3))
def test_a_chat_of_another_bot_is_as_if_there_were_none(chat, bot, number):
    other, before = people.external_bot(), untouched(chat)
    nobody = type(chat)(pk=99_999)
    for asked, of in ((chat, other), (nobody, bot), (nobody, other)):
        with pytest.raises(Rejected) as refusal:
            verbs(asked, of)[number]()
        assert (refusal.value.code, refusal.value.chat) == (Rejection.NOT_FOUND, None)
    assert untouched(chat) == before


@pytest.mark.parametrize("number", range(3))
@pytest.mark.parametrize("place", ["handed over", "taken", "closed", "expired", "back with another bot"])
def test_a_chat_that_left_is_not_the_bots_any_more(chat, bot, line, ana, number, place):
    external.say_messages(chat.pk, bot, [text("Hola")])
    if place == "expired":
        expiry.expire(now=NOW() + timedelta(hours=25))
    else:
        external.hand_over(chat.pk, bot, HandOver())
    if place in ("taken", "closed", "back with another bot"):
        moves.take(chat.pk, ana)
    if place in ("closed", "back with another bot"):
        moves.close(chat.pk, ana)
    if place == "back with another bot":
        Reception.objects.update(bot=people.external_bot())
        people.says(line, "marta", "Volví")
    before = untouched(chat)
    with pytest.raises(Rejected) as refusal:
        verbs(chat, bot)[number]()
    assert refusal.value.code == Rejection.CONFLICT
    assert refusal.value.chat.pk == chat.pk
    assert untouched(chat) == before


@pytest.mark.parametrize("number", range(3))
def test_an_answer_from_an_earlier_round_is_refused(chat, bot, line, ana, number):
    old = chat.change_id
    external.hand_over(chat.pk, bot, HandOver())
    moves.take(chat.pk, ana)
    moves.close(chat.pk, ana)
    people.says(line, "marta", "Otra vez yo")
    chat = people.fresh(chat)
    assert chat.state == "BOT"
    with pytest.raises(Rejected) as refusal:
        verbs(chat, bot, old)[number]()
    assert refusal.value.code == Rejection.CONFLICT
    verbs(chat, bot, chat.change_id)[number]()


# --- handing over ------------------------------------------------------------------------------------


def test_the_bot_hands_over_with_what_it_found_out(chat, bot, ventas):
    given = HandOver("ventas", "Quiere una heladera\nde 300 l", {"pedido": 4471, "vip": True}, "Te paso con Ventas")
    handed = external.hand_over(chat.pk, bot, given)
    assert (handed.state, handed.tray) == ("BANDEJA", ventas)
    assert (handed.bot_summary, handed.attributes) == (given.summary, {"pedido": 4471, "vip": True})
    assert lines(chat)[-2:] == [("bot", "out", "Te paso con Ventas"), ("bot", "note", given.summary)]
    assert handed.bot_due_at is None


def test_where_the_customer_cannot_be_written_to_people_take_over_all_the_same(bot, ventas):
    origin = people.received_by(bot, people.whatsapp_origin())
    chat = people.says(origin, "59891234567", "Hola", address_kind="wa_id").message.chat
    type(chat).objects.filter(pk=chat.pk).update(window_shut_at=NOW() + timedelta(seconds=1))
    with pytest.raises(Rejected) as refusal:
        external.say_messages(chat.pk, bot, [text("Hola")])
    assert refusal.value.code == Rejection.CONFLICT
    handed = external.hand_over(chat.pk, bot, HandOver("Ventas", "Resumen", {}, "Te paso con Ventas"))
    assert (handed.tray, handed.bot_summary) == (ventas, "Resumen")
    assert not chat.messages.filter(direction="out").exists()


def test_a_new_round_without_a_bot_begins_without_what_the_last_one_left(chat, bot, line, ana):
    external.hand_over(chat.pk, bot, HandOver(summary="De la otra vez"))
    moves.take(chat.pk, ana)
    moves.close(chat.pk, ana)
    Reception.objects.update(bot=None)
    people.says(line, "marta", "Hola de nuevo")
    found = people.fresh(chat)
    assert (found.state, found.bot, found.bot_summary, found.bot_path) == ("BANDEJA", None, "", [])


def test_a_second_hand_over_changes_nothing(chat, bot, ventas):
    external.hand_over(chat.pk, bot, HandOver("Ventas"))
    before = untouched(chat)
    for tray in ("General", "Ventas", None):
        with pytest.raises(Rejected) as refusal:
            external.hand_over(chat.pk, bot, HandOver(tray, "Otra vez", {"b": 2}))
        assert refusal.value.code == Rejection.CONFLICT
    assert untouched(chat) == before
    assert people.fresh(chat).tray == ventas


def test_a_tray_is_named_by_its_id_or_its_name(bot, line, ventas):
    for wanted in (ventas.pk, str(ventas.pk), "Ventas", " vEnTaS "):
        chat = people.says(line, f"c-{wanted!r}", "Hola").message.chat
        assert external.hand_over(chat.pk, bot, HandOver(wanted)).tray == ventas
    for wanted in (None, "", "general"):
        chat = people.says(line, f"c-{wanted!r}", "Hola").message.chat
        assert external.hand_over(chat.pk, bot, HandOver(wanted)).tray.kind == "general"


@pytest.mark.parametrize(
    "wanted", ["Marte", "99999", 99999, "²", "١", "9" * 30, "Vieja", "cerradas", "personal", "\x00", "a" * 500]
)
def test_an_unknown_tray_is_refused_and_named_are_those_there_are(chat, bot, ana, ventas, wanted):
    from chats import access

    access.archive_tray(Tray.objects.create(name="Vieja"))
    wanted = {"cerradas": "Conversaciones Cerradas", "personal": ana.personal_tray.pk}.get(wanted, wanted)
    with pytest.raises(Rejected) as refusal:
        external.hand_over(chat.pk, bot, HandOver(wanted))
    assert refusal.value.code == Rejection.INVALID
    assert refusal.value.trays == ["General", "Ventas"]
    assert people.fresh(chat).state == "BOT"


@pytest.mark.parametrize("odd", [
    {"": 1}, {"n" * 41: 1}, {"a": [1]}, {"a": {"b": 1}}, {"a": "x" * 501}, {"a": float("nan")}, {"a": float("inf")},
    {f"k{n}": n for n in range(51)}, {"a": 10**600},
])  # fmt: skip
def test_odd_attributes_are_refused(chat, bot, odd):
    with pytest.raises(Rejected) as refusal:
        external.keep_findings(chat.pk, bot, attributes=odd)
    assert refusal.value.code == Rejection.INVALID
    assert people.fresh(chat).attributes == {}


def test_attributes_are_merged_and_tags_replaced(chat, bot):
    external.keep_findings(
        chat.pk, bot, attributes={"pedido": "4471\x00", "talle": "M"}, tags=["vip", "vip", " urgente "]
    )
    kept = external.keep_findings(chat.pk, bot, attributes={"talle": None, "color": "azul"}, tags=["vip"])
    assert (kept.attributes, kept.tags) == ({"pedido": "4471", "color": "azul"}, ["vip"])
    for odd in (["x" * 41], [""], [f"t{n}" for n in range(21)]):
        with pytest.raises(Rejected):
            external.keep_findings(chat.pk, bot, tags=odd)


# --- nobody waits --------------------------------------------------------------------------------------


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


def test_a_bot_that_took_the_message_and_says_nothing_loses_the_chat(chat, bot):
    has_heard(chat)
    deadlines.record_heard(chat.pk, bot, change_id=chat.change_id, has_answered=False)
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
    deadlines.record_heard(chat.pk, bot, change_id=chat.change_id, has_answered=False, began=began)
    assert release.release_overdue(NOW() + timedelta(seconds=46)) == 1


def test_an_answer_to_the_first_question_leaves_the_second_open(chat, bot, line):
    has_heard(chat)
    people.says(line, "marta", "¿Y cuánto sale?")
    external.say_messages(chat.pk, bot, [text("Sí, hay")])
    assert due(chat) - NOW() > timedelta(seconds=40)
    began = NOW()
    has_heard(chat)
    deadlines.record_heard(chat.pk, bot, change_id=chat.change_id, has_answered=False, began=began)
    assert release.release_overdue(NOW() + timedelta(seconds=46)) == 1


def test_what_the_bot_says_by_the_api_while_it_is_told_is_its_answer(chat, bot):
    began = NOW()
    Event.objects.filter(chat_id=chat.pk).update(state="sending")
    external.say_messages(chat.pk, bot, [text("Sí, hay")])
    has_heard(chat)
    deadlines.record_heard(chat.pk, bot, change_id=chat.change_id, has_answered=False, began=began)
    assert due(chat) is None


def test_one_chat_that_cannot_be_helped_does_not_stop_the_others(line, bot, monkeypatch):
    chats = [people.says(line, f"c-{number}", "Hola").message.chat for number in range(3)]
    really = moves.relocate

    def relocate(pk, *args, **more):
        if pk == chats[0].pk:
            raise RuntimeError("rota")
        return really(pk, *args, **more)

    monkeypatch.setattr(moves, "relocate", relocate)
    assert release.release_overdue(NOW() + timedelta(seconds=90)) == 2
    assert [people.fresh(chat).state for chat in chats] == ["BOT", "BANDEJA", "BANDEJA"]


def test_a_bot_that_has_had_its_say_keeps_the_chat(chat, bot, line):
    has_heard(chat)
    deadlines.record_heard(chat.pk, bot, change_id=chat.change_id, has_answered=True)
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


# --- loops ---------------------------------------------------------------------------------------------


def test_ten_messages_in_a_row_are_held_and_the_chat_goes_to_people(chat, bot):
    for number in range(10):
        external.say_messages(chat.pk, bot, [text(f"{number}")])
    with pytest.raises(Rejected) as refusal:
        external.say_messages(chat.pk, bot, [text("once")])
    assert (refusal.value.code, refusal.value.chat.state) == (Rejection.CONFLICT, "BANDEJA")
    found = people.fresh(chat)
    assert (found.state, found.tray.kind) == ("BANDEJA", "general")
    assert "10" in found.change.note
    assert [line[2] for line in lines(chat)][1:] == [*(str(n) for n in range(10)), bot.farewell]


def test_files_count_as_the_messages_that_they_become_and_are_not_fetched_for_nothing(chat, bot, settings):
    settings.ALLOWED_INTERNAL_HOSTS = ["127.0.0.1"]
    server = MediaServer()
    server.files = {"/foto.png": png()}
    five = Saying("image", "Mirá estas " * 200, attachments=({"url": server.url("/foto.png")},) * 5)
    try:
        assert len(external.say_messages(chat.pk, bot, [five])) == 5
        people.fetch_files(chat)
        asked = len(server.asked)
        with pytest.raises(Rejected):
            external.say_messages(chat.pk, bot, [five, text("y algo más")])
        people.fetch_files(chat)
    finally:
        server.close()
    assert len(server.asked) == asked
    assert people.fresh(chat).state == "BANDEJA"
    assert Attachment.objects.count() == 5


def test_the_limit_of_a_minute_holds_over_its_change(line, bot):
    Bot.objects.update(most_per_minute=9)
    bot.refresh_from_db()
    at = NOW().replace(second=58, microsecond=0)
    chat = people.says(line, "marta", "Hola", now=at, at=at).message.chat
    external.say_messages(chat.pk, bot, [text(f"{n}") for n in range(8)], now=at)
    later = at + timedelta(seconds=4)
    people.says(line, "marta", "ajá", now=later, at=later)
    with pytest.raises(Rejected, match="9 mensajes en un minuto"):
        external.say_messages(chat.pk, bot, [text(f"{n}") for n in range(8)], now=later)


def test_fifty_at_once_say_nothing_but_goodbye(chat, bot):
    with pytest.raises(Rejected):
        external.say_messages(chat.pk, bot, [text(f"{number}") for number in range(50)])
    assert [line[2] for line in lines(chat)][1:] == [bot.farewell]


def test_two_bots_that_talk_to_each_other_end_with_a_person(line, bot):
    Bot.objects.update(most_per_minute=12)
    bot.refresh_from_db()
    at = NOW().replace(second=1, microsecond=0)
    chat = people.says(line, "otro-bot", "Hola", now=at, at=at).message.chat
    turns = 0
    with pytest.raises(Rejected, match="12 mensajes en un minuto"):
        for turns in itertools.count(1):  # noqa: B007
            external.say_messages(chat.pk, bot, [text("Hola")], now=at)
            people.says(line, "otro-bot", "Hola", now=at, at=at)
    assert turns == 13
    assert people.fresh(chat).state == "BANDEJA"


def test_the_customers_words_begin_the_count_anew(chat, bot, line):
    Bot.objects.update(most_per_minute=100)
    bot.refresh_from_db()
    for _round in range(3):
        for number in range(10):
            external.say_messages(chat.pk, bot, [text(f"{number}")])
        people.says(line, "marta", "ajá")
    assert people.fresh(chat).state == "BOT"


# --- at once -------------------------------------------------------------------------------------------

RACES = 1000


def test_a_bot_never_talks_over_the_agent_who_took_the_chat(transactional_db, ana, ventas):
    """Its answer against its own hand-over, the agent's take and the customer's next word, a thousand times."""
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


def test_what_a_bot_may_bring_is_said_in_the_docs_as_it_is():
    assert (validation.MAX_CHOICES, validation.MAX_FILES, validation.MAX_ATTRIBUTES) == (10, 5, 50)
