"""*¿Por qué veo esto?*: the rule in words for each place, and who else may see it for supervisors alone."""

import pytest
from django.urls import reverse

from chats import expiry, moves
from tests import people
from tests.inbox.pages import HTMX, signed_in
from trays.models import Tray


def words(agent, chat, **headers):
    answer = signed_in(agent).get(reverse("why", args=[chat.pk]), headers=headers)
    return " ".join(answer.content.decode().split()) if answer.status_code == 200 else answer.status_code


@pytest.fixture
def waiting(http_origin, ventas):
    return people.waiting(http_origin, ventas)


def test_each_is_told_by_which_row_of_the_rule(waiting, http_origin, ana, bruno, caio, sofia, ventas):
    assert "Está en Ventas, y tenés acceso a esa bandeja." in words(ana, waiting)
    assert words(caio, waiting) == 404
    moves.take(waiting.pk, ana)
    assert "Lo tenés vos." in words(ana, waiting)
    assert "Lo tiene Ana Ferreyra, y lo ves porque supervisás." in words(sofia, waiting)
    assert words(bruno, waiting) == 404
    moves.send(waiting.pk, Tray.objects.get(owner=ana), ana)
    assert "Está en tu bandeja personal" in words(ana, waiting)
    assert "y lo ves porque supervisás." in words(sofia, waiting)
    moves.take(waiting.pk, ana)
    moves.send(waiting.pk, Tray.objects.general(), ana)
    assert "Está en General, que es de todos" in words(caio, waiting)


def test_with_the_bot_and_expired_it_is_everybodys(http_origin, caio, waiting):
    people.with_bot(other := people.http_origin())
    assert "Lo atiende el bot." in words(caio, people.says(other, "c", "Hola").message.chat)
    expiry.expire(now=waiting.session_expires_at)
    assert "Su sesión expiró." in words(caio, waiting)


def test_supervisors_see_who_else_may_and_nobody_else_does(waiting, ana, bruno, sofia):
    moves.take(waiting.pk, ana)
    told = words(sofia, waiting)
    assert "Lo pueden ver ahora" in told
    assert all(f"<li> {name}" in told for name in (str(ana), str(sofia)))
    assert str(bruno) not in told
    assert "Lo pueden ver ahora" not in words(ana, waiting)


def test_of_what_everybody_sees_no_names_are_listed(http_origin, sofia):
    told = words(sofia, people.waiting(http_origin))
    assert "Todo el equipo" in told
    assert "<li>" not in told.partition('id="dialog-form"')[2]


def test_of_many_the_first_names_are_shown(waiting, sofia, ventas, monkeypatch):
    from chats import access
    from inbox.views import visibility

    monkeypatch.setattr(visibility, "MAX_NAMES", 2)
    access.give_access(ventas, [sofia, *(people.hire(f"a{n}", first_name=f"Abel {n}") for n in range(3))])
    told = words(sofia, waiting, **HTMX)
    assert "Abel 0" in told
    assert "Abel 1" in told
    assert "Abel 2" not in told
    assert "y más" in told


def test_it_costs_few_queries_however_many_may_see_it(waiting, sofia, ventas, django_assert_max_num_queries):
    from chats import access

    access.give_access(ventas, [sofia, *(people.hire(f"a{n}") for n in range(20))])
    client = signed_in(sofia)
    client.get(reverse("why", args=[waiting.pk]), headers=HTMX)
    with django_assert_max_num_queries(10):
        client.get(reverse("why", args=[waiting.pk]), headers=HTMX)
