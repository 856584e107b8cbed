"""The demo's audit log: a few days of a team that comes in, looks and changes things."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from chats.models import Chat
from trays import audit
from trays.audit import What
from trays.models import Agent

# of ranges that are nobody's
OFFICE, HOME, STRANGER = "192.0.2.14", "198.51.100.22", "203.0.113.9"
CHROME, IPHONE = "Chrome, Windows", "Safari, iPhone"
# hours ago, what, who, from where, and what is said of it
Row = tuple[float, str, str, str, dict[str, Any]]


def write_rows(agents: Mapping[str, Agent], held: Sequence[Chat], now: datetime) -> None:
    """`held`: chats that agents hold; a supervisor has looked at the first ones."""
    entries = []
    for hours, what, who, address, said in sorted([*_rows(agents), *_looks(held)], key=lambda row: -row[0]):
        entry = audit.build_entry(what, agents.get(who), **said)
        entry.at, entry.address = now - timedelta(hours=hours), address
        entries.append(entry)
    audit.note_many(entries)


def _rows(agents: Mapping[str, Agent]) -> list[Row]:
    ana, bruno, caio = agents["ana"], agents["bruno"], agents["caio"]
    return [
        (72, What.SIGNED_IN, "admin", HOME, {"detail": CHROME}),
        (71.8, What.CHANGED, "admin", HOME, {"thing": "Almacén Norte en WhatsApp", "field": "Token de acceso",
                                             "old": "termina en 81cc", "new": "termina en 3f9a"}),
        (70, What.ADDED, "admin", HOME, {"thing": "Dora Sosa", "field": "agente", "about": agents["dora"]}),
        (27, What.SIGNED_IN, "caio", HOME, {"detail": IPHONE}),
        (26.9, What.STEPS_ON, "caio", HOME, {}),
        (22, What.SIGNED_IN, "sofia", OFFICE, {"detail": CHROME}),
        (21, What.ACCESS_GIVEN, "sofia", OFFICE, {"thing": "Soporte", "about": bruno}),
        (20.5, What.ACCESS_TAKEN, "sofia", OFFICE, {"thing": "Soporte", "about": bruno}),
        (8, What.FAILED, "", STRANGER, {"about": bruno, "detail": "usuario bruno"}),
        (7.9, What.HELD, "", STRANGER, {"about": bruno, "detail": "usuario bruno"}),
        (7, What.SIGNED_IN, "bruno", HOME, {"detail": IPHONE}),
        (6, What.CHANGED, "sofia", OFFICE, {"thing": "Ventas", "field": "Orden", "old": "3", "new": "1"}),
        (5, What.CHANGED, "sofia", OFFICE, {"thing": "Caio Lima", "field": "Chats a la vez", "old": "nada",
                                            "new": "12", "about": caio}),
        (4, What.DONE, "sofia", OFFICE, {"thing": "WittyBots", "detail": "Menú: versión 1 publicada"}),
        (3, What.EXPORTED, "sofia", OFFICE, {"thing": "Informes", "detail": "últimos 30 días"}),
        (2, What.SIGNED_IN, "ana", OFFICE, {"detail": CHROME}),
        (1.5, What.PASSWORD, "ana", OFFICE, {"about": None}),
        (1, What.DONE, "sofia", OFFICE, {"thing": str(ana), "field": "Cerrar sus sesiones", "about": ana,
                                         "detail": "se cerraron todas sus sesiones"}),
    ]  # fmt: skip


def _looks(held: Sequence[Chat]) -> list[Row]:
    return [
        (0.5 + number, What.CHAT if number % 3 else What.CARD, "sofia", OFFICE,
         {"about": chat.agent, "contact": chat.contact_id})
        for number, chat in enumerate(held[:5])
    ]  # fmt: skip
