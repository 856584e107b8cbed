"""Management commands, run as an operator runs them."""

from io import StringIO

from django.core.management import call_command


def run(*args, **options):
    out = StringIO()
    call_command(*args, stdout=out, stderr=out, **options)
    return out.getvalue()
