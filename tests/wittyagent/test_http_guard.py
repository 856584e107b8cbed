"""What WSGI cannot carry is mended or refused before it."""

import pytest

from wittyagent.http_guard import MAX_BODY_BYTES, MAX_BYTES_IN_MEMORY, guard_http


class House:
    """A bridge that remembers what reached it."""

    def __init__(self):
        self.scope, self.body, self.is_on_disk = None, b"", False

    async def __call__(self, scope, body, receive, send):
        self.scope, self.body = scope, body.file.read()
        self.is_on_disk = getattr(body.file, "_rolled", False)
        assert body.length == len(self.body)
        await send({"type": "http.response.start", "status": 200, "headers": []})


async def enter(*pieces, query=b"", headers=(), leaves=False):
    """Send a request in pieces; returns the house and the status of the answer, None without one."""
    house, told = House(), []
    events = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    events.append({"type": "http.disconnect"} if leaves else {"type": "http.request", "body": b"", "more_body": False})

    async def receive():
        return events.pop(0)

    async def send(event):
        told.append(event)

    await guard_http(house)({"type": "http", "query_string": query, "headers": list(headers)}, receive, send)
    return house, told[0]["status"] if told else None


@pytest.mark.parametrize(
    ("query", "arrives"),
    [(b"q=%C3%B1&a=1", b"q=%C3%B1&a=1"), ("q=ñ".encode(), b"q=%C3%B1"), (b"q=\xff x", b"q=%FF%20x")],
)
async def test_raw_bytes_in_the_query_are_quoted(query, arrives):
    house, status = await enter(query=query)
    assert (house.scope["query_string"], status) == (arrives, 200)


async def test_a_body_in_pieces_arrives_whole():
    house, status = await enter(b"uno ", b"dos", headers=[(b"transfer-encoding", b"chunked")])
    assert (house.body, status, house.is_on_disk) == (b"uno dos", 200, False)


async def test_a_large_body_stands_in_a_file():
    piece = b"x" * MAX_BYTES_IN_MEMORY
    house, status = await enter(piece, piece)
    assert (house.body, status, house.is_on_disk) == (piece * 2, 200, True)


@pytest.mark.parametrize("pieces", [(), (b"half",)])
async def test_who_leaves_before_the_end_has_asked_nothing(pieces):
    house, status = await enter(*pieces, headers=[(b"content-length", b"8")], leaves=True)
    assert (house.scope, status) == (None, None)


@pytest.mark.parametrize("length", [str(MAX_BODY_BYTES + 1).encode(), b"9" * 30, b"-1", b"x", b""])
async def test_what_is_too_long_or_no_length_goes_no_further(length):
    house, status = await enter(b"x", headers=[(b"content-length", length)])
    assert (house.scope, status) == (None, 413)


async def test_a_body_of_unknown_length_that_does_not_end_is_cut_off():
    pieces = [b"x" * 1024 * 1024] * 14
    house, status = await enter(*pieces, headers=[(b"transfer-encoding", b"chunked")])
    assert (house.scope, status) == (None, 413)
