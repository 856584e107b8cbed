"""Secrets at rest: sealed with a key made from SECRET_KEY, so that a copy of the database alone tells none of them."""

import base64
import hashlib
import logging
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models

log = logging.getLogger(__name__)

# what stands before a sealed value; one without it was stored before there was a seal
MARK = "sealed:"


def _derive_key(secret: str) -> bytes:
    return base64.urlsafe_b64encode(hashlib.sha256(b"wittyagent.sealed:" + secret.encode()).digest())


@lru_cache(maxsize=4)
def _make_box(*secrets: str) -> MultiFernet:
    return MultiFernet([Fernet(_derive_key(secret)) for secret in secrets])


def _current_box() -> MultiFernet:
    return _make_box(settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)


def seal_text(value: str) -> str:
    return MARK + _current_box().encrypt(value.encode()).decode() if value else ""


# every webhook opens its origin's secrets
@lru_cache(maxsize=4096)
def _open_sealed(value: str, box: MultiFernet) -> str:
    return box.decrypt(value.removeprefix(MARK).encode()).decode()


def unseal_text(value: str) -> str:
    """The secret; '' for one that was sealed with another SECRET_KEY (it has to be entered again)."""
    if not value.startswith(MARK):
        return value
    try:
        return _open_sealed(value, _current_box())
    except InvalidToken:
        log.error("a secret was sealed with another SECRET_KEY and cannot be read")
        return ""


class SealedField(models.TextField):
    """A text that the database holds sealed. It cannot be searched by."""

    def from_db_value(self, value: str | None, *_rest: Any) -> str | None:
        return value if value is None else unseal_text(value)

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return value if value is None or value.startswith(MARK) else seal_text(value)
