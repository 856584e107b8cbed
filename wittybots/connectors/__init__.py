"""Connectors to external bots: one module a kind (wittybots/turns.py says what each of them has)."""

from importlib import import_module
from typing import cast

from wittybots.turns import Connector

KINDS = frozenset({"webhook", "rasa", "typebot", "botpress", "chatwoot"})


def connector_of(kind: str) -> Connector:
    """The module of a kind of bot. Raises LookupError for one that is called by nobody (the menu)."""
    if kind not in KINDS:
        raise LookupError(kind)
    return cast(Connector, import_module(f"wittybots.connectors.{kind}"))
