"""Web Push: told in a browser without a page, of what may be seen at that moment, once, and not for ever."""

import ssl
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import CharField, Value
from django.db.models.functions import Concat
from django.test import Client
from django.utils import timezone

from chats import access, assigning, moves
from chats.messages import replies
from common import guarded_http
from inbox import tasks
from inbox.models import AgentSettings, Login, PushKey, PushSubscription
from inbox.notices import news, pushing
from inbox.notices.kinds import Kind
from tests import people
from tests.inbox.pages import HTMX, SECRET, signed_in
from tests.push_service import PushService
from trays import presence
from trays.models import Tray

PUSH = "/ajustes/push/"


@pytest.fixture
def service(listening, tmp_path, monkeypatch):
    service = listening(PushService(tmp_path))
    trusting = ssl.create_default_context(cafile=str(service.certificate[0]))
    monkeypatch.setattr(guarded_http.httpx, "create_ssl_context", lambda *_a, **_n: trusting)
    monkeypatch.setattr(guarded_http, "_client", None)
    yield service
    assert service.refused == []


@pytest.fixture
def page(ana):
    return signed_in(ana)


def agree(client, service, name="one"):
    browser = service.browser(PushKey.current().public, name)
    answer = client.post(PUSH, browser.fields)
    assert answer.status_code == 204
    return browser


def work(after=7.0):
    """A look, and so many seconds later what is due is sent, by two workers. Returns how many were sent."""
    now = timezone.now()
    pushing.look(now)
    later = now + timedelta(seconds=after)
    return pushing.send_due(later) + pushing.send_due(later)


def titles(service):
    return [said["title"] for _name, said in service.said]


def only(service):
    [(_name, said)] = service.said
    return said


def next_minute():
    """What was sent was sent a while ago."""
    PushSubscription.objects.filter(sent_at__isnull=False).update(sent_at=timezone.now() - timedelta(minutes=1))


@pytest.fixture
def line(db):
    return people.http_origin()


@pytest.fixture
def marta(line, ana, ventas):
    return people.held(line, ana, ventas, sender="marta", name="Marta Gómez")


def test_an_answer_is_told_once_by_name_and_not_by_word(service, page, marta, line):
    agree(page, service)
    assert work() == 0
    people.says(line, "marta", SECRET)
    assert work() == 1
    assert only(service) == {
        "title": "Marta Gómez", "body": "Respondió en un chat tuyo", "tag": f"answer-{marta.pk}",
        "url": f"/chat/{marta.pk}/",
    }  # fmt: skip
    next_minute()
    assert work() == 0
    people.says(line, "marta", "¿hola?")
    assert work() == 1
    assert titles(service) == ["Marta Gómez"] * 2


def test_its_words_only_where_the_agent_says_so(service, page, marta, line, ana):
    AgentSettings.objects.create(agent=ana, shows_text=True)
    agree(page, service)
    people.says(line, "marta", "¿y mi pedido?")
    work()
    assert only(service)["body"] == "¿y mi pedido?"


def test_what_stood_before_is_no_news(service, page, marta, line):
    people.says(line, "marta", "de antes")
    agree(page, service)
    assert work() == 0
    assert service.said == []


def test_what_stood_in_a_chat_that_is_taken_is_no_answer(service, page, line, ana, ventas):
    agree(page, service)
    people.held(line, ana, ventas, sender="nueva", name="Recién Tomada")
    assert work() == 0
    people.says(line, "nueva", "gracias")
    assert work() == 1
    assert titles(service) == ["Recién Tomada"]


def test_a_burst_is_one_notice(service, page, marta, line, ana, ventas):
    people.held(line, ana, ventas, sender="otra", name="Otra Clienta")
    agree(page, service)
    for number in range(5):
        people.says(line, "marta", f"mensaje {number}")
        people.says(line, "otra", f"mensaje {number}")
    assert work() == 1
    said = only(service)
    assert said["title"] == "2 chats tuyos tienen respuesta"
    assert sorted(said["body"].split(", ")) == ["Marta Gómez", "Otra Clienta"]


def test_a_customer_who_goes_on_is_not_told_of_every_second(service, page, marta, line):
    agree(page, service)
    people.says(line, "marta", "uno")
    assert work() == 1
    people.says(line, "marta", "dos")
    assert work() == 0
    pushing.look(timezone.now())
    assert pushing.send_due(timezone.now() + pushing.GAP + timedelta(seconds=1)) == 1


def test_what_a_page_has_told_is_not_pushed(service, page, marta, line, ana):
    agree(page, service)
    people.says(line, "marta", "la ve en la pantalla")
    pushing.look(timezone.now())
    pushing.note_told(ana.pk, {Kind.ANSWER: [marta.pk]})
    assert work() == 0
    people.says(line, "marta", "esta no")
    pushing.note_told(ana.pk, {Kind.ANSWER: [marta.pk + 1], Kind.TRAYS: [marta.pk]})
    assert work() == 1


def test_what_was_answered_meanwhile_is_not_pushed(service, page, marta, line, ana):
    agree(page, service)
    people.says(line, "marta", "¿están?")
    pushing.look(timezone.now())
    replies.send_reply(marta.pk, ana, "acá estamos")
    assert work() == 0
    assert service.said == []


def test_the_place_is_asked_again_at_the_moment_of_sending(service, page, marta, line, ana, soporte, sofia):
    AgentSettings.objects.create(agent=ana, notices={"answer": ["push"], "trays": ["push"]}, shows_text=True)
    agree(page, service)
    people.says(line, "marta", SECRET)
    pushing.look(timezone.now())
    moves.send(marta.pk, soporte, sofia)
    assert work() == 0
    assert service.said == []


def test_arrivals_are_those_of_ones_own_trays_by_somebody_else(
    service, page, marta, line, ana, bruno, sofia, ventas, soporte
):
    AgentSettings.objects.create(agent=ana, notices={"answer": [], "trays": ["push"]})
    agree(page, service)
    people.waiting(line, soporte, name="De Soporte")
    moves.give_back(marta.pk, ana)
    other = people.held(line, bruno, ventas, name="De Bruno")
    moves.send(other.pk, bruno.personal_tray, bruno)
    closed = people.held(line, bruno, ventas, name="Cerrada")
    moves.close(closed.pk, bruno)
    assert work() == 0
    chat = people.waiting(line, ventas, name="Bernarda")
    assert work() == 1
    said = only(service)
    assert (said["title"], said["body"]) == ("Bernarda", "Entró en Ventas")
    assert said["url"] == f"/bandejas/{ventas.pk}/{chat.pk}/"


def test_a_chat_that_is_assigned_to_ana_or_sent_to_her_own_tray_is_told_without_having_chosen_anything(
    service, page, marta, line, ana, bruno, ventas
):
    agree(page, service)
    Tray.objects.filter(pk=ventas.pk).update(assigning="turns")
    presence.note_seen([ana.pk])
    given = people.waiting(line, ventas, name="Bernarda")
    assert assigning.assign_next(ventas.pk).agent == ana
    assert work() == 1
    assert only(service) == {
        "title": "Bernarda", "body": "Se te asignó desde Ventas", "tag": f"mine-{given.pk}", "url": f"/chat/{given.pk}/"
    }  # fmt: skip
    next_minute()
    sent = people.held(line, bruno, ventas, name="De Bruno")
    moves.send(sent.pk, ana.personal_tray, bruno)
    assert work() == 1
    said = service.said[-1][1]
    assert (said["title"], said["url"]) == ("De Bruno", f"/bandejas/{ana.personal_tray.pk}/{sent.pk}/")
    next_minute()
    # what she does herself is no news
    moves.take(sent.pk, ana)
    moves.send(sent.pk, ana.personal_tray, ana)
    own = AgentSettings.objects.create(agent=ana, notices={"mine": ["tab"]})
    people.held(line, bruno, ventas, name="Otra")
    moves.send(people.held(line, bruno, ventas, name="Otra").pk, ana.personal_tray, bruno)
    assert work() == 0
    assert own


def use(client, at):
    """The browser of this login was used then."""
    Login.objects.update_or_create(
        session_key=client.session.session_key,
        defaults={"agent_id": client.session["_auth_user_id"], "device": "x", "address": "127.0.0.1", "used_at": at},
    )


def test_of_two_closed_browsers_the_one_used_last_is_told_and_the_other_is_not(service, page, marta, line, ana):
    now, phone = timezone.now(), signed_in(ana)
    agree(page, service, "desk")
    agree(phone, service, "phone")
    use(page, now)
    use(phone, now - timedelta(hours=1))
    people.says(line, "marta", "hola")
    assert work() == 1
    next_minute()
    assert work() == 0
    use(phone, now + timedelta(minutes=1))
    people.says(line, "marta", "¿hola?")
    assert work() == 1
    assert [name for name, _said in service.said] == ["desk", "phone"]
    next_minute()
    assert work() == 0


@pytest.mark.parametrize("status", [410, 503])
def test_the_other_browser_is_told_where_the_first_is_gone_or_its_service_fails(
    status, service, page, marta, line, ana
):
    now, phone = timezone.now(), signed_in(ana)
    agree(page, service, "desk")
    agree(phone, service, "phone")
    use(page, now)
    use(phone, now - timedelta(hours=1))
    service.answers = [status]
    people.says(line, "marta", "hola")
    assert work() == 0
    assert work() == 1
    assert service.said[-1][0] == "phone"
    # and the first, when it is tried again, has nothing to say any more
    assert pushing.send_due(timezone.now() + timedelta(minutes=10)) == 0
    assert len(service.said) == 1
    assert PushSubscription.objects.filter(due_at__isnull=False).count() == 0


def test_a_kind_that_is_off_is_not_pushed_nor_caught_up_with_when_it_is_on(service, page, marta, line, ana):
    AgentSettings.objects.create(agent=ana, notices={"answer": ["tab"]})
    agree(page, service)
    people.says(line, "marta", "sin push")
    assert work() == 0
    form = {"part": "notices", "sound": "drop", "volume": "60", "quiet_from": "22:00", "quiet_until": "07:00"}
    assert page.post("/ajustes/", form | {"on": ["answer.push"]}, headers=HTMX).status_code == 204
    assert work() == 0
    people.says(line, "marta", "con push")
    assert work() == 1


def test_in_quiet_hours_it_waits_and_is_one_notice_after_them(service, page, marta, line, ana, monkeypatch):
    agree(page, service)
    at = timezone.localtime(timezone.now())
    begins, ends = (at - timedelta(hours=1)).time(), (at + timedelta(hours=1)).time()
    own = AgentSettings.objects.create(agent=ana, is_quiet=True, quiet_from=begins, quiet_until=ends)
    people.says(line, "marta", "de noche")
    people.says(line, "marta", "¿nadie?")
    assert work() == 0
    # begun before them, due within
    PushSubscription.objects.update(due_at=timezone.now())
    assert pushing.send_due(timezone.now()) == 0
    own.is_quiet = False
    own.save()
    assert work() == 1
    assert titles(service) == ["Marta Gómez"]


@pytest.mark.parametrize("status", [404, 410, 401, 403])
def test_a_browser_that_is_gone_is_forgotten(service, page, marta, line, status):
    agree(page, service)
    service.answers = [status]
    people.says(line, "marta", "hola")
    assert work() == 0
    assert not PushSubscription.objects.exists()


@pytest.mark.parametrize(("status", "more"), [(503, {}), (500, {}), (429, {"Retry-After": "40"})])
def test_a_service_in_trouble_is_tried_again_later_and_tells_once(service, page, marta, line, status, more):
    agree(page, service)
    service.answers, service.more = [status], more
    people.says(line, "marta", "hola")
    assert work() == 0
    now = timezone.now()
    assert pushing.send_due(now + timedelta(seconds=int(more.get("Retry-After", 10)) - 5)) == 0
    assert pushing.send_due(now + timedelta(seconds=int(more.get("Retry-After", 10)) + 5)) == 1
    assert titles(service) == ["Marta Gómez"]
    next_minute()
    assert work() == 0


def test_a_service_that_stays_in_trouble_is_left_alone_until_there_is_more(service, page, marta, line):
    agree(page, service)
    service.answers = [503] * 4
    people.says(line, "marta", "hola")
    pushing.look(timezone.now())
    for hours in range(1, 6):
        assert pushing.send_due(timezone.now() + timedelta(hours=hours)) == 0
    assert service.answers == []
    next_minute()
    assert work() == 0
    people.says(line, "marta", "otra cosa")
    assert work() == 1


def test_a_service_that_does_not_answer_holds_nobody_up(service, page, marta, line, bruno, ventas):
    agree(page, service)
    agree(signed_in(bruno), service, "bruno")
    people.held(line, bruno, ventas, sender="otra", name="Otra Clienta")
    people.says(line, "otra", "hola")
    PushSubscription.objects.exclude(agent=bruno).update(endpoint="https://10.0.0.1/push/one")
    people.says(line, "marta", "hola")
    assert work() == 1
    assert titles(service) == ["Otra Clienta"]


def test_a_claim_is_one_workers(service, page, marta, line):
    agree(page, service)
    people.says(line, "marta", "hola")
    pushing.look(timezone.now())
    first, second = PushSubscription.objects.get(), PushSubscription.objects.get()
    until = timezone.now() + pushing.CLAIM
    assert pushing.LEASE.claim_row(first, until)
    assert not pushing.LEASE.claim_row(second, until)
    assert pushing.send_due(timezone.now() + timedelta(seconds=7)) == 0


def test_it_lasts_as_long_as_the_login(service, page, marta, line, ana):
    agree(page, service)
    page.post("/logout/")
    assert not PushSubscription.objects.exists()
    client = signed_in(ana)
    agree(client, service)
    ana.set_password("otra-clave-larga-2")
    ana.save()
    people.says(line, "marta", "hola")
    assert work() == 0
    assert not PushSubscription.objects.exists()
    assert service.said == []


def test_who_is_deactivated_is_told_nothing(service, page, marta, line, ana):
    agree(page, service)
    people.says(line, "marta", "hola")
    pushing.look(timezone.now())
    access.deactivate_agent(ana)
    assert work() == 0
    assert service.said == []
    assert not PushSubscription.objects.exists()


def test_a_browser_whose_session_is_over_is_forgotten_at_night(service, page):
    agree(page, service)
    assert tasks.prune_browsers() == 0
    page.session.delete()
    assert tasks.prune_browsers() == 1


def test_a_browser_is_of_who_signed_in_last(service, page, bruno, ana, marta, line):
    browser = agree(page, service)
    client = signed_in(bruno)
    assert client.post(PUSH, browser.fields).status_code == 204
    assert PushSubscription.objects.get().agent == bruno
    assert page.post(PUSH + "remove/", browser.fields).status_code == 204
    people.says(line, "marta", "hola")
    assert work() == 0
    client.post(PUSH + "remove/", browser.fields)
    assert not PushSubscription.objects.exists()


def test_of_many_browsers_the_oldest_is_forgotten(service, page):
    for number in range(11):
        agree(page, service, f"n{number}")
    assert PushSubscription.objects.count() == 10
    assert not PushSubscription.objects.filter(endpoint__endswith="/n0").exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"endpoint": "http://push.example.com/x"},
        {"endpoint": "https://10.0.0.1/x"},
        {"endpoint": "https://[::1]/x"},
        {"endpoint": "https://169.254.169.254/latest"},
        {"endpoint": "https://usuario:clave@10.1.1.1/x"},
        {"endpoint": "file:///etc/passwd"},
        {"endpoint": "https://[mal"},
        {"endpoint": ""},
        {"endpoint": "https://push.example.com/" + "x" * 1000},
        {"point": "corta"},
        {"point": ""},
        {"secret": "ñ"},
        {"secret": ""},
    ],
)
def test_only_browsers_outside_with_keys_are_taken(service, page, wrong):
    browser = service.browser(PushKey.current().public)
    answer = page.post(PUSH, browser.fields | wrong, headers=HTMX)
    assert answer.status_code == 422
    assert not PushSubscription.objects.exists()


def test_who_is_not_signed_in_has_no_browser(service, ana):
    browser = service.browser(PushKey.current().public)
    for path in ("", "remove/", "try/"):
        assert Client().post(PUSH + path, browser.fields).status_code == 302
    assert not PushSubscription.objects.exists()


def test_trying_it_sends_to_this_browser_alone(service, page, ana):
    browser = agree(page, service)
    agree(page, service, "other")
    tasks.try_push(PushSubscription.objects.get(endpoint=browser.fields["endpoint"]).pk)
    assert service.said == [("one", {"title": "Así llega un aviso", "body": "Respondió en un chat tuyo", "tag": "try",
                                     "url": "/ajustes/"})]  # fmt: skip
    assert page.post(PUSH + "try/", browser.fields).status_code == 204
    assert page.post(PUSH + "try/", {"endpoint": "https://push.example.com/x"}, headers=HTMX).status_code == 404


def test_the_key_is_one_sealed_and_made_anew_where_it_cannot_be_read(service, page, settings):
    key = PushKey.current()
    agree(page, service)
    assert PushKey.current().public == key.public
    with connection.cursor() as cursor:
        cursor.execute("SELECT private FROM inbox_pushkey")
        [[kept]] = cursor.fetchall()
    assert kept.startswith("sealed:")
    assert key.private not in kept
    settings.SECRET_KEY = "another one, after a move"
    assert PushKey.current().public != key.public
    assert not PushSubscription.objects.exists()


def test_the_task_looks_and_sends(service, page, marta, line):
    agree(page, service)
    people.says(line, "marta", "hola")
    assert tasks.push_news() == 0
    PushSubscription.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    assert tasks.push_news() == 1


def test_marks_are_bounded_and_what_is_older_than_them_is_no_news():
    told = news.add_told({}, {"answer": dict.fromkeys(range(1, 2000), 1)})
    assert len(told["answer"]) == news.MAX_TOLD
    assert news.pick_untold({"answer": {5: 1}}, told) == {}
    assert news.pick_untold({"answer": {3000: 7}, "trays": {2: 8}}, told) == {"answer": {3000: 7}, "trays": {2: 8}}


def test_what_waited_before_is_no_news_when_one_of_many_leaves(service, page, line, ana, bruno, ventas, monkeypatch):
    monkeypatch.setattr(news, "MAX_FOUND", 2)
    AgentSettings.objects.create(agent=ana, notices={"answer": [], "trays": ["push"]})
    chats = [people.waiting(line, ventas, name=f"Vieja {number}", sender=f"v{number}") for number in range(4)]
    agree(page, service)
    assert work() == 0
    moves.take(chats[-1].pk, bruno)
    assert work() == 0
    people.waiting(line, ventas, name="Nueva", sender="nueva")
    assert work() == 1
    assert titles(service) == ["Nueva"]


def test_the_words_are_those_that_were_heard_also_a_choice(service, page, marta, line, ana):
    AgentSettings.objects.create(agent=ana, shows_text=True)
    agree(page, service)
    replies.send_reply(marta.pk, ana, "¿Te paso la cuenta?")
    people.says(line, "marta", "Sí", kind="choice")
    work()
    assert only(service)["body"] == "Sí"


def test_an_arrival_says_the_words_of_the_customer_and_of_nobody_else(service, page, line, ana, bruno, ventas):
    AgentSettings.objects.create(agent=ana, shows_text=True, notices={"answer": [], "trays": ["push"]})
    agree(page, service)
    chat = people.held(line, bruno, ventas, sender="otra", name="Otra Clienta")
    replies.send_reply(chat.pk, bruno, "ya te paso con Ventas")
    moves.give_back(chat.pk, bruno)
    assert work() == 1
    next_minute()
    people.waiting(line, ventas, name="Nueva", sender="nueva", text="¿tienen stock?")
    assert work() == 1
    assert [said["body"] for _name, said in service.said] == ["Entró en Ventas", "¿tienen stock?"]


def test_an_answer_that_comes_late_is_told(service, page, line, marta):
    agree(page, service)
    people.says(line, "marta", "de hace un rato", at=timezone.now() - timedelta(seconds=20))
    assert work() == 1


def test_who_is_deactivated_while_others_are_told_is_told_nothing(
    service, page, line, ana, bruno, ventas, marta, monkeypatch
):
    people.held(line, bruno, ventas, sender="otra", name="Otra Clienta")
    agree(page, service, "one")
    agree(signed_in(bruno), service, "two")
    people.says(line, "marta", "hola")
    people.says(line, "otra", "hola")
    pushing.look(timezone.now())
    PushSubscription.objects.filter(agent=bruno).update(due_at=timezone.now() + timedelta(seconds=9))
    told = []

    def post(browser, _notice):
        told.append(browser.agent)
        type(bruno).objects.filter(pk=bruno.pk).update(is_active=False)
        return 201

    monkeypatch.setattr(pushing, "_post", post)
    assert pushing.send_due(timezone.now() + timedelta(seconds=20)) == 1
    assert told == [ana]


def test_what_a_page_tells_while_others_are_told_is_not_pushed(
    service, page, line, ana, bruno, ventas, marta, monkeypatch
):
    other = people.held(line, bruno, ventas, sender="otra", name="Otra Clienta")
    agree(page, service, "one")
    agree(signed_in(bruno), service, "two")
    people.says(line, "marta", "hola")
    people.says(line, "otra", "hola")
    pushing.look(timezone.now())
    PushSubscription.objects.filter(agent=bruno).update(due_at=timezone.now() + timedelta(seconds=9))

    def post(_browser, _notice):
        pushing.note_told(bruno.pk, {Kind.ANSWER: [other.pk]})
        return 201

    monkeypatch.setattr(pushing, "_post", post)
    assert pushing.send_due(timezone.now() + timedelta(seconds=20)) == 1


def test_one_worker_tells_at_a_time(service, page, line, ana, bruno, ventas, marta, monkeypatch):
    people.held(line, bruno, ventas, sender="otra", name="Otra Clienta")
    agree(page, service, "one")
    agree(signed_in(bruno), service, "two")
    people.says(line, "marta", "hola")
    people.says(line, "otra", "hola")
    assert tasks.push_news() == 0
    PushSubscription.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    beside = []

    def post(_browser, _notice):
        beside.append(tasks.push_news())
        return 201

    monkeypatch.setattr(pushing, "_post", post)
    assert tasks.push_news() == 2
    assert beside == [0, 0]
    # and the next run is free to begin
    next_minute()
    people.says(line, "marta", "¿están?")
    tasks.push_news()
    PushSubscription.objects.filter(due_at__isnull=False).update(due_at=timezone.now() - timedelta(seconds=1))
    assert tasks.push_news() == 1


def test_who_died_while_telling_is_not_waited_for_for_ever(service, page, marta, line):
    agree(page, service)
    people.says(line, "marta", "hola")
    pushing.look(timezone.now())
    PushSubscription.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    PushKey.objects.update(told_until=timezone.now() + timedelta(seconds=30))
    assert tasks.push_news() == 0
    PushKey.objects.update(told_until=timezone.now() - timedelta(seconds=1))
    assert tasks.push_news() == 1


def test_a_service_that_does_not_answer_is_asked_for_a_few_and_the_others_wait(
    service, page, marta, line, bruno, ventas, monkeypatch
):
    # of an agent each, as one browser of an agent is told first
    for number in range(6):
        other = people.hire(f"otro{number}")
        people.held(line, other, sender=f"de{number}", name=f"De {number}")
        agree(signed_in(other), service, f"n{number}")
        people.says(line, f"de{number}", "hola")
    PushSubscription.objects.update(endpoint=Concat(Value("https://push.example.com/"), "pk", output_field=CharField()))
    people.held(line, bruno, ventas, sender="otra", name="Otra Clienta")
    agree(signed_in(bruno), service, "bruno")
    people.says(line, "marta", "hola")
    people.says(line, "otra", "hola")
    pushing.look(timezone.now())
    PushSubscription.objects.filter(agent=bruno).update(due_at=timezone.now() + timedelta(seconds=9))
    asked = []
    post = pushing._post

    def count(browser, notice):
        asked.append(browser.pk)
        return timedelta(0) if "example.com" in browser.endpoint else post(browser, notice)

    monkeypatch.setattr(pushing, "_post", count)
    later = timezone.now() + timedelta(seconds=9)
    assert pushing.send_due(later) == 1
    assert len(asked) == pushing.MAX_FAILURES + 1
    assert titles(service) == ["Otra Clienta"]
    # those that were not asked have lost no try, and come later
    assert PushSubscription.objects.filter(attempts=0, due_at__gt=timezone.now()).count() == 3


def test_trying_it_has_a_limit(service, page):
    browser = agree(page, service)
    answers = [page.post(PUSH + "try/", browser.fields, headers=HTMX).status_code for _ in range(7)]
    assert answers == [204] * 5 + [429] * 2
