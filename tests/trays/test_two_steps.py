"""The second step: a number of the app or a code lets in once, and whoever guesses is held."""

from datetime import timedelta

import pyotp
import pytest
from django.db import connection
from django.utils import timezone

from tests.threads import Crowd
from trays import sign_in, two_steps
from trays.models import RecoveryCode, TwoSteps, hire

pytestmark = pytest.mark.django_db
START = 1_795_000_000


@pytest.fixture
def clock(time_machine):
    """`clock(seconds)`: so many seconds after the start, and time stands still."""

    def stand(seconds):
        time_machine.move_to(START + seconds, tick=False)

    stand(0)
    return stand


@pytest.fixture
def app(ana, clock):
    """Ana's telephone: `.number(ahead)`, now or so many seconds ahead; `.codes`, those for without it."""

    class App:
        secret = two_steps.make_secret()

        def number(self, ahead=0):
            return pyotp.TOTP(self.secret).at(int(timezone.now().timestamp()) + ahead)

    made = App()
    made.codes = two_steps.turn_on(ana, made.secret, made.number())
    clock(60)
    return made


def lets_in(agent, typed):
    return two_steps.check_code(agent, typed).is_right


def test_the_number_of_now_lets_ana_in_and_another_does_not(ana, app):
    assert not lets_in(ana, f"{(int(app.number()) + 1) % 1_000_000:06}")
    assert not lets_in(ana, "")
    assert lets_in(ana, f" {app.number()[:3]} {app.number()[3:]} ")


def test_a_number_lets_in_once_and_none_before_it_does_after(ana, app):
    before, number = app.number(-30), app.number()
    assert lets_in(ana, number)
    assert not lets_in(ana, number)
    assert not lets_in(ana, before)


def test_the_number_that_set_it_up_does_not_sign_in(ana, clock):
    secret = two_steps.make_secret()
    number = pyotp.TOTP(secret).at(timezone.now())
    assert two_steps.turn_on(ana, secret, number)
    assert not lets_in(ana, number)


@pytest.mark.parametrize(("ahead", "is_right"), [(-60, False), (-30, True), (30, True), (60, False)])
def test_a_telephones_clock_may_be_half_a_minute_off(ahead, is_right, ana, app, clock):
    clock(600)
    assert lets_in(ana, app.number(ahead)) is is_right


def test_a_code_lets_in_once_however_it_is_written(ana, app):
    code = app.codes[0]
    assert lets_in(ana, f" {code.lower().replace('-', ' ')} ")
    assert not lets_in(ana, code)
    assert two_steps.count_codes(ana) == two_steps.CODES - 1
    assert lets_in(ana, app.codes[1])


def test_new_codes_end_those_of_before(ana, app):
    new = two_steps.renew_codes(ana)
    assert not lets_in(ana, app.codes[0])
    assert lets_in(ana, new[0])


def test_anas_codes_and_numbers_are_nobody_elses(ana, app, bruno, clock):
    other = two_steps.make_secret()
    two_steps.turn_on(bruno, other, pyotp.TOTP(other).at(timezone.now()))
    clock(120)
    assert not lets_in(bruno, app.codes[0])
    assert not lets_in(bruno, app.number())
    assert lets_in(ana, app.codes[0])


def test_whoever_guesses_is_held_for_a_while_also_with_the_right_one(ana, app, clock):
    wrong = f"{(int(app.number()) + 1) % 1_000_000:06}"
    for _guess in range(two_steps.MAX_FAILURES):
        assert two_steps.check_code(ana, wrong) == two_steps.Checked(False)
    held = two_steps.check_code(ana, app.number())
    assert not held.is_right
    assert held.seconds_to_wait == two_steps.WINDOW.total_seconds()
    assert not lets_in(ana, app.codes[0])
    clock(60 + two_steps.WINDOW.total_seconds())
    assert lets_in(ana, app.number())


def test_being_let_in_forgets_what_was_wrong_before(ana, app):
    for code in app.codes[:2]:
        for _guess in range(two_steps.MAX_FAILURES - 1):
            lets_in(ana, "no")
        assert lets_in(ana, code)


def test_a_supervisor_lets_ana_try_again(ana, app):
    for _guess in range(two_steps.MAX_FAILURES):
        lets_in(ana, "no")
    sign_in.unlock(ana)
    assert lets_in(ana, app.number())


def test_a_wrong_number_turns_nothing_on_and_twice_is_as_once(ana, app, bruno):
    secret = two_steps.make_secret()
    assert two_steps.turn_on(bruno, secret, "000") is None
    assert not two_steps.is_on(bruno)
    assert two_steps.turn_on(ana, secret, pyotp.TOTP(secret).at(timezone.now())) is None
    assert lets_in(ana, app.number())


def test_taken_off_nothing_of_it_is_left(ana, app):
    assert two_steps.turn_off(ana)
    assert not two_steps.turn_off(ana)
    assert not TwoSteps.objects.exists()
    assert not RecoveryCode.objects.exists()
    assert not lets_in(ana, app.codes[0])


def test_the_database_tells_neither_the_secret_nor_a_code(ana, app):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT trays_twosteps::text FROM trays_twosteps UNION SELECT trays_recoverycode::text FROM trays_recoverycode"
        )
        kept = str(cursor.fetchall())
    for secret in (app.secret, *app.codes, *(code.replace("-", "") for code in app.codes)):
        assert secret not in kept


def test_another_secret_key_reads_neither_and_the_one_of_before_as_a_fallback_both(ana, app, settings):
    old, settings.SECRET_KEY = settings.SECRET_KEY, "otra-clave-de-la-instalación"
    assert not lets_in(ana, app.number())
    assert not lets_in(ana, app.codes[0])
    settings.SECRET_KEY_FALLBACKS = [old]
    assert lets_in(ana, app.number())
    assert lets_in(ana, app.codes[0])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", ["number", "code"])
def test_of_two_processes_that_get_the_same_at_once_one_lets_in(what, transactional_db):
    agent, secret = hire(username="dario"), two_steps.make_secret()
    codes = two_steps.turn_on(agent, secret, pyotp.TOTP(secret).now())
    TwoSteps.objects.update(last_step=0, since=timezone.now() - timedelta(days=1))
    typed = codes[0] if what == "code" else pyotp.TOTP(secret).now()

    def enter(_number):
        return lets_in(agent, typed)

    with Crowd(2) as crowd:
        assert sorted(crowd.at_once([enter, enter])) == [False, True]
