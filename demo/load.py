"""The demo data: an invented shop whose chats stand in every state and tray (contract.md, "Demo data").

Everything goes through the product's own doors, at times counted back from now.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import merge
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.utils import timezone

from chats import access, expiry
from chats.models import Chat, Message, Template
from contacts.models import Contact
from demo import (
    audit_rows,
    broadcasts,
    cards,
    comings,
    month,
    quick_replies,
    saved_views,
    stories_attended,
    stories_waiting,
)
from demo import lines as demo_lines
from demo.steps import Stage, Step, Talk, mark_sent
from demo.stories import Story
from origins.models import Origin
from reports import hourly, kinds, rollup
from trays.models import Agent, Tray, hire
from wittybots.menu import tree, versions
from wittybots.models import Bot

PASSWORD = "demo"  # noqa: S105 - known to all on purpose
MAIL_HOST = "almacennorte.example"
PEOPLE: dict[str, tuple[str, str, dict[str, Any]]] = {
    "sofia": ("Sofía", "Duarte", {"role": Agent.Role.SUPERVISOR}),
    "ana": ("Ana", "Ferreyra", {}),
    "bruno": ("Bruno", "Paz", {}),
    "caio": ("Caio", "Lima", {"capacity": 12}),
    "dora": ("Dora", "Sosa", {}),
    "admin": ("Marcela", "Ibarra", {"is_superuser": True}),
}
# name: icon and who has access
TRAYS = {
    "Ventas": (Tray.Icon.STORE, ("ana", "bruno")),
    "Soporte": (Tray.Icon.HEADSET, ("caio",)),
    "Administración": (Tray.Icon.RECEIPT, ("sofia",)),
}
GREETING = "¡Hola! Soy el asistente de Almacén Norte. ¿En qué te ayudo?"
# id: label, other words for it, what the bot says, and the tray
OPTIONS = {
    "ventas": ("Ventas", "comprar, precio, precios, cotización", "Te paso con Ventas.", "Ventas"),
    "soporte": ("Soporte", "garantía, técnico, reparación", "Te paso con Soporte.", "Soporte"),
    "administracion": (
        "Administración", "factura, pago, cuenta corriente", "Te paso con Administración.", "Administración"
    ),
    "otra-consulta": ("Otra consulta", "otra cosa, otro tema", "Te paso con una persona del equipo.", "General"),
}  # fmt: skip
ORDER = tree.option(
    "mi-pedido", "Mi pedido", keywords=["pedido", "pedidos", "envío", "entrega"], reply="Veamos tu pedido.",
    questions=[{"attribute": "pedido", "text": "¿Qué número de pedido es?", "kind": "number"}],
)  # fmt: skip
# under "Mi pedido"
OF_AN_ORDER = (
    ("pedido-cuando", "Cuándo llega", "llega, demora, cuánto tarda", "El pedido {{pedido}} llega entre 24 y 72 horas "
     "después de la compra. El día anterior te avisamos por acá.", ""),
    ("pedido-retiro", "Retirar en el local", "retiro, retirar, buscar", "Te esperamos en Rivadavia 1450, de lunes a "
     "viernes de 9 a 19. Traé el número de pedido, {{pedido}}, y tu documento.", ""),
    ("pedido-persona", "Hablar con una persona", "", "Te paso con una persona del equipo.", "General"),
)  # fmt: skip
TEMPLATES = {
    "Pedido listo": ("utility", "Hola {{nombre}}, tu pedido {{pedido}} está listo para retirar en Almacén Norte.", ""),
    "Retomar la consulta": ("utility", "Hola {{nombre}}, te escribimos de Almacén Norte. ¿Seguimos con {{tema}}?", ""),
    "Promoción de línea blanca": (
        "marketing",
        "Hola {{nombre}}: esta semana tenés {{descuento}} % de descuento en línea blanca.",
        "Respondé BAJA para no recibir promociones.",
    ),
}
# one tray reminds of who waits for an answer, and takes back what stays without one: minutes
WATCHES: dict[str, dict[str, Any]] = {"Administración": {"remind_after": 30, "return_after": 60}}
# and two ask how it was
ASKS: dict[str, dict[str, Any]] = {
    "Ventas": {"asks_score": True, "question": "¿Cómo te atendimos en Almacén Norte?"},
    "Soporte": {"asks_score": True},
}
KEYS = ("demo-web", "demo-http", "demo-bot-http", *(f"demo-{kind}" for kind in Origin.NETWORKS))
SWEEP = timedelta(hours=1)


class CannotLoad(Exception):
    """Why the demo data cannot go into this database, in words."""


@dataclass(frozen=True)
class Loaded:
    """What was loaded."""

    contacts: int
    messages: int


@transaction.atomic
def load_demo(*, now: datetime | None = None, force: bool = False, days: int = 0) -> Loaded | None:
    """Load the demo data, behind a history of so many days. None: it is there already, nothing was changed.

    Raises CannotLoad.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('demo.load'))")
    if Origin.objects.filter(key="demo-web").exists():
        return None
    _check_database(force)
    stage = _set_stage()
    now = now or timezone.now()
    play_stories(stage, month.list_stories(now, days) + stories_waiting.STORIES + stories_attended.STORIES, now)
    demo_lines.as_if_heard(stage.origins)
    known = Contact.objects.filter(origin__key__in=KEYS).select_related("origin").order_by("pk")
    cards.fill_cards(stage.agents, list(known.exclude(name__in=month.NAMES)))
    cards.tag_month(stage.agents, list(known.filter(name__in=month.NAMES)))
    whatsapp = Origin.objects.get(key="demo-whatsapp")
    cards.add_unwritten(whatsapp, stage.agents, now - timedelta(days=2))
    cards.add_erased(whatsapp, stage.agents, now - timedelta(days=1))
    broadcasts.send_broadcasts(stage.agents, Origin.objects.get(key="demo-http"), now)
    rollup.sweep(now)
    for kind in kinds.KINDS:
        hourly.sweep(kind)
    held = Chat.objects.filter(origin__key__in=KEYS, state=Chat.State.AGENTE).select_related("agent")
    looked_at = held.exclude(agent=stage.agents["sofia"]).select_related("change").order_by("pk")
    audit_rows.write_rows(stage, list(looked_at[: audit_rows.LOOKS]), now)
    comings.write_comings(stage.agents)
    ours = Chat.objects.filter(origin__key__in=KEYS)
    return Loaded(ours.count(), Message.objects.filter(chat__in=ours).count())


def _check_database(force: bool) -> None:
    others = Agent.objects.exclude(username__in=PEOPLE)
    if others.exists() and not force:
        raise CannotLoad("other people's agents are in this database; --force loads the demo data all the same")
    # an account or a tray of somebody else would be opened to a password that everybody knows
    names = sorted(Agent.objects.filter(username__in=PEOPLE).values_list("username", flat=True))
    names += sorted(Tray.objects.in_use().filter(kind="custom", name__in=TRAYS).values_list("name", flat=True))
    names += sorted(Origin.objects.filter(key__in=KEYS).values_list("key", flat=True))
    if names:
        raise CannotLoad(f"these names of the demo are taken: {', '.join(names)}")


# --- the shop ----------------------------------------------------------------------------------


def _set_stage() -> Stage:
    agents = {
        username: hire(username=username, first_name=first, last_name=last, email=f"{username}@{MAIL_HOST}", **more)
        for username, (first, last, more) in PEOPLE.items()
    }
    # hashed once, as that is slow on purpose
    Agent.objects.filter(username__in=PEOPLE).update(password=make_password(PASSWORD))
    trays = {"General": Tray.objects.general()}
    for position, (name, (icon, members)) in enumerate(TRAYS.items(), 1):
        does = WATCHES.get(name, {}) | ASKS.get(name, {})
        trays[name] = Tray.objects.create(name=name, icon=icon, position=position, **does)
        access.give_access(trays[name], [agents[username] for username in members])
    bot = Bot.objects.create()
    lines = demo_lines.make_lines(bot)
    quick_replies.write_replies(agents, trays)
    saved_views.save_views(agents, trays)
    templates = _make_templates() | demo_lines.remote_templates(lines["demo-whatsapp"])
    return Stage(lines, agents, trays, _publish_menu(bot, trays, agents["sofia"]), templates)


def _publish_menu(bot: Bot, trays: dict[str, Tray], supervisor: Agent) -> dict[str, str]:
    """The bot's menu. Returns the ids of its options by their labels."""
    first, second, third, other = (_menu_option(trays, id, *row) for id, row in OPTIONS.items())
    of_an_order = [_menu_option(trays, *row) for row in OF_AN_ORDER]
    options = [first, second, third, ORDER | {"options": of_an_order}, other]
    versions.save_draft(bot, tree.new(options) | {"greeting": GREETING}, supervisor)
    versions.publish_draft(bot, supervisor)
    return {option["label"]: option["id"] for option in [*options, *of_an_order]}


def _menu_option(trays: dict[str, Tray], id: str, label: str, words: str, says: str, tray: str) -> dict[str, Any]:
    keywords = [word.strip() for word in words.split(",") if word.strip()]
    return tree.option(id, label, trays[tray].pk if tray else None, keywords=keywords, reply=says)


def _make_templates() -> dict[str, Template]:
    return {
        name: Template.objects.get_or_create(
            name=name, language="es", origin=None, defaults={"category": category, "body": body, "footer": footer}
        )[0]
        for name, (category, body, footer) in TEMPLATES.items()
    }


# --- the stories -------------------------------------------------------------------------------


def play_stories(stage: Stage, stories: Sequence[Story], now: datetime) -> None:
    """All stories at once, in the order of time, with the clock's sweep in between."""
    swept = None
    for ago, _number, talk, step in merge(
        *(_story_events(stage, *told) for told in enumerate(stories)), key=_event_order
    ):
        at = now - timedelta(minutes=ago)
        if swept is None or at - swept >= SWEEP:
            expiry.expire(now=at)
            swept = at
        step(talk, at)
        mark_sent(talk, at)
    expiry.expire(now=now)


def _story_events(stage: Stage, number: int, story: Story) -> list[tuple[float, int, Talk, Step]]:
    talk = story.talk(stage)
    # some seconds apart, as people are
    return [(ago + number * 7 % 60 / 60, number, talk, step) for ago, step in story.timed()]


def _event_order(event: tuple[float, int, Talk, Step]) -> tuple[float, int]:
    return -event[0], event[1]
