"""The registry of the admin of supervisors and administrators: trays, access, agents, bots, templates, origins, tags.

Chats, messages, contacts and files are in no admin. Who may what is said by Agent.has_perm;
what has consequences for chats and open screens goes through chats/access.py.
"""

import django.contrib.auth.admin  # noqa: F401 - registers Group, which is taken out below
from django.contrib import admin
from django.contrib.auth.models import Group

from backoffice import agents, bots, cards, endpoints, event_log, hours, origins, raw_bodies, templates, tokens, trays

__all__ = [
    "agents",
    "bots",
    "cards",
    "endpoints",
    "event_log",
    "hours",
    "origins",
    "raw_bodies",
    "templates",
    "tokens",
    "trays",
]  # fmt: skip

admin.site.unregister(Group)
