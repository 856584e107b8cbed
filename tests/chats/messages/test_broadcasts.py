"""A broadcast reaches whom it should, once, and leaves every chat where it was."""

from contextlib import closing
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from chats import erasing, expiry, moves
from chats.errors import Rejected
from chats.messages import blocks, opting_out
from chats.messages.broadcasts import filling, sending, tallying, tending, verbs
from chats.models import Attachment, Broadcast, Chat, Message, Recipient, Template
from contacts import card
from contacts.models import Contact, Tag
from gateway.outbound.payload import build_outgoing
from tests import people
from tests.chats.attachments.samples import PDF, picture
from tests.threads import Crowd

NOON = timezone.make_aware(timezone.datetime(2026, 11, 27, 12))
Status = Recipient.Status


@pytest.fixture
def line(db):
    origin = people.http_origin(callback_url="https://crm.example.org/")
    people.with_bot(origin)
    return origin


@pytest.fixture
def template(db):
    return Template.objects.create(name="novedades", body="Hola {{nombre}}: {{texto}}")


@pytest.fixture
def tag(db):
    return Tag.objects.create(word="Mayorista")


def asleep(line, tag, agent, *, sender="cust-1", name="Marta"):
    """A contact with this tag, whose chat is EXPIRADO."""
    chat = people.says(line, sender, "Hola", name=name, at=NOON - timedelta(days=9), now=NOON - timedelta(days=9))
    chat = people.fresh(chat.message.chat)
    if chat.state != "EXPIRADO":
        expiry.expire(now=NOON - timedelta(days=1))
    card.give_tag(chat.contact_id, agent, tag)
    return people.fresh(chat)


def drawn_up(line, template, tag, agent, **fields):
    made = verbs.create(
        agent, "Novedades", line, template, {"nombre": "{nombre}", "texto": "llegó lo nuevo"}, {"tags": [tag.pk]},
        **fields,
    )  # fmt: skip
    filling.fill(made.pk, NOON)
    made.refresh_from_db()
    return made


def started(*made_of):
    made = drawn_up(*made_of)
    verbs.start(made.pk, made_of[-1], now=NOON)
    return made


def check_numbers(made):
    made.refresh_from_db()
    counted = tallying.count_recipients(made.pk)
    kept = {name: getattr(made, name) for name in ("pending", "queued", "sent", "delivered", "read", "failed")}
    assert kept == {name: counted.get(name, 0) for name in kept}
    assert (made.answered, made.opted_out) == (counted["answered"], counted["opted_out"])
    return kept


def test_it_goes_to_who_has_the_tag_and_the_chat_stays_where_it_was(line, template, tag, sofia):
    chat = asleep(line, tag, sofia)
    made = started(line, template, tag, sofia)
    assert sending.send_next(made.pk, NOON) == 1
    after = people.fresh(chat)
    assert (after.state, after.agent, after.session_expires_at) == ("EXPIRADO", None, chat.session_expires_at)
    (message,) = chat.messages.filter(kind="template")
    assert (message.text, message.status) == ("Hola Marta: llegó lo nuevo", "queued")
    assert check_numbers(made)["queued"] == 1
    people.assert_numbers_are_kept(after)
    assert people.all_consistent()


def test_who_answers_arrives_in_the_bot_as_ever(line, template, tag, sofia):
    chat = asleep(line, tag, sofia)
    made = started(line, template, tag, sofia)
    sending.send_next(made.pk, NOON)
    later = NOON + timedelta(minutes=5)
    people.says(line, "cust-1", "Me interesa", at=later, now=later)
    assert people.fresh(chat).state == "BOT"
    tallying.tally(made.pk)
    check_numbers(made)
    assert (made.answered, made.opted_out) == (1, 0)


def test_who_says_the_word_is_counted_and_gets_no_other(line, template, tag, sofia):
    asleep(line, tag, sofia)
    made = started(line, template, tag, sofia)
    sending.send_next(made.pk, NOON)
    later = NOON + timedelta(minutes=5)
    people.says(line, "cust-1", "BAJA", at=later, now=later)
    tallying.tally(made.pk)
    check_numbers(made)
    assert made.opted_out == 1
    assert drawn_up(line, template, tag, sofia).left_out == {"opted_out": 1}


def _opted_out(chat, agent):
    opting_out.switch(chat.contact_id, agent, wants=False)


def _blocked(chat, agent):
    blocks.block_contact(chat.contact_id, agent, "insultó")


def _talking(chat, agent):
    people.says(chat.origin, "cust-1", "Hola de nuevo", at=NOON, now=NOON)


def _nameless(chat, agent):
    Contact.objects.filter(pk=chat.contact_id).update(name="")


def _gone(chat, agent):
    chat.contact.addresses.update(revoked_at=NOON)


@pytest.mark.parametrize(
    ("why", "act"),
    [
        ("opted_out", _opted_out), ("blocked", _blocked), ("talking", _talking), ("missing", _nameless),
        ("no_address", _gone),
    ],
)  # fmt: skip
@pytest.mark.parametrize("is_late", [False, True])
def test_who_is_left_out_is_told_with_its_reason(line, template, tag, sofia, why, act, is_late):
    """Before the list is made, and after it."""
    chat = asleep(line, tag, sofia)
    asleep(line, tag, sofia, sender="cust-2", name="Juan")
    if is_late:
        made = started(line, template, tag, sofia)
        act(chat, sofia)
    else:
        act(chat, sofia)
        made = started(line, template, tag, sofia)
    assert sending.send_next(made.pk, NOON) == 1
    made.refresh_from_db()
    assert made.left_out == {why: 1}
    assert not chat.messages.filter(kind="template").exists()
    check_numbers(made)


def test_a_closed_chat_gets_it_and_stays_closed(template, tag, sofia):
    line = people.http_origin(callback_url="https://crm.example.org/")
    chat = people.held(line, sofia, at=NOON - timedelta(hours=2))
    moves.close(chat.pk, sofia, at=NOON - timedelta(hours=1))
    card.give_tag(chat.contact_id, sofia, tag)
    made = started(line, template, tag, sofia)
    assert sending.send_next(made.pk, NOON) == 1
    assert moves.place_in_table(people.fresh(chat)) == "CERRADAS"


def test_numbers_of_a_file_with_what_is_said_to_each(line, template, tag, sofia):
    for number, name in (("5493415550101", "Marta"), ("5493415550102", "Juan")):
        asleep(line, tag, sofia, sender=number, name=name)
    rows = "\ufeffNúmero;cupón\r\n+54 9 341 555-0101;A-1\r\n543415550101;A-2\r\n5493415550102;\r\n5493415550199;x\r\nhola;x\r\n"
    made = verbs.create(
        sofia, "Cupones", line, template, {"nombre": "{nombre}", "texto": "tu cupón es {cupon}"}, {}, rows.encode()
    )
    stored = made.file.name
    filling.fill(made.pk, NOON)
    made.refresh_from_db()
    assert (made.state, made.pending) == ("draft", 1)
    assert made.left_out == {"duplicate": 1, "missing": 1, "unknown": 1, "bad_number": 1}
    assert stored
    verbs.start(made.pk, sofia, now=NOON)
    sending.send_next(made.pk, NOON)
    assert Message.objects.get(kind="template").text == "Hola Marta: tu cupón es A-1"
    assert not Recipient.objects.exclude(columns={}).exists(), "what the file said is kept no longer than it is needed"


def test_a_file_is_read_once_and_goes_on_where_another_worker_got_to(line, template, sofia, monkeypatch):
    opened, really = [], default_storage.open
    monkeypatch.setattr(filling, "BATCH", 2)
    monkeypatch.setattr(default_storage._wrapped, "open", lambda *args: opened.append(args) or really(*args))
    data = ("numero\n" + "".join(f"+549341555010{number}\n" for number in range(9))).encode()
    made = verbs.create(sofia, "Novedades", line, template, {"nombre": "Ana", "texto": "x"}, {}, data)
    with closing(filling._FileRows()) as slow, closing(filling._FileRows()) as quick:
        for rows in (slow, quick, quick, slow):
            assert filling._fill_batch(made.pk, NOON, rows)
    assert len(opened) == 2
    filling.fill(made.pk, NOON)
    made.refresh_from_db()
    assert (made.state, made.filled_to, made.left_out, len(opened)) == ("draft", 9, {"unknown": 9}, 3)


def test_the_file_goes_once_the_list_is_made(line, template, sofia, django_capture_on_commit_callbacks):
    made = verbs.create(sofia, "X", line, template, {"nombre": "a", "texto": "b"}, {}, b"numero\n+5493415550101\n")
    stored = made.file.name
    with django_capture_on_commit_callbacks(execute=True):
        filling.fill(made.pk, NOON)
    assert not default_storage.exists(stored)


def test_at_night_nothing_leaves(line, template, tag, sofia):
    asleep(line, tag, sofia)
    made = started(line, template, tag, sofia)
    assert sending.send_next(made.pk, NOON + timedelta(hours=9)) == 0
    assert sending.send_next(made.pk, NOON + timedelta(hours=8, minutes=59)) == 1


def test_one_for_later_begins_at_its_hour(line, template, tag, sofia):
    asleep(line, tag, sofia)
    made = drawn_up(line, template, tag, sofia)
    verbs.start(made.pk, sofia, NOON + timedelta(hours=1), now=NOON)
    assert tending.tend_all(NOON + timedelta(minutes=59)) == 0
    assert tending.tend_all(NOON + timedelta(hours=1)) == 1


def test_a_line_in_trouble_pauses_it_and_a_supervisor_goes_on(line, template, tag, sofia):
    asleep(line, tag, sofia)
    made = started(line, template, tag, sofia)
    type(line).objects.filter(pk=line.pk).update(trouble="Falta pagar")
    assert sending.send_next(made.pk, NOON) == 0
    made.refresh_from_db()
    assert (made.state, made.reason) == ("paused", "La línea tiene un problema: Falta pagar")
    type(line).objects.filter(pk=line.pk).update(trouble="")
    verbs.resume(made.pk, sofia)
    assert sending.send_next(made.pk, NOON) == 1


def test_many_failures_pause_it(line, template, tag, sofia, monkeypatch):
    monkeypatch.setattr(sending, "MAX_IN_OUTBOX", 10)
    for number in range(12):
        asleep(line, tag, sofia, sender=f"cust-{number}")
    made = started(line, template, tag, sofia)
    assert sending.send_next(made.pk, NOON) == 10
    assert sending.send_next(made.pk, NOON) == 0, "the outbox has as much as it takes"
    Message.objects.filter(kind="template").update(status="failed", reason="No tiene WhatsApp")
    tallying.tally(made.pk)
    assert check_numbers(made)["failed"] == 10
    assert sending.send_next(made.pk, NOON) == 0
    made.refresh_from_db()
    assert made.state == "paused"
    assert "Fallaron 10 de los primeros 10" in made.reason
    verbs.resume(made.pk, sofia)
    assert sending.send_next(made.pk, NOON) == 2


def test_what_was_stopped_is_left_out_and_never_goes(line, template, tag, sofia):
    asleep(line, tag, sofia)
    made = started(line, template, tag, sofia)
    assert verbs.stop(made.pk, sofia, now=NOON) == 1
    assert sending.send_next(made.pk, NOON) == 0
    made.refresh_from_db()
    assert (made.state, made.left_out) == ("stopped", {"stopped": 1})
    check_numbers(made)
    with pytest.raises(Rejected):
        verbs.resume(made.pk, sofia)


def test_it_is_done_when_nobody_is_left(line, template, tag, sofia):
    asleep(line, tag, sofia)
    made = started(line, template, tag, sofia)
    for _time in range(2):
        sending.send_next(made.pk, NOON)
    made.refresh_from_db()
    assert (made.state, made.ended_at) == ("done", NOON)


def test_a_template_that_is_no_more_pauses_it(line, template, tag, sofia):
    asleep(line, tag, sofia)
    made = started(line, template, tag, sofia)
    Template.objects.filter(pk=template.pk).update(is_active=False)
    assert sending.send_next(made.pk, NOON) == 0
    made.refresh_from_db()
    assert made.reason == "La plantilla ya no se puede usar"


def test_agents_make_none(line, template, tag, ana, sofia):
    with pytest.raises(Rejected, match="supervisores"):
        verbs.create(ana, "X", line, template, {"nombre": "a", "texto": "b"}, {"tags": [tag.pk]})
    made = drawn_up(line, template, tag, sofia)
    with pytest.raises(Rejected, match="supervisores"):
        verbs.start(made.pk, ana)
    assert list(Broadcast.objects.visible_to(ana)) == []
    assert list(Broadcast.objects.visible_to(sofia)) == [made]


def test_a_worker_that_dies_in_the_middle_has_written_nothing(line, template, tag, sofia, monkeypatch):
    asleep(line, tag, sofia)
    made = started(line, template, tag, sofia)
    with monkeypatch.context() as patched:
        patched.setattr(sending.Recipient.objects, "bulk_update", _die)
        with pytest.raises(KeyboardInterrupt):
            sending.send_next(made.pk, NOON)
    assert not Message.objects.filter(kind="template").exists()
    assert check_numbers(made)["pending"] == 1
    assert sending.send_next(made.pk, NOON) == 1


def _die(*_what, **_more):
    raise KeyboardInterrupt


@pytest.mark.django_db(transaction=True)
def test_several_workers_at_once_make_one_list_and_write_to_each_once(line, template, tag, sofia):
    for number in range(30):
        asleep(line, tag, sofia, sender=f"cust-{number}")
    made = verbs.create(sofia, "X", line, template, {"nombre": "{nombre}", "texto": "b"}, {"tags": [tag.pk]})
    with Crowd(4) as crowd:
        crowd.at_once(lambda _n: filling.fill(made.pk, NOON))
        filling.fill(made.pk, NOON)
        made.refresh_from_db()
        assert made.pending == made.recipients.count() == 30
        verbs.start(made.pk, sofia, now=NOON)
        crowd.at_once(lambda _n: tending.tend_all(NOON))
        tending.tend_all(NOON)
        said = Message.objects.filter(kind="template").values_list("chat", flat=True)
        assert len(said) == len(set(said)) == 30
        crowd.at_once(lambda _n: tallying.tally(made.pk))
    check_numbers(made)
    assert Chat.objects.exclude(state="EXPIRADO").count() == 0


def test_a_test_goes_to_ones_own_phone(template, tag, sofia):
    line = people.whatsapp_origin()
    remote = Template.objects.create(
        name="novedades", body="Hola {{nombre}}: {{texto}}", origin=line, remote_id="1", status="approved"
    )
    chat = people.says(line, "5493415550101", "Hola", name="Marta", at=NOON - timedelta(days=9), now=NOON)
    card.give_tag(chat.message.chat.contact_id, sofia, tag)
    made = drawn_up(line, remote, tag, sofia)
    message = verbs.send_test(made.pk, sofia, "+54 9 341 555-0177", now=NOON)
    assert (message.text, message.chat.contact.shown_address) == ("Hola Marta: llegó lo nuevo", "+5493415550177")
    assert people.fresh(message.chat).state == "EXPIRADO"
    made.refresh_from_db()
    assert (made.pending, made.queued) == (1, 0)
    with pytest.raises(Rejected):
        verbs.send_test(made.pk, sofia, "hola", now=NOON)


@pytest.mark.django_db(transaction=True)
def test_a_picture_above_it_is_kept_once_and_shown_by_each(line, template, tag, sofia):
    Template.objects.filter(pk=template.pk).update(components=[{"type": "HEADER", "format": "IMAGE"}])
    template.refresh_from_db()
    chats = [asleep(line, tag, sofia, sender=f"cust-{number}") for number in range(3)]
    given = {"header": (picture(), "../oferta.png")}
    with pytest.raises(Rejected, match="una foto"):
        drawn_up(line, template, tag, sofia, header=(PDF, "oferta.pdf"))
    other = drawn_up(line, template, tag, sofia, **given)
    made = drawn_up(line, template, tag, sofia, **given)
    verbs.start(made.pk, sofia, now=NOON)
    assert sending.send_next(made.pk, NOON) == 3
    shown = list(Attachment.objects.order_by("pk"))
    assert {(one.file.name, one.is_borrowed, one.name, one.mime) for one in shown} == {
        (made.header_file.name, True, "oferta.png", "image/png"),
    }  # fmt: skip
    assert {one.chat_id for one in shown} == {one.message.chat_id for one in shown} == {chat.pk for chat in chats}
    # it leaves as the template's file
    message = Message.objects.filter(kind="template").first()
    file = build_outgoing(message, NOON).file
    assert (file.open().read(), file.shared) == (picture(), made.header_file.name)
    # who is erased takes nothing from the others; a draft's goes with it, at night too
    erasing.erase_words(chats[0].pk, lambda _number: None)
    assert Attachment.objects.count() == 2
    names = [other.header_file.name, made.header_file.name]
    assert [default_storage.exists(name) for name in names] == [True, True]
    assert tending.prune_drafts(NOON + timedelta(days=400)) == 1
    assert [default_storage.exists(name) for name in names] == [False, True]


def test_a_test_has_a_copy_of_the_picture_of_its_own(template, tag, sofia):
    line = people.whatsapp_origin()
    Template.objects.filter(pk=template.pk).update(
        components=[{"type": "HEADER", "format": "IMAGE"}], origin=line, remote_id="7"
    )
    template.refresh_from_db()
    asleep(line, tag, sofia, sender="5493415550101")
    made = drawn_up(line, template, tag, sofia, header=(picture(), "oferta.png"))
    message = verbs.send_test(made.pk, sofia, "+54 9 341 555-0163", now=NOON)
    kept = message.attachments.get()
    assert (kept.is_borrowed, kept.file.read()) == (False, picture())
    assert kept.file.name != made.header_file.name
