"""Management commands, run as an operator runs them; the environment of the product's own processes."""

import os
from io import StringIO

from django.conf import settings
from django.core.management import call_command
from django.db import connection


def run(*args, **options):
    out = StringIO()
    call_command(*args, stdout=out, stderr=out, **options)
    return out.getvalue()


def product_environment(**more):
    """Of processes that work on this test's own database."""
    server, _slash, rest = os.environ["DATABASE_URL"].rpartition("/")
    query = rest.partition("?")[2]
    ours = {
        "DATABASE_URL": f"{server}/{connection.settings_dict['NAME']}" + (f"?{query}" if query else ""),
        "REDIS_URL": settings.REDIS_URL,
        "WITTY_DATA": str(settings.WITTY_DATA),
        "SECRET_KEY": settings.SECRET_KEY,
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "DEBUG": "off",
        "PYTHONUNBUFFERED": "1",
    }
    return os.environ | ours | more
