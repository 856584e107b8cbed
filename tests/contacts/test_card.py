"""A contact's card: name, tags, attributes and notes; who changed what, and two who change the same."""

import pytest
from django.db import IntegrityError, transaction

from contacts import card
from contacts.errors import CardConflict, CardRefused
from contacts.models import AttributeDefinition, CardChange, Contact, ContactNote, ContactTag, Tag
from contacts.values import read_value, say_value
from tests import people


@pytest.fixture
def marta(http_origin, ana):
    return people.waiting(http_origin, name="Marta Gómez").contact


@pytest.fixture
def wholesale(db):
    return Tag.objects.create(word="Mayorista", color="a1")


def defined(kind="text", **more):
    return AttributeDefinition.objects.create(**{"key": kind.replace("_", "-"), "label": "Dato", "kind": kind, **more})


def history(contact):
    steps = contact.card_changes.order_by("id").select_related("actor")
    return [(one.field, one.before, one.after, one.actor.username) for one in steps]


def test_ana_renames_marta_and_the_history_says_so(marta, ana):
    assert card.rename_contact(marta.pk, ana, "  Marta\x00   Ibáñez ", was="Marta Gómez")
    assert Contact.objects.get(pk=marta.pk).name == "Marta Ibáñez"
    assert Contact.objects.called("ibanez").get() == marta
    assert history(marta) == [("name", "Marta Gómez", "Marta Ibáñez", "ana")]
    assert not card.rename_contact(marta.pk, ana, "Marta Ibáñez")
    assert len(history(marta)) == 1


def test_bruno_who_saw_the_old_name_is_told_what_ana_made_of_it(marta, ana, bruno):
    card.rename_contact(marta.pk, ana, "Marta I.", was="Marta Gómez")
    with pytest.raises(CardConflict, match=f"{ana.short_name} lo cambió a “Marta I.”") as refused:
        card.rename_contact(marta.pk, bruno, "Martita", was="Marta Gómez")
    assert (refused.value.standing, refused.value.tried) == ("Marta I.", "Martita")
    assert Contact.objects.get(pk=marta.pk).name == "Marta I."
    # the same wish twice is no quarrel, and neither is one who has read it
    assert not card.rename_contact(marta.pk, bruno, "Marta I.", was="Marta Gómez")
    assert card.rename_contact(marta.pk, bruno, "Martita", was="Marta I.")


@pytest.mark.parametrize("name", ["", "   ", "\x00", "x" * 201])
def test_a_name_that_is_none_changes_nothing(name, marta, ana):
    with pytest.raises(CardRefused):
        card.rename_contact(marta.pk, ana, name, was="Marta Gómez")
    assert Contact.objects.get(pk=marta.pk).name == "Marta Gómez"
    assert history(marta) == []


def test_what_the_customer_calls_itself_does_not_undo_what_ana_wrote(http_origin, marta, ana):
    card.rename_contact(marta.pk, ana, "Marta, la de Rosario")
    people.says(http_origin, marta.shown_address, "Hola", name="marta 🌻")
    assert Contact.objects.get(pk=marta.pk).name == "Marta, la de Rosario"


def test_a_tag_is_given_once_and_says_by_whom(marta, wholesale, ana, bruno):
    assert card.give_tag(marta.pk, ana, wholesale)
    assert not card.give_tag(marta.pk, bruno, wholesale)
    assert ContactTag.objects.get(contact=marta, tag=wholesale).given_by == ana
    assert [one.word for one in Contact.objects.get(pk=marta.pk).shown_tags] == ["Mayorista"]
    assert card.take_tag(marta.pk, bruno, wholesale)
    assert not card.take_tag(marta.pk, bruno, wholesale)
    assert Contact.objects.get(pk=marta.pk).tag_ids == []
    assert history(marta) == [("tag", "", "Mayorista", "ana"), ("tag", "Mayorista", "", "bruno")]


def test_an_archived_tag_is_given_to_nobody_and_stays_where_it_is(marta, wholesale, ana, django_assert_num_queries):
    card.give_tag(marta.pk, ana, wholesale)
    Tag.objects.update(archived_at="2026-11-22T12:00Z")
    fresh = Contact.objects.get(pk=marta.pk)
    assert fresh.shown_tags == []
    assert fresh.given_tags.count() == 1
    card.take_tag(marta.pk, ana, wholesale)
    with pytest.raises(CardRefused, match="ya no se usa"):
        card.give_tag(marta.pk, ana, wholesale)
    with django_assert_num_queries(0):
        assert marta.shown_tags == []


def test_so_many_tags_and_no_more(marta, ana):
    tags = Tag.objects.bulk_create(Tag(word=f"T{n}") for n in range(card.MAX_TAGS + 1))
    for one in tags[:-1]:
        card.give_tag(marta.pk, ana, one)
    with pytest.raises(CardRefused, match="Entran 20"):
        card.give_tag(marta.pk, ana, tags[-1])


@pytest.mark.parametrize(
    ("kind", "typed", "kept", "said"),
    [
        ("text", " DNI  28.555.310 ", "DNI 28.555.310", "DNI 28.555.310"),
        ("number", "1.234,50", "1234.5", "1234,5"),
        ("number", "-3", "-3", "-3"),
        ("number", "1.234", "1234", "1234"),
        ("number", "0,0", "0", "0"),
        ("date", "27/11/2026", "2026-11-27", "27/11/2026"),
        ("date", "2026-11-27", "2026-11-27", "27/11/2026"),
        ("yes_no", "Sí", "yes", "sí"),
        ("yes_no", "no", "no", "no"),
        ("choice", "lista b", "Lista B", "Lista B"),
        ("text", "  ", "", ""),
    ],
)
def test_what_is_typed_is_kept_in_one_way_and_said_in_words(kind, typed, kept, said):
    definition = AttributeDefinition(label="Dato", kind=kind, choices=["Lista A", "Lista B"])
    assert read_value(definition, typed) == kept
    assert say_value(definition, kept) == said
    # what a form or a file shows is read as what it was
    assert read_value(definition, said) == kept


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        ("text", "x" * 301), ("number", "doce"), ("number", "1e5"), ("number", "NaN"), ("number", "9" * 40),
        ("number", "١٢"), ("date", "31/02/2026"), ("date", "mañana"), ("date", "0027-01-01"), ("yes_no", "quizás"),
        ("choice", "Lista Z"),
    ],
)  # fmt: skip
def test_what_is_of_another_type_is_refused_by_its_name(kind, typed):
    definition = AttributeDefinition(label="Dato", kind=kind, choices=["Lista A"])
    with pytest.raises(CardRefused, match="Dato"):
        read_value(definition, typed)


def test_an_attribute_is_set_changed_and_cleared(marta, ana, bruno):
    order = defined("number", label="Pedido")
    assert card.set_attribute(marta.pk, ana, order, "48.213", was="")
    assert card.set_attribute(marta.pk, ana, order, "48214", was="48213")
    with pytest.raises(CardConflict, match="lo cambió a “48214”") as refused:
        card.set_attribute(marta.pk, bruno, order, "1", was="48213")
    assert refused.value.standing == "48214"
    assert card.set_attribute(marta.pk, bruno, order, "", was="48214")
    assert not marta.attribute_values.exists()
    with pytest.raises(CardConflict, match=f"{bruno.short_name} lo borró"):
        card.set_attribute(marta.pk, ana, order, "7", was="48214")
    assert [step[1:3] for step in history(marta)] == [("", "48213"), ("48213", "48214"), ("48214", "")]


def test_an_attribute_that_is_archived_gets_no_value_and_may_be_cleared(marta, ana):
    shop = defined(label="Local")
    card.set_attribute(marta.pk, ana, shop, "Funes")
    shop.archived_at = "2026-11-22T12:00Z"
    with pytest.raises(CardRefused, match="ya no se usa"):
        card.set_attribute(marta.pk, ana, shop, "Rosario")
    assert card.set_attribute(marta.pk, ana, shop, "")


def test_a_note_is_written_changed_and_removed_with_its_history(marta, ana, bruno):
    note = card.add_note(marta.pk, ana, "Paga contra entrega.\r\nNo llamar antes de las 10.\x00")
    assert note.text == "Paga contra entrega.\nNo llamar antes de las 10."
    assert card.change_note(marta.pk, bruno, note.pk, "Paga con tarjeta", version=1)
    with pytest.raises(CardConflict, match=f"{bruno.short_name} lo cambió") as refused:
        card.change_note(marta.pk, ana, note.pk, "Paga en efectivo", version=1)
    assert refused.value.standing == "Paga con tarjeta"
    assert card.change_note(marta.pk, ana, note.pk, " ", version=2)
    assert not marta.notes.exists()
    assert [step[0] for step in history(marta)] == ["note"] * 3
    with pytest.raises(ContactNote.DoesNotExist):
        card.change_note(marta.pk, ana, note.pk, "Otra vez", version=3)


def test_a_note_of_another_contact_is_not_there(http_origin, marta, ana):
    other = people.waiting(http_origin, name="Jorge").contact
    note = card.add_note(other.pk, ana, "Es de Jorge")
    with pytest.raises(ContactNote.DoesNotExist):
        card.change_note(marta.pk, ana, note.pk, "Es de Marta")
    assert other.notes.get().text == "Es de Jorge"


@pytest.mark.parametrize("text", ["", " \n ", "x" * 2001])
def test_a_note_that_is_none_is_refused(text, marta, ana):
    with pytest.raises(CardRefused):
        card.add_note(marta.pk, ana, text)
    assert not CardChange.objects.exists()


def test_the_database_refuses_what_must_never_be(marta, wholesale):
    def refused(make):
        with pytest.raises(IntegrityError), transaction.atomic():
            make()

    refused(lambda: Tag.objects.create(word="MAYORISTA"))
    refused(lambda: Tag.objects.create(word=""))
    refused(lambda: Tag.objects.create(word="Otra", color="a9"))
    refused(lambda: defined("choice", choices=[]))
    refused(lambda: defined("text", choices=["a"]))
    refused(lambda: ContactNote.objects.create(contact=marta, text=""))
    refused(lambda: CardChange.objects.create(contact=marta, field="name", before="a", after="a"))
    refused(lambda: ContactTag.objects.bulk_create([ContactTag(contact=marta, tag=wholesale)] * 2))
