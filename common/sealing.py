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


class Unreadable(str):
    """What a secret is that was sealed with another SECRET_KEY: empty; it keeps the seal, which may be opened again."""

    __slots__ = ("sealed",)
    sealed: str


# every webhook opens its origin's secrets
@lru_cache(maxsize=4096)
def _open_sealed(value: str, box: MultiFernet) -> str:
    try:
        return box.decrypt(value.removeprefix(MARK).encode()).decode()
    except InvalidToken:
        # once: its answer is kept as well
        log.error("a secret was sealed with another SECRET_KEY and cannot be read")
        unreadable = Unreadable()
        unreadable.sealed = value
        return unreadable


def unseal_text(value: str) -> str:
    """The secret; Unreadable ('') for one that was sealed with another SECRET_KEY."""
    return _open_sealed(value, _current_box()) if value.startswith(MARK) else value


class SealedField(models.TextField):
    """A text that the database holds sealed. It cannot be searched by."""

    def from_db_value(self, value: str | None, *_rest: Any) -> str | None:
        return value if value is None else unseal_text(value)

    def get_prep_value(self, value: Any) -> Any:
        if isinstance(value, Unreadable):
            return value.sealed
        value = super().get_prep_value(value)
        return value if value is None or value.startswith(MARK) else seal_text(value)


class HasSecrets(models.Model):
    """A model with sealed fields."""

    class Meta:
        abstract = True

    @property
    def unreadable_secrets(self) -> list[str]:
        """The names of those that were sealed with another SECRET_KEY: they have to be entered again."""
        sealed = (field for field in self._meta.concrete_fields if isinstance(field, SealedField))
        return [field.attname for field in sealed if isinstance(getattr(self, field.attname), Unreadable)]
