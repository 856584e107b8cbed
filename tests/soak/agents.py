"""`python -m tests.soak.agents`: agents at work. They take what waits, and answer every second message of a customer.

With WITTY_SOAK_SWEEP they also do what the clock does, every so many seconds; else a real one does.
"""

import contextlib
import os
import time
import uuid

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wittyagent.settings")
PAUSE = 0.05
# the same form, sent again: one message
FORMS = uuid.UUID(int=3)
ANSWERS = """
SELECT c.id, c.agent_id, count(*) FILTER (WHERE m.direction = 'in') / 2 AS due,
       count(*) FILTER (WHERE m.author = 'agent') AS said
FROM chats_chat c JOIN chats_message m ON m.chat_id = c.id
WHERE c.state = 'AGENTE' GROUP BY c.id
HAVING count(*) FILTER (WHERE m.direction = 'in') / 2 > count(*) FILTER (WHERE m.author = 'agent') ORDER BY c.id
"""


def take(agents):
    from chats import moves
    from chats.models import Chat

    for pk in Chat.objects.filter(state="BANDEJA").order_by("id").values_list("id", flat=True):
        moves.take(pk, agents[pk % len(agents)])


def answer(agents):
    """One answer in each chat that owes one."""
    from django.db import connection

    from chats.messages import replies

    with connection.cursor() as cursor:
        cursor.execute(ANSWERS)
        owing = cursor.fetchall()
    by_id = {agent.pk: agent for agent in agents}
    for chat, holder, _due, said in owing:
        form = uuid.uuid5(FORMS, f"{chat}:{said + 1}")
        replies.send_reply(chat, by_id[holder], f"Respuesta #{said + 1}", client_id=form)
    return len(owing)


def sweep():
    from kombu.exceptions import OperationalError

    from gateway import tasks

    with contextlib.suppress(OperationalError):  # Redis is down: the next one does it
        tasks.sweep_outbox()
        tasks.sweep_bodies()
        tasks.sweep_parked()


def main():
    django.setup()
    from trays.models import Agent

    agents = list(Agent.objects.filter(username__startswith="soak-").order_by("id"))
    every = float(os.environ.get("WITTY_SOAK_SWEEP") or 0)
    parent, swept = os.getppid(), time.monotonic()
    while os.getppid() == parent:
        take(agents)
        if not answer(agents):
            time.sleep(PAUSE)
        if every and time.monotonic() - swept > every:
            swept = time.monotonic()
            sweep()


if __name__ == "__main__":
    main()
