"""`manage.py replay [--since ISO] [--id N]`: kept raw bodies once more; what was stored once stays once."""

import logging
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q

from gateway.inbound import body_processing
from gateway.management.commands.expire_chats import parse_moment
from origins.models import Body

log = logging.getLogger(__name__)

# keys a query; the bodies themselves, of up to 5 MB, are read one by one
BATCH = 1000
THE_FIRST = datetime(1, 1, 2, tzinfo=UTC)


class Command(BaseCommand):
    help = "Processes kept raw bodies again, oldest first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--since", metavar="ISO", help="only what was received at this time or later")
        parser.add_argument("--id", metavar="N", type=int, help="only this body")

    def handle(self, *args: Any, since: str | None, id: int | None, **options: Any) -> None:
        chosen = Q(received_at__gte=parse_moment(since)) if since else Q()
        if id is not None:
            chosen &= Q(pk=id)
            if not Body.objects.filter(pk=id).exists():
                raise CommandError(f"no body {id} is kept")
        count: Counter[str] = Counter()
        for pk in kept_bodies(chosen):
            self._replay_one(pk, count)
        self.stdout.write(
            f"{count['bodies']} bodies: {count['accepted']} accepted, {count['duplicates']} duplicates, "
            f"{count['rejected']} rejected, {count['crashed']} crashed, {count['off']} of an origin that is off"
        )

    def _replay_one(self, pk: int, count: Counter[str]) -> None:
        body = Body.objects.select_related("origin").get(pk=pk)
        count["bodies"] += 1
        if not body.origin.is_active:
            count["off"] += 1
            return
        try:
            outcome = body_processing.process_body(body)
        except Exception as error:  # whatever one body does, the others have their turn
            log.exception("body %s", pk)
            self.stderr.write(f"body {pk}: {type(error).__name__}: {error}")
            count["crashed"] += 1
            return
        count.update(accepted=outcome.accepted, duplicates=outcome.duplicates, rejected=len(outcome.rejected))


def kept_bodies(chosen: Q) -> Iterator[int]:
    """Ids of kept bodies, oldest first, page by page."""
    key = (THE_FIRST, 0)
    while True:
        at, pk = key
        later = Q(received_at__gt=at) | Q(received_at=at, pk__gt=pk)
        page = list(
            Body.objects.filter(chosen, later).order_by("received_at", "pk").values_list("received_at", "pk")[:BATCH]
        )
        yield from (pk for _at, pk in page)
        if len(page) < BATCH:
            return
        key = page[-1]
