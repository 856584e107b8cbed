"""The demo's tags and attributes, and the cards of some customers."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from chats.messages.adding import add_contact
from contacts import card
from contacts.models import AttributeDefinition, Contact, Tag
from inbox.personal_data.running import begin_erasure, carry_out_erasure
from origins.models import Origin
from trays.models import Agent

TAGS = {"Mayorista": "a1", "Rosario": "a4", "Garantía extendida": "a2", "Reclamo": "a6", "Paga en cuotas": "a5",
        "VIP": "a3"}  # fmt: skip
# key: label, type, choices
ATTRIBUTES = {
    "documento": ("Documento", "text", ()),
    "pedido-actual": ("Pedido actual", "number", ()),
    "entrega": ("Entrega", "date", ()),
    "lista-de-precios": ("Lista de precios", "choice", ("Lista A", "Lista B", "Lista C")),
    "cuenta-corriente": ("Cuenta corriente", "yes_no", ()),
    "correo": ("Correo", "text", ()),
}
# on two cards, which are suggested as one person's
SHARED_MAIL = "renata@correo.example"
# of every so many customers, in the order in which they came
EVERY = 3
CARDS = (
    (("Mayorista", "Rosario", "Garantía extendida"), {"documento": "28.555.310", "lista-de-precios": "Lista B",
     "cuenta-corriente": "sí"}, "Paga contra entrega. No llamar antes de las 10."),
    (("Reclamo",), {"pedido-actual": "48213", "entrega": "27/11/2026"}, ""),
    (("VIP", "Paga en cuotas"), {"documento": "31.204.118"}, "Tiene dos locales: preguntar siempre a cuál va."),
    ((), {"lista-de-precios": "Lista A"}, ""),
)  # fmt: skip


def fill_cards(agents: Mapping[str, Agent], contacts: list[Contact]) -> None:
    """Through the same verbs as on the screen; run once, with the rest of the demo."""
    tags = _make_tags()
    known = {
        key: AttributeDefinition.objects.get_or_create(
            key=key, defaults={"label": label, "kind": kind, "choices": list(choices), "position": position}
        )[0]
        for position, (key, (label, kind, choices)) in enumerate(ATTRIBUTES.items(), 1)
    }
    writers = (agents["ana"], agents["bruno"])
    for number, contact in enumerate(contacts[::EVERY]):
        given, values, note = CARDS[number % len(CARDS)]
        writer = writers[number % 2]
        for word in given:
            card.give_tag(contact.pk, writer, tags[word], at=contact.created_at)
        for key, typed in values.items():
            card.set_attribute(contact.pk, writer, known[key], typed)
        if note:
            card.add_note(contact.pk, writer, note)
    visitor = next(one for one in contacts if one.origin.kind == "web" and not one.name)
    for contact in (next(one for one in contacts if one.name == "Renata Ibáñez"), visitor):
        card.set_attribute(contact.pk, agents["ana"], known["correo"], SHARED_MAIL)


def _make_tags() -> dict[str, Tag]:
    return {word: Tag.objects.get_or_create(word=word, defaults={"color": color})[0] for word, color in TAGS.items()}


def tag_month(agents: Mapping[str, Agent], contacts: list[Contact]) -> None:
    """Those of the month before, since they wrote first: reports by tag have something to show."""
    tags = list(_make_tags().values())
    for number, contact in enumerate(contacts[::2]):
        card.give_tag(contact.pk, agents["ana"], tags[number % len(tags)], at=contact.created_at)


def add_unwritten(origin: Origin, agents: Mapping[str, Agent], at: datetime) -> None:
    """Who has not written yet, as a file of contacts brings them."""
    contact, _is_new = add_contact(origin, "+54 9 341 555-0175", agents["sofia"], at=at)
    card.rename_contact(contact.pk, agents["sofia"], "Mauricio Tello")
    card.add_note(contact.pk, agents["sofia"], "Lo conocimos en la feria. Pidió la lista de precios.")


def add_erased(origin: Origin, agents: Mapping[str, Agent], at: datetime) -> None:
    """Who asked that nothing be kept of them: only their states are left, and that Sofía did it."""
    contact, _is_new = add_contact(origin, "+54 9 341 555-0176", agents["sofia"], at=at - timedelta(days=20))
    for erasure in begin_erasure(contact, agents["sofia"], at=at):
        carry_out_erasure(erasure.pk)
