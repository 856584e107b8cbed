"""The database refuses what must never be: every constraint with its impossible row."""

from datetime import time, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from chats.models import (
    Broadcast,
    Chat,
    Mention,
    MenuStep,
    Message,
    MessageCharge,
    MessageFailure,
    Recipient,
    Reminder,
    RetentionProgress,
    ScheduledMessage,
    Survey,
    Template,
    UploadBudget,
    Workspace,
)
from contacts.models import (
    Address,
    AttributeDefinition,
    AttributeValue,
    Block,
    CardChange,
    Contact,
    ContactNote,
    ContactTag,
    Distinction,
    Joining,
    PastTag,
    Person,
    StateChange,
    Tag,
)
from origins.models import Body, Connection, PublicAddress, SharedUpload
from reports.models import HourFigure, LineFigure, MenuFigure, Progress, ReportExport
from tests import people
from tests.chats.places import AT
from trays.models import (
    AuditEntry,
    AuditNotice,
    EntryLink,
    Holiday,
    Identity,
    Membership,
    Opening,
    PresenceChange,
    RecoveryCode,
    Tray,
    TwoSteps,
    hire,
)
from wittybots.models import Answered, Bot, MenuVersion, Token


def _chat(**fields):
    origin = people.http_origin()
    contact = Contact.objects.create(origin=origin, name="x")
    return Chat.objects.create(
        **{"contact": contact, "origin": origin, "state": "BOT", "session_expires_at": AT, **fields}
    )


def _message(**fields):
    chat = fields.pop("chat", None) or _chat()
    base = {"chat": chat, "origin": chat.origin, "direction": "in", "author": "customer"}
    return Message.objects.create(**{**base, **fields})


def _change(**fields):
    contact = Contact.objects.create(origin=people.http_origin())
    return StateChange.objects.create(**{"contact": contact, "state": "BOT", "cause": "arrived", **fields})


def _broadcast(**fields):
    author = fields.pop("author", None) or hire(username=f"jefa-{uuid4()}", role="supervisor")
    base = {"name": "x", "origin": people.http_origin(), "template_name": "x", "author": author}
    return Broadcast.objects.create(**{**base, **fields})


def _recipient(**fields):
    base = {"broadcast": _broadcast(), "contact": _chat().contact}
    return Recipient.objects.create(**{**base, **fields})


def _same_recipient():
    one = _recipient()
    _recipient(broadcast=one.broadcast, contact=one.contact)


def _survey(**fields):
    return Survey.objects.create(**{"chat": _chat(), "change": _change(), "asked_at": AT, **fields})


def _figure(**fields):
    return HourFigure.objects.create(**{"hour": AT, "axis": "all", "measure": "taken", "n": 1, **fields})


def _line_figure(**fields):
    return LineFigure.objects.create(**{"hour": AT, "line_id": 1, "what": "in", "n": 1, **fields})


def _menu_figure(**fields):
    given = {"hour": AT, "bot_id": 1, "came": "option", "outcome": "on", "n": 1, **fields}
    return MenuFigure.objects.create(**given)


def _export(**fields):
    given = {"agent": hire(username="exports"), "format": "csv", "group": "dia", "first": AT, "last": AT, **fields}
    return ReportExport.objects.create(**given)


def _outcome(model, message, **fields):
    return model.objects.create(message=message, origin=message.origin, at=AT, **fields)


def _outcome_twice(model, **fields):
    message = _message()
    _twice(lambda: _outcome(model, message, **fields))


def _twice(make):
    make()
    make()


def _same_external_id():
    chat = _chat()
    _twice(lambda: _message(chat=chat, external_id="m-1"))


def _same_form():
    chat, form = _chat(), "7b9d3c80-4e9e-4a5b-9f0e-1f2a3b4c5d6e"
    _twice(lambda: _message(chat=chat, client_id=form))


def _same_address():
    contact = Contact.objects.create(origin=people.http_origin())
    _twice(lambda: Address.objects.create(contact=contact, origin=contact.origin, kind="http", value="c"))


def _same_mention():
    note, agent = _message(direction="note", author="agent"), hire(username="n")
    _twice(lambda: Mention.objects.create(message=note, agent=agent))


def _same_reminder():
    chat, agent = _chat(), hire(username="n")
    _twice(lambda: Reminder.objects.create(chat=chat, agent=agent, due_at=AT))


def _contact():
    return Contact.objects.create(origin=people.http_origin(), name="x")


def _tag(**fields):
    return Tag.objects.create(**{"word": "Mayorista"} | fields)


def _attribute(**fields):
    return AttributeDefinition.objects.create(**{"key": "rut", "label": "RUT"} | fields)


def _same_tag():
    contact, tag = _contact(), _tag()
    _twice(lambda: ContactTag.objects.create(contact=contact, tag=tag))


def _past_tag():
    return PastTag.objects.create(contact=_contact(), tag=_tag(), given_at=AT, taken_at=AT - timedelta(seconds=1))


def _same_attribute():
    contact, definition = _contact(), _attribute()
    _twice(lambda: AttributeValue.objects.create(contact=contact, definition=definition, value="1"))


def _card_change(**fields):
    return CardChange.objects.create(**{"contact": _contact(), "field": "name", "before": "a", "after": "b"} | fields)


def _block(**fields):
    given = {"contact": _contact(), "by": hire(username="bea"), "reason": "Insulta"}
    return Block.objects.create(**given | fields)


def _same_block():
    contact, agent = _contact(), hire(username="e")
    _twice(lambda: Block.objects.create(contact=contact, by=agent, reason="Insulta"))


def _join(number):
    by = hire(username="j")
    return Joining.objects.create(contact=_contact(), person=Person.objects.create(), number=number, by=by)


def _same_number():
    person = Person.objects.create()
    Joining.objects.create(contact=_contact(), person=person, number=1, by=hire(username="k"))
    Joining.objects.create(contact=_contact(), person=person, number=1, by=hire(username="l"))


def _same_cards_apart():
    one, other, by = _contact(), _contact(), hire(username="t")
    _twice(lambda: Distinction.objects.create(one=one, other=other, by=by))


def _apart_from_itself():
    contact = _contact()
    return Distinction.objects.create(one=contact, other=contact, by=hire(username="u"))


def _scheduled(**fields):
    given = {"agent": hire(username="s"), "text": "Hola", "send_at": AT, "created_at": AT - timedelta(hours=1)}
    return ScheduledMessage.objects.create(**{"chat": _chat(), "client_id": uuid4()} | given | fields)


def _presence(**fields):
    given = {"agent": hire(username="pres"), "was": "available", "became": "away", "at": AT}
    return PresenceChange.objects.create(**given | fields)


def _same_body():
    origin = people.http_origin()
    _twice(lambda: Body.objects.create(origin=origin, raw=b"x", digest=b"x"))


def _versions(*rows):
    bot = Bot.objects.create()
    for number, state in rows:
        MenuVersion.objects.create(bot=bot, number=number, state=state, tree={})


def _same_key():
    token = Token.objects.create(name="T", digest="d", hint="h")
    _twice(lambda: Answered.objects.create(token=token, key="k", fingerprint="f"))


def _opening(**fields):
    given = {"tray": Tray.objects.general(), "weekday": 0, "opens": time(9), "closes": time(18)}
    return Opening.objects.create(**given | fields)


def _same_shared_file():
    given = {"origin": people.http_origin(), "key": "difusiones/a.bin", "valid_until": AT}
    for _twice in range(2):
        SharedUpload.objects.create(**given)


def _same_connection():
    origin = people.http_origin()
    _twice(lambda: Connection.objects.create(origin=origin, ref="c-1", changed_at=AT))


def _link(**fields):
    given = {"agent": hire(username="l"), "digest": "d", "made_at": AT, "ends_at": AT + timedelta(hours=24)}
    return EntryLink.objects.create(**given | fields)


def _two_steps(**fields):
    return TwoSteps.objects.create(**{"agent": hire(username="t"), "secret": "s", "since": AT} | fields)


def _same_code():
    agent = hire(username="c")
    _twice(lambda: RecoveryCode.objects.create(agent=agent, digest="d"))


def _identity(agent=None, **fields):
    given = {"agent": agent or hire(username=f"i{Identity.objects.count()}"), "issuer": "https://i", "subject": "s"}
    return Identity.objects.create(**given | fields)


def _other_identity():
    agent = hire(username="i")
    _identity(agent)
    _identity(agent, subject="t")


def _same_access():
    agent, tray = hire(username="m"), Tray.objects.create(name="M")
    _twice(lambda: Membership.objects.create(agent=agent, tray=tray))


def _second_personal():
    agent = hire(username="p")
    Tray.objects.create(kind="personal", owner=agent, name="Personal")


def _same_notice():
    entry, agent = AuditEntry.objects.create(kind="entry", what="entry.in"), hire(username="told")
    _twice(lambda: AuditNotice.objects.create(agent=agent, entry=entry))


IMPOSSIBLE = {
    "chat_place_fits_its_state": [
        lambda: _chat(state="PERDIDO"),
        lambda: _chat(state="BANDEJA"),
        lambda: _chat(state="AGENTE"),
        lambda: _chat(state="BOT", tray=Tray.objects.general()),
        lambda: _chat(state="EXPIRADO", tray=Tray.objects.general()),
        lambda: _chat(state="EXPIRADO", agent=hire(username="a")),
        lambda: _chat(state="AGENTE", agent=hire(username="b"), tray=Tray.objects.general()),
        lambda: _chat(state="BANDEJA", agent=hire(username="c"), tray=Tray.objects.general()),
    ],
    "only_a_held_chat_is_snoozed": [
        lambda: _chat(snoozed_until=AT),
        lambda: _chat(state="BANDEJA", tray=Tray.objects.general(), snoozed_until=AT),
        lambda: _chat(state="EXPIRADO", snoozed_until=AT),
    ],
    "mentioned_once_in_a_note": [_same_mention],
    "reminded_once_at_a_time": [_same_reminder],
    "a_return_has_rung": [
        lambda: Reminder.objects.create(chat=_chat(), agent=hire(username="q"), due_at=AT, is_return=True)
    ],
    "change_place_fits_its_state": [
        lambda: _change(state="BANDEJA"),
        lambda: _change(state="AGENTE", tray=Tray.objects.general()),
    ],
    "change_cause_is_known": [lambda: _change(cause="magic")],
    "contact_place_fits_its_state": [
        lambda: Contact.objects.create(origin=people.http_origin(), state="BANDEJA"),
        lambda: Contact.objects.create(origin=people.http_origin(), tray=Tray.objects.general()),
        lambda: Contact.objects.create(origin=people.http_origin(), state="PERDIDO"),
    ],
    "an_address_is_of_one_contact": [_same_address],
    "an_origin_id_is_stored_once": [_same_external_id],
    "a_form_is_sent_once": [_same_form],
    "direction_fits_author": [
        lambda: _message(direction="in", author="agent"),
        lambda: _message(direction="out", author="customer", status="sent"),
        lambda: _message(direction="out", author="system", status="sent"),
        lambda: _message(direction="note", author="customer"),
    ],
    "only_what_goes_out_has_a_status": [
        lambda: _message(status="sent"),
        lambda: _message(direction="out", author="agent", status=""),
    ],
    "a_move_is_a_note": [
        lambda: _message(kind="move"),
        lambda: _message(kind="move", direction="note", author="system"),
    ],
    "message_kind_is_known": [lambda: _message(kind="hologram")],
    "a_template_stands_once": [lambda: _twice(lambda: Template.objects.create(name="T", body="t"))],
    "panes_are_1_2_or_4": [lambda: Workspace.objects.create(agent=hire(username="w"), panes=3)],
    "session_lasts_an_hour_at_least": [lambda: people.http_origin(session_hours=0)],
    "a_body_is_kept_once": [_same_body],
    "body_state_is_known": [
        lambda: Body.objects.create(origin=people.http_origin(), raw=b"", digest=b"", state="eaten")
    ],
    "bot_kind_is_known": [lambda: Bot.objects.create(kind="oracle")],
    "a_version_has_its_number": [lambda: _versions((1, "retired"), (1, "draft"))],
    "one_draft_a_bot": [lambda: _versions((1, "draft"), (2, "draft"))],
    "one_published_a_bot": [lambda: _versions((1, "published"), (2, "published"))],
    "a_key_is_answered_once": [_same_key],
    "it_opens_before_it_closes": [lambda: _opening(opens=time(18), closes=time(9)), lambda: _opening(closes=time(9))],
    "weekday_is_known": [lambda: _opening(weekday=7)],
    "a_holiday_stands_once": [
        lambda: _twice(lambda: Holiday.objects.create(day=AT, name="x")),
        lambda: _twice(lambda: Holiday.objects.create(day=AT, name="x", tray=Tray.objects.general())),
    ],
    "a_budget_a_day": [lambda: _twice(lambda: UploadBudget.objects.create(day=AT, name="all"))],
    "there_is_one_public_address": [lambda: PublicAddress.objects.create(id=2, url="https://chat.almacen.example")],
    "public_address_is_https": [lambda: PublicAddress.objects.create(url="http://chat.almacen.example")],
    "a_connection_is_kept_once": [_same_connection],
    "a_shared_file_is_kept_once": [_same_shared_file],
    "access_is_given_once": [_same_access],
    "agent_role_is_known": [lambda: hire(username="r", role="king")],
    "agent_mail_is_one_persons": [
        lambda: (hire(username="e", email="a@b.example"), hire(username="f", email="A@b.example"))
    ],
    "entry_link_ends_after_it_was_made": [lambda: _link(ends_at=AT)],
    "entry_link_is_kept_only_to_be_mailed": [
        lambda: _link(token="x"),
        lambda: _link(token="x", mail_to="a@b.example", mailed_at=AT),
        lambda: _link(token="x", mail_to="a@b.example", used_at=AT),
    ],
    "entry_link_waits_to_be_mailed_with_its_token": [lambda: _link(mail_to="a@b.example", next_try_at=AT)],
    "two_steps_have_a_secret": [lambda: _two_steps(secret="")],
    "two_steps_fail_since_a_time": [lambda: _two_steps(failures=1)],
    "recovery_code_is_one_of_its_agents": [_same_code],
    "identity_is_one_agents": [lambda: _twice(_identity)],
    "agent_is_one_at_an_issuer": [_other_identity],
    "agent_capacity_is_some": [lambda: hire(username="c", capacity=0), lambda: hire(username="c", capacity=201)],
    "only_one_general": [lambda: Tray.objects.create(kind="general", name="Otra")],
    "only_one_closed": [lambda: Tray.objects.create(kind="closed", name="Otra")],
    "personal_has_an_owner_and_only_it": [
        lambda: Tray.objects.create(kind="personal", name="De nadie"),
        lambda: Tray.objects.create(kind="custom", name="De uno", owner=hire(username="o")),
    ],
    "tray_kind_is_known": [lambda: Tray.objects.create(kind="secret", name="x")],
    "default_trays_are_never_archived": [lambda: Tray.objects.filter(kind="general").update(archived_at=AT)],
    "tray_reminds_within_a_day": [
        lambda: Tray.objects.create(name="x", remind_after=0),
        lambda: Tray.objects.create(name="x", remind_after=24 * 60 + 1),
    ],
    "tray_returns_after_it_has_reminded": [
        lambda: Tray.objects.create(name="x", return_after=30),
        lambda: Tray.objects.create(name="x", remind_after=30, return_after=30),
        lambda: Tray.objects.create(name="x", remind_after=30, return_after=24 * 60 + 1),
    ],
    "tray_assigning_is_known": [lambda: Tray.objects.create(name="x", assigning="lots")],
    "only_shared_trays_watch_and_assign": [
        lambda: Tray.objects.filter(kind="closed").update(assigning="turns"),
        lambda: Tray.objects.filter(owner=hire(username="o")).update(remind_after=5),
    ],
    "tag_has_a_word": [lambda: _tag(word="")],
    "tag_color_is_known": [lambda: _tag(color="a9")],
    "tag_word_is_free": [lambda: (_tag(), _tag(word="MAYORISTA"))],
    "a_contact_has_a_tag_once": [_same_tag],
    "a_past_tag_ends_after_it_begins": [_past_tag],
    "attribute_has_a_name": [lambda: _attribute(key=""), lambda: _attribute(label="")],
    "attribute_kind_is_known": [lambda: _attribute(kind="color")],
    "only_lists_have_choices": [lambda: _attribute(choices=["a"]), lambda: _attribute(kind="choice")],
    "a_contact_has_one_value_each": [_same_attribute],
    "attribute_value_says_something": [
        lambda: AttributeValue.objects.create(contact=_contact(), definition=_attribute(), value="")
    ],
    "contact_note_says_something": [lambda: ContactNote.objects.create(contact=_contact(), text="")],
    "card_change_says_what": [lambda: _card_change(field="")],
    "card_change_changes": [lambda: _card_change(after="a")],
    "a_block_has_a_reason": [lambda: _block(reason="")],
    "a_block_is_lifted_by_somebody": [lambda: _block(lifted_at=AT), lambda: _block(lifted_by=hire(username="h"))],
    "one_block_stands_of_a_contact": [_same_block],
    "the_older_card_stands_first": [_apart_from_itself],
    "two_cards_are_told_apart_once": [_same_cards_apart],
    "a_person_has_few_cards": [lambda: _join(0), lambda: _join(11)],
    "a_number_is_one_card_of_a_person": [_same_number],
    "scheduled_says_something": [lambda: _scheduled(text="")],
    "scheduled_for_later": [lambda: _scheduled(created_at=AT)],
    "a_broadcast_s_header_is_a_file": [lambda: _broadcast(header_file="x"), lambda: _broadcast(header_facts={})],
    "broadcast_state_is_known": [lambda: _broadcast(state="lost")],
    "a_scheduled_broadcast_has_its_hour": [lambda: _broadcast(state="scheduled")],
    "a_broadcast_under_way_was_started": [
        lambda state=state: _broadcast(state=state) for state in ("running", "paused", "done")
    ],
    "a_contact_gets_a_broadcast_once": [_same_recipient],
    "recipient_status_is_known": [lambda: _recipient(status="lost")],
    "who_is_left_out_got_nothing": [
        lambda: _recipient(status="left_out", sent_at=AT),
        lambda: _recipient(status="pending", message=_message(), sent_at=AT),
    ],
    "survey_score_is_one_to_five": [lambda: _survey(score=6, answered_at=AT), lambda: _survey(score=0, answered_at=AT)],
    "survey_is_answered_with_a_score": [lambda: _survey(score=3), lambda: _survey(answered_at=AT)],
    "line_asks_is_known": [lambda: people.http_origin(asks_score="often")],
    "only_shared_trays_ask": [
        lambda: Tray.objects.filter(kind="closed").update(asks_score=True),
        lambda: Tray.objects.filter(kind="closed").update(question="¿Qué tal?"),
    ],
    "presence_is_known": [lambda: _presence(became="asleep"), lambda: _presence(was="asleep")],
    "presence_changes_or_its_reason_does": [lambda: _presence(became="available")],
    "only_who_is_away_has_a_reason": [lambda: _presence(became="off", reason="Almuerzo")],
    "who_is_available_has_no_reason": [lambda: hire(username="w", is_available=True, away_reason="Almuerzo")],
    "an_hour_is_counted_once": [lambda: _twice(_figure)],
    "figure_axis_is_known": [lambda: _figure(axis="color")],
    "figure_counts_something": [lambda: _figure(n=0)],
    "figure_of_all_has_no_ref": [lambda: _figure(ref=1)],
    "there_is_one_retention": [lambda: RetentionProgress.objects.create(pk=2)],
    "an_erased_contact_is_nobody": [
        lambda: Contact.objects.create(origin=people.http_origin(), erased_at=AT, name="Marta"),
        lambda: Contact.objects.create(origin=people.http_origin(), erased_at=AT, shown_address="+54"),
        lambda: Contact.objects.create(origin=people.http_origin(), erased_at=AT, blocked_at=AT),
    ],
    "an_erased_chat_is_nowhere": [
        lambda: _chat(erased_at=AT),
        lambda: _chat(erased_at=AT, state="EXPIRADO", preview="Hola"),
    ],
    "a_line_s_hour_is_counted_once": [lambda: _twice(_line_figure)],
    "line_figure_is_known": [lambda: _line_figure(what="gossip"), lambda: _line_figure(n=0)],
    "a_place_s_hour_is_counted_once": [lambda: _twice(_menu_figure)],
    "menu_figure_is_known": [
        lambda: _menu_figure(came="flew"),
        lambda: _menu_figure(outcome="happy"),
        lambda: _menu_figure(n=0),
    ],
    "menu_step_is_known": [lambda: MenuStep.objects.create(change=_change(), bot_id=1, how="flew")],
    "report_export_is_known": [lambda: _export(format="pdf"), lambda: _export(state="lost")],
    "report_export_does_no_more_than_all": [lambda: _export(total=1, done=2)],
    "an_attempt_fails_once": [lambda: _outcome_twice(MessageFailure, attempt=1)],
    "charge_has_a_category": [lambda: _outcome(MessageCharge, _message(), category="", is_billable=True)],
    "there_is_one_progress": [lambda: Progress.objects.create(pk=2)],
    "audit_kind_is_known": [lambda: AuditEntry.objects.create(kind="gossip", what="gossip.in")],
    "audit_entry_is_of_its_kind": [lambda: AuditEntry.objects.create(kind="look", what="entry.in")],
    "told_once_of_an_entry": [_same_notice],
    "tray_has_a_name": [lambda: Tray.objects.create(name="")],
    "tray_name_is_free": [lambda: _twice(lambda: Tray.objects.create(name="Ventas"))],
}


@pytest.mark.parametrize(
    ("name", "make"), [pytest.param(name, make, id=name) for name, makes in IMPOSSIBLE.items() for make in makes]
)
def test_the_database_refuses_what_must_never_be(name, make, db):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        make()


@pytest.mark.parametrize("make", [_second_personal])
def test_one_personal_tray_an_agent(make, db):
    with pytest.raises(IntegrityError, match="owner_id"), transaction.atomic():
        make()


def test_one_chat_a_contact(db):
    chat = _chat()
    with pytest.raises(IntegrityError, match="contact_id"), transaction.atomic():
        _chat(contact=chat.contact)


def test_every_constraint_has_its_impossible_row(db):
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT conname FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
               WHERE contype IN ('c', 'u') AND relname ~ '^(trays|origins|contacts|chats|wittybots|reports)_'
               UNION SELECT indexname FROM pg_indexes
               WHERE indexdef LIKE 'CREATE UNIQUE%%' AND tablename ~ '^(trays|origins|contacts|chats|wittybots|reports)_'"""
        )
        names = {row[0] for row in cursor.fetchall()}
    # Django's own: unique and primary keys, positive integers; ours have names that say something
    ours = {name for name in names if not name.endswith(("_key", "_pkey", "_check", "_uniq"))}
    # what `chat_state_is_known` refuses, `chat_place_fits_its_state` has refused before it
    assert ours == set(IMPOSSIBLE) | {"chat_state_is_known"}
