"""A sandbox for tests and benches: starts one as a child on a free port, and works it.

with Sandbox.start(seed=7) as sandbox:
    sandbox.register_line("whatsapp", "1000001", account_id="2000001", secret="…", webhook="http://…/webhooks/key/")
    marta = sandbox.add_customer("whatsapp", name="Marta")
    sandbox.write(marta["id"], text="Hola")
    sandbox.read_report()["customers"][marta["id"]]["received"]
"""

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[1]


class SandboxError(Exception):
    """The sandbox refused what was asked of it, or did not start."""


class Sandbox:
    """One running sandbox, by its address."""

    def __init__(self, url: str, child: "subprocess.Popen[str] | None" = None) -> None:
        self.url, self.child = url.rstrip("/"), child

    @classmethod
    def start(cls, *, seed: int = 1, port: int = 0) -> Self:
        """Starts a sandbox as a child, which ends with this process."""
        command = [sys.executable, "-m", "sandbox", "--port", str(port), "--seed", str(seed), "--with-parent"]
        child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None  # noqa: S101
        url = child.stdout.readline().strip()
        if not url:
            raise SandboxError(f"the sandbox did not start (exit {child.wait(5)})")
        return cls(url, child)

    def stop(self) -> None:
        if self.child:
            self.child.terminate()
            try:
                self.child.wait(5)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
            if self.child.stdout:
                self.child.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def call_control(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """One call below /sandbox/: JSON (or bytes) in, the object that is answered. Raises SandboxError."""
        parts = urlsplit(self.url)
        line = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        try:
            raw = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
            line.request(method, f"/sandbox/{path}", raw, {"Content-Type": "application/json"})
            answer = line.getresponse()
            found = json.loads(answer.read())
        finally:
            line.close()
        if answer.status != 200:
            raise SandboxError(f"{method} {path}: {found.get('error', answer.status)}")
        return dict(found)

    def reset(self, seed: int = 1) -> None:
        """Forgets lines, customers, faults, the jumped time and the counts, as if it had just started."""
        self.call_control("POST", "reset", {"seed": seed})

    def register_line(self, kind: str, line_id: str, **what: Any) -> dict[str, Any]:
        """Registers a line of ours: account_id, secret, access_token, verify_token, webhook. `verified` says whether
        the webhook answered the verification request right."""
        return self.call_control("POST", "lines", {"kind": kind, "line_id": line_id, **what})

    def add_customer(self, line: str = "", **what: Any) -> dict[str, Any]:
        """A new customer of a line (`kind` or `kind:line_id`): name, phone ('' for none), username."""
        return self.add_customers(line, 1, **what)[0]

    def add_customers(self, line: str = "", count: int = 1, **what: Any) -> list[dict[str, Any]]:
        return list(self.call_control("POST", "customers", {"line": line, "count": count, **what})["customers"])

    def write(self, customer: str, text: str = "", **what: Any) -> dict[str, Any]:
        """The customer writes: kind, text, reply_to, target, choice, emoji, … {id, at, status of the webhook}."""
        return self.call_control("POST", f"customers/{customer}/write", {"text": text, **what})

    def read(self, customer: str) -> int:
        """The customer reads all that arrived. Returns the number of messages."""
        return int(self.call_control("POST", f"customers/{customer}/read")["read"])

    def stop_promotions(self, customer: str, stopped: bool = True) -> dict[str, Any]:
        return self.call_control("POST", f"customers/{customer}/stop", {"stopped": stopped})

    def block(self, customer: str, blocked: bool = True) -> dict[str, Any]:
        return self.call_control("POST", f"customers/{customer}/block", {"blocked": blocked})

    def show_customer(self, customer: str) -> dict[str, Any]:
        """The customer with the whole thread, and `received` and `written` as in the report."""
        return self.call_control("GET", f"customers/{customer}")

    def list_received(self, customer: str) -> list[dict[str, Any]]:
        return list(self.show_customer(customer)["received"])

    def switch_faults(self, **what: Any) -> dict[str, Any]:
        """Switches faults (and `seed`); without any, what is switched."""
        return self.call_control("POST", "faults", what)

    def jump_clock(self, hours: float = 24) -> str:
        """Moves the networks' clock on. The new time."""
        return str(self.call_control("POST", "jump", {"hours": hours})["clock"])

    def change_template(self, name: str, language: str, status: str, **what: Any) -> dict[str, Any]:
        """Changes a template's status at the network, which says so by webhook."""
        return self.call_control("POST", "templates", {"name": name, "language": language, "status": status, **what})

    def connect_account(self, line: str = "telegram", account: str = "connected") -> dict[str, Any]:
        """A person connects the line's bot to their own account (connected), forbids it to answer (silent), or takes
        it out (off). Customers write to it with `business=True`."""
        return self.call_control("POST", f"lines/{line}/account", {"account": account})

    def post_raw(self, line: str, body: bytes) -> int:
        """Posts these bytes to the line's webhook, signed. The status of its answer."""
        return int(self.call_control("POST", f"lines/{line}/raw", body)["status"])

    def read_report(self, *, customers: bool = True) -> dict[str, Any]:
        return self.call_control("GET", f"report?customers={int(customers)}")

    def read_totals(self) -> dict[str, int]:
        return dict(self.read_report(customers=False)["totals"])

    def list_deliveries(self) -> list[dict[str, Any]]:
        """What was posted to webhooks: line, ids, status, attempt, repeat."""
        return list(self.call_control("GET", "deliveries")["deliveries"])

    def run_messages(self, *, wait: float = 0, **what: Any) -> dict[str, Any]:
        """Starts a run (messages, customers, line, rate, duplicates, shuffle, batch, seed); waits so many seconds."""
        progress = self.call_control("POST", "run", what)
        if wait:
            self.wait_until(lambda: not self.read_progress()["running"], wait)
            progress = self.read_progress()
        return progress

    def read_progress(self) -> dict[str, Any]:
        return self.call_control("GET", "run")

    def wait_until(self, holds: Callable[[], Any], seconds: float = 10) -> Any:
        """What `holds` gives once it is true. Raises SandboxError when it does not become so."""
        ends = time.monotonic() + seconds
        while True:
            if found := holds():
                return found
            if time.monotonic() > ends:
                raise SandboxError(f"not within {seconds} s; {self.read_totals()}")
            time.sleep(0.02)
