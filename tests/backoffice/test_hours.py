"""Office hours and holidays in the admin."""

from datetime import time

import pytest

from backoffice.hours import HolidayForm
from chats import access
from tests.backoffice.bot_pages import errors, text_of
from tests.backoffice.pages import history, page
from trays.models import Holiday, Opening, Tray


def hours(*rows, initial=()):
    form = {"openings-TOTAL_FORMS": len(rows), "openings-INITIAL_FORMS": len(initial)}
    for number, (weekday, opens, closes) in enumerate(rows):
        form |= {f"openings-{number}-weekday": weekday, f"openings-{number}-opens": opens}
        form |= {f"openings-{number}-closes": closes}
    for number, opening in enumerate(initial):
        form |= {f"openings-{number}-id": opening.pk, f"openings-{number}-tray": opening.tray_id}
    return form


def save_tray(client, tray, form, **more):
    own = {"name": tray.name, "icon": tray.icon, "position": tray.position, **form, **more}
    return client.post(page("trays_tray", "change", tray.pk), own, follow=True)


def openings(tray):
    return [
        (one.weekday, f"{one.opens:%H:%M}", f"{one.closes:%H:%M}") for one in tray.openings.order_by("weekday", "opens")
    ]


@pytest.mark.parametrize(
    "rows",
    [
        [(0, "09:00", "18:00")],
        [(0, "09:00", "13:00"), (0, "13:00", "18:00")],
        [(0, "15:00", "18:00"), (0, "09:00", "13:00"), (6, "00:00", "00:00")],
        [(4, "22:00", "00:00"), (5, "00:00", "02:00")],
        [(day, "00:00", "00:00") for day in range(7)],
    ],
)
def test_hours_are_kept_and_shown(as_sofia, ventas, rows):
    response = save_tray(as_sofia, ventas, hours(*rows))
    assert response.redirect_chain, errors(response)
    assert openings(ventas) == sorted(rows)
    text = text_of(as_sofia.get(page("trays_tray", "change", ventas.pk)))
    assert f'value="{rows[0][1]}"' in text
    assert "siempre abierta" in text


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([(0, "18:00", "09:00")], "Cierra antes de abrir"),
        ([(0, "09:00", "09:00")], "Cierra antes de abrir"),
        ([(0, "09:00", "13:00"), (0, "12:59", "18:00")], "Se superpone"),
        ([(0, "09:00", "18:00"), (0, "10:00", "11:00"), (0, "12:00", "13:00")], "Se superpone"),
        ([(0, "09:00", "18:00"), (0, "09:00", "18:00")], "Se superpone"),
        ([(0, "00:00", "00:00"), (0, "23:00", "00:00")], "Se superpone"),
        ([(7, "09:00", "18:00")], "7"),
        ([("", "09:00", "18:00")], "obligatorio"),
        ([(0, "9 de la mañana", "18:00")], "Una hora como"),
        ([(0, "25:00", "26:00")], "Una hora como"),
        ([(0, "", "18:00")], "Falta la hora"),
    ],
)
def test_hours_that_make_no_sense_are_refused_in_words(as_sofia, ventas, rows, said):
    assert said in errors(save_tray(as_sofia, ventas, hours(*rows)))
    assert openings(ventas) == []


def test_hours_are_taken_away_and_general_has_some_too_and_cerradas_none(as_sofia, ventas):
    general, closed = Tray.objects.general(), Tray.objects.closed()
    for tray in (ventas, general):
        one = Opening.objects.create(tray=tray, weekday=0, opens=time(9), closes=time(18))
        form = hours((0, "09:00", "18:00"), initial=[one]) | {"openings-0-DELETE": "on"}
        assert save_tray(as_sofia, tray, form).redirect_chain
        assert openings(tray) == []
        assert save_tray(as_sofia, tray, hours((1, "08:30", "12:00"))).redirect_chain
        assert openings(tray) == [(1, "08:30", "12:00")]
    assert save_tray(as_sofia, closed, hours((1, "08:30", "12:00"))).redirect_chain
    assert openings(closed) == []
    assert any("tramo" in line.lower() or "horario" in line.lower() for line in history())


def test_a_stretch_that_is_being_deleted_is_in_nobodys_way(as_sofia, ventas):
    one = Opening.objects.create(tray=ventas, weekday=0, opens=time(9), closes=time(18))
    form = hours((0, "09:00", "18:00"), (0, "10:00", "12:00"), initial=[one]) | {"openings-0-DELETE": "on"}
    assert save_tray(as_sofia, ventas, form).redirect_chain
    assert openings(ventas) == [(0, "10:00", "12:00")]


def test_the_hours_of_another_tray_are_not_changed_by_a_forged_form(as_sofia, ventas, soporte):
    other = Opening.objects.create(tray=soporte, weekday=0, opens=time(9), closes=time(18))
    form = hours((0, "10:00", "11:00"), initial=[other]) | {"openings-0-tray": ventas.pk}
    save_tray(as_sofia, ventas, form)
    assert openings(soporte) == [(0, "09:00", "18:00")]


def add_holiday(client, **fields):
    return client.post(page("trays_holiday", "add"), {"day": "2026-12-25", "name": "Navidad", **fields}, follow=True)


def test_a_holiday_of_all_trays_and_of_one(as_sofia, ventas):
    assert add_holiday(as_sofia).redirect_chain
    assert add_holiday(as_sofia, day="2026-12-26", name="Inventario", tray=ventas.pk).redirect_chain
    assert [(str(one.day), one.name, one.tray) for one in Holiday.objects.all()] == [
        ("2026-12-25", "Navidad", None),
        ("2026-12-26", "Inventario", ventas),
    ]
    text = text_of(as_sofia.get(page("trays_holiday", "changelist")))
    for word in ("Navidad", "todas", "Ventas"):
        assert word in text


def test_a_holiday_twice_is_refused_in_words(as_sofia, ventas, soporte):
    add_holiday(as_sofia)
    assert "ya es feriado para todas: Navidad" in errors(add_holiday(as_sofia, name="Otra vez"))
    assert "ya es feriado para todas" in errors(add_holiday(as_sofia, tray=ventas.pk))
    add_holiday(as_sofia, day="2026-12-26", tray=ventas.pk)
    assert "ya es feriado para Ventas" in errors(add_holiday(as_sofia, day="2026-12-26", tray=ventas.pk))
    assert add_holiday(as_sofia, day="2026-12-26", tray=soporte.pk).redirect_chain
    mine = Holiday.objects.get(name="Navidad", tray=None)
    same = {"day": "2026-12-25", "name": "Navidad (todo el día)"}
    assert as_sofia.post(page("trays_holiday", "change", mine.pk), same).status_code == 302
    assert Holiday.objects.count() == 3


def test_a_holiday_added_at_the_same_instant_is_refused_in_words_too(as_sofia, monkeypatch):
    add_holiday(as_sofia)
    asked, really = [], HolidayForm.clean

    def looked_before(form):
        asked.append(form)
        return really(form) if len(asked) > 1 else form.cleaned_data

    monkeypatch.setattr(HolidayForm, "clean", looked_before)
    monkeypatch.setattr(Holiday, "validate_constraints", lambda *_args, **_more: None)
    assert "ya es feriado" in errors(add_holiday(as_sofia))
    assert len(asked) == 2


@pytest.mark.parametrize(
    "fields", [{"day": "31/02/2026"}, {"day": ""}, {"name": ""}, {"name": "n" * 61}, {"tray": 10**9}, {"tray": "x"}]
)
def test_a_holiday_of_nonsense_is_refused(as_sofia, fields):
    assert errors(add_holiday(as_sofia, **fields))
    assert not Holiday.objects.exists()


def test_a_personal_or_archived_tray_has_no_holidays(as_sofia, ana, ventas):
    assert errors(add_holiday(as_sofia, tray=ana.personal_tray.pk))
    access.archive_tray(ventas)
    assert errors(add_holiday(as_sofia, tray=ventas.pk))
