"""How others find this installation, and how it finds them: settings, address, certificate, mail."""

import os
import smtplib
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import get_connection
from django.utils import translation

from gateway.alarms import certificate
from gateway.status.reachability import check_address
from origins import public_address
from wittyagent.doctor import GOOD, ODD, WRONG, Finding

MIN_KEY_CHARS = 32


def check_settings() -> Iterator[Finding]:
    about = "settings"
    if settings.DEBUG:
        yield Finding(WRONG, about, "DEBUG is on: errors show the settings to whoever meets one", "DEBUG=off")
    if "*" in settings.ALLOWED_HOSTS:
        host = urlsplit(settings.PUBLIC_URL).hostname or "chat.example.org"
        yield Finding(WRONG, about, "ALLOWED_HOSTS lets any host name in", f"ALLOWED_HOSTS={host}")
    if len(settings.SECRET_KEY) < MIN_KEY_CHARS:
        make = "SECRET_KEY=$(python -c 'import secrets; print(secrets.token_urlsafe(50))')"
        yield Finding(WRONG, about, f"SECRET_KEY is shorter than {MIN_KEY_CHARS} characters", make)
    if os.environ.get("DATABASE_URL") and not os.environ.get("SECRET_KEY"):
        words = "SECRET_KEY is unset, and the database is shared: each machine makes a key of its own"
        yield Finding(ODD, about, words, f"SECRET_KEY=$(cat {settings.WITTY_DATA}/secret_key)")
    if not (settings.DEBUG or "*" in settings.ALLOWED_HOSTS):
        yield Finding(GOOD, about, "no debug pages, host names are listed")


def check_public_address() -> Iterator[Finding]:
    about, url = "public address", public_address.public_url()
    if not url:
        words = "none is set: networks cannot call, and links in mail lead to this machine alone"
        yield Finding(ODD, about, words, "PUBLIC_URL=https://chat.example.org")
        return
    if not url.startswith("https://"):
        words = f"{url} is not https: Meta and Telegram do not call it, and passwords go in the clear"
        yield Finding(WRONG, about, words, f"PUBLIC_URL=https://{urlsplit(url).hostname}")
    if not settings.TRUSTED_PROXIES:
        words = "no proxy is named: all callers are one, who share their limits and locks"
        yield Finding(ODD, about, words, "TRUSTED_PROXIES=127.0.0.1")
    with translation.override("en"):
        found = check_address(url)
        level = GOOD if found.is_good else ODD if found.is_todo else WRONG
        yield Finding(level, about, " ".join(filter(None, (str(found.words), str(found.advice)))))


def check_certificate() -> Iterator[Finding]:
    asked = urlsplit(public_address.public_url())
    if asked.scheme != "https" or not asked.hostname:
        return
    about, host = "certificate", asked.hostname
    seen = certificate.look_at(host, asked.port or 443)
    if refused := seen.get("refused"):
        yield Finding(WRONG, about, f"{host}: {refused}: networks refuse it")
    elif ends_at := seen.get("ends_at"):
        left = datetime.fromisoformat(ends_at) - datetime.now(UTC)
        words = f"{host}: good for {left.days} days (until {ends_at[:10]})"
        yield Finding(GOOD if left >= certificate.SOON else WRONG, about, words)
    else:
        yield Finding(ODD, about, f"{host} cannot be asked from here")


def check_mail() -> Iterator[Finding]:
    about = "mail"
    if not settings.SENDS_MAIL:
        words = "none goes out: links to come in are copied by who makes them"
        yield Finding(ODD, about, words, "EMAIL_URL=smtp+tls://user:password@mail.example.org:587")
        return
    try:
        line = get_connection()
        line.open()
        line.close()
    except (OSError, smtplib.SMTPException) as error:
        yield Finding(WRONG, about, f"the server of EMAIL_URL does not take us: {type(error).__name__}: {error}")
        return
    yield Finding(GOOD, about, "its server takes us")
