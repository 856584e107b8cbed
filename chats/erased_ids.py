"""Ids of erased messages: kept as digests, since a network's id may hold its customer's number, and what comes again
must not be stored again."""

from collections.abc import Iterable

from django.utils.crypto import salted_hmac

SALT = "chats.erased"
MARK = "erased:"


def hide_id(external_id: str) -> str:
    """What stands for it once its message is erased. Hidden ones stay as they are."""
    if external_id.startswith(MARK):
        return external_id
    return MARK + salted_hmac(SALT, external_id, algorithm="sha256").hexdigest()


def read_hidden(external_ids: Iterable[str]) -> dict[str, str]:
    """These by what stands for them."""
    return {hide_id(one): one for one in external_ids}
