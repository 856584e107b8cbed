"""The checks behind alarms, the admin's *Para mirar ahora* and the banner: one list, each read from what stands.

Those of this machine (`find_here`) are asked on every one; all others say the same wherever they are asked.
"""

import platform
import shutil
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from common.durations import format_duration
from gateway import partitioning
from gateway.alarms import certificate
from gateway.alarms.facts import LATE, Found, Trouble
from gateway.status import endpoints as endpoint_status
from gateway.status import lines as line_status
from gateway.status import system
from gateway.status.backups import last_backup
from gateway.status.lines import Level, LineStatus, Note
from trays.models import Agent

# between this machine's clock and the database's
MAX_CLOCK_SECONDS = 5


def find_troubles(now: datetime, lines: list[LineStatus] | None = None) -> Found:
    """Of the installation, whoever asks. `lines`: their health, where it is read already."""
    found = Found()
    _find_silent(found)
    found.troubles += _find_late(now)
    found.troubles += _find_lines(line_status.list_line_statuses(now=now) if lines is None else lines)
    found.troubles += _find_endpoints(now)
    certificate.find_ending(found, now)
    found.troubles += [*_find_partitions(now), *_find_old_backup(now)]
    return found


def find_here(database_now: datetime, now: datetime) -> list[Trouble]:
    """Of this machine: its disk, and its clock by the database's."""
    return [*_find_full_disk(), *_find_wrong_clock((now - database_now).total_seconds())]


def _find_silent(found: Found) -> None:
    status = system.read_signs(system.SystemStatus())
    if "redis" in status.wrong:
        found.unknown |= set(system.ROLES)
    for name, (words, advice) in system.words_of(status).items():
        if name in status.wrong:
            found.troubles.append(Trouble(name, words, advice, "zzz", reverse("supervision"), _("Ver en Supervisión")))


def _find_late(now: datetime) -> list[Trouble]:
    words = {
        "messages": _("Hay mensajes que esperan para salir desde hace %(time)s."),
        "bodies": _("Hay recibidos sin procesar desde hace %(time)s."),
        "calls": _("Hay avisos a bots y webhooks que esperan desde hace %(time)s."),
    }
    advice = _("Si no baja, mirá que el worker esté en marcha y que la máquina dé abasto.")
    waits = {name: timedelta(seconds=seconds or 0) for name, seconds in system.read_oldest(now).items()}
    return [
        Trouble(
            f"queue:{name}",
            words[name] % {"time": format_duration(wait)},
            advice,
            "clock",
            reverse("supervision"),
            _("Ver en Supervisión"),
        )
        for name, wait in waits.items()
        if wait > LATE
    ]


def _find_lines(lines: list[LineStatus]) -> list[Trouble]:
    return [
        _join_notes(
            f"line:{line.origin.pk}", str(line.origin), line.notes, "plug",
            reverse("admin:origins_origin_change", args=[line.origin.pk]), _("Ver la línea"),
        )
        for line in lines
        if line.level == Level.BAD
    ]  # fmt: skip


def _find_endpoints(now: datetime) -> list[Trouble]:
    found = []
    for one in endpoint_status.list_statuses(now=now):
        if one.level != Level.BAD:
            continue
        if one.bot is not None:
            name, page = f"bot:{one.bot.pk}", reverse("admin:wittybots_bot_change", args=[one.bot.pk])
        elif one.endpoint is not None:
            pk = one.endpoint.pk
            name, page = f"endpoint:{pk}", reverse("admin:wittybots_endpoint_change", args=[pk])
        found.append(_join_notes(name, one.name, one.notes, "webhook", page, _("Ver")))
    return found


def _join_notes(name: str, subject: str, notes: list[Note], icon: str, page: str, label: str) -> Trouble:
    bad = [note for note in notes if note.level == Level.BAD]
    words = " ".join(note.words for note in bad)
    advice = next((note.advice for note in bad if note.advice), "")
    return Trouble(name, f"{subject}: {words}", advice, icon, page, label)


def _find_partitions(now: datetime) -> list[Trouble]:
    tables = sorted({one.table for one in partitioning.find_odd(now) if one.is_wrong})
    words = _("Falta la partición de un mes en %(tables)s.") % {"tables": ", ".join(tables)}
    advice = _("Nada se pierde. Mirá que el reloj (beat) y el worker estén en marcha: se hacen solas de noche.")
    return [Trouble("partitions", words, advice, "alert-triangle")] if tables else []


def _find_full_disk() -> list[Trouble]:
    try:
        total, _used, free = shutil.disk_usage(settings.WITTY_DATA)
    except OSError:
        return []
    percent = int(free * 100 / total) if total else 100
    if percent >= settings.ALARM_DISK_PERCENT:
        return []
    host = platform.node()
    words = _("Queda poco disco en %(host)s: %(percent)s %% libre (%(free)s GB).") % {
        "host": host,
        "percent": percent,
        "free": f"{free / 1e9:.1f}",
    }
    advice = _("Hacé lugar o agrandalo: con el disco lleno no entra ningún mensaje.")
    return [Trouble(f"disk:{host}", words, advice, "alert-triangle")]


def _find_wrong_clock(ahead: float) -> list[Trouble]:
    if abs(ahead) <= MAX_CLOCK_SECONDS:
        return []
    host, by = platform.node(), format_duration(timedelta(seconds=abs(ahead)))
    if ahead > 0:
        words = _("El reloj de %(host)s adelanta %(time)s respecto de la base de datos.")
    else:
        words = _("El reloj de %(host)s atrasa %(time)s respecto de la base de datos.")
    advice = _("Ponelo en hora (NTP) en las dos máquinas: esperas, firmas y vencimientos se cuentan con él.")
    return [Trouble(f"clock:{host}", words % {"host": host, "time": by}, advice, "clock")]


def _find_old_backup(now: datetime) -> list[Trouble]:
    hours = settings.ALARM_BACKUP_HOURS
    if not hours:
        return []
    limit = timedelta(hours=hours)
    advice = _("Corré manage.py backup, y ponelo todos los días (docs/operate.md).")
    if (last := last_backup()) is not None:
        age = now - last.taken_at
        words = _("La última copia de seguridad es de hace %(time)s.") % {"time": format_duration(age)}
        return [Trouble("backup", words, advice, "alert-triangle")] if age > limit else []
    first = Agent.objects.order_by("date_joined").values_list("date_joined", flat=True).first()
    # nobody has anything to lose on the first days
    if first is None or now - first <= limit:
        return []
    return [Trouble("backup", _("Nunca se hizo una copia de seguridad."), advice, "alert-triangle")]
