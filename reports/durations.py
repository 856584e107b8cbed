"""Durations as reports say them, to the second where that says something."""

from datetime import timedelta

from django.utils.translation import gettext as _


def exact_duration(took: timedelta | None) -> str:
    """2 min 40 s, 14 min, 3 h 5 min: two units at most, to the second below ten minutes."""
    if took is None:
        return _("sin datos")
    seconds = round(took.total_seconds())
    if seconds < 60:
        return _("%(s)s s") % {"s": seconds}
    minutes, rest = divmod(seconds, 60)
    if minutes < 10 and rest:
        return _("%(m)s min %(s)s s") % {"m": minutes, "s": rest}
    hours, minutes = divmod(round(seconds / 60), 60)
    if not hours:
        return _("%(m)s min") % {"m": minutes}
    if hours >= 48:
        return _("%(d)s d %(h)s h") % {"d": hours // 24, "h": hours % 24}
    return _("%(h)s h %(m)s min") % {"h": hours, "m": minutes} if minutes else _("%(h)s h") % {"h": hours}
