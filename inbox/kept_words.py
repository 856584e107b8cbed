"""What was typed into a form that was not carried out: the session keeps it until the form is shown again."""

from typing import Any

from django.http import HttpRequest

from common.client_address import client_block
from live import throttle

# a form that is not one of ours does not fill the table of sessions
MAX_FIELDS, MAX_CHARACTERS = 40, 24_000
MAX_STRANGERS_FORMS, STRANGERS_SECONDS = 20, 3600
SESSION_KEY = "kept_words"
NOT_WORDS = ("csrfmiddlewaretoken", "client_id", "last_seen", "voice")


def keep_words(request: HttpRequest) -> None:
    """Keep what this form carried, under its address. Of who is not signed in, so many an hour and address."""
    words = {name: value for name, value in request.POST.items() if name not in NOT_WORDS and value}
    size = sum(len(name) + len(value) for name, value in words.items())
    if not words or len(words) > MAX_FIELDS or size > MAX_CHARACTERS:
        return
    if not request.user.is_authenticated and throttle.is_over_limit(
        f"words:{client_block(request)}", most=MAX_STRANGERS_FORMS, seconds=STRANGERS_SECONDS
    ):
        return
    request.session[SESSION_KEY] = {"form": request.path, "words": words}


def take_words(request: HttpRequest, form: str) -> dict[str, Any]:
    """What was typed into the form of this address, once; {} where nothing waits for it."""
    kept = request.session.get(SESSION_KEY)
    if not isinstance(kept, dict) or kept.get("form") != form:
        return {}
    del request.session[SESSION_KEY]
    return dict(kept["words"])
