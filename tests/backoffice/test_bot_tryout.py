"""The button that tries a bot really calls it and says what came back."""

import pytest
from django.utils import timezone

from tests import people
from tests.backoffice.bot_pages import bot_page, made, text_of
from tests.backoffice.pages import history, page
from wittybots.models import Endpoint, Event


def test_a_try_really_calls_and_says_what_came_back(as_sofia, server):
    bot = people.external_bot(url=server.url)
    response = as_sofia.post(bot_page("check", bot))
    assert "Respondió 200" in text_of(response)
    told = server.got[0]
    assert told.body["event"] == "ping"
    assert told.headers["webhook-id"] == str(Event.objects.get().uuid)
    assert Endpoint.objects.get().heard_at
    assert history() == ["Conexión probada: bien"]


@pytest.mark.parametrize("status", [500, 404, 401, 302])
def test_a_try_that_fails_says_so(as_sofia, server, status):
    server.answers = [(status, b"<html>secreto del bot</html>")]
    bot = people.external_bot(url=server.url)
    text = text_of(as_sofia.post(bot_page("check", bot)))
    assert str(status) in text
    assert "secreto del bot" not in text
    assert "Mal" in text
    assert history() == ["Conexión probada: con problemas"]


def test_a_try_of_who_is_not_there_is_no_error_of_ours(as_sofia, inside):
    bot = people.external_bot(url="http://127.0.0.1:9/")
    text = text_of(as_sofia.post(bot_page("check", bot)))
    assert "No se pudo conectar" in text


def test_a_try_by_get_or_of_nobody_does_nothing(as_sofia, server):
    bot = people.external_bot(url=server.url)
    assert as_sofia.get(bot_page("check", bot)).status_code == 302
    assert as_sofia.post(bot_page("check", made("menu"))).status_code == 302
    assert as_sofia.post(page("wittybots_bot", "check", 10**9)).status_code == 404
    assert server.got == []


def test_one_that_is_switched_off_can_be_tried_and_then_switched_on(as_sofia, server):
    bot = people.external_bot(
        url=server.url,
        is_active=False,
        switched_off_at=timezone.now(),
        failing_since=timezone.now(),
        trouble="HTTP 500",
    )
    assert "Se apagó solo" in text_of(as_sofia.get(bot_page("change", bot)))
    assert "Respondió 200" in text_of(as_sofia.post(bot_page("check", bot)))
    text_of(as_sofia.post(bot_page("on", bot), follow=True))
    endpoint = Endpoint.objects.get()
    assert (endpoint.is_active, endpoint.switched_off_at, endpoint.failing_since, endpoint.trouble) == (
        True,
        None,
        None,
        "",
    )
    assert "encendido de nuevo" in history()
    assert "Encender de nuevo" not in text_of(as_sofia.get(bot_page("change", bot)))
