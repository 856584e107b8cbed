"""Checks of a menu's tree before it is published: whatever JSON it is, its faults in words."""

import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from wittybots.menu import intents
from wittybots.menu.limits import (
    ATTRIBUTE,
    ID,
    KINDS,
    MAX_KEYWORD_CHARS,
    MAX_KEYWORDS,
    MAX_LABEL_CHARS,
    MAX_LEVELS,
    MAX_OPTIONS,
    MAX_QUESTIONS,
    MAX_TEXT_CHARS,
    RESERVED_IDS,
)

# what a page can show; the rest is found once these are mended
MAX_PROBLEMS = 100


@dataclass(frozen=True)
class Problem:
    """`where`: a field of the menu ("greeting"), a node's id, or "id/field"; '' for the whole. `words`: what to do."""

    where: str
    words: str


def check(tree: Any, tray_ids: Collection[int]) -> list[Problem]:
    """What keeps this tree from being published; `tray_ids`: the trays to which chats can go."""
    found: list[Problem] = []
    if not isinstance(tree, dict):
        return [Problem("", _("El menú no se puede leer: empezá uno nuevo."))]
    for problem in _check_menu(tree, tray_ids):
        found.append(problem)
        if len(found) == MAX_PROBLEMS:
            break
    return found


def _check_menu(tree: dict[str, Any], tray_ids: Collection[int]) -> Iterator[Problem]:
    yield from _check_text("greeting", tree.get("greeting"), needed=_("Falta el saludo."))
    yield from _check_text("misfit", tree.get("misfit"))
    yield from _check_text("farewell", tree.get("farewell"))
    yield from _check_tray("fallback_tray", tree.get("fallback_tray"), tray_ids)
    seen: Counter[str] = Counter()
    yield from _check_options("options", tree.get("options"), tray_ids, seen, 1)
    if seen.total() > MAX_OPTIONS:
        yield Problem("options", _("Hay %(n)s opciones; entran %(most)s.") % {"n": seen.total(), "most": MAX_OPTIONS})


def _check_options(
    where: str, given: Any, tray_ids: Collection[int], seen: Counter[str], level: int
) -> Iterator[Problem]:
    """One menu and all below it. `seen` counts the ids; what has none counts under ''."""
    if given is None or given == []:
        return
    if not isinstance(given, list):
        yield Problem(where, _("Las opciones no se pueden leer: cargalas de nuevo."))
        return
    if level > MAX_LEVELS:
        yield Problem(where, _("Hay más de %(most)s niveles: acortá el camino.") % {"most": MAX_LEVELS})
        return
    nodes = [node for node in given if isinstance(node, dict)]
    if len(nodes) < len(given):
        yield Problem(where, _("Una opción no se puede leer: cargala de nuevo."))
    for node in nodes:
        yield from _check_node(where, node, tray_ids, seen, level)
    yield from _check_labels_differ(where, nodes)


def _check_node(
    menu: str, node: dict[str, Any], tray_ids: Collection[int], seen: Counter[str], level: int
) -> Iterator[Problem]:
    own = node.get("id")
    known = own if isinstance(own, str) and re.fullmatch(ID, own) and own not in RESERVED_IDS else ""
    where = known or menu
    seen[known] += 1
    if not known:
        yield Problem(where, _("Una opción no tiene un identificador válido: borrala y cargala de nuevo."))
    elif seen[known] == 2:
        yield Problem(where, _("Dos opciones tienen el mismo identificador: borrá una y cargala de nuevo."))
    field = f"{known}/{{}}".format if known else lambda _field: menu
    yield from _check_label(field("label"), node.get("label"))
    yield from _check_keywords(field("keywords"), node.get("keywords"))
    yield from _check_text(field("reply"), node.get("reply"))
    yield from _check_questions(field("questions"), node.get("questions"))
    yield from _check_tray(field("tray"), node.get("tray"), tray_ids)
    if node.get("tray") is not None and node.get("options"):
        yield Problem(
            field("tray"), _("Pasa el chat y además tiene opciones, que nadie vería: dejá una de las dos cosas.")
        )
    yield from _check_options(where, node.get("options"), tray_ids, seen, level + 1)


def _check_label(where: str, given: Any) -> Iterator[Problem]:
    yield from _check_text(where, given, MAX_LABEL_CHARS, needed=_("Falta el texto de la opción."))
    if isinstance(given, str) and intents.way_command(intents.fold_words(given)):
        yield Problem(where, _("“%(words)s” ya la entiende el bot siempre: poné otro texto.") % {"words": given[:40]})


def _check_keywords(where: str, given: Any) -> Iterator[Problem]:
    if given is None:
        return
    if not isinstance(given, list) or not all(isinstance(word, str) for word in given):
        yield Problem(where, _("Las palabras clave no se pueden leer: cargalas de nuevo."))
        return
    if len(given) > MAX_KEYWORDS:
        yield Problem(where, _("Entran %(most)s palabras clave por opción.") % {"most": MAX_KEYWORDS})
    for word in given:
        yield from _check_text(where, word, MAX_KEYWORD_CHARS)
        if intents.way_command(intents.fold_words(word)):
            yield Problem(where, _("“%(words)s” ya la entiende el bot siempre: sacala.") % {"words": word[:40]})


def _check_questions(where: str, given: Any) -> Iterator[Problem]:
    if given is None:
        return
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        yield Problem(where, _("Las preguntas no se pueden leer: cargalas de nuevo."))
        return
    if len(given) > MAX_QUESTIONS:
        yield Problem(where, _("Entran %(most)s preguntas por opción.") % {"most": MAX_QUESTIONS})
    for one in given:
        yield from _check_text(where, one.get("text"), needed=_("Falta el texto de la pregunta."))
        attribute, kind = one.get("attribute"), one.get("kind", "text")
        if not isinstance(attribute, str) or not re.fullmatch(ATTRIBUTE, attribute.strip()):
            yield Problem(
                where,
                _("El atributo se nombra con letras, números, espacios, guiones y _, hasta 40: por ejemplo pedido."),
            )
        if not isinstance(kind, str) or kind not in KINDS:
            yield Problem(where, _("La pregunta espera un texto, un número, un email o un teléfono: elegí uno."))


def _check_text(where: str, given: Any, most: int = MAX_TEXT_CHARS, needed: str = "") -> Iterator[Problem]:
    if given is None or (isinstance(given, str) and not given.strip()):
        if needed:
            yield Problem(where, needed)
    elif not isinstance(given, str):
        yield Problem(where, _("El texto no se puede leer: escribilo de nuevo."))
    elif len(given.strip()) > most:
        yield Problem(where, _("El texto tiene %(n)s caracteres; entran %(most)s.") % {"n": len(given), "most": most})


def _check_tray(where: str, given: Any, tray_ids: Collection[int]) -> Iterator[Problem]:
    if given is not None and (not isinstance(given, int) or isinstance(given, bool) or given not in tray_ids):
        yield Problem(where, _("La bandeja no existe o está archivada: elegí otra."))


def _check_labels_differ(menu: str, nodes: list[dict[str, Any]]) -> Iterator[Problem]:
    """Labels and keywords by which no option of a menu can be told from another."""
    owner: dict[str, int] = {}
    for place, node in enumerate(nodes):
        label = intents.fold_words(node["label"]) if isinstance(node.get("label"), str) else ""
        if label and owner.setdefault(label, place) != place:
            yield Problem(
                _field_of(menu, node, "label"), _("Otra opción de este menú tiene el mismo texto: cambiá uno.")
            )
    for place, node in enumerate(nodes):
        keywords = node.get("keywords")
        for word in keywords if isinstance(keywords, list) else []:
            folded = intents.fold_words(word) if isinstance(word, str) else ""
            if folded and owner.setdefault(folded, place) != place:
                yield Problem(
                    _field_of(menu, node, "keywords"),
                    _("“%(word)s” está también en otra opción de este menú: dejala en una.") % {"word": word[:40]},
                )


def _field_of(menu: str, node: dict[str, Any], field: str) -> str:
    own = node.get("id")
    return f"{own}/{field}" if isinstance(own, str) and re.fullmatch(ID, own) and own not in RESERVED_IDS else menu
