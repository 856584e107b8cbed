"""Matching of a message to the option of a menu that it means."""

from collections.abc import Sequence

from wittybots.menu import intents
from wittybots.menu.tree import Node


def pick_option(options: Sequence[Node], said: str) -> Node | None:
    """The option that folded words mean: its label, its number, one of its words, or its words among others."""
    own = find_labelled(options, said)
    if own:
        return own
    number = intents.number_of(said)
    if number is not None and 1 <= number <= len(options):
        return options[number - 1]
    for fits in (_is_same, _is_within):
        found = [node for node in options if fits(node, said)]
        if len(found) == 1:
            return found[0]
    return None


def find_labelled(options: Sequence[Node], said: str) -> Node | None:
    return next((node for node in options if said and said == intents.fold_menu_words(node.label)), None)


def _is_same(node: Node, said: str) -> bool:
    return bool(said) and any(said == intents.fold_menu_words(word) for word in node.keywords)


def _is_within(node: Node, said: str) -> bool:
    return any(intents.contains_words(said, word) for word in (node.label, *node.keywords))


def find_path(options: Sequence[Node], id: str) -> tuple[Node, ...]:
    """The nodes down to the one with this id; none where there is none."""
    for node in options:
        if node.id == id:
            return (node,)
        below = find_path(node.options, id)
        if below:
            return (node, *below)
    return ()
