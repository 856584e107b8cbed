"""Tags and filters of the interface: icons, avatars, and the design's words for times and sizes."""

import re
import zlib
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from typing import Any
from unicodedata import normalize
from uuid import uuid4

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import conditional_escape, format_html, json_script
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from chats.models.chat import UNTIL_ANSWER
from common.durations import DURATIONS, format_duration
from common.names import show_name
from common.numbers import group_thousands

register = template.Library()

ORIGIN_ICONS = {
    "whatsapp": "brand-whatsapp",
    "telegram": "brand-telegram",
    "messenger": "brand-messenger",
    "instagram": "brand-instagram",
    "web": "world",
    "http": "api",
}
DOTS = {"available": "wa-dot", "away": "wa-dot is-away", "off": "wa-dot is-off"}


# Icons and people


# of the admin alone: agents' pages do not load them
ADMIN_ICONS = frozenset(
    {"alert-triangle", "arrow-right", "beach", "circle-dashed", "circle-x", "cloud", "plug", "webhook"}
)


@cache
def sprite_url(name: str = "") -> str:
    return static("backoffice/icons.svg" if name in ADMIN_ICONS else "icons.svg")


@register.simple_tag
@lru_cache(maxsize=500)
def icon(name: str, classes: str = "") -> SafeString:
    return format_html(
        '<svg class="icon{}" viewBox="0 0 24 24" aria-hidden="true"><use href="{}#i-{}"/></svg>',
        f" {classes}" if classes else "",
        sprite_url(name),
        name,
    )


def initials_of(name: str) -> str:
    """First letters of the first and the last word; the last two digits of a number; else "?"."""
    firsts = [letter for word in normalize("NFC", name).split() if (letter := _first_letter(word))]
    if firsts:
        return "".join(letter.upper()[:1] for letter in (firsts[:1] + firsts[1:][-1:]))
    return re.sub(r"\D", "", name)[-2:] or "?"


def _first_letter(word: str) -> str:
    return next((character for character in word if character.isalpha()), "")


def hue_of(name: str) -> int:
    """One of the six hues, 1 to 6, the same for a name in every process."""
    return zlib.crc32(name.encode()) % 6 + 1


@register.simple_tag
def avatar(
    name: str,
    size: str = "",
    origin_kind: str | None = None,
    origin_name: str | None = None,
    dot: str | None = None,
) -> SafeString:
    """size: "", "sm" or "lg"; dot: "available", "away" or "off" for an agent's presence."""
    badge = origin_badge(origin_kind, origin_name) if origin_kind else ""
    return _draw_avatar(str(name), size, badge, DOTS[dot] if dot else "")


# a list shows the same people again and again
@lru_cache(maxsize=1000)
def _draw_avatar(name: str, size: str, badge: SafeString | str, dot: str) -> SafeString:
    return format_html(
        '<span class="avatar{} wa-a{}"><span aria-hidden="true">{}</span>{}{}</span>',
        f" avatar-{size}" if size else "",
        hue_of(name),
        initials_of(name),
        badge,
        format_html('<span class="{}"></span>', dot) if dot else "",
    )


@register.simple_tag
def origin_badge(kind: str, name: str | None = None, inline: bool = False) -> SafeString:
    shown = name or (_("Chat web") if kind == "web" else kind.upper() if kind == "http" else kind.title())
    return _draw_badge(kind, shown, inline)


@lru_cache(maxsize=500)
def _draw_badge(kind: str, name: str, inline: bool) -> SafeString:
    return format_html(
        '<span class="wa-o wa-o-{}{}" role="img" aria-label="{}">{}</span>',
        kind,
        " is-inline" if inline else "",
        name,
        icon(ORIGIN_ICONS.get(kind, "world")),
    )


register.filter("shown", show_name)


# Times


register.filter(format_duration)


@register.filter
def wait(since: datetime, now: datetime | None = None) -> str:
    """How long it waits since then, at least "1 min"."""
    return format_duration(_time_since(since, now))


def _time_since(since: datetime, now: datetime | None) -> timedelta:
    return max((now or timezone.now()) - since, timedelta(seconds=1))


@register.filter
def when(value: datetime | None, now: datetime | None = None) -> str:
    """15:21, ayer 16:06, 18 nov, 18 nov 2025."""
    if value is None:
        return ""
    value, today = timezone.localtime(value), timezone.localdate(now)
    clock = date_format(value, "H:i")
    if value.date() == today:
        return clock
    if value.date() == today - timedelta(days=1):
        return _("ayer %(time)s") % {"time": clock}
    return date_format(value, "j M" if value.year == today.year else "j M Y").lower()


@register.filter
def time_ahead(value: datetime | None, now: datetime | None = None) -> str:
    """A time to come: 15:21, mañana 9:00, lunes 9:00, 18 dic 9:00; behind "hasta" also that of no clock."""
    if value is None:
        return ""
    if value == UNTIL_ANSWER:
        return _("que conteste")
    local, today = timezone.localtime(value), timezone.localdate(now)
    clock, days = date_format(local, "G:i"), (local.date() - today).days
    if days == 0:
        return clock
    if days == 1:
        return _("mañana %(time)s") % {"time": clock}
    if 1 < days < 7:
        return f"{date_format(local, 'l').lower()} {clock}"
    return f"{date_format(local, 'j M' if local.year == today.year else 'j M Y').lower()} {clock}"


@register.filter
def when_words(value: datetime, now: datetime | None = None) -> str:
    """hoy a las 15:21, ayer a las 16:06, el 18 nov a las 9:05."""
    local, today = timezone.localtime(value), timezone.localdate(now)
    clock = date_format(local, "H:i")
    if local.date() == today:
        return _("hoy a las %(time)s") % {"time": clock}
    if local.date() == today - timedelta(days=1):
        return _("ayer a las %(time)s") % {"time": clock}
    return _("el %(day)s a las %(time)s") % {"day": when(value, now), "time": clock}


@register.filter
def day_label(value: date, today: date | None = None) -> str:
    """Hoy, viernes 20 de noviembre; Ayer, …; Lunes 16 de noviembre; with the year if another one."""
    if isinstance(value, datetime):
        value = timezone.localdate(value)
    today = today or timezone.localdate()
    day = date_format(value, _("l j \\d\\e F") if value.year == today.year else _("l j \\d\\e F \\d\\e Y"))
    if value == today:
        return _("Hoy, %(day)s") % {"day": day}
    if value == today - timedelta(days=1):
        return _("Ayer, %(day)s") % {"day": day}
    return day[:1].upper() + day[1:]


@register.filter
def wait_class(delta: timedelta) -> str:
    seconds = delta.total_seconds()
    if seconds > settings.WAIT_RED:
        return "text-danger"
    return "text-warning" if seconds >= settings.WAIT_AMBER else ""


@register.filter
def session_class(left: timedelta) -> str:
    seconds = left.total_seconds()
    if seconds < settings.SESSION_RED:
        return "text-danger"
    return "text-warning" if seconds < settings.SESSION_AMBER else ""


def ring_dasharray(left: timedelta, hours: int = 24) -> str:
    """The stroke-dasharray of the session's ring: percent left, of 100."""
    return f"{min(100, max(0, round(100 * left / timedelta(hours=hours))))} 100"


@register.simple_tag
def waiting(since: datetime, now: datetime | None = None) -> SafeString:
    delta = _time_since(since, now)
    css = f"wa-wait {wait_class(delta)}".strip()
    words = f'<span class="visually-hidden">{conditional_escape(_("Espera"))} </span>'
    # nothing of anybody's is in it
    return mark_safe(f'<span class="{css}" data-since="{since.isoformat()}">{words}{format_duration(delta)}</span>')  # noqa: S308


@register.simple_tag
def session_left(until: datetime, now: datetime | None = None, hours: int = 24, prefix: bool = False) -> SafeString:
    """The ring and what is left of the session; prefix: say "quedan" before it."""
    left = until - (now or timezone.now())
    title, words = _session_words(get_language(), hours, prefix)
    # nothing of anybody's is in it
    return mark_safe(  # noqa: S308
        f'<span class="{f"wa-session {session_class(left)}".strip()}" data-until="{until.isoformat()}"'
        f' data-hours="{hours:d}" title="{title}">'
        '<svg class="wa-ring" viewBox="0 0 16 16" aria-hidden="true"><circle cx="8" cy="8" r="6" />'
        f'<circle cx="8" cy="8" r="6" pathLength="100" stroke-dasharray="{ring_dasharray(left, hours)}" /></svg>'
        f"{words}{format_duration(left)}</span>"
    )


@lru_cache(maxsize=50)
def _session_words(_language: str, hours: int, prefix: bool) -> tuple[SafeString, SafeString]:
    """The title and the words before the time that is left."""
    words = format_html(
        '<span class="visually-hidden">{} </span>{}',
        _("Sesión:") if prefix else _("Sesión: quedan"),
        format_html("<span>{} </span>", _("quedan")) if prefix else "",
    )
    return conditional_escape(_("Tiempo que queda de la sesión de %(hours)s h") % {"hours": hours}), words


@register.simple_tag
def thresholds() -> str:
    """Seconds, for clock.js: wait amber, wait red, session amber, session red."""
    return f"{settings.WAIT_AMBER} {settings.WAIT_RED} {settings.SESSION_AMBER} {settings.SESSION_RED}"


@register.simple_tag
def clock_words() -> SafeString:
    return json_script({key: str(words) for key, words in DURATIONS.items()}, "clock-words")


# Sizes


@register.filter
def filesize_es(size: Any) -> str:
    """1,8 MB, 240 kB, 25 MB; decimal units, at least 1 kB."""
    size = max(int(size or 0), 0)
    if size < 999_500:
        return _("%(size)s kB") % {"size": number_format(max(round(size / 1000), 1))}
    unit, text = (1_000_000, _("%(size)s MB")) if size < 999_950_000 else (1_000_000_000, _("%(size)s GB"))
    tenths = round(size * 10 / unit)
    return text % {"size": number_format(tenths / 10, 1 if tenths % 10 else 0)}


# Lists


@register.filter
def day_key(day: datetime) -> int:
    """The sort key of a day's line: before all its messages (see Message.sort_key)."""
    return int(day.replace(hour=0, minute=0, second=0, microsecond=0).timestamp() * 1_000_000) * 10**12


@register.filter
def capped(number: int, most: int = 1000) -> str:
    """Counts are never taken past `most`: 999+."""
    return f"{most - 1}+" if number >= most else str(number)


@register.filter
def thousands(number: int) -> str:
    return group_thousands(number)


@register.filter
def is_late(since: datetime | None) -> bool:
    return since is not None and (timezone.now() - since).total_seconds() > settings.WAIT_RED


@register.filter
def until(at: datetime) -> str:
    """What is left until then."""
    return format_duration(at - timezone.now())


@register.filter
def micros(at: datetime | None) -> str:
    """Microseconds of the epoch, for scripts that sort; '' for none."""
    return str(int(at.timestamp() * 1_000_000)) if at else ""


@register.filter
def ends_soon(at: datetime) -> bool:
    return (at - timezone.now()).total_seconds() < settings.SESSION_RED


@register.simple_tag
def form_id() -> str:
    """A form's own id: sent twice, it is one message."""
    return str(uuid4())
