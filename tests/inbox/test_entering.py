"""Whoever is invited comes in by a link once, and chooses a password that nobody else knows."""

import io
import logging
import re
import smtplib
from datetime import timedelta

import pytest
from django.conf import settings as installed
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from chats import access
from inbox import tasks
from inbox.account import link_mail
from tests import people
from tests.inbox.pages import signed_in
from tests.smtp_server import MailServer, path_in
from tests.threads import Crowd
from trays import entry_links
from trays.models import Agent, EntryLink, hire
from wittyagent.log_filters import LinkFilter

pytestmark = pytest.mark.django_db
CHOSEN = {"new_password1": "mate-amargo-17", "new_password2": "mate-amargo-17"}


@pytest.fixture
def dario(db):
    return hire(username="dario", first_name="Darío", email="dario@almacen.example")


def opens(token):
    """A browser in which somebody has opened the link, and what was shown at its end."""
    client = Client()
    return client, client.get(reverse("enter_by_link", args=[token]), follow=True)


def time_passes(agent, **passed):
    link = EntryLink.objects.get(agent=agent)
    passed = timedelta(**passed)
    EntryLink.objects.filter(pk=link.pk).update(made_at=link.made_at - passed, ends_at=link.ends_at - passed)


def test_dario_chooses_his_password_and_is_in(dario, sofia):
    token = entry_links.make_link(dario, sofia)
    client, page = opens(token)
    assert page.redirect_chain == [("/entrar/", 302)]
    said = page.content.decode()
    assert "Hola, Darío" in said
    assert token not in said
    answer = client.post("/entrar/", CHOSEN)
    assert (answer.status_code, answer.url) == (302, "/bandejas/")
    assert client.get("/bandejas/").status_code == 200
    dario.refresh_from_db()
    assert dario.check_password(CHOSEN["new_password1"])
    assert Client().post("/login/", {"username": "dario", "password": CHOSEN["new_password1"]}).status_code == 302


def test_looking_at_a_link_does_not_use_it_up(dario, sofia):
    token = entry_links.make_link(dario, sofia)
    for _mail_server in range(3):
        opens(token)
    client, _page = opens(token)
    assert client.post("/entrar/", CHOSEN).status_code == 302


def test_a_link_is_used_once_also_in_a_browser_that_opened_it_before(dario, sofia):
    token = entry_links.make_link(dario, sofia)
    first, second = opens(token)[0], opens(token)[0]
    assert first.post("/entrar/", CHOSEN).status_code == 302
    late = second.post("/entrar/", {"new_password1": "otra-clave-99", "new_password2": "otra-clave-99"})
    assert late.status_code == 410
    assert opens(token)[1].status_code == 410
    dario.refresh_from_db()
    assert dario.check_password(CHOSEN["new_password1"])


@pytest.mark.django_db(transaction=True)
def test_of_two_who_use_a_link_at_once_one_comes_in(transactional_db):
    agent = hire(username="dario")
    token = entry_links.make_link(agent, None)

    def use(number):
        found = entry_links.use_link(token, f"clave-larga-{number}")
        return found is not None

    with Crowd(2) as crowd:
        assert sorted(crowd.at_once([use, use])) == [False, True]


@pytest.mark.parametrize("ended", ["late", "a newer one", "revoked", "deactivated", "deactivated and back"])
def test_a_link_that_is_over_says_so_and_lets_nobody_in(ended, dario, sofia):
    token = entry_links.make_link(dario, sofia)
    client, _page = opens(token)
    if ended == "late":
        time_passes(dario, hours=installed.ENTRY_LINK_HOURS, seconds=1)
    elif ended == "a newer one":
        entry_links.make_link(dario, sofia)
    elif ended == "revoked":
        assert entry_links.revoke_link(dario)
    else:
        access.deactivate_agent(dario)
        if ended != "deactivated":
            access.activate_agent(dario)
    answer = client.post("/entrar/", CHOSEN)
    assert answer.status_code == 410
    assert "El enlace ya no sirve" in answer.content.decode()
    assert opens(token)[1].status_code == 410
    dario.refresh_from_db()
    assert not dario.has_usable_password()


@pytest.mark.parametrize("since", ["the maker left", "the maker is none any more", "dario rose", "dario administers"])
def test_a_link_that_its_maker_could_not_make_now_lets_nobody_in(since, dario, sofia):
    hire(username="otra", role="supervisor")
    token = entry_links.make_link(dario, sofia)
    client, _page = opens(token)
    if since == "the maker left":
        access.deactivate_agent(sofia)
    elif since == "the maker is none any more":
        Agent.objects.filter(pk=sofia.pk).update(role="agent")
    else:
        risen = {"role": "supervisor"} if since == "dario rose" else {"is_superuser": True}
        Agent.objects.filter(pk=dario.pk).update(**risen)
    assert client.post("/entrar/", CHOSEN).status_code == 410
    assert opens(token)[1].status_code == 410
    dario.refresh_from_db()
    assert not dario.has_usable_password()
    assert not entry_links.is_vouched_for(EntryLink.objects.get())


def test_whoever_makes_and_is_made_as_before_comes_in(dario, sofia):
    boss = hire(username="jefa", is_superuser=True)
    for maker, agent in ((boss, sofia), (sofia, sofia), (None, boss), (sofia, dario)):
        assert entry_links.find_link(entry_links.make_link(agent, maker)) is not None
        assert entry_links.is_vouched_for(EntryLink.objects.get(agent=agent))


def test_a_password_that_ana_changes_ends_the_link_that_somebody_has(ana, sofia):
    token = entry_links.make_link(ana, sofia)
    new = {"old_password": people.PASSWORD, **CHOSEN}
    assert signed_in(ana).post("/password/", new).status_code == 302
    assert opens(token)[1].status_code == 410


@pytest.mark.parametrize("method", ["head", "post"])
def test_who_only_asks_whether_a_link_is_there_leaves_it_in_no_log(method, dario, sofia):
    token = entry_links.make_link(dario, sofia)
    stream = io.StringIO()
    (console,) = [one for one in logging.getLogger().handlers if any(isinstance(f, LinkFilter) for f in one.filters)]
    former = console.setStream(stream)
    try:
        answer = getattr(Client(), method)(reverse("enter_by_link", args=[token]))
    finally:
        console.setStream(former)
    assert answer.status_code == (302 if method == "head" else 405)
    assert ("/entrar/…" in stream.getvalue()) == (method == "post")
    assert token not in stream.getvalue()


def test_an_invented_link_opens_nothing_and_makes_no_session(db):
    client = Client()
    for path in ("/entrar/", "/entrar/inventado/", "/entrar/%F0%9F%98%80/"):
        assert client.get(path).status_code == 410
    assert not Session.objects.exists()


def test_a_weak_password_is_said_and_the_link_goes_on(dario, sofia):
    client, _page = opens(entry_links.make_link(dario, sofia))
    refused = client.post("/entrar/", {"new_password1": "dario", "new_password2": "dario"})
    assert refused.status_code == 422
    assert "Revisá lo marcado" in refused.content.decode()
    assert client.post("/entrar/", CHOSEN).status_code == 302


def test_a_reset_ends_the_sessions_of_before_and_what_held_the_name(
    ana, sofia, settings, django_capture_on_commit_callbacks
):
    settings.AXES_ENABLED = True
    before = signed_in(ana)
    for _try in range(installed.AXES_FAILURE_LIMIT):
        Client().post("/login/", {"username": "ana", "password": "no"})
    token = entry_links.make_link(ana, sofia)
    # until it is used the old password is what it was
    ana.refresh_from_db()
    assert ana.check_password(people.PASSWORD)
    client, page = opens(token)
    assert "Elegí una contraseña nueva" in page.content.decode()
    client.post("/entrar/", CHOSEN)
    assert before.get("/bandejas/").status_code == 302
    assert Client().post("/login/", {"username": "ana", "password": CHOSEN["new_password1"]}).status_code == 302


def test_whoever_was_signed_in_at_that_browser_leaves_nothing_in_it(dario, sofia, ana):
    token = entry_links.make_link(dario, sofia)
    client = signed_in(ana)
    client.get(reverse("enter_by_link", args=[token]))
    client.post("/entrar/", CHOSEN)
    assert int(client.session["_auth_user_id"]) == dario.pk


def test_the_database_cannot_tell_what_a_link_is(dario, sofia):
    token = entry_links.make_link(dario, sofia, mail_to="dario@almacen.example")
    opens(token)
    with connection.cursor() as cursor:
        cursor.execute("SELECT trays_entrylink::text FROM trays_entrylink")
        kept = str(cursor.fetchall())
    assert token not in kept
    assert token not in str([one.get_decoded() for one in Session.objects.all()])


# --- by mail ----------------------------------------------------------------------------------------


@pytest.fixture
def mails(settings):
    server = MailServer()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", server.port, 5
    settings.SENDS_MAIL = True
    yield server
    server.close()


def test_an_invitation_goes_by_mail_and_lets_dario_in(dario, sofia, mails):
    entry_links.make_link(dario, sofia, mail_to=dario.email)
    assert tasks.mail_entry_links() == 1
    (mail,) = mails.mails
    assert mail["To"] == "dario@almacen.example"
    assert mail["Subject"] == "Te invitaron a WittyAgent"
    words = mail.get_content()
    assert "Sofía Duarte te sumó a WittyAgent" in words
    assert "Tu usuario es dario." in words
    client = Client()
    assert client.get(path_in(mail), follow=True).status_code == 200
    assert client.post("/entrar/", CHOSEN).status_code == 302


def test_a_mail_goes_once_however_many_look(dario, sofia, mails):
    entry_links.make_link(dario, sofia, mail_to=dario.email)
    assert [tasks.mail_entry_links(), tasks.mail_entry_links()] == [1, 0]
    link = EntryLink.objects.get()
    assert (link.token, link.next_try_at) == ("", None)
    assert link.mailed_at is not None


def test_two_workers_at_once_do_not_mail_twice(dario, sofia, mails):
    entry_links.make_link(dario, sofia, mail_to=dario.email)
    seen_by_both = EntryLink.objects.get()
    assert link_mail.LEASE.claim_row(EntryLink.objects.get(), timezone.now() + link_mail.CLAIMED_FOR)
    assert not link_mail.LEASE.claim_row(seen_by_both, timezone.now() + link_mail.CLAIMED_FOR)
    assert tasks.mail_entry_links() == 0
    assert mails.mails == []


def test_a_mail_that_the_server_does_not_take_now_goes_later(dario, sofia, mails):
    entry_links.make_link(dario, sofia, mail_to=dario.email)
    mails.answer = "451 más tarde"
    assert tasks.mail_entry_links() == 0
    link = EntryLink.objects.get()
    assert "se intenta otra vez" in link.mail_failure
    mails.answer = None
    assert link_mail.mail_links(link.next_try_at) == 1
    assert len(mails.mails) == 1
    assert EntryLink.objects.get().mail_failure == ""


def test_an_address_that_the_server_refuses_is_not_tried_again(dario, sofia, mails, caplog):
    token = entry_links.make_link(dario, sofia, mail_to=dario.email)
    mails.answer = "550 no hay nadie"
    tasks.mail_entry_links()
    link = EntryLink.objects.get()
    assert link.mail_failure == "el servidor de mail no acepta esa dirección"
    assert (link.next_try_at, link.token) == (None, "")
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("inbox")]
    assert ours
    assert not [line for line in ours if token in line or dario.email in line]


def test_a_server_that_is_not_there_is_asked_five_times_and_then_it_is_said(dario, sofia, mails):
    mails.close()
    entry_links.make_link(dario, sofia, mail_to=dario.email)
    for _try in range(len(link_mail.LEASE.backoff) + 1):
        link_mail.mail_links(EntryLink.objects.get().next_try_at)
    link = EntryLink.objects.get()
    assert (link.attempts, link.next_try_at) == (5, None)
    assert link.mail_failure == "el servidor de mail no lo tomó"


def test_a_server_that_is_not_there_holds_a_worker_for_one_mail_a_minute(dario, ana, sofia, mails):
    for agent in (dario, ana):
        entry_links.make_link(agent, sofia, mail_to=f"{agent.username}@almacen.example")
    mails.close()
    assert tasks.mail_entry_links() == 0
    assert sorted(EntryLink.objects.values_list("attempts", flat=True)) == [0, 1]


def test_a_sender_that_is_not_taken_is_no_fault_of_the_persons_address():
    words = (550, b"no", "no-reply@almacen.example")
    assert not link_mail._is_final(smtplib.SMTPSenderRefused(*words))
    assert link_mail._is_final(smtplib.SMTPDataError(550, b"no"))


def test_what_cannot_be_read_or_written_is_given_up_and_holds_nobody_elses_mail(dario, sofia, mails, settings):
    entry_links.make_link(dario, sofia, mail_to=dario.email)
    settings.SECRET_KEY = "otra-clave-de-la-instalación"
    odd = hire(username="odd", email="odd@almacen.example")
    entry_links.make_link(odd, sofia, mail_to="odd@almacen.example\nBcc: otra@mal.example")
    elsa = hire(username="elsa", email="elsa@almacen.example")
    entry_links.make_link(elsa, sofia, mail_to=elsa.email)
    assert tasks.mail_entry_links() == 1
    assert [mail["To"] for mail in mails.mails] == ["elsa@almacen.example"]
    assert EntryLink.objects.get(agent=dario).mail_failure == "el enlace ya no se puede leer"
    assert not EntryLink.objects.exclude(token="").exists()


def test_a_link_that_was_used_meanwhile_is_not_mailed(dario, sofia, mails):
    token = entry_links.make_link(dario, sofia, mail_to=dario.email)
    assert entry_links.use_link(token, "una-clave-larga-3") == Agent.objects.get(username="dario")
    assert tasks.mail_entry_links() == 0
    assert mails.mails == []


# --- forgotten --------------------------------------------------------------------------------------

FORGOTTEN = "/login/olvide/"


@pytest.fixture
def ana(ana):
    Agent.objects.filter(pk=ana.pk).update(email="ana@almacen.example")
    ana.refresh_from_db()
    return ana


@pytest.mark.parametrize("typed", ["ana", " Ana ", "ANA@almacen.example"])
def test_ana_has_forgotten_her_password_and_comes_in_by_mail(typed, ana, mails):
    assert FORGOTTEN in Client().get("/login/").content.decode()
    assert Client().post(FORGOTTEN, {"who": typed}).status_code == 200
    tasks.mail_entry_links()
    (mail,) = mails.mails
    assert mail["To"] == ana.email
    assert "elegís una contraseña nueva" in mail.get_content()
    client = Client()
    client.get(path_in(mail))
    assert client.post("/entrar/", CHOSEN).status_code == 302
    ana.refresh_from_db()
    assert ana.check_password(CHOSEN["new_password1"])


def test_the_answer_does_not_tell_who_is_there(ana, bruno, dario, mails):
    Agent.objects.filter(pk=bruno.pk).update(email="bruno@almacen.example", is_active=False)
    answers = {
        name: re.sub(r'csrf\w*"[^>]*', "", Client().post(FORGOTTEN, {"who": name}).content.decode())
        for name in ("ana", "nadie", "bruno", "dario", "", "a\x00b", "x" * 5000)
    }
    said = [answer.partition("<main")[2].partition("</main")[0] for answer in answers.values()]
    assert len(set(said)) == 1
    # the deactivated and who was only invited get nothing
    assert list(EntryLink.objects.values_list("agent", flat=True)) == [ana.pk]


def test_a_worker_is_asked_whether_there_is_such_a_person_or_not(ana, mails, monkeypatch):
    asked = []
    monkeypatch.setattr("inbox.views.entering.jobs.mail_entry_links", lambda: asked.append(1))
    for number, name in enumerate(("ana", "nadie", "ana"), 1):
        Client().post(FORGOTTEN, {"who": name})
        assert len(asked) == number


def test_nobody_fills_anas_mailbox_nor_ends_the_link_that_she_was_given(ana, sofia, mails):
    for _time in range(3):
        Client().post(FORGOTTEN, {"who": "ana"})
    tasks.mail_entry_links()
    assert len(mails.mails) == 1
    time_passes(ana, seconds=entry_links.OWN_LINK_EVERY.total_seconds() + 1)
    Client().post(FORGOTTEN, {"who": "ana"})
    tasks.mail_entry_links()
    assert len(mails.mails) == 2
    given = entry_links.make_link(ana, sofia)
    time_passes(ana, hours=1)
    Client().post(FORGOTTEN, {"who": "ana"})
    assert entry_links.find_link(given) is not None


def test_one_address_asks_so_often_and_no_more(ana, mails):
    asked = [Client().post(FORGOTTEN, {"who": f"nombre{n}"}).status_code for n in range(12)]
    assert asked == [200] * 10 + [429] * 2


def test_without_a_mail_server_there_is_nothing_to_ask_for(ana):
    assert Client().get(FORGOTTEN).status_code == 404
    assert "olvide" not in Client().get("/login/").content.decode()
