"""The status of the installation: who gives signs of life, what waits too long, and whose database and secrets."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib.util import find_spec
from pkgutil import iter_modules

from django.apps import apps
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from django.utils.translation import gettext as _
from redis import RedisError

from common.clocks import watched
from common.durations import format_duration
from gateway.endpoints import event_queue
from gateway.inbound import body_processing
from gateway.outbound import claims
from gateway.status.lines import SLOW, Level, Note
from live import signs
from origins.models import Origin
from wittybots.models import Endpoint

# by the queue that they work at, but for the clock
WORKER, CALLER, BEAT = "worker", "caller", "beat"
ROLES = (WORKER, CALLER, BEAT)
# of lines and endpoints, whose secrets are looked at
MAX_SEALED = 500


@dataclass
class SystemStatus:
    """`wrong`: what is wrong by name, for operators. Ages in seconds; None: never, or nothing waits."""

    wrong: dict[str, str] = field(default_factory=dict)
    signs: dict[str, int | None] = field(default_factory=dict)
    oldest: dict[str, int | None] = field(default_factory=dict)

    @property
    def notes(self) -> list[Note]:
        """What of it supervisors are told: lines and endpoints say the rest themselves."""
        return [
            Note(Level.BAD, words, advice) for name, (words, advice) in words_of(self).items() if name in self.wrong
        ]


def read_system(*, now: datetime | None = None) -> SystemStatus:
    """All of it; each part for itself, so that one that cannot be asked hides none of the others."""
    status = SystemStatus()
    try:
        status.wrong |= _read_migrations()
        status.oldest = read_oldest(now or timezone.now())
        status.wrong |= _find_unreadable()
        if watched.are_apart():
            status.wrong["clock"] = f"{watched.apart:.0f} s from the database's: nothing is written by this process"
    except Error as error:
        status.wrong["database"] = type(error).__name__
    read_signs(status)
    for name, seconds in status.oldest.items():
        if seconds is not None and seconds > SLOW.total_seconds():
            status.wrong[name] = f"the oldest waits for {seconds} s"
    return status


def read_signs(status: SystemStatus) -> SystemStatus:
    """Who works, as far as Redis knows."""
    try:
        status.signs = signs.read_ages(ROLES)
    except RedisError as error:
        status.wrong["redis"] = type(error).__name__
    for role, seconds in status.signs.items():
        if seconds is None:
            status.wrong[role] = "no sign of life yet"
        elif seconds > signs.GONE_SECONDS:
            status.wrong[role] = f"no sign of life for {seconds} s"
    return status


def find_newer_migrations() -> list[str]:
    """Applied here and unknown to this code: the database belongs to a newer version."""
    applied = MigrationRecorder(connection).applied_migrations()
    packages = {app.label: MigrationLoader.migrations_module(app.label)[0] for app in apps.get_app_configs()}
    # by their files: most processes need none of them otherwise
    known = {
        (label, module.name)
        for label, package in packages.items()
        if package and (found := find_spec(package))
        for module in iter_modules(found.submodule_search_locations)
    }
    return _newer(MigrationExecutor(connection)) if applied.keys() - known else []


def _newer(executor: MigrationExecutor) -> list[str]:
    loader = executor.loader
    known = set(loader.disk_migrations)
    for migration in loader.disk_migrations.values():
        known.update(migration.replaces)
    return sorted(f"{app}.{name}" for app, name in loader.applied_migrations if (app, name) not in known)


def _read_migrations() -> dict[str, str]:
    executor = MigrationExecutor(connection)
    if newer := _newer(executor):
        return {"migrations": f"newer than this version: {', '.join(newer)}"}
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return {"migrations": "not all applied"}
    return {}


def read_oldest(now: datetime) -> dict[str, int | None]:
    """How long what is due, and nobody's, has waited for a worker; lines that wait for people or networks apart."""
    since = {
        "messages": claims.oldest_due(now),
        "bodies": body_processing.oldest_unfinished(now),
        "calls": event_queue.oldest_due(now),
    }
    return {name: None if at is None else max(0, int((now - at).total_seconds())) for name, at in since.items()}


def _find_unreadable() -> dict[str, str]:
    """Lines and endpoints with secrets that were sealed with another SECRET_KEY, by their numbers."""
    found = []
    for model in (Origin, Endpoint):
        pks = [row.pk for row in model.objects.order_by("pk")[:MAX_SEALED] if row.unreadable_secrets]
        if pks:
            found.append(f"{model._meta.model_name} {', '.join(map(str, pks))}")
    return {"secrets": f"sealed with another SECRET_KEY: {'; '.join(found)}"} if found else {}


def words_of(status: SystemStatus) -> dict[str, tuple[str, str]]:
    """By name what supervisors are told, and what to do: also of what is well."""
    advice = _("Mirá que esté en marcha (manage.py up, o su servicio).")
    names = {WORKER: _("lo que envía"), CALLER: _("lo que llama a los bots y baja archivos"), BEAT: _("el reloj")}
    words = {}
    for role, what in names.items():
        seconds = status.signs.get(role)
        if seconds is None:
            words[role] = (_("No da señales %(what)s (%(role)s).") % {"what": what, "role": role}, advice)
        else:
            age = format_duration(timedelta(seconds=seconds))
            said = _("No da señales %(what)s (%(role)s) desde hace %(time)s.")
            words[role] = (said % {"what": what, "role": role, "time": age}, advice)
    words["redis"] = (
        _("Redis no responde: nada se pierde, pero las pantallas se actualizan tarde y los envíos esperan."),
        _("Mirá que esté en marcha."),
    )
    return words
