"""The month before the stories: customers who came, were attended and left, so that reports have something to show.

The same ones every time, through the product's own doors like all the rest.
"""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from common.errors import Failure
from demo.steps import (
    Step,
    answer_score,
    ask_score,
    close_chat,
    comes_to,
    give_back,
    pick_option,
    reply_text,
    send_template,
    take_chat,
)
from demo.stories import Story, http_story, whatsapp_story

DAYS = 30
# minutes after which who has not come again is written to
WRITTEN_TO = 4 * 24 * 60.0
# how many come on a day of the week, from Monday on
COME = (8, 7, 7, 6, 8, 4, 1)
# when the shop is busy
HOURS = (9, 10, 10, 11, 11, 11, 12, 14, 15, 15, 16, 16, 17, 18)
NAMES = (
    "Alicia Bravo", "Bernardo Rey", "Carolina Vidal", "Damián Ponce", "Elsa Maciel", "Fermín Lagos", "Gloria Saavedra",
    "Héctor Ibáñez", "Irene Cabral", "Joaquín Molina", "Karina Duarte", "Leandro Vera", "Mirta Escobar", "Néstor Godoy",
    "Olga Peralta", "Patricio Luna", "Quimey Roldán", "Romina Ferrari", "Saúl Benítez", "Tamara Quiroz", "Ulises Bravo",
    "Verónica Salas", "Walter Núñez", "Ximena Ríos", "Yolanda Correa", "Zulema Acosta", "Abel Figueroa",
    "Beatriz Solís", "Cristian Arce", "Delia Montero",
)  # fmt: skip
# option of the bot: who attends there, what is asked, what is answered
TALKS: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "Ventas": (
        ("ana", "bruno"),
        (
            "¿Qué precio tiene la heladera de 300 litros?",
            "¿Hacen descuento por cantidad?",
            "¿Tienen cuotas sin interés?",
        ),
        ("Te paso el precio con envío.", "Sí: te armo un presupuesto.", "Hasta seis cuotas con cualquier tarjeta."),
    ),
    "Soporte": (
        ("caio",),
        ("El lavarropas no centrifuga", "¿Cómo pido el service?", "Se me rompió la puerta del horno"),
        ("Lo vemos: ¿me pasás el modelo?", "Te agendo una visita.", "Está en garantía, te mando el repuesto."),
    ),
    "Administración": (
        ("sofia",),
        ("Necesito la factura de octubre", "¿Me pasan el CBU?"),
        ("Te la mando por correo.", "Es el que figura al pie de la factura."),
    ),
    "Otra consulta": (
        ("ana", "bruno", "caio", "sofia"),
        ("¿Hasta qué hora abren el sábado?", "Quería dejar un reclamo por la entrega"),
        ("De 9 a 13.", "Contame qué pasó y lo resolvemos."),
    ),
}
SCORES = (5,) * 9 + (4,) * 5 + (3,) * 2 + (2, 1)
FAILURES = (
    (Failure.FINAL, "131026", "El mensaje no se puede entregar a este contacto."),
    (Failure.RETRY, "131016", "La red no pudo procesarlo."),
    (Failure.FINAL, "131053", "La red no pudo usar el archivo."),
)
SHARES = ("Ventas",) * 5 + ("Soporte",) * 3 + ("Administración",) + ("Otra consulta",) * 2


def list_stories(now: datetime, days: int = DAYS) -> list[Story]:
    """A story a customer, with all the times that this customer came."""
    chance = random.Random(20)  # noqa: S311 - the same month every time
    visits: dict[str, list[tuple[float, list[Any]]]] = {name: [] for name in NAMES}
    today = timezone.localtime(now)
    for back in range(days, 1, -1):
        day = today - timedelta(days=back)
        # nobody comes twice a day: the second would go on with the first
        for name in chance.sample(NAMES, COME[day.weekday()]):
            at = day.replace(hour=chance.choice(HOURS), minute=chance.randrange(60), second=0, microsecond=0)
            visits[name].append(((now - at).total_seconds() / 60, list(_visit(chance))))
    return [_tell(name, number, visits[name]) for number, name in enumerate(NAMES) if visits[name]]


def _tell(name: str, number: int, visits: list[tuple[float, list[Any]]]) -> Story:
    begins = [ago for ago, _steps in visits]
    steps: list[str | float | Step] = []
    last = begins[0]
    for ago, said in sorted(visits, key=lambda visit: -visit[0]):
        steps += [last - ago, *said] if steps else said
        last = ago - _length(said)
    make = http_story if number % 3 else whatsapp_story
    if number % 3 == 0 and last > WRITTEN_TO:
        # who has not been here for days is written to
        steps += [30 * 60.0, send_template("bruno", "retomar_conversacion", nombre=name.split()[0], agente="Bruno")]
    return make(name, f"+54 9 351 555-{4000 + number}", max(begins), *steps)


def _lose_the_way(chance: random.Random, lost: float) -> Iterator[str | float | Step]:
    """In the bot: some leave without a word, some ask for a person, some are not understood."""
    if lost < 0.03:
        return
    yield pick_option("Mi pedido")
    if lost < 0.06:
        return
    yield str(chance.randrange(40_000, 60_000))
    if lost < 0.08:
        yield pick_option("Hablar con una persona")
    elif lost < 0.1:
        yield "Quiero hablar con una persona"
    else:
        yield "Me llegó la caja rota"
        yield "La caja, digo"
    yield round(chance.expovariate(1 / 6) + 0.3, 1)
    yield take_chat("sofia")
    yield 1.0
    yield reply_text("Ya lo miro y te cuento.")
    yield 5.0
    yield close_chat()


def _length(steps: list[Any]) -> float:
    """How many minutes they take: a pause where one is told, else one between two."""
    minutes, pause, begun = 0.0, 0.0, False
    for step in steps:
        if isinstance(step, (int, float)):
            pause = step
            continue
        minutes, pause, begun = minutes + (pause if begun else 0), 1, True
    return minutes


def _visit(chance: random.Random) -> Iterator[str | float | Step]:
    """What happens: one in four is content with the bot, some lose their way in it, and a few wait in vain."""
    yield "Hola, buenas"
    lost = chance.random()
    if lost < 0.12:
        yield from _lose_the_way(chance, lost)
        return
    if chance.random() < 0.25:
        yield pick_option("Mi pedido")
        yield str(chance.randrange(40_000, 60_000))
        yield pick_option("Cuándo llega")
        return
    option = chance.choice(SHARES)
    agents, questions, answers = TALKS[option]
    yield chance.choice(questions)
    yield 0.5
    yield pick_option(option)
    if chance.random() < 0.04:
        return
    yield round(chance.expovariate(1 / 6) + 0.3, 1)
    yield take_chat(chance.choice(agents))
    yield round(chance.expovariate(1 / 2) + 0.2, 1)
    yield reply_text(chance.choice(answers))
    if chance.random() < 0.03:
        failure, code, words = chance.choice(FAILURES)
        yield comes_to("failed", words, failure, code)
    yield 2.0
    yield "Bien, gracias"
    if chance.random() < 0.08:
        yield give_back()
        yield round(chance.expovariate(1 / 8) + 1, 1)
        yield take_chat(chance.choice(agents))
    yield round(chance.expovariate(1 / 6) + 1, 1)
    yield reply_text("Cualquier cosa nos escribís.")
    yield 1.0
    yield close_chat()
    yield 1.0
    yield ask_score
    if chance.random() < 0.7:
        yield round(chance.expovariate(1 / 5) + 0.5, 1)
        yield answer_score(chance.choice(SCORES))
