"""One database with its chats, and an agent who looks at its pages: times and queries. A child of bench.lists."""

import time
from typing import Any

from bench import crowd
from bench.stage import read_orders, send_answer

TRAYS = 8


def make_cast(agents: int = 5) -> tuple[crowd.Cast, Any]:
    """Trays that are all open to one agent, who holds a tenth of what agents hold."""
    from tests import people
    from trays.models import Tray

    staff = [people.hire(f"agente-{number}", first_name=f"Agente {number}") for number in range(agents)]
    trays = [people.tray(f"Bandeja {number}", staff[0]) for number in range(1, TRAYS)]
    origin = people.http_origin()
    return crowd.Cast(
        origin.pk, (Tray.objects.general().pk, *(tray.pk for tray in trays)), tuple(agent.pk for agent in staff)
    ), staff[0]


def list_urls(chosen: crowd.Cast) -> dict[str, str]:
    from chats.models import Chat

    tray = chosen.trays[1]
    waiting = Chat.objects.filter(tray=tray).order_by("waiting_since")[20]
    held = Chat.objects.filter(agent=chosen.agents[0]).order_by("id").first()
    middle = Chat.objects.filter(tray=tray).order_by("waiting_since")[10]
    key = f"{middle.waiting_since.isoformat()},{middle.pk}".replace("+", "%2B")
    return {
        "tray": f"/bandejas/{tray}/",
        "tray, after a key": f"/bandejas/{tray}/?after={key}",
        "tray, all found": f"/bandejas/{tray}/?q=%2B5989",
        "tray, few found": f"/bandejas/{tray}/?q={crowd.RARE}",
        "thread: preview": f"/bandejas/{tray}/{waiting.pk}/",
        "thread: pane": f"/chat/{held.pk}/pane/",
        "contacts": "/contactos/",
        "contacts of a state": "/contactos/?estado=AGENTE",
        "contacts of a tray": f"/contactos/?bandeja={tray}",
        "contacts, few found": f"/contactos/?q={crowd.RARE}",
        "contacts, many found": f"/contactos/?q={crowd.COMMON}",
    }


class QueryClock:
    """Time spent in the database, and how often it was asked."""

    def __init__(self) -> None:
        self.seconds, self.queries = 0.0, 0

    def __call__(self, execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.seconds += time.perf_counter() - began
            self.queries += 1


def time_page(client: Any, url: str, times: int) -> dict[str, Any]:
    from django.db import connection

    whole, database, queries = [], [], set()
    for _ in range(times):
        with connection.execute_wrapper(clock := QueryClock()):
            began = time.perf_counter()
            response = client.get(url)
            whole.append(time.perf_counter() - began)
        if response.status_code != 200:
            raise RuntimeError(f"{url}: {response.status_code}")
        database.append(clock.seconds)
        queries.add(clock.queries)
    # the content names the rows: a page is only comparable when it is as full
    return {"times": whole, "database": database, "queries": max(queries), "bytes": len(response.content)}


def serve_orders() -> None:
    import django

    django.setup()
    from django.test import Client

    for order in read_orders():
        if order["do"] == "fill":
            chosen, agent = make_cast()
            began = time.monotonic()
            crowd.fill_database(order["chats"], order["messages"], chosen)
            client = Client(SERVER_NAME="127.0.0.1")
            client.force_login(agent)
            pages = list_urls(chosen)
            for url in pages.values():
                time_page(client, url, 3)
            send_answer(seconds=time.monotonic() - began, pages=list(pages))
        else:
            send_answer(**time_page(client, pages[order["page"]], order["times"]))


if __name__ == "__main__":
    serve_orders()
