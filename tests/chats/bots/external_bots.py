"""External bots and what they have been told, as tests look at it."""

import io

from django.utils import timezone
from PIL import Image

from wittybots.models import Event
from wittybots.turns import Saying

NOW = timezone.now


def png():
    made = io.BytesIO()
    Image.new("RGB", (4, 3)).save(made, "PNG")
    return made.getvalue()


def text(words, **more):
    return Saying(text=words, **more)


def told(chat):
    """The kinds of what its endpoints are to be told, in order."""
    return list(Event.objects.filter(chat_id=chat.pk).order_by("id").values_list("kind", flat=True))


def has_heard(chat):
    """Its bot was told all there is, and took it."""
    Event.objects.filter(chat_id=chat.pk).update(state="done", status_code=200)


def lines(chat):
    return [(m.author, m.direction, m.text) for m in chat.messages.exclude(kind="move").order_by("created_at", "id")]
