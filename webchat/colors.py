"""A brand's colour, made readable: what stands on it, and the shade of it that can be read on paper."""

import colorsys
import re
from collections.abc import Sequence
from dataclasses import dataclass

DEFAULT = "#0b6480"
# the least contrasting surfaces of static/webchat/panel.css that text stands on, in light and in dark
PAPER, DARK_SURFACE = "#f7f6f3", "#1f292e"
WHITE, NEARLY_BLACK, BLACK = "#ffffff", "#10222a", "#000000"
READABLE = 4.5
DARK_LIGHTNESS, DARK_SATURATION = 0.73, 0.64


@dataclass(frozen=True)
class Brand:
    """Fill, what stands on it, and the same hue as text; then fill (also the text) and what stands on it in dark."""

    accent: str
    on: str
    ink: str
    dark_accent: str
    dark_on: str


def brand(color: str) -> Brand:
    """The five colours of a brand, each `#rrggbb`; of the house's own where this is not a colour."""
    accent = color.lower() if re.fullmatch(r"#[0-9a-fA-F]{6}", color) else DEFAULT
    hue, lightness, saturation = colorsys.rgb_to_hls(*_parse_hex(accent))
    saturation = min(saturation, DARK_SATURATION)
    dark = _write_hex(colorsys.hls_to_rgb(hue, max(lightness, DARK_LIGHTNESS), saturation))
    return Brand(
        accent=accent,
        on=_first_readable((WHITE, NEARLY_BLACK, BLACK), accent),
        ink=_shift_until_readable(accent, PAPER, -0.01),
        dark_accent=_shift_until_readable(dark, DARK_SURFACE, 0.01),
        dark_on=NEARLY_BLACK,
    )


def contrast(one: str, other: str) -> float:
    """WCAG's ratio, 1 to 21."""
    darker, lighter = sorted((_relative_luminance(one), _relative_luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _first_readable(candidates: Sequence[str], ground: str) -> str:
    return next(
        (color for color in candidates if contrast(color, ground) >= READABLE),
        max(candidates, key=lambda color: contrast(color, ground)),
    )


def _shift_until_readable(color: str, ground: str, step: float) -> str:
    """The nearest shade, darker or lighter by the step's sign, that can be read on the ground."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*_parse_hex(color))
    while contrast(color, ground) < READABLE and 0 <= lightness + step <= 1:
        lightness += step
        color = _write_hex(colorsys.hls_to_rgb(hue, lightness, saturation))
    return color


def _parse_hex(color: str) -> tuple[float, float, float]:
    red, green, blue = bytes.fromhex(color[1:])
    return red / 255, green / 255, blue / 255


def _write_hex(parts: tuple[float, float, float]) -> str:
    return "#" + bytes(round(part * 255) for part in parts).hex()


def _relative_luminance(color: str) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _parse_hex(color)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
