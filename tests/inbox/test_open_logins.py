"""Acceso y seguridad: an agent sees where it is signed in, and ends it; others' sessions are nobody's business."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from inbox import tasks
from inbox.account.devices import read_device
from inbox.consumers import login_name
from inbox.models import Login, PushSubscription
from live.feed import current_feed
from live.hub import current_hub
from tests.inbox.pages import HTMX, signed_in, words_of
from tests.windows import asked, logged_in, window

PAGE = "/ajustes/acceso/"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1"


def uses(agent, device=CHROME, address="198.51.100.7"):
    """A browser in which the agent is signed in and has asked for something."""
    client = signed_in(agent)
    client.get("/bandejas/", headers={"User-Agent": device}, REMOTE_ADDR=address)
    return client


def row_of(client):
    return Login.objects.get(session_key=client.cookies["sessionid"].value)


def is_in(client):
    return client.get(PAGE).status_code == 200


def test_an_agent_sees_where_it_is_signed_in_and_nothing_of_others(ana, bruno):
    uses(bruno, address="203.0.113.9")
    phone, here = uses(ana, IPHONE, "198.51.100.8"), uses(ana)
    page = here.get(PAGE).content.decode()
    words = words_of(page)
    assert "Chrome, Windows 198.51.100.7, ahora esta" in words
    assert "Safari, iPhone 198.51.100.8, hoy a las" in words
    assert "203.0.113.9" not in page
    for client in (phone, here):
        assert client.cookies["sessionid"].value not in page
    assert reverse("login_end", args=[row_of(phone).pk]) in page
    assert reverse("login_end", args=[row_of(here).pk]) not in page


def test_use_is_noted_at_most_every_five_minutes(ana):
    client = uses(ana)
    began = timezone.now() - timedelta(hours=1)
    Login.objects.update(used_at=began, address="192.0.2.1")
    client.get(PAGE)
    assert row_of(client).used_at == began
    key = client.cookies["sessionid"].value
    current_feed().redis.delete(f"limit:login-noted:{login_name(key)}")
    client.get(PAGE, REMOTE_ADDR="198.51.100.99")
    noted = row_of(client)
    assert noted.used_at > began
    assert noted.address == "198.51.100.99"


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_one_is_closed_at_once_and_the_others_stay(headers, ana):
    phone, here, third = uses(ana, IPHONE), uses(ana), uses(ana)
    PushSubscription.objects.create(
        agent=ana, endpoint="https://push.example/1", session_key=phone.cookies["sessionid"].value
    )
    answer = here.post(reverse("login_end", args=[row_of(phone).pk]), headers=headers)
    assert answer.status_code == (200 if headers else 303)
    assert not is_in(phone)
    assert is_in(here)
    assert is_in(third)
    assert not PushSubscription.objects.exists()
    # twice is as once
    assert here.post(reverse("login_end", args=[987654])).status_code == 303


def test_all_others_are_closed_also_those_that_were_never_noted(ana, bruno):
    phone, here, of_bruno = uses(ana, IPHONE), uses(ana), uses(bruno)
    never_noted = signed_in(ana)
    answer = here.post(reverse("logins_end"))
    assert (answer.status_code, answer.url) == (303, PAGE)
    assert is_in(here)
    assert is_in(of_bruno)
    assert not is_in(phone)
    assert not is_in(never_noted)
    assert "Safari, iPhone" not in here.get(PAGE).content.decode()


def test_nobody_closes_anothers_session_nor_the_one_in_use(ana, bruno, sofia):
    of_ana = uses(ana)
    for other in (bruno, sofia):
        assert uses(other).post(reverse("login_end", args=[row_of(of_ana).pk])).status_code == 303
        assert is_in(of_ana)
    refused = of_ana.post(reverse("login_end", args=[row_of(of_ana).pk]))
    assert refused.status_code == 422
    assert "usá Salir" in refused.content.decode()
    assert is_in(of_ana)
    assert Client().post(reverse("login_end", args=[row_of(of_ana).pk])).url.startswith(reverse("login"))


def test_what_is_over_is_not_listed(ana):
    phone, here = uses(ana, IPHONE), uses(ana)
    Session.objects.filter(session_key=phone.cookies["sessionid"].value).update(
        expire_date=timezone.now() - timedelta(minutes=1)
    )
    assert "Safari, iPhone" not in here.get(PAGE).content.decode()
    # of before a new password
    old = uses(ana, IPHONE)
    ana.set_password("otra-clave-larga-2")
    ana.save()
    assert not is_in(old)
    now = uses(ana)
    page = now.get(PAGE).content.decode()
    assert "iPhone" not in page
    assert page.count("Chrome, Windows") == 1
    signed_out = uses(ana, IPHONE)
    signed_out.post("/logout/")
    assert "iPhone" not in now.get(PAGE).content.decode()


def test_rows_of_sessions_that_are_over_are_forgotten(ana):
    stands, over, fresh = uses(ana), uses(ana), uses(ana)
    Login.objects.filter(pk__in=[row_of(stands).pk, row_of(over).pk]).update(used_at=timezone.now() - timedelta(days=2))
    for client in (over, fresh):
        Session.objects.filter(session_key=client.cookies["sessionid"].value).delete()
    assert tasks.prune_logins() == 1
    assert tasks.prune_logins() == 0
    assert {one.pk for one in Login.objects.all()} == {row_of(stands).pk, row_of(fresh).pk}


def test_the_list_asks_as_often_for_many_as_for_one(ana, django_assert_num_queries):
    here = uses(ana)
    here.get(PAGE)
    # three of them ask for the second step, the company's sign-in, and what others did to the account
    with django_assert_num_queries(12):
        assert is_in(here)
    for _number in range(8):
        uses(ana, IPHONE)
    with django_assert_num_queries(12):
        assert is_in(here)


@pytest.mark.parametrize(
    ("named", "shown", "is_phone"),
    [
        (CHROME, "Chrome, Windows", False),
        (IPHONE, "Safari, iPhone", True),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux", False),
        (CHROME + " Edg/140.0", "Edge, Windows", False),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/140.0 Mobile Safari/537.36", "Chrome, Android", True),
        ("curl/8", "Otro programa", False),
        ("", "Otro programa", False),
        ("<script>alert(1)</script>", "Otro programa", False),
    ],
)
def test_a_browser_is_called_as_people_call_it(named, shown, is_phone):
    assert (read_device(named).name, read_device(named).is_phone) == (shown, is_phone)


def test_a_browser_that_names_itself_at_length_is_noted_all_the_same(ana):
    client = uses(ana, "x" * 5000)
    assert len(row_of(client).device) == 400


@pytest.mark.parametrize("ends", ["one", "all"])
@pytest.mark.django_db(transaction=True)
async def test_the_sockets_of_an_ended_session_close_for_good(ends, ana, own_valkey):
    phone, here = [await asked(logged_in, ana) for _ in range(2)]
    for client in (phone, here):
        await asked(client.get, "/bandejas/")
    pk = await asked(lambda: row_of(phone).pk)
    url = reverse("login_end", args=[pk]) if ends == "one" else reverse("logins_end")
    async with window(phone) as gone, window(here) as stays:
        await gone.head("marks")
        await stays.head("marks")
        await asked(here.post, url)
        assert await gone.closed() == 4401
        if ends == "one":
            await stays.all()
            assert stays.code is None
    async with window(here) as again:
        await again.head("marks")
    await current_hub().stop_feeding()
