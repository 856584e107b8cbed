"""Durations as people read them: 34 min, 23 h 52 min, 2 d 3 h."""

from datetime import timedelta

from django.utils.translation import gettext_lazy

# clock.js counts with the same words; it gets them from {% clock_words %}
DURATIONS = {
    "m": gettext_lazy("%(m)s min"),
    "h": gettext_lazy("%(h)s h"),
    "hm": gettext_lazy("%(h)s h %(m)s min"),
    "d": gettext_lazy("%(d)s d"),
    "dh": gettext_lazy("%(d)s d %(h)s h"),
}


def format_duration(delta: timedelta | None) -> str:
    """34 min, 23 h 52 min, 24 h, 2 d 3 h; what is begun counts as the first minute."""
    if delta is None:
        return ""
    seconds = max(0, int(delta.total_seconds()))
    minutes = max(seconds // 60, min(seconds, 1))
    if minutes > 24 * 60:
        days, hours = minutes // 1440, minutes % 1440 // 60
        return DURATIONS["dh" if hours else "d"] % {"d": days, "h": hours}
    hours, minutes = divmod(minutes, 60)
    return DURATIONS["hm" if hours and minutes else "h" if hours else "m"] % {"h": hours, "m": minutes}
