"""What sets an app of codes up: the secret as a picture that it reads, and as letters to type."""

from typing import Any
from urllib.parse import urlsplit

import segno
from django.utils.safestring import SafeString, mark_safe

from origins import public_address
from trays import two_steps
from trays.models import Agent

PIXELS_A_MODULE, MARGIN_MODULES = 4, 2
LETTERS_TOGETHER = 4


def draw_picture(text: str) -> SafeString:
    """A QR code as SVG, black on white in both themes; nothing in it but numbers of ours."""
    code = segno.make(text, error="m", micro=False)
    return mark_safe(  # noqa: S308 - drawn here
        code.svg_inline(scale=PIXELS_A_MODULE, border=MARGIN_MODULES, dark="#000", light="#fff", svgclass=None)
    )


def setup_context(agent: Agent, secret: str) -> dict[str, Any]:
    parts = (secret[start : start + LETTERS_TOGETHER] for start in range(0, len(secret), LETTERS_TOGETHER))
    site = urlsplit(public_address.public_url()).hostname or ""
    return {"picture": draw_picture(two_steps.address_for_app(agent, secret, site)), "letters": " ".join(parts)}
