"""Runs each check by itself and for so long: one that hangs or breaks says so, and hides none of the others."""

import threading
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db import connections

from wittyagent.doctor import WRONG, Check, Finding, reach, servers, work

SECONDS = 12.0
CHECKS: dict[str, Check] = {
    "settings": reach.check_settings,
    "public address": reach.check_public_address,
    "certificate": reach.check_certificate,
    "mail": reach.check_mail,
    "PostgreSQL": servers.check_postgres,
    "Redis": servers.check_redis,
    "broker": servers.check_broker,
    "clock": servers.check_clocks,
    "processes": work.check_processes,
    "partitions": work.check_partitions,
    "backups": work.check_backups,
    "files": work.check_files,
    "disk": work.check_disk,
}
# shorter ones stand in too many words that say nothing
MIN_SECRET_CHARS = 4


def examine() -> list[Finding]:
    """All findings, in the order of the checks."""
    found: dict[str, list[Finding]] = {}
    threads = {
        name: threading.Thread(target=_run, args=(name, check, found), daemon=True) for name, check in CHECKS.items()
    }
    for thread in threads.values():
        thread.start()
    for name, thread in threads.items():
        thread.join(SECONDS)
        if thread.is_alive():
            found[name] = [Finding(WRONG, name, f"no answer within {SECONDS:.0f} s")]
    return [_without_secrets(one) for name in CHECKS for one in found[name]]


def _run(name: str, check: Check, found: dict[str, list[Finding]]) -> None:
    try:
        result = list(check())
    except Exception as error:  # noqa: BLE001 (whatever it is, the others are still to be heard)
        result = [Finding(WRONG, name, f"{type(error).__name__}: {' '.join(str(error).split())[:300]}")]
    finally:
        connections.close_all()
    found.setdefault(name, result)


def _without_secrets(finding: Finding) -> Finding:
    words = finding.words
    for secret in sorted(_secrets(), key=len, reverse=True):
        words = words.replace(secret, "…")
    return Finding(finding.level, finding.about, words, finding.paste)


def _secrets() -> set[str]:
    """What errors of libraries may repeat."""
    given = {settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS, settings.METRICS_TOKEN, settings.OIDC_CLIENT_SECRET}
    given |= {str(database.get("PASSWORD") or "") for database in settings.DATABASES.values()}
    given |= {str(getattr(settings, "EMAIL_HOST_PASSWORD", "") or ""), settings.BACKUP_S3["secret_key"]}
    given.add(str(settings.STORAGES["default"].get("OPTIONS", {}).get("secret_key", "")))
    for url in (settings.REDIS_URL, settings.BROKER_URL):
        password = urlsplit(url).password or ""
        given |= {password, unquote(password)}
    return {secret for secret in given if len(secret) >= MIN_SECRET_CHARS}
