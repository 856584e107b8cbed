"""Posts signed messages over connections kept alive, as fast as they are answered; in a process of its own."""

import asyncio
import json
import time
from typing import Any

from bench.figures import find_percentile
from bench.stage import read_orders, send_answer
from common.signature import sign_bytes


def build_http_body(order: dict[str, Any], senders: list[str], refs: list[str]) -> bytes:
    messages = [
        {"id": ref, "from": sender, "type": "text", "text": order["text"]}
        for ref, sender in zip(refs, senders, strict=True)
    ]
    return json.dumps({"messages": messages}).encode()


def build_whatsapp_body(order: dict[str, Any], senders: list[str], refs: list[str]) -> bytes:
    """As Meta sends it: the sender by number and by user id, with the profile name."""
    now = str(int(time.time()))
    contacts = [{"profile": {"name": "Marta Gómez"}, "wa_id": one, "user_id": f"UY.{one}"} for one in senders]
    messages = [
        {"from": one, "from_user_id": f"UY.{one}", "id": f"wamid.{ref}", "timestamp": now, "type": "text",
         "text": {"body": order["text"]}}
        for ref, one in zip(refs, senders, strict=True)
    ]  # fmt: skip
    metadata = {"display_phone_number": "15550001000", "phone_number_id": order["line"]}
    value = {"messaging_product": "whatsapp", "metadata": metadata, "contacts": contacts, "messages": messages}
    entry = {"id": "2000001", "time": int(now), "changes": [{"field": "messages", "value": value}]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()


# by the name of an order's shape: the body, and the header that it is signed in
SHAPES = {"http": (build_http_body, "X-Witty-Signature"), "whatsapp": (build_whatsapp_body, "X-Hub-Signature-256")}


def build_request(order: dict[str, Any], senders: list[str], refs: list[str]) -> bytes:
    body, header = SHAPES[order.get("shape", "http")]
    raw = body(order, senders, refs)
    head = (
        f"POST {order['path']} HTTP/1.1\r\nHost: 127.0.0.1:{order['port']}\r\nContent-Type: application/json\r\n"
        f"{header}: {sign_bytes(order['secret'], raw)}\r\nContent-Length: {len(raw)}\r\n\r\n"
    )
    return head.encode() + raw


def is_whole(answered: bytes) -> bool:
    """Whether an HTTP answer has arrived whole."""
    head, end, body = answered.partition(b"\r\n\r\n")
    if not end:
        return False
    _, named, rest = head.lower().partition(b"content-length:")
    return len(body) >= int(rest.partition(b"\r\n")[0]) if named else body.endswith(b"0\r\n\r\n")


class PostingConnection(asyncio.Protocol):
    """One connection: the next message leaves when the last one is answered."""

    def __init__(self, order: dict[str, Any], number: int, over: asyncio.Future[None]) -> None:
        self.order, self.number, self.over = order, number, over
        self.senders, self.batch = order["senders"][number :: order["connections"]], order.get("batch", 1)
        self.right = f'"accepted": {self.batch}'.encode()
        self.answered, self.waits, self.bad = b"", [], []

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.post_next()

    def post_next(self) -> None:
        if time.perf_counter() >= self.order["until"]:
            self.transport.close()
            return
        counts = range(len(self.waits) * self.batch, (len(self.waits) + 1) * self.batch)
        senders = [self.senders[count % len(self.senders)] for count in counts]
        refs = [f"{self.order['mark']}-{self.number}-{count}" for count in counts]
        data = build_request(self.order, senders, refs)
        self.began = time.perf_counter()
        self.transport.write(data)

    def data_received(self, data: bytes) -> None:
        self.answered += data
        if is_whole(self.answered):
            self.waits.append(time.perf_counter() - self.began)
            if self.right not in self.answered:
                self.bad.append(self.answered.decode(errors="replace")[:300])
            self.answered = b""
            self.post_next()

    def connection_lost(self, error: Exception | None) -> None:
        if error or self.answered:
            self.bad.append(f"the connection broke: {error}")
        if not self.over.done():
            self.over.set_result(None)


async def post_messages(order: dict[str, Any]) -> dict[str, Any]:
    loop = asyncio.get_running_loop()
    began, used = time.perf_counter(), time.process_time()
    order["until"] = began + order["seconds"]
    lines = [PostingConnection(order, number, loop.create_future()) for number in range(order["connections"])]
    for line in lines:
        await loop.create_connection(lambda line=line: line, "127.0.0.1", order["port"])
    await asyncio.gather(*(line.over for line in lines))
    waits = [wait for line in lines for wait in line.waits]
    seconds = time.perf_counter() - began
    return {
        "posted": len(waits),
        "seconds": seconds,
        "p50": find_percentile(waits, 0.5),
        "p95": find_percentile(waits, 0.95),
        "p99": find_percentile(waits, 0.99),
        "busy": (time.process_time() - used) / seconds,
        "bad": [bad for line in lines for bad in line.bad][:3],
    }


if __name__ == "__main__":
    for given in read_orders():
        send_answer(**asyncio.run(post_messages(given)))
