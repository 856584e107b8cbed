"""Trying a menu in its editor: the real bot answers and nothing is stored."""

from datetime import datetime, time, timedelta

import pytest
from django.utils import timezone

from tests.backoffice.menu.editor_calls import history, menu, option, post, publish
from trays.models import Holiday, Opening, Tray


def talk(client, bot, menu, *said, **more):
    """The answers to these texts, or (text, payload), one after the other."""
    state, found = "", []
    for one in said:
        text, payload = one if isinstance(one, tuple) else (one, "")
        body = {"tree": menu, "state": state, "text": text, "payload": payload, **more}
        response = post(client, bot, "try", body)
        assert response.status_code == 200, response.content
        found.append(response.json())
        state = found[-1]["state"]
    return found


def test_the_real_bot_answers_and_nothing_is_stored(as_sofia, bot, ventas):
    tracking = option("cuando", "Cuándo llega", reply="El {{pedido}} llega mañana, {{nombre}}.")
    order = option(
        "pedido", "Mi pedido", questions=[{"attribute": "pedido", "text": "¿Qué número?", "kind": "number"}],
        options=[tracking, option("v", "Una persona", ventas.pk, reply="Ya va")],
    )  # fmt: skip
    tried = menu(order, greeting="Hola {{nombre}}")
    hello, ask, again, kept, tracked, over = talk(
        as_sofia, bot, tried, "buenas", "mi pedido", "no sé", "el 4521", ("Cuándo llega", "cuando"), "2"
    )
    assert hello["texts"] == ["Hola Marta"]
    assert [choice["label"] for choice in hello["offer"]] == ["Mi pedido"]
    assert ask["texts"][-1] == "¿Qué número?"
    assert again["attributes"] == {}
    assert kept["attributes"] == {"pedido": "4521"}
    assert [choice["label"] for choice in kept["offer"]] == ["Cuándo llega", "Una persona", "Volver"]
    assert tracked["texts"][0] == "El 4521 llega mañana, Marta."
    assert over["hand_over"] is True
    assert over["over"] == ["Pasa el chat a la bandeja Ventas."]
    assert over["path"][0] == "Mi pedido"
    assert over["path"][-1] == "Una persona"
    assert over["attributes"] == {"pedido": "4521"}
    assert not bot.versions.exists()
    assert history() == []


def test_what_is_in_the_editor_is_tried_not_what_is_published(as_sofia, bot):
    publish(as_sofia, bot, menu(option("a", "Publicada")))
    (answer,) = talk(as_sofia, bot, menu(option("b", "En obra")), "hola")
    assert [choice["label"] for choice in answer["offer"]] == ["En obra"]


def test_the_tree_may_change_between_two_messages(as_sofia, bot):
    first = menu(option("a", "A", options=[option("b", "B", options=[option("c", "C")])]))
    state = talk(as_sofia, bot, first, "hola", "a", "b")[-1]["state"]
    for changed in (menu(option("x", "X")), menu(), menu(option("a", "A"))):
        body = {"tree": changed, "state": state, "text": "c", "payload": ""}
        assert post(as_sofia, bot, "try", body).status_code == 200


@pytest.mark.parametrize("state", ["x", "a:b:c", 7, [], {"memory": {}}, "y" * 70_000, True])
def test_a_memory_that_is_not_ours_is_refused(as_sofia, bot, state):
    response = post(as_sofia, bot, "try", {"tree": menu(option("a", "A")), "state": state, "text": "hola"})
    assert response.status_code == 422
    assert "Empezar de nuevo" in response.json()["words"]


@pytest.mark.parametrize("text", [None, 7, ["hola"], {}, "x" * 1001])
@pytest.mark.parametrize("field", ["text", "payload"])
def test_only_a_message_is_tried(as_sofia, bot, field, text):
    body = {"tree": menu(option("a", "A")), "state": "", "text": "hola", field: text}
    assert post(as_sofia, bot, "try", body).status_code == 422


@pytest.mark.parametrize("text", ["", "\x00", "\ud83d", "𝐀", "🙂" * 400, "{{nombre}}", "<b>", "1" * 1000])
def test_any_words_are_answered(as_sofia, bot, text):
    assert talk(as_sofia, bot, menu(option("a", "A")), "hola", text)[-1]["texts"]


def test_two_misfits_go_to_the_fallback_tray(as_sofia, bot, ventas):
    over = talk(as_sofia, bot, menu(option("a", "A"), fallback_tray=ventas.pk), "hola", "qwerty", "asdfgh")[-1]
    assert over["over"] == ["Pasa el chat a la bandeja Ventas."]


def test_a_tray_that_is_gone_is_general(as_sofia, bot, ventas):
    Tray.objects.filter(pk=ventas.pk).update(archived_at=timezone.now())
    over = talk(as_sofia, bot, menu(option("a", "A", ventas.pk)), "hola", "a")[-1]
    assert over["over"] == ["Pasa el chat a la bandeja General."]


def open_from_nine_to_six(tray):
    for weekday in range(5):
        Opening.objects.create(tray=tray, weekday=weekday, opens=time(9), closes=time(18))


def at(year, month, day, hour):
    return datetime(year, month, day, hour, tzinfo=timezone.get_default_timezone())


@pytest.mark.parametrize(
    ("now", "outside", "line"),
    [
        (at(2026, 3, 4, 11), False, None),  # a Wednesday
        (at(2026, 3, 4, 20), False, "mañana a las 9:00"),
        (at(2026, 3, 4, 7), False, "hoy a las 9:00"),
        (at(2026, 3, 4, 11), True, "mañana a las 9:00"),
        (at(2026, 3, 6, 11), True, "el lunes a las 9:00"),
        (at(2026, 3, 4, 20), True, "mañana a las 9:00"),
    ],
)
def test_outside_hours_it_says_when_the_tray_opens(as_sofia, bot, ventas, monkeypatch, now, outside, line):
    open_from_nine_to_six(ventas)
    monkeypatch.setattr(timezone, "now", lambda: now)
    over = talk(as_sofia, bot, menu(option("a", "A", ventas.pk)), "hola", "a", outside=outside)[-1]
    assert over["over"][1:] == ([f"Está fuera de horario: abre {line}. El chat espera en la bandeja."] if line else [])
    assert (line is None) or any(line in text for text in over["texts"])


def test_a_tray_without_hours_is_open_as_if_or_not(as_sofia, bot, ventas):
    over = talk(as_sofia, bot, menu(option("a", "A", ventas.pk)), "hola", "a", outside=True)[-1]
    assert over["over"] == ["Pasa el chat a la bandeja Ventas.", "Ventas no tiene horario: está siempre abierta."]


def test_hours_around_the_clock_are_never_closed(as_sofia, bot, ventas):
    for weekday in range(7):
        Opening.objects.create(tray=ventas, weekday=weekday, opens=time(0), closes=time(0))
    over = talk(as_sofia, bot, menu(option("a", "A", ventas.pk)), "hola", "a", outside=True)[-1]
    assert len(over["over"]) == 2
    assert "fuera de horario" not in over["over"][1]


def test_a_holiday_counts(as_sofia, bot, ventas):
    today = timezone.localdate()
    Holiday.objects.create(day=today, name="Fiesta")
    Holiday.objects.create(day=today + timedelta(days=1), name="Y otra")
    over = talk(as_sofia, bot, menu(option("a", "A", ventas.pk)), "hola", "a")[-1]
    assert "fuera de horario" in over["over"][1]
