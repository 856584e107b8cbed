"""Whether a login still stands: the one rule for sockets and for what is sent to a browser without a page."""

from importlib import import_module

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.utils.crypto import constant_time_compare

from trays.models import Agent


def is_signed_in(session: SessionBase, agent: Agent) -> bool:
    """Whether the session is there, and of before no new password and no deactivation (Agent.sessions_ended)."""
    carried = session.get(HASH_SESSION_KEY) or ""
    if not constant_time_compare(carried, agent.get_session_auth_hash()):
        return False
    return bool(session.session_key) and session.exists(str(session.session_key))


def open_session(key: str) -> SessionBase:
    """The session with this key; an empty one where there is none (any more)."""
    store: SessionBase = import_module(settings.SESSION_ENGINE).SessionStore(key)
    return store
