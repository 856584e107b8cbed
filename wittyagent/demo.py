"""The demo data: an invented shop whose chats stand in every state and tray (contract.md, "Demo data").

Everything goes through the product's own doors, at times counted back from now.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import merge

from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.utils import timezone

from chats import access, moves
from chats.models import Chat, Message, Template
from origins.models import Origin
from trays.models import Agent, Tray
from trays.people import hire
from wittyagent import demo_attended, demo_lines, demo_waiting
from wittyagent.demo_steps import Stage, Step, Talk, leaves
from wittyagent.demo_stories import Story
from wittybots.models import Bot, Option

PASSWORD = "demo"  # noqa: S105 - known to all on purpose
PEOPLE = {
    "sofia": ("Sofía", "Duarte", {"role": Agent.Role.SUPERVISOR}),
    "ana": ("Ana", "Ferreyra", {}),
    "bruno": ("Bruno", "Paz", {}),
    "caio": ("Caio", "Lima", {}),
    "dora": ("Dora", "Sosa", {}),
    "admin": ("Marcela", "Ibarra", {"is_superuser": True}),
}
# name: icon and who has access
TRAYS = {
    "Ventas": (Tray.Icon.STORE, ("ana", "bruno")),
    "Soporte": (Tray.Icon.HEADSET, ("caio",)),
    "Administración": (Tray.Icon.RECEIPT, ("sofia",)),
}
# label: other words for it, what the bot says, and the tray
OPTIONS = {
    "Ventas": ("comprar, precio, precios, cotización", "Te paso con Ventas.", "Ventas"),
    "Soporte": ("garantía, técnico, reparación", "Te paso con Soporte.", "Soporte"),
    "Administración": ("factura, pago, cuenta corriente", "Te paso con Administración.", "Administración"),
    "Otra consulta": ("otra cosa, otro tema", "Te paso con una persona del equipo.", "General"),
}
TEMPLATES = {
    "Pedido listo": ("utility", "Hola {{nombre}}, tu pedido {{pedido}} está listo para retirar en Almacén Norte.", ""),
    "Retomar la consulta": ("utility", "Hola {{nombre}}, te escribimos de Almacén Norte. ¿Seguimos con {{tema}}?", ""),
    "Promoción de línea blanca": (
        "marketing",
        "Hola {{nombre}}: esta semana tenés {{descuento}} % de descuento en línea blanca.",
        "Respondé BAJA para no recibir promociones.",
    ),
}
KEYS = ("demo-web", "demo-http", *(f"demo-{kind}" for kind in Origin.NETWORKS))
SWEEP = timedelta(hours=1)


class Impossible(Exception):
    """Why the demo data cannot go into this database, in words."""


@dataclass(frozen=True)
class Loaded:
    """What was loaded."""

    contacts: int
    messages: int


@transaction.atomic
def load(*, now: datetime | None = None, force: bool = False) -> Loaded | None:
    """Load the demo data. None: it is there already, nothing was changed. Raises Impossible."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('wittyagent.demo'))")
    if Origin.objects.filter(key="demo-web").exists():
        return None
    _check(force)
    stage = _stage()
    play(stage, demo_waiting.STORIES + demo_attended.STORIES, now or timezone.now())
    demo_lines.as_if_heard(stage.origins)
    ours = Chat.objects.filter(origin__key__in=KEYS)
    return Loaded(ours.count(), Message.objects.filter(chat__in=ours).count())


def _check(force: bool) -> None:
    others = Agent.objects.exclude(username__in=PEOPLE)
    if others.exists() and not force:
        raise Impossible("other people's agents are in this database; --force loads the demo data all the same")
    # an account or a tray of somebody else would be opened to a password that everybody knows
    names = sorted(Agent.objects.filter(username__in=PEOPLE).values_list("username", flat=True))
    names += sorted(Tray.objects.in_use().filter(kind="custom", name__in=TRAYS).values_list("name", flat=True))
    names += sorted(Origin.objects.filter(key__in=KEYS).values_list("key", flat=True))
    if names:
        raise Impossible(f"these names of the demo are taken: {', '.join(names)}")


# --- the shop ----------------------------------------------------------------------------------


def _stage() -> Stage:
    agents = {
        username: hire(username=username, first_name=first, last_name=last, **more)
        for username, (first, last, more) in PEOPLE.items()
    }
    # hashed once, as that is slow on purpose
    Agent.objects.filter(username__in=PEOPLE).update(password=make_password(PASSWORD))
    trays = {"General": Tray.objects.general()}
    for position, (name, (icon, members)) in enumerate(TRAYS.items(), 1):
        trays[name] = Tray.objects.create(name=name, icon=icon, position=position)
        access.give(trays[name], [agents[username] for username in members])
    bot = Bot.objects.create(greeting="¡Hola! Soy el asistente de Almacén Norte. ¿En qué te ayudo?")
    lines = demo_lines.make(bot)
    templates = _templates() | demo_lines.remote_templates(lines["demo-whatsapp"])
    return Stage(lines, agents, trays, _options(bot, trays), templates)


def _options(bot: Bot, trays: dict[str, Tray]) -> dict[str, Option]:
    return {
        label: Option.objects.create(
            bot=bot, position=position, label=label, keywords=words, reply=says, tray=trays[tray]
        )
        for position, (label, (words, says, tray)) in enumerate(OPTIONS.items(), 1)
    }


def _templates() -> dict[str, Template]:
    return {
        name: Template.objects.get_or_create(
            name=name, language="es", origin=None, defaults={"category": category, "body": body, "footer": footer}
        )[0]
        for name, (category, body, footer) in TEMPLATES.items()
    }


# --- the stories -------------------------------------------------------------------------------


def play(stage: Stage, stories: Sequence[Story], now: datetime) -> None:
    """All stories at once, in the order of time, with the clock's sweep in between."""
    swept = None
    for ago, _number, talk, step in merge(*(_told(stage, *told) for told in enumerate(stories)), key=_when):
        at = now - timedelta(minutes=ago)
        if swept is None or at - swept >= SWEEP:
            moves.expire(now=at)
            swept = at
        step(talk, at)
        leaves(talk, at)
    moves.expire(now=now)


def _told(stage: Stage, number: int, story: Story) -> list[tuple[float, int, Talk, Step]]:
    talk = story.talk(stage)
    # some seconds apart, as people are
    return [(ago + number * 7 % 60 / 60, number, talk, step) for ago, step in story.timed()]


def _when(event: tuple[float, int, Talk, Step]) -> tuple[float, int]:
    return -event[0], event[1]
