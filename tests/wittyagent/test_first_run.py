"""The set-up page: one administrator, once, for who has the token of the terminal."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings as configured
from django.db import connection
from django.test import Client
from django.urls import reverse

from origins.models import Origin
from tests import people
from trays.models import Agent
from wittyagent.first_run import setup_url

FORM = {"username": "jefa", "first_name": "Julia", "password1": people.PASSWORD, "password2": people.PASSWORD}


@pytest.fixture(autouse=True)
def _own_token(settings, tmp_path):
    settings.WITTY_DATA = tmp_path
    assert Path(configured.WITTY_DATA) == tmp_path


def token():
    return parse_qs(urlsplit(setup_url()).query)["token"][0]


def test_the_first_page_of_an_empty_house_is_set_up(client, db):
    assert client.get("/").url == reverse("setup")


def test_without_the_token_there_is_no_form(client, db):
    token()
    for given in ("", "x", "ñandú"):
        answer = client.get(reverse("setup"), {"token": given})
        assert answer.status_code == 403
        assert "password1" not in answer.content.decode()
        assert client.post(reverse("setup"), {**FORM, "token": given}).status_code == 403
    assert not Agent.objects.exists()


def test_the_administrator_is_a_supervisor_and_the_web_chat_is_ready(client, db):
    answer = client.post(reverse("setup"), {**FORM, "token": token()})
    assert answer.status_code == 302
    made = Agent.objects.get()
    assert (made.is_superuser, made.is_supervisor, made.personal_tray.kind) == (True, True, "personal")
    assert Origin.objects.get().reception.bot.is_active
    assert client.get(reverse("inbox")).status_code == 200
    # and never again
    assert setup_url() is None
    assert client.get(reverse("setup"), {"token": "x"}).status_code == 404


def test_where_two_steps_are_needed_the_administrator_sets_them_up_before_anything(client, db, settings):
    settings.TWO_STEPS_FOR = "supervisors"
    answer = client.post(reverse("setup"), {**FORM, "token": token()})
    assert answer.url == reverse("login_two_steps")
    assert client.get(reverse("inbox")).status_code == 302
    assert "<svg" in client.get(answer.url).content.decode()


def test_a_weak_password_is_refused_in_words(client, db):
    answer = client.post(reverse("setup"), {**FORM, "password1": "123", "password2": "124", "token": token()})
    assert answer.status_code == 422
    assert not Agent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_one(transactional_db):
    given = token()

    def ask(number):
        try:
            return Client().post(reverse("setup"), {**FORM, "username": f"jefa{number}", "token": given}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        codes = list(pool.map(ask, range(4)))
    assert Agent.objects.count() == 1
    assert sorted(codes)[0] == 302
    assert all(code in (302, 403, 404) for code in codes)
    assert codes.count(302) == 1
