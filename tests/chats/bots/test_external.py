"""What an external bot may do with a chat that is its own, and with none other."""

from datetime import timedelta

import pytest

from chats import expiry, moves
from chats.bots import external, validation
from chats.errors import Rejected, Rejection
from chats.models import Attachment, Message, Template
from contacts.models import StateChange
from tests import people
from tests.chats.bots.external_bots import NOW, has_heard, lines, png, text
from tests.media_server import MediaServer
from trays.models import Tray
from wittybots.models import Reception
from wittybots.turns import HandOver, Saying


def test_the_bot_speaks_in_its_own_chat(chat, bot):
    has_heard(chat)
    said = external.say_messages(
        chat.pk, bot, [text("Hola"), text("¿Qué necesitás?", choices=({"title": "Ventas", "payload": "v"},))]
    )
    assert [m.text for m in said] == ["Hola", "¿Qué necesitás?"]
    assert said[1].payload == {"choices": [{"title": "Ventas", "payload": "v"}]}
    chat = people.fresh(chat)
    assert (chat.preview, chat.bot_due_at, {m.bot for m in said}) == ("Hola", None, {bot})
    people.assert_numbers_are_kept(chat)


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


def test_the_bot_sends_files_that_it_has_elsewhere(chat, bot, listening):
    server = listening(MediaServer())
    server.files = {"/foto.png": png(), "/pagina.html": b"<html><script>alert(1)</script>"}
    picture, page = ({"url": server.url(path)} for path in server.files)
    attachments = (picture, page | {"filename": "../../otra.png"})
    said = external.say_messages(chat.pk, bot, [Saying("image", "Mirá", attachments=attachments)])
    people.fetch_files(chat)
    more = external.say_messages(chat.pk, bot, [Saying("image", attachments=(picture, {"url": server.url("/nada")}))])
    people.fetch_files(chat)
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


def test_what_a_bot_may_bring_is_said_in_the_docs_as_it_is():
    assert (validation.MAX_CHOICES, validation.MAX_FILES, validation.MAX_ATTRIBUTES) == (10, 5, 50)
