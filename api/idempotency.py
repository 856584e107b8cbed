"""The Idempotency-Key: what a request was answered is kept with its effect, in one transaction, for a day.

Kept are successes and refusals by place, as those say what became of the request in the round in which it was made
(and a bot over its limits has moved the chat). Any other refusal has changed nothing and is not kept: mended, it may
come again. Who comes again meanwhile waits for a moment, not longer.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from math import isfinite
from typing import Any

from django.db import OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from psycopg.errors import LockNotAvailable
from pydantic import BaseModel

from api import problems
from api.auth import token_of
from api.problems import Problem
from chats.errors import Rejected
from chats.messages.rows import clean_text
from chats.serializers import as_json
from wittybots.models import Answered, Token

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
# printable ASCII; what stands around a header is not part of it
KEY = re.compile(r"[!-~]([ -~]{0,198}[!-~])?")
KEPT_FOR = timedelta(days=1)
# refusals that stand
BY_PLACE = ("conversation-elsewhere", "control-version-old")
# for an earlier request with the same key
MAX_WAIT_SECONDS = 5

# the status and the body
Answer = tuple[int, BaseModel | dict[str, Any] | None]
# a body as it is kept
Kept = dict[str, Any]

# Of two at the same instant the second waits here for the first to commit, and gets no row; one that is a day old
# is as good as none.
_CLAIM = """
INSERT INTO wittybots_answered AS a (token_id, key, fingerprint, status, body, created_at)
VALUES (%(token)s, %(key)s, %(fingerprint)s, 0, NULL, %(now)s)
ON CONFLICT (token_id, key) DO UPDATE
SET fingerprint = EXCLUDED.fingerprint, status = 0, created_at = EXCLUDED.created_at
WHERE a.created_at < %(since)s
RETURNING id
"""


def answer_once(
    request: HttpRequest, act: Callable[[], Answer], repeat: Callable[[Kept], Kept] = lambda kept: kept
) -> HttpResponse:
    """Do it, or say again what it was answered. `act` gives (status, body) and raises Rejected.

    `repeat` makes of a kept success what may be said of it now: the chat may have left the bot since.
    """
    key = _read_key(request)
    if key is None:
        status, body = act()
        return render_answer(status, _clean_json(body))
    return _claim_and_answer(request, key, act, repeat)


def _read_key(request: HttpRequest) -> str | None:
    if HEADER not in request.headers:
        return None
    key = request.headers[HEADER].strip()
    if not KEY.fullmatch(key):
        raise Problem("bad-request", f"{HEADER} has 1 to 200 printable ASCII characters")
    return key


def _claim_and_answer(
    request: HttpRequest, key: str, act: Callable[[], Answer], repeat: Callable[[Kept], Kept]
) -> HttpResponse:
    token, fingerprint = token_of(request), _fingerprint_of(request)
    with transaction.atomic():
        with _bounded_wait():
            claimed = _claim_key(token, key, fingerprint, timezone.now())
        if claimed is None:
            return _repeat_answer(token, key, fingerprint, repeat)
        status, body = _carry_out(request, act)
        body = _clean_json(body)
        Answered.objects.filter(pk=claimed).update(status=status, body=body)
    return render_answer(status, body)


@contextmanager
def _bounded_wait() -> Iterator[None]:
    """Who waits in here for another request, inside a transaction, does not wait long. Raises Problem 409."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{MAX_WAIT_SECONDS}s'")
        try:
            yield
        except OperationalError as error:
            if isinstance(error.__cause__, LockNotAvailable):
                headers = {"Retry-After": str(MAX_WAIT_SECONDS)}
                detail = "Its answer is not there yet; ask again with the same key"
                raise Problem("in-progress", detail, headers=headers) from error
            raise
        cursor.execute("SET LOCAL lock_timeout TO DEFAULT")


def _clean_json(value: Any) -> Any:
    """The answer as JSON and PostgreSQL can keep it, and so as it is given: no NUL, no half characters, no infinity."""
    match value:
        case BaseModel():
            return _clean_json(as_json(value))
        case str():
            return clean_text(value)
        case float():
            return value if isfinite(value) else None
        case Mapping():
            return {clean_text(str(name)): _clean_json(one) for name, one in value.items()}
        case Sequence():
            return [_clean_json(one) for one in value]
    return value


def render_answer(status: int, body: dict[str, Any] | None) -> HttpResponse:
    if body is None:
        return HttpResponse(status=status)
    if status >= 400:
        return problems.send_problem(body)
    return JsonResponse(body, status=status)


def _carry_out(request: HttpRequest, act: Callable[[], Answer]) -> Answer:
    """What it came to. Not in a savepoint of its own: a bot over its limits is refused *and* loses the chat."""
    try:
        return act()
    except Rejected as refusal:
        problem = problems.explain_rejection(request, refusal)
        if problem.code not in BY_PLACE:
            raise
        return 409, problems.render_body(problem.code, problem.detail, **problem.more)


def _claim_key(token: Token, key: str, fingerprint: str, now: datetime) -> int | None:
    values: dict[str, Any] = {"token": token.pk, "key": key, "fingerprint": fingerprint}
    values |= {"now": now, "since": now - KEPT_FOR}
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, values)
        row = cursor.fetchone()
    return row[0] if row else None


def _repeat_answer(token: Token, key: str, fingerprint: str, repeat: Callable[[Kept], Kept]) -> HttpResponse:
    kept = Answered.objects.get(token=token, key=key)
    if kept.fingerprint != fingerprint:
        raise Problem("idempotency-key-reused", "Use a new key for each request")
    is_success = kept.body is not None and kept.status < 400
    answer = render_answer(kept.status, repeat(kept.body or {}) if is_success else kept.body)
    answer[REPLAYED] = "true"
    return answer


def _fingerprint_of(request: HttpRequest) -> str:
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode("utf-8", "replace"))
    digest.update(request.body)
    return digest.hexdigest()
