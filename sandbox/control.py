"""`/sandbox/…`: how tests, benches and people work the sandbox, and its page."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from sandbox import people, reports, runs, telegram, templates, words
from sandbox.caller import Caller
from sandbox.posting import Event
from sandbox.records import Customer, Line
from sandbox.web import Answer, Request, said
from sandbox.world import KINDS, World

STATIC = Path(__file__).parent / "static"
# whatever a file is, it runs nothing here
SAFE = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox; default-src 'none'"}
FILES = {"page.css": "text/css; charset=utf-8", "page.js": "text/javascript; charset=utf-8"}


class Refused(Exception):
    """What was asked for makes no sense, or is not there."""

    def __init__(self, words: str, status: int = 400) -> None:
        super().__init__(words)
        self.status = status


def answer(world: World, request: Request, path: list[str]) -> Answer | Awaitable[Answer]:
    if _from_a_page_elsewhere(request):
        return said({"error": "only from this page, or from a program"}, 403)
    try:
        if not path:
            page = (STATIC / "page.html").read_text(encoding="utf-8")
            return Answer(200, words.filled(page).encode(), "text/html; charset=utf-8")
        if path[0] == "static" and path[-1] in FILES:
            return Answer(200, (STATIC / path[-1]).read_bytes(), FILES[path[-1]])
        if path[0] != "sandbox":
            return said({"error": "not found"}, 404)
        return _route(world, request, path[1:])
    except Refused as error:
        return said({"error": str(error)}, error.status)
    except (ValueError, TypeError, KeyError) as error:
        return said({"error": str(error)}, 400)


def _from_a_page_elsewhere(request: Request) -> bool:
    """A page of another site must not work it, nor one that gave its own name this machine's address."""
    host = request.headers.get("host", "").rpartition(":")[0]
    origin = request.headers.get("origin")
    return host not in ("127.0.0.1", "localhost") or (
        origin is not None and origin != f"http://{request.headers['host']}"
    )


def _route(world: World, request: Request, path: list[str]) -> Answer | Awaitable[Answer]:
    what = (request.method, *path)
    match what:
        case ("GET", "state"):
            return said(reports.state(world))
        case ("POST", "lines"):
            return _add_line(world, request.json())
        case ("GET", "lines"):
            return said({"lines": [line.as_dict() for line in world.lines.values()]})
        case ("POST", "lines", key, "raw"):
            return _raw(world, key, request)
        case ("GET", "faults"):
            return said(world.faults.as_dict())
        case ("POST", "faults"):
            return _faults(world, request.json())
        case ("POST", "jump"):
            return _jump(world, request.json())
        case ("POST", "reset"):
            world.run["stopped"] = True
            world.reset(int(request.json().get("seed", world.seed)))
            return said(world.faults.as_dict())
        case ("GET", "report"):
            return said(reports.report(world, with_customers=request.query.get("customers") != "0"))
        case ("GET", "deliveries"):
            return said({"deliveries": list(world.post.log)})
        case ("POST", "templates"):
            return _template(world, request.json())
        case ("POST", "run"):
            return said(runs.start(world, request.json()))
        case ("GET", "run"):
            return said(runs.progress(world))
        case ("DELETE", "run"):
            return said(runs.stop(world))
        case ("POST", "customers"):
            return _add_customers(world, request.json())
        case ("GET", "customers"):
            return said({"customers": [customer.as_dict() for customer in world.customers.values()]})
        case (_, "customers", number, *rest):
            return _customer(world, request, _known(world, number), rest)
        case ("GET", "files", media_id):
            media = world.media.get(media_id)
            return Answer(200, media.data, media.mime, SAFE) if media else said({"error": "not found"}, 404)
    raise Refused("not found", 404)


def _known(world: World, number: str) -> Customer:
    if number not in world.customers:
        raise Refused(f"there is no customer {number!r}", 404)
    return world.customers[number]


def _a_line(world: World, named: Any) -> Line:
    line = world.line(str(named or next(iter(world.lines), "")))
    if line is None:
        raise Refused(f"there is no line {named!r}", 404)
    return line


async def _add_line(world: World, data: dict[str, Any]) -> Answer:
    known = ("kind", "line_id", "account_id", "secret", "access_token", "verify_token", "webhook", "name")
    if data.get("kind") not in KINDS or not data.get("line_id"):
        return said({"error": f"kind is one of {', '.join(KINDS)}, and line_id is needed"}, 400)
    try:
        given: dict[str, Any] = {name: str(data.get(name) or "") for name in known}
        line = world.add_line(Line(**given, human_agent=bool(data.get("human_agent", True))))
    except ValueError as error:
        return said({"error": str(error)}, 400)
    line.is_verified, why = (True, "") if line.kind == "telegram" else await verify(line)
    return said({**line.as_dict(), "verified": line.is_verified, "reason": why})


async def verify(line: Line) -> tuple[bool, str]:
    """Asks the webhook as Meta does when it is entered. Whether it answered right, and else what it said."""
    challenge = str(secrets.randbelow(10**10))
    query = {"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": line.verify_token}
    glue = "&" if "?" in line.webhook else "?"
    caller = Caller()
    try:
        status, body = await caller.call("GET", f"{line.webhook}{glue}{urlencode(query)}")
    except (OSError, EOFError, ValueError) as error:
        return False, str(error) or type(error).__name__
    finally:
        caller.close()
    good = status == 200 and body == challenge.encode()
    return good, "" if good else f"HTTP {status}, {body[:100].decode('utf-8', 'replace')}"


async def _raw(world: World, key: str, request: Request) -> Answer:
    """Posts the bytes of this request to the line's webhook, signed, once."""
    line = _a_line(world, key)
    told: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    world.post.put(Event(line, {"raw": request.body}, "", _tell(told)))
    return await _told(told, {})


def _tell(told: "asyncio.Future[int]") -> Callable[[int], None]:
    def tell(status: int) -> None:
        if not told.done():
            told.set_result(status)

    return tell


async def _told(told: "asyncio.Future[int]", more: dict[str, Any]) -> Answer:
    try:
        status = await asyncio.wait_for(told, 30)
    except TimeoutError:
        status = 0
    return said({**more, "status": status})


def _faults(world: World, data: dict[str, Any]) -> Answer:
    seed = data.pop("seed", None)
    world.faults.change(data)
    if seed is not None:
        world.reseed(int(seed))
    return said(world.faults.as_dict())


def _jump(world: World, data: dict[str, Any]) -> Answer:
    hours = float(data.get("hours", 24))
    if not 0 <= hours <= 24 * 366:
        raise Refused("hours is between 0 and a year")
    world.jumped += hours * 3600
    return said({"clock": world.clock()})


def _template(world: World, data: dict[str, Any]) -> Answer:
    """Changes a template's status, and says so by webhook. `line`, `name`, `language`, `status`, `reason`."""
    line = _a_line(world, data.get("line") or "whatsapp")
    wanted = (data["name"], data["language"])
    found = [t for t in templates.of_account(world, line.account_id) if (t["name"], t["language"]) == wanted]
    if not found:
        raise Refused(f"there is no template {wanted}", 404)
    found[0]["status"] = str(data["status"])
    value = {
        "event": found[0]["status"],
        "message_template_id": int(found[0]["id"]),
        "message_template_name": found[0]["name"],
        "message_template_language": found[0]["language"],
        "reason": str(data.get("reason") or "NONE"),
    }
    world.post.put(Event(line, {"field": "message_template_status_update", "value": value}))
    return said(found[0])


def _add_customers(world: World, data: dict[str, Any]) -> Answer:
    line, count = _a_line(world, data.get("line")), int(data.get("count", 1))
    if not 1 <= count <= 10_000:
        raise Refused("count is between 1 and 10000")
    given = {name: value for name, value in data.items() if name not in ("line", "count")}
    made = [people.make(world, line, given if count == 1 else {}) for _ in range(count)]
    return said({"customers": [customer.as_dict() for customer in made]})


def _customer(world: World, request: Request, customer: Customer, rest: list[str]) -> Answer | Awaitable[Answer]:
    match (request.method, *rest):
        case ("GET",):
            return said(reports.one(world, customer))
        case ("POST", "write"):
            return _write(world, customer, request.json())
        case ("POST", "read"):
            return said({"read": people.read(world, customer)})
        case ("POST", "block"):
            customer.blocked = bool(request.json().get("blocked", True))
            item = telegram.block(world, customer) if customer.line.kind == "telegram" else None
            if item:
                world.post.put(Event(customer.line, item, customer.id))
            return said(customer.as_dict())
    raise Refused("not found", 404)


def _write(world: World, customer: Customer, data: dict[str, Any]) -> Answer | Awaitable[Answer]:
    """Writes a message; `wait` (the default) answers once the webhook has answered with 200, after 30 s at most."""
    if not data.get("wait", True):
        return said(people.write(world, customer, data).as_dict())
    told: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    entry = people.write(world, customer, data, _tell(told))
    return _told(told, {"id": entry.id, "at": entry.at})
