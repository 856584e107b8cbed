"""The demo data: every state, tray and kind of message is there, and loading it twice is loading it once."""

from collections import Counter
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import F
from django.test import override_settings
from django.utils import timezone

from backoffice.landing import read_landing
from chats import forgotten
from chats.models import Attachment, Chat, Mention, Message, Reminder, ScheduledMessage, Template
from contacts.likely import find_likely
from contacts.models import Block, Cause, Contact, Joining, StateChange
from demo import audit_rows, files, load, month, stories_attended, stories_waiting
from inbox.models import Draft, QuickReply, QuickReplyFile, SavedView
from origins.models import Origin
from reports.agents import read_agents
from reports.models import HourFigure
from tests import people
from trays import presence
from trays.models import Agent, AuditEntry, LastSeen, Membership, Presence, PresenceChange, Tray
from wittybots.menu import versions
from wittybots.models import Bot, MenuVersion, Reception

TABLES = (
    Agent, Tray, Membership, Origin, Bot, MenuVersion, Reception, Template, Contact, StateChange, Chat, Message, Attachment,
    QuickReply, QuickReplyFile, ScheduledMessage, Draft,
)  # fmt: skip
NOW = timezone.now()
QUICK = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def all_that_is_told():
    said = list(Message.objects.order_by("id").values_list("kind", "text", "created_at", "status"))
    told = [
        Chat.objects.values_list("state", "tray__name", "agent__username"),
        AuditEntry.objects.values_list(
            "at", "what", "agent__username", "about__username", "thing", "old", "new", "detail"
        ),
        LogEntry.objects.values_list("action_time", "user__username", "object_repr", "action_flag", "change_message"),
        PresenceChange.objects.values_list("at", "agent__username", "was", "became", "reason"),
        Agent.objects.values_list("username", "last_login", "available_since", "last_seen__at"),
    ]
    return said, [Counter(rows) for rows in told]


@pytest.fixture(scope="module")
def times():
    """All that was told, of each time that it was loaded."""
    return []


@pytest.fixture(scope="class")
def loaded(django_db_setup, django_db_blocker, tmp_path_factory, times):
    """Loaded once for all who only look."""
    folder = tmp_path_factory.mktemp("files")
    quick = override_settings(PASSWORD_HASHERS=QUICK, MEDIA_ROOT=folder)
    with django_db_blocker.unblock(), quick, transaction.atomic():
        made = load.load_demo(now=NOW)
        times.append(all_that_is_told())
        yield made
        transaction.set_rollback(True)


def run(*args):
    out = StringIO()
    call_command("demo", "--days", "0", *args, stdout=out)
    return out.getvalue()


def snapshot():
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in TABLES}


@pytest.mark.django_db
class TestWhatIsThere:
    def test_the_people_the_trays_and_who_is_in_them(self, loaded):
        assert {a.username: (a.role, a.is_superuser) for a in Agent.objects.all()} == {
            "sofia": ("supervisor", False), "admin": ("agent", True), "ana": ("agent", False),
            "bruno": ("agent", False), "caio": ("agent", False), "dora": ("agent", False),
        }  # fmt: skip
        assert all(agent.check_password("demo") for agent in Agent.objects.all())
        created = {
            t.name: set(t.members.values_list("username", flat=True)) for t in Tray.objects.filter(kind="custom")
        }
        assert created == {"Ventas": {"ana", "bruno"}, "Soporte": {"caio"}, "Administración": {"sofia"}}

    def test_the_origins_the_menu_and_the_templates(self, loaded):
        assert dict(Origin.objects.values_list("key", "kind")) == {
            "demo-web": "web", "demo-http": "http", "demo-bot-http": "http", "demo-whatsapp": "whatsapp", "demo-telegram": "telegram",
            "demo-messenger": "messenger", "demo-instagram": "instagram",
        }  # fmt: skip
        line = Origin.objects.get(key="demo-http")
        assert (line.secret, line.callback_url) == ("demo-secret", "")
        names = {tray.pk: str(tray) for tray in Tray.objects.all()} | {None: ""}
        menu = versions.menu_of(Bot.objects.get(kind="menu"))
        assert [(option.label, names[option.tray_id]) for option in menu.options] == [
            ("Ventas", "Ventas"), ("Soporte", "Soporte"), ("Administración", "Administración"), ("Mi pedido", ""),
            ("Otra consulta", "General"),
        ]  # fmt: skip
        order = menu.options[3]
        assert [question.attribute for question in order.questions] == ["pedido"]
        assert [option.label for option in order.options] == [
            "Cuándo llega", "Retirar en el local", "Hablar con una persona",
        ]  # fmt: skip

    def test_a_way_through_the_bot_with_an_answer_on_it(self, loaded):
        chat = Chat.objects.get(contact__name="Raúl Ojeda")
        assert (chat.bot_path, chat.attributes) == (["Mi pedido", "Hablar con una persona"], {"pedido": "48231"})
        assert Template.objects.filter(remote_id="", origin=None).count() == 3

    def test_the_networks_lines_talk_to_the_sandbox(self, loaded):
        assert Template.objects.usable_on(Origin.objects.get(key="demo-whatsapp")).count() == 3
        line = Origin.objects.get(key="demo-whatsapp")
        assert (line.line_id, line.account_id) == ("1000001", "2000001")
        for origin in Origin.objects.filter(kind__in=Origin.NETWORKS):
            assert (origin.secret, origin.api_url) == ("demo-secret", "http://127.0.0.1:8098")
            assert origin.verify_token == ("" if origin.kind == "telegram" else "demo-verify")
            assert origin.reception.bot == Bot.objects.get(kind="menu")
            assert Chat.objects.filter(origin=origin).count() >= 4
            assert origin.heard_at

    def test_views_of_ones_own_and_one_that_is_shared(self, loaded):
        views = SavedView.objects.visible_to(Agent.objects.get(username="ana"))
        assert sorted(views.values_list("is_shared", flat=True)) == [False, False, True]
        assert SavedView.objects.visible_to(Agent.objects.get(username="dora")).count() == 1

    def test_quick_replies_of_some_of_trays_and_of_all(self, loaded):
        ana = Agent.objects.get(username="ana")
        hers = QuickReply.objects.visible_to(ana).most_used_first(ana)
        assert [one.shortcut for one in hers[:3]] == ["envio-interior", "gracias", "hola"]
        assert {one.scope for one in hers} == {"mia", "todos", str(Tray.objects.get(name="Ventas").pk)}

    def test_nothing_waits_to_be_sent(self, loaded):
        assert not Message.objects.filter(status__in=("queued", "sending", "unconfirmed")).exists()
        assert Message.objects.filter(direction="out", origin__kind="whatsapp", status="read").exists()

    def test_what_only_networks_have_is_there(self, loaded):
        whatsapp = Message.objects.filter(origin__kind="whatsapp")
        assert whatsapp.filter(payload__has_key="referral").exists()
        assert whatsapp.filter(status="failed").exclude(reason="").exists()
        assert Message.objects.filter(origin__kind="instagram", payload__has_key="story").exists()
        assert Chat.objects.filter(origin__kind="whatsapp", state="EXPIRADO").exists()
        assert Message.objects.filter(origin__kind="telegram", direction="in").exclude(edited_at=None).exists()
        assert Message.objects.filter(origin__kind="instagram", direction="in").exclude(withdrawn_at=None).exists()
        assert not Message.objects.filter(origin__kind="telegram", status__in=("delivered", "read")).exists()
        nameless = Contact.objects.get(shown_address="@yamila.correa")
        assert list(nameless.addresses.values_list("kind", flat=True)) == ["bsuid"]

    def test_a_chat_stands_in_every_state_and_tray(self, loaded):
        assert 55 <= loaded.contacts == Contact.objects.count() <= 70
        # and one who has not written yet, and one whose data were erased
        assert loaded.contacts == len(stories_waiting.STORIES + stories_attended.STORIES) + 2
        assert Chat.objects.filter(state="BOT").count() == len(stories_waiting.WITH_THE_BOT)
        assert Chat.objects.filter(state="EXPIRADO").count() == len(stories_attended.EXPIRED) + 2
        assert Chat.objects.filter(state="AGENTE").count() == len(stories_attended.HELD)
        assert Chat.objects.filter(tray__kind="closed").count() == len(stories_attended.CLOSED)
        assert set(Chat.objects.values_list("state", flat=True)) == set(Chat.State.values)
        assert not Tray.objects.filter(chats=None).exists()
        assert set(Chat.objects.filter(state="AGENTE").values_list("agent__username", flat=True)) >= {
            "ana", "bruno", "caio", "dora", "sofia",
        }  # fmt: skip

    def test_somebody_is_blocked_and_two_cards_are_joined(self, loaded):
        [block] = Block.objects.filter(lifted_at=None)
        assert block.contact.chat.messages.filter(direction="in", created_at__gt=block.at).exists()
        assert Joining.objects.count() == 2

    def test_two_cards_are_suggested_as_one_persons(self, loaded):
        suggested = find_likely(Contact.objects.get(name="Renata Ibáñez"))
        assert "web" in {one.contact.origin.kind for one in suggested}

    def test_every_move_has_been_made(self, loaded):
        assert set(StateChange.objects.values_list("cause", flat=True)) == set(Cause.values)

    def test_one_tray_watches_over_those_who_wait_and_nobody_is_forgotten_in_it_now(self, loaded):
        watched = Tray.objects.exclude(remind_after=None)
        assert [(tray.name, tray.remind_after, tray.return_after) for tray in watched] == [("Administración", 30, 60)]
        assert forgotten.tend_held(now=NOW + timedelta(hours=1)) == (0, 0)
        # nothing moves by itself under who looks at it
        assert not Tray.objects.exclude(assigning="off").exists()
        assert Agent.objects.get(username="caio").capacity == 12

    def test_messages_of_every_kind(self, loaded):
        # what changes another message stands at that one
        on_others = {"reaction", "edit", "withdrawal"}
        assert set(Message.objects.values_list("kind", flat=True)) == set(Message.Kind.values) - on_others
        assert set(Message.objects.values_list("status", flat=True)) >= {"sent", "delivered", "read", "failed"}
        assert Message.objects.exclude(reaction="").exists()
        assert Message.objects.filter(direction="in", reply_to__direction="out").exists()
        assert Message.objects.filter(direction="note", kind="text").exists()
        assert Message.objects.filter(status="failed").exclude(reason="").exists()
        assert set(Attachment.objects.values_list("mime", flat=True)) == {
            "image/png", "image/jpeg", "image/webp", "application/pdf", "audio/wav", "video/webm",
        }  # fmt: skip
        said = set(Attachment.objects.values_list("name", flat=True))
        assert said | set(QuickReplyFile.objects.values_list("name", flat=True)) == set(files._MADE)
        assert not Attachment.objects.filter(message=None).exists()

    def test_waits_and_sessions_are_those_of_a_working_day(self, loaded):
        for chat in Chat.objects.waiting():
            assert timedelta(minutes=1) <= NOW - chat.waiting_since <= timedelta(minutes=41), chat
        for chat in Chat.objects.exclude(state="EXPIRADO"):
            assert timedelta(minutes=40) <= chat.session_expires_at - NOW <= timedelta(hours=24), chat
        assert Chat.objects.filter(session_expires_at__lt=NOW + timedelta(hours=2)).exclude(state="EXPIRADO").exists()
        assert not Message.objects.filter(created_at__gt=NOW).exists()
        assert not StateChange.objects.filter(at__gt=NOW).exists()

    def test_time_only_goes_on_in_every_history(self, loaded):
        for contact in Contact.objects.all():
            times = list(contact.changes.order_by("id").values_list("at", flat=True))
            assert times == sorted(times), contact

    def test_something_is_set_aside_somebody_is_named_and_somebody_reminded(self, loaded):
        assert Chat.objects.snoozed().count() == 1
        assert {one.agent.username for one in Mention.objects.all()} == {"ana", "sofia"}
        named = Chat.objects.get(tray__name="Ventas", mentioned_ids__len=1)
        assert named.mentioned_ids == [Agent.objects.get(username="ana").pk]
        assert Reminder.objects.waiting().get().agent.username == "ana"

    def test_what_was_changed_is_in_the_audit_log_and_in_the_admins_history_alike(self, loaded):
        noted = AuditEntry.objects.filter(kind=AuditEntry.Kind.CHANGE).values_list("at", "agent", "thing")
        history = LogEntry.objects.values_list("action_time", "user", "object_repr")
        assert noted
        assert sorted(noted) == sorted(history)
        shown = {(change.what, change.words, change.old, change.new) for change in read_landing()["changes"]}
        assert {("Ventas", "Orden", "3", "1"), ("Caio Lima", "Chats a la vez", "nada", "12")} <= shown
        assert all(entry.get_edited_object() for entry in LogEntry.objects.all())
        assert "termina en" not in str(list(LogEntry.objects.values_list("change_message", flat=True)))

    def test_whoever_attended_has_entered_and_was_there_when_it_was_done(self, loaded):
        for agent in Agent.objects.all():
            entries = AuditEntry.objects.filter(agent=agent)
            assert agent.last_login == entries.filter(what="entry.in").latest("at").at
            acts = [*StateChange.objects.filter(actor=agent).values_list("at", flat=True),
                    *Message.objects.filter(agent=agent).values_list("created_at", flat=True),
                    *entries.values_list("at", flat=True)]  # fmt: skip
            assert max(acts) <= agent.last_seen.at <= NOW
        assert MenuVersion.objects.get().published_at < Message.objects.earliest("created_at").created_at

    def test_nobodys_browser_is_open_and_the_board_says_since_when(self, loaded):
        LastSeen.objects.update(at=F("at") - timedelta(minutes=2))
        shown = {one.username: (one.how, one.heard) for one in read_agents()}
        assert {how for how, _heard in shown.values()} == {Presence.OFF}
        presence.log_comings()
        for agent in Agent.objects.all():
            became = list(agent.presence_changes.order_by("id").values_list("became", flat=True))
            assert became == ["available", *(["away"] if agent.username == "dora" else []), "off"]
        assert presence.log_comings() == 0

    def test_the_supervisor_looked_at_chats_while_others_held_them(self, loaded):
        looks = AuditEntry.objects.filter(kind=AuditEntry.Kind.LOOK)
        assert looks.count() == audit_rows.LOOKS
        for look in looks:
            chat = Chat.objects.get(contact=look.contact)
            assert (chat.agent, chat.change.at <= look.at <= NOW) == (look.about, True)

    def test_the_history_agrees(self, loaded):
        call_command("check_history", stdout=StringIO())


def test_it_is_the_same_every_time(db, times):
    # the others have loaded it once, where they run in this process
    while len(times) < 2:
        with transaction.atomic():
            load.load_demo(now=NOW)
            times.append(all_that_is_told())
            transaction.set_rollback(True)
    assert all(found == times[0] for found in times)


def test_twice_is_the_same_and_among_other_peoples_agents_only_when_told_to(db):
    people.hire("otra")
    with pytest.raises(CommandError, match="other people's agents"):
        run()
    assert not Origin.objects.exists()
    assert run("--force").startswith("Demo data loaded: 6")
    once = snapshot()
    assert "nothing was changed" in run()
    assert "nothing was changed" in run("--force")
    assert snapshot() == once


@pytest.mark.parametrize("args", [(), ("--force",)])
def test_a_name_of_somebody_else_is_never_taken_over(db, args):
    people.hire("ana", first_name="Otra")
    with pytest.raises(CommandError, match="taken: ana"):
        run(*args)
    assert not Agent.objects.filter(username="sofia").exists()


def test_a_real_tray_is_never_opened_to_the_demos_agents(db):
    people.hire("otra")
    people.tray("Ventas")
    with pytest.raises(CommandError, match="taken: Ventas"):
        run("--force")


def test_before_it_lies_a_month_that_reports_are_made_of(db, tmp_path):
    with override_settings(PASSWORD_HASHERS=QUICK, MEDIA_ROOT=tmp_path):
        load.play_stories(load._set_stage(), month.list_stories(NOW, days=8), NOW)
    call_command("check_history")
    call_command("check_reports")
    tz = timezone.get_current_timezone()
    days = {at.astimezone(tz).date() for at in HourFigure.objects.filter(axis="all").values_list("hour", flat=True)}
    assert len(days) >= 7
    told = HourFigure.objects.filter(axis="all").values_list("measure", flat=True)
    assert {"arrived", "bot_only", "handed_over", "taken", "answered", "attended", "closed", "scored"} <= set(told)
    assert set(Chat.objects.values_list("state", flat=True)) == {"EXPIRADO"}


def test_who_came_in_the_month_is_nobody_of_the_stories():
    told = {story.name for story in stories_waiting.STORIES + stories_attended.STORIES}
    assert not told & set(month.NAMES)
