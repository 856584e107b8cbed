"""Signing in in two steps, and setting it up: nobody is in before the last one."""

import pyotp
import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from inbox.account import entering
from tests import people
from tests.inbox.pages import HTMX, signed_in
from trays import entry_links, two_steps
from trays.models import TwoSteps, hire

pytestmark = pytest.mark.django_db
PAGE = "/ajustes/acceso/dos-pasos/"
WRONG = "no-es-este"


def set_up(agent):
    """(secret, codes) of an agent whose numbers have all still to be used."""
    secret = two_steps.make_secret()
    codes = two_steps.turn_on(agent, secret, pyotp.TOTP(secret).now())
    TwoSteps.objects.filter(agent=agent).update(last_step=0)
    return secret, codes


def shows_password(agent, **more):
    client = Client()
    answer = client.post("/login/", {"username": agent.username, "password": people.PASSWORD, **more})
    return client, answer


def is_in(client):
    return client.get("/bandejas/").status_code == 200


def secret_shown(client):
    """What the picture of the page says, as an app reads it."""
    return entering.unseal_text(client.session[entering.SECRET])


def number_of(client):
    return pyotp.TOTP(secret_shown(client)).now()


def test_who_has_not_set_it_up_signs_in_as_ever(ana):
    client, answer = shows_password(ana)
    assert answer.url == "/bandejas/"
    assert is_in(client)


def test_the_password_alone_lets_nobody_in_and_the_number_does(ana):
    secret, _codes = set_up(ana)
    client, answer = shows_password(ana, next="/contactos/", remember="on")
    assert answer.url == reverse("login_code")
    assert not is_in(client)
    assert "Entrás como ana" in client.get(answer.url).content.decode()
    done = client.post(answer.url, {"code": pyotp.TOTP(secret).now()})
    assert (done.status_code, done.url) == (302, "/contactos/")
    assert is_in(client)
    assert not client.session.get_expire_at_browser_close()


def test_the_wish_not_to_stay_goes_through_both_steps(ana):
    _secret, codes = set_up(ana)
    client, answer = shows_password(ana)
    client.post(answer.url, {"code": codes[0]})
    assert is_in(client)
    assert client.session.get_expire_at_browser_close()


def test_a_wrong_code_is_said_and_logged_and_lets_nobody_in(ana, caplog):
    set_up(ana)
    client, answer = shows_password(ana)
    refused = client.post(answer.url, {"code": WRONG})
    assert refused.status_code == 422
    assert "Ese código no va" in refused.content.decode()
    assert not is_in(client)
    assert "sign-in failed: address=127.0.0.1 name=ana" in caplog.text


def test_whoever_guesses_codes_reads_how_long_to_wait(ana):
    _secret, codes = set_up(ana)
    client, answer = shows_password(ana)
    for _guess in range(two_steps.MAX_FAILURES):
        assert client.post(answer.url, {"code": WRONG}).status_code == 422
    held = client.post(answer.url, {"code": codes[0]})
    assert held.status_code == 429
    assert int(held["Retry-After"]) > 0
    assert "Demasiados códigos" in held.content.decode()
    assert not is_in(client)
    # nor does another browser get further
    other, answer = shows_password(ana)
    assert other.post(answer.url, {"code": codes[0]}).status_code == 429


@pytest.mark.parametrize("page", ["login_code", "login_two_steps"])
def test_without_the_password_there_is_no_second_step(page, ana):
    for method in ("get", "post"):
        assert getattr(Client(), method)(reverse(page), {"code": "1"}).url == reverse("login")


@pytest.mark.parametrize("meanwhile", ["a new password", "deactivated", "too late"])
def test_a_first_step_of_before_is_worth_nothing(meanwhile, ana, time_machine):
    _secret, codes = set_up(ana)
    client, answer = shows_password(ana)
    if meanwhile == "a new password":
        ana.set_password("otra-clave-larga-2")
        ana.save()
    elif meanwhile == "deactivated":
        type(ana).objects.update(is_active=False)
    else:
        kept = client.session
        kept[entering.WAITING] = kept[entering.WAITING] | {"at": kept[entering.WAITING]["at"] - 3600}
        kept.save()
    assert client.post(answer.url, {"code": codes[0]}).url == reverse("login")
    assert two_steps.count_codes(ana) == two_steps.CODES
    assert not is_in(client)


def test_a_link_to_come_in_does_not_go_round_the_second_step(ana, sofia):
    _secret, codes = set_up(ana)
    client = Client()
    client.get(reverse("enter_by_link", args=[entry_links.make_link(ana, sofia)]))
    answer = client.post("/entrar/", {"new_password1": "mate-amargo-17", "new_password2": "mate-amargo-17"})
    assert answer.url == reverse("login_code")
    assert not is_in(client)
    client.post(answer.url, {"code": codes[0]})
    assert is_in(client)


def test_links_again_and_again_do_not_let_a_supervisor_guess_without_end(ana, sofia):
    set_up(ana)
    for _try in range(two_steps.MAX_FAILURES):
        two_steps.check_code(ana, WRONG)
    client = Client()
    client.get(reverse("enter_by_link", args=[entry_links.make_link(ana, sofia)]))
    answer = client.post("/entrar/", {"new_password1": "mate-amargo-17", "new_password2": "mate-amargo-17"})
    assert client.post(answer.url, {"code": WRONG}).status_code == 429


# --- obligatory -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("for_whom", "who", "is_asked"),
    [("", "sofia", False), ("supervisors", "sofia", True), ("supervisors", "owner", True),
     ("supervisors", "ana", False), ("all", "ana", True)],
)  # fmt: skip
def test_who_has_to_sets_it_up_on_the_way_in(for_whom, who, is_asked, settings, ana, sofia):
    settings.TWO_STEPS_FOR = for_whom
    agent = {"ana": ana, "sofia": sofia}.get(who) or hire(
        username="owner", password=people.PASSWORD, is_superuser=True, role="agent"
    )
    client, answer = shows_password(agent, next="/contactos/")
    assert (answer.url == reverse("login_two_steps")) is is_asked
    assert is_in(client) is not is_asked
    if not is_asked:
        return
    assert "<svg" in client.get(answer.url).content.decode()
    assert client.post(answer.url, {"code": WRONG}).status_code == 422
    assert not is_in(client)
    done = client.post(answer.url, {"code": number_of(client)})
    said = done.content.decode()
    assert done.status_code == 200
    assert said.count("<li><code>") == two_steps.CODES
    assert 'href="/contactos/"' in said
    assert is_in(client)
    assert entering.SECRET not in client.session
    _again, answer = shows_password(agent)
    assert answer.url == reverse("login_code")


def test_the_password_of_who_has_set_it_up_does_not_set_up_another(settings, sofia):
    settings.TWO_STEPS_FOR = "supervisors"
    client, answer = shows_password(sofia)
    client.get(answer.url)
    set_up(sofia)
    assert client.post(answer.url, {"code": number_of(client)}).url == reverse("login")
    assert not is_in(client)


def test_who_came_in_with_one_step_comes_in_anew_once_two_are_needed(settings, ana, sofia):
    of_ana, of_sofia = shows_password(ana)[0], shows_password(sofia)[0]
    settings.TWO_STEPS_FOR = "supervisors"
    assert is_in(of_ana)
    assert not is_in(of_sofia)
    # and who is made one
    type(ana).objects.filter(pk=ana.pk).update(role="supervisor")
    assert not is_in(of_ana)


# --- in Mis ajustes ---------------------------------------------------------------------------------


def test_ana_sets_it_up_and_her_other_sessions_end(ana):
    elsewhere, here = signed_in(ana), signed_in(ana)
    page = here.get(PAGE).content.decode()
    assert "<svg" in page
    assert "style=" not in page.partition("<svg")[2].partition("</svg>")[0]
    secret = secret_shown(here)
    assert secret not in page  # in groups of four
    assert secret in page.replace(" ", "")
    done = here.post(PAGE, {"code": number_of(here), "password": people.PASSWORD})
    assert done.content.decode().count("<li><code>") == two_steps.CODES
    assert is_in(here)
    assert not is_in(elsewhere)
    assert "Te quedan 8 códigos de respaldo sin usar" in here.get("/ajustes/acceso/").content.decode()
    assert secret not in here.get(PAGE).content.decode().replace(" ", "")


def test_the_page_shows_the_same_secret_until_it_is_used(ana):
    client = signed_in(ana)
    client.get(PAGE)
    before = secret_shown(client)
    client.post(PAGE, {"code": WRONG, "password": people.PASSWORD})
    assert secret_shown(client) == before
    assert before not in str([one.get_decoded() for one in Session.objects.all()])


@pytest.mark.parametrize("sent", [{"password": people.PASSWORD, "code": WRONG}, {"password": "no"}, {}])
def test_a_wrong_number_or_password_sets_nothing_up(sent, ana):
    client = signed_in(ana)
    client.get(PAGE)
    number = {} if "code" in sent else {"code": number_of(client)}
    assert client.post(PAGE, sent | number).status_code == 422
    assert not two_steps.is_on(ana)


def test_new_codes_and_taking_it_off_ask_for_the_password(ana):
    _secret, codes = set_up(ana)
    client = signed_in(ana)
    for do in ("codes", "off"):
        assert client.post(PAGE, {"do": do, "password": "no"}).status_code == 422
    assert two_steps.check_code(ana, codes[0]).is_right
    shown = client.post(PAGE, {"do": "codes", "password": people.PASSWORD}).content.decode()
    assert shown.count("<li><code>") == two_steps.CODES
    assert not two_steps.check_code(ana, codes[1]).is_right
    assert client.post(PAGE, {"do": "off", "password": people.PASSWORD}).status_code == 303
    assert not two_steps.is_on(ana)
    assert shows_password(ana)[1].url == "/bandejas/"


def test_who_has_to_does_not_take_it_off(sofia, settings):
    settings.TWO_STEPS_FOR = "supervisors"
    set_up(sofia)
    client = signed_in(sofia)
    assert client.post(PAGE, {"do": "off", "password": people.PASSWORD}, headers=HTMX).status_code == 403
    assert two_steps.is_on(sofia)


def test_the_password_is_not_guessed_at_an_open_page(ana):
    set_up(ana)
    client = signed_in(ana)
    answers = [client.post(PAGE, {"do": "off", "password": "no"}).status_code for _ in range(12)]
    assert answers == [422] * 10 + [429] * 2
