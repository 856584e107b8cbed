"""The schema of what a menu's editor sends: bounded JSON of the right types and sizes. Completeness is tree.check's."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from backoffice.menu.rejection import DraftRejected
from wittybots.menu import tree
from wittybots.menu.tree import (
    ID,
    MAX_ATTRIBUTE_CHARS,
    MAX_KEYWORD_CHARS,
    MAX_KEYWORDS,
    MAX_LABEL_CHARS,
    MAX_LEVELS,
    MAX_OPTIONS,
    MAX_QUESTIONS,
    MAX_TEXT_CHARS,
    Problem,
)

LARGEST_BODY = 256 * 1024
MAX_PROBLEMS = 20


def _check_storable(text: str) -> str:
    # PostgreSQL keeps no NUL, and half a surrogate pair is no character
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise PydanticCustomError("odd_characters", "odd characters")
    return text


Text = Annotated[str, AfterValidator(_check_storable)]
Id = Annotated[str, Field(pattern=rf"\A(?:{ID})\z")]
TrayId = Annotated[int, Field(gt=0, lt=2**63)]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")


class AskedShape(_Strict):
    attribute: Annotated[Text, Field(max_length=MAX_ATTRIBUTE_CHARS)] = ""
    text: Annotated[Text, Field(max_length=MAX_TEXT_CHARS)] = ""
    kind: Annotated[Text, Field(max_length=10)] = "text"


class NodeShape(_Strict):
    id: Id
    label: Annotated[Text, Field(max_length=MAX_LABEL_CHARS)] = ""
    keywords: Annotated[list[Annotated[Text, Field(max_length=MAX_KEYWORD_CHARS)]], Field(max_length=MAX_KEYWORDS)] = []
    reply: Annotated[Text, Field(max_length=MAX_TEXT_CHARS)] = ""
    questions: Annotated[list[AskedShape], Field(max_length=MAX_QUESTIONS)] = []
    tray: TrayId | None = None
    options: Annotated[list["NodeShape"], Field(max_length=MAX_OPTIONS)] = []


class TreeShape(_Strict):
    greeting: Annotated[Text, Field(max_length=MAX_TEXT_CHARS)] = ""
    misfit: Annotated[Text, Field(max_length=MAX_TEXT_CHARS)] = ""
    farewell: Annotated[Text, Field(max_length=MAX_TEXT_CHARS)] = ""
    fallback_tray: TrayId | None = None
    options: Annotated[list[NodeShape], Field(max_length=MAX_OPTIONS)] = []


def body_of(request: HttpRequest) -> dict[str, Any]:
    """The JSON object that was posted. Raises Unfit: 413 too large, 415 no JSON, 422 not an object."""
    if request.content_type != "application/json":
        raise DraftRejected(_("No se entendió lo que mandó la página. Cargala de nuevo."), 415)
    raw = request.read(LARGEST_BODY + 1)
    if len(raw) > LARGEST_BODY:
        raise DraftRejected(_("El menú pesa más de 256 kB. Acortá textos o sacá opciones."), 413)
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise DraftRejected(_("No se entendió lo que mandó la página. Cargala de nuevo."), 422)
    return found


def tree_in(body: dict[str, Any]) -> dict[str, Any]:
    """Its tree, with all fields and no others. Raises Unfit (422), which says where a type or a size is wrong."""
    given = body.get("tree")
    try:
        shape = TreeShape.model_validate(given)
    except ValidationError as error:
        problems = [_problem_in_words(given, detail) for detail in error.errors()[:MAX_PROBLEMS]]
        raise DraftRejected(_("No se puede guardar así el menú."), 422, problems) from None
    nodes = list(_walk_nodes(shape.options, 1))
    if len(nodes) > MAX_OPTIONS:
        words = _("Hay %(n)s opciones; entran %(most)s.") % {"n": len(nodes), "most": MAX_OPTIONS}
        raise DraftRejected(words, 422)
    if any(level > MAX_LEVELS for _node, level in nodes):
        raise DraftRejected(_("Hay más de %(most)s niveles: acortá el camino.") % {"most": MAX_LEVELS}, 422)
    if len({node.id for node, _level in nodes}) < len(nodes):
        raise DraftRejected(_("Dos opciones tienen el mismo identificador: borrá una y cargala de nuevo."), 422)
    return shape.model_dump()


def editable_tree(given: Any) -> dict[str, Any]:
    """A stored tree as the editor takes it: whole, and what makes no sense in it left out."""
    try:
        return tree_in({"tree": given})
    except DraftRejected:
        menu = tree.read(given)
    whole = tree.new(_node_data(node) for node in menu.options)
    named = {"greeting": menu.greeting, "misfit": menu.misfit, "farewell": menu.farewell}
    return whole | named | {"fallback_tray": menu.fallback_tray_id}


def _node_data(node: tree.Node) -> dict[str, Any]:
    more = {
        "keywords": list(node.keywords),
        "reply": node.reply,
        "questions": [asdict(question) for question in node.questions],
        "options": [_node_data(option) for option in node.options],
    }
    return tree.option(node.id, node.label, node.tray_id, **more)


def _walk_nodes(options: list[NodeShape], level: int) -> Iterator[tuple[NodeShape, int]]:
    for node in options:
        yield node, level
        yield from _walk_nodes(node.options, level + 1)


def _problem_in_words(given: Any, detail: ErrorDetails) -> Problem:
    """Pydantic's finding as tree.check would say it: the last node on the way, and the field in it."""
    where, field, at = "", [], given
    for step in detail["loc"]:
        field.append(str(step))
        try:
            at = at[step]
        except (LookupError, TypeError):
            at = None
        if isinstance(at, dict) and isinstance(at.get("id"), str) and field[-2:-1] == ["options"]:
            where, field = at["id"][:40], []
    context = detail.get("ctx") or {}
    words = {
        "string_too_long": _("El texto no entra: son %(most)s caracteres a lo sumo."),
        "too_long": _("Hay demasiados: entran %(most)s."),
        "odd_characters": _("Tiene caracteres que no se pueden guardar: escribilo de nuevo."),
        "string_unicode": _("Tiene caracteres que no se pueden guardar: escribilo de nuevo."),
    }.get(detail["type"], _("No se puede leer: cargalo de nuevo."))
    return Problem("/".join([where, *field[:1]] if where and field else [where or "/".join(field[:1])]),
                   words % {"most": context.get("max_length", "")})  # fmt: skip
