"""Django's own sentences on our pages: in the house's Spanish, whatever the gender of what they name."""

import gettext
import re
from datetime import date

import pytest
from django.conf import settings

from tests import people
from tests.backoffice.pages import opened, page
from tests.backoffice.things import THINGS, address_of
from trays.models import Holiday

CATALOGUE = settings.BASE_DIR / "locale" / "es" / "LC_MESSAGES"
# what a sentence with a gender that is not the thing's, with "usted" or left in English looks like
ODD = re.compile(
    r"\b(El|Los) (bandeja|plantilla)|fue (agregado|eliminado)|[Pp]or favor|\b(Seleccione|Introduzca|Escoja|Está seguro|"
    r"corrija|usted|Asegúrese)\b|Añadir|Are you sure|successfully|Please |Histórico|carácteres|apellidos"
)  # fmt: skip

# what a thing is called by, where it is not its "name"
NAMED_BY = {"general tray": "icon", "agent": "first_name", "tag": "word", "attribute": "label"}


def words_of(response):
    text = response.content.decode()
    return re.sub(r"<script.*?</script>|<svg.*?</svg>|<style.*?</style>", " ", text, flags=re.DOTALL)


def check(response):
    assert response.status_code == 200
    assert not (odd := ODD.search(words_of(response))), odd


@pytest.mark.parametrize("what", THINGS)
def test_what_is_done_is_said_without_a_gender(what, as_admin):
    thing = THINGS[what]()
    address = address_of(thing)
    model = f"{thing._meta.app_label}_{thing._meta.model_name}"
    for name, args in (("changelist", ()), ("add", ()), ("history", (thing.pk,)), ("change", (thing.pk,))):
        check(as_admin.get(page(model, name, *args)))
    name = NAMED_BY.get(what, "name")
    field = {name: ["store" if name != "icon" else "users"]}
    for button in ("_save", "_continue", "_addanother"):
        saved = as_admin.post(address, opened(as_admin, address) | field | {button: ["x"]}, follow=True)
        check(saved)
        assert "Se guardó" in saved.content.decode()
    check(as_admin.post(address, opened(as_admin, address) | {name: [""]}))
    check(as_admin.get(page(model, "history", thing.pk)))
    check(as_admin.get(page(model, "change", 987_654), follow=True))


@pytest.mark.parametrize("what", ["holiday", "template", "menu bot", "endpoint"])
def test_what_is_deleted_is_said_without_a_gender(what, as_admin):
    thing = THINGS[what]()
    model = f"{thing._meta.app_label}_{thing._meta.model_name}"
    asked = as_admin.get(page(model, "delete", thing.pk))
    check(asked)
    assert "¿Borrar" in asked.content.decode()
    gone = as_admin.post(page(model, "delete", thing.pk), {"post": "yes"}, follow=True)
    check(gone)
    assert "Se borró" in gone.content.decode()


def test_several_are_deleted_in_the_same_words(as_admin):
    ids = [Holiday.objects.create(day=date(2026, 12, day), name="Feriado").pk for day in (24, 25)]
    chosen = {"action": "delete_selected", "_selected_action": ids}
    check(as_admin.post(page("trays_holiday", "changelist"), chosen))
    gone = as_admin.post(page("trays_holiday", "changelist"), chosen | {"post": "yes"}, follow=True)
    check(gone)
    assert "Se borraron 2 feriados" in gone.content.decode()


def test_a_new_tray_is_said_to_be_there(as_sofia):
    made = as_sofia.post(page("trays_tray", "add"), {
        "name": "Postventa", "icon": "inbox", "position": 100,
        "openings-TOTAL_FORMS": 0, "openings-INITIAL_FORMS": 0,
    }, follow=True)  # fmt: skip
    assert "Se creó" in made.content.decode()
    check(made)


def test_what_the_scripts_say_has_no_gender_either(as_admin):
    said = as_admin.get("/admin/jsi18n/").content.decode()
    assert "Con marca: %(sel)s de %(cnt)s" in said
    assert "Tu reloj va %s horas adelante" in said
    assert "seleccionado" not in said.split('"%(sel)s of %(cnt)s selected"')[1].split("]")[0]
    # and the others are there, by Django's own catalogue
    assert '"january": "enero"' in said.lower()


@pytest.mark.parametrize(("domain", "most"), [("django", 80), ("djangojs", 2)])
def test_the_compiled_catalogue_is_made_of_the_one_that_people_read(domain, most):
    with (CATALOGUE / f"{domain}.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)._catalog
    said = (CATALOGUE / f"{domain}.po").read_text()
    pairs = re.findall(r'^msgid "(.+)"\nmsgstr "(.+)"$', said, re.MULTILINE)
    assert len(pairs) > most
    for english, spanish in pairs:
        assert compiled[english.replace('\\"', '"')] == spanish.replace('\\"', '"'), english
    many = re.findall(r'^msgid "(.+)"\nmsgid_plural ".+"\nmsgstr\[0\] "(.+)"\nmsgstr\[1\] "(.+)"$', said, re.MULTILINE)
    for english, one, more in many:
        assert (compiled[english, 0], compiled[english, 1]) == (one, more)
    assert len(compiled) == len(pairs) + 2 * len(many) + 1


def test_who_may_not_write_is_said_what_can_be_done(as_sofia):
    admin = people.hire("otra", is_superuser=True)
    check(as_sofia.get(page("trays_agent", "change", admin.pk)))
