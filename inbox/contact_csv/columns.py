"""The columns of a file of contacts: whose line it is, the name, the tags, and one for each attribute in use."""

from collections.abc import Iterable

from contacts.models import AttributeDefinition

# who it is: the number, or else the line and the address as Contactos shows them. Never changed
KEYS = ("contacto", "linea", "direccion")
NAME, TAGS = "nombre", "etiquetas"
# whether it gets any: WANTS or WANTS_NONE
BROADCASTS, WANTS, WANTS_NONE = "difusiones", "si", "no"
FIXED = (*KEYS, NAME, TAGS, BROADCASTS)
# comes in and does not go out: one more note, where none of the contact says the same
NOTE = "nota"
# in the cell of tags
BETWEEN_TAGS = " | "
# in a cell: what was there goes. An empty one leaves it
NOTHING = "-"
MAX_ROWS = 50_000
MAX_BYTES = 20 * 1024 * 1024


def column_of(definition: AttributeDefinition) -> str:
    """Its key; behind a word where that is another column's name."""
    return f"atributo-{definition.key}" if definition.key in (*FIXED, NOTE) else definition.key


def definitions_by_column(definitions: Iterable[AttributeDefinition]) -> dict[str, AttributeDefinition]:
    return {column_of(one).lower(): one for one in definitions}
