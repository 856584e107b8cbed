"""Pushes: what is new is sent to the browsers of agents who have no page to tell them. By workers; safe to run twice.

A look finds browsers with news and gives them a time, a few seconds on: a page that is open says meanwhile that it has
told the agent (`note_told`), and what comes in a burst is one notice. What is sent is read at that moment.
"""

import json
import logging
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from email.utils import parseaddr
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from common import web_push
from common.errors import OriginError
from common.guarded_http import send_request
from common.lease import Lease
from inbox.logins import is_signed_in, open_session
from inbox.models import AgentSettings, Login, PushKey, PushSubscription
from inbox.notices.news import Notice, add_told, describe_news, find_all, find_wanted, pick_untold
from origins import public_address

log = logging.getLogger(__name__)

# pages have told of it by then
JOINED = timedelta(seconds=6)
# between two pushes to a browser
GAP = timedelta(seconds=20)
CALL_SECONDS = 5.0
CLAIM = timedelta(seconds=30)
RUN_SECONDS = 60.0
MAX_A_RUN = 200
# of a service, one after the other: the others at it wait for a later run
MAX_FAILURES = 3
POSTPONED = timedelta(seconds=10)
# hours of a browser that is switched off: who comes back later reads it on the page
TTL_SECONDS = 4 * 3600
# a service that asks for more patience than that is asked no more for this news
MAX_PATIENCE = timedelta(minutes=30)
LEASE = Lease(
    until="due_at",
    null_is_due=False,
    backoff=(timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=5)),
)
RUN = Lease(until="told_until", attempts="")
GONE, WRONG_SENDER = (404, 410), (401, 403)
MAX_ANSWER_BYTES = 10_000


def tell_agents(now: datetime) -> int:
    """Look, and send what is due; one worker at a time. Returns how many were sent to."""
    key = PushKey.objects.first()
    # without a key no browser has agreed
    if key is None or not RUN.is_due(key, now):
        return 0
    if not RUN.claim_row(key, timezone.now() + timedelta(seconds=RUN_SECONDS) + CLAIM):
        return 0
    try:
        look(now)
        return send_due(now)
    finally:
        RUN.release_row(key)


def look(now: datetime) -> int:
    """Give a time to one browser of each agent who has news: the one that was used last. Another gets it only where
    that one is gone or its service fails. Returns how many."""
    used = Login.objects.filter(session_key=OuterRef("session_key")).values("used_at")[:1]
    browsers_of_all = PushSubscription.objects.select_related("agent").alias(used=Coalesce(Subquery(used), "made_at"))
    by_agent: dict[int, list[PushSubscription]] = {}
    for one in browsers_of_all.order_by("agent_id", "-used", "-pk"):
        by_agent.setdefault(one.agent_id, []).append(one)
    chosen = AgentSettings.objects.in_bulk(list(by_agent))
    found = 0
    for agent_id, browsers in by_agent.items():
        own = chosen.get(agent_id) or AgentSettings(agent=browsers[0].agent)
        is_under_way = any(one.due_at is not None and not one.attempts for one in browsers)
        free = [one for one in browsers if one.due_at is None]
        if is_under_way or not free or own.is_quiet_at(now):
            continue
        marks = find_wanted(browsers[0].agent, own)
        browser = next((one for one in free if pick_untold(marks, one.told)), None)
        if browser is not None:
            due = max(now + JOINED, browser.sent_at + GAP if browser.sent_at else now)
            found += PushSubscription.objects.filter(pk=browser.pk, due_at=None).update(due_at=due, attempts=0)
    return found


def send_due(now: datetime) -> int:
    """Send to browsers whose time has come. Returns how many were sent to."""
    due = LEASE.find_due(PushSubscription.objects.all(), now).order_by("due_at")[:MAX_A_RUN]
    sent, ends = 0, time.monotonic() + RUN_SECONDS
    # in a row, by the host of the service
    failures: Counter[str | None] = Counter()
    for browser in due:
        if time.monotonic() > ends:
            break
        host = urlsplit(browser.endpoint).hostname
        if failures[host] >= MAX_FAILURES:
            LEASE.release_row(browser, timezone.now() + POSTPONED)
        elif LEASE.claim_row(browser, timezone.now() + CLAIM):
            status = _send_news(browser.pk, now)
            if status is not None:
                failures[host] = failures[host] + 1 if isinstance(status, timedelta) else 0
            sent += isinstance(status, int) and status < 300
    return sent


def _send_news(pk: int, now: datetime) -> int | timedelta | None:
    """Send to a browser that is claimed, by what stands now: others of its run may have taken a minute. Returns what
    its service answered, or after how long it may be asked again; None: nothing was sent."""
    browser = PushSubscription.objects.select_related("agent").filter(pk=pk).first()
    if browser is None:
        return None
    agent = browser.agent
    own = AgentSettings.of(agent)
    if not agent.is_active or not is_signed_in(open_session(browser.session_key), agent):
        browser.delete()
        return None
    found = {} if own.is_quiet_at(now) else find_wanted(agent, own)
    notice = describe_news(agent, own, pick_untold(found, browser.told))
    if notice is None:
        LEASE.release_row(browser, None)
        return None
    status = _post(browser, notice)
    _finish(browser, status, found)
    return status


def _finish(browser: PushSubscription, status: int | timedelta, found: dict[str, dict[int, int]]) -> None:
    """Write what came of it. `status`: of the answer, or after how long to try again."""
    if isinstance(status, timedelta):
        delay = LEASE.delay_after(browser.attempts, at_least=status)
        if delay is not None and status <= MAX_PATIENCE:
            LEASE.release_row(browser, timezone.now() + delay)
            return
        _add_told(browser.pk, found)
    elif status in (*GONE, *WRONG_SENDER):
        browser.delete()
        return
    else:
        _add_told_everywhere(browser.agent_id, found)
    LEASE.release_row(browser, None, attempts=0, sent_at=timezone.now())


def _post(browser: PushSubscription, notice: Notice) -> int | timedelta:
    """The status of the answer; the time to wait where there is none, or where it says to come again."""
    said = {"title": notice.title, "body": notice.body, "tag": notice.tag, "url": notice.url}
    payload = json.dumps(said, ensure_ascii=False).encode()
    mail = f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}"
    public = public_address.public_url()
    contact = public if public.startswith("https://") else mail
    key = web_push.read_private_key(PushKey.current().private)
    headers = {
        "Authorization": web_push.sign_sender(key, browser.endpoint, contact, time.time()),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(TTL_SECONDS),
        "Urgency": "high",
        # what waits at the service for a browser that is switched off gives way to what is newer
        "Topic": "news",
    }
    try:
        body = web_push.encrypt_payload(payload, browser.point, browser.secret)
        answer = send_request(
            "POST", browser.endpoint, content=body, headers=headers, within=CALL_SECONDS, most=MAX_ANSWER_BYTES
        )
    except (OriginError, ValueError) as error:
        log.info("a push had no answer: %s", type(error).__name__)
        return timedelta(0)
    if answer.status_code == 429 or answer.status_code >= 500:
        wait = answer.headers.get("Retry-After", "")
        return timedelta(seconds=min(int(wait), 86_400)) if wait.isascii() and wait.isdecimal() else timedelta(0)
    if answer.status_code >= 300:
        log.warning("a push was refused: HTTP %s", answer.status_code)
    return answer.status_code


def send_trial(browser: PushSubscription) -> int | timedelta:
    """The notice that one asks for to see how it comes."""
    notice = Notice(_("Así llega un aviso"), _("Respondió en un chat tuyo"), "try", "/ajustes/")
    status = _post(browser, notice)
    if status in GONE:
        browser.delete()
    return status


def note_told(agent_id: int, chats: Mapping[str, Sequence[int]]) -> None:
    """A page has told the agent of these chats, by kind: no browser is told of them."""
    first = PushSubscription.objects.filter(agent_id=agent_id).select_related("agent").first()
    if first is None:
        return
    found = find_all(first.agent, chats)
    seen = {kind: {mark: chat for mark, chat in marks.items() if chat in chats[kind]} for kind, marks in found.items()}
    _add_told_everywhere(agent_id, seen)


def note_all_told(agent_id: int) -> None:
    """What stands now is no news: the agent has just chosen what to be told of, or a browser to be told in."""
    first = PushSubscription.objects.filter(agent_id=agent_id).select_related("agent").first()
    if first is not None:
        _add_told_everywhere(agent_id, find_all(first.agent))


def _add_told_everywhere(agent_id: int, found: dict[str, dict[int, int]]) -> None:
    """In none of the agent's browsers it is news any more."""
    for pk in PushSubscription.objects.filter(agent_id=agent_id).order_by("pk").values_list("pk", flat=True):
        _add_told(pk, found)


def _add_told(pk: int, found: dict[str, dict[int, int]]) -> None:
    with transaction.atomic():
        browser = PushSubscription.objects.select_for_update(of=("self",)).filter(pk=pk).first()
        if browser is not None:
            told = add_told(browser.told, found)
            PushSubscription.objects.filter(pk=pk).update(told=told)


def prune_browsers() -> int:
    """Forget those whose login is over."""
    alive = Session.objects.filter(expire_date__gt=timezone.now()).values("session_key")
    return PushSubscription.objects.exclude(session_key__in=alive).delete()[0]
