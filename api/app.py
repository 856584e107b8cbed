"""The operations put together."""

import json
from itertools import chain
from typing import Any

from django.http import Http404, HttpRequest
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.parser import Parser

from api import conversations, directory, problems
from api.chatwoot import operations

DESCRIPTION = (
    "For bots, which hold conversations and hand them over to people, and for integrations, which look up trays and "
    "contacts. Guide: docs/bots/api.md."
)


# one inside the other: what reads or writes it takes a step down for each
DEEPEST = 100


class Strict(Parser):
    """JSON as its standard says: no NaN, no Infinity. Nothing without end."""

    def parse_body(self, request: HttpRequest) -> Any:
        given = json.loads(request.body, parse_constant=_refuse)
        _check_depth(given)
        return given


def _check_depth(given: Any) -> None:
    level = [given]
    for _step in range(DEEPEST):
        inside = (one.values() if isinstance(one, dict) else one for one in level if isinstance(one, (dict, list)))
        level = list(chain.from_iterable(inside))
        if not level:
            return
    raise ValueError(f"over {DEEPEST} levels")


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


api = NinjaAPI(
    title="WittyAgent",
    version="1",
    description=DESCRIPTION,
    urls_namespace="api",
    # its own pages bring foreign scripts: docs.py
    openapi_url=None,
    docs_url=None,
    parser=Strict(),
)
for kind in (Exception, Http404, HttpError, ValidationError):
    api.add_exception_handler(kind, problems.said)

api.add_router("/me", directory.me_router)
api.add_router("/conversations", conversations.router)
api.add_router("/trays", directory.trays_router)
api.add_router("/contacts", directory.contacts_router)
# what bots made for Chatwoot call
api.add_router("/accounts", operations.router)
