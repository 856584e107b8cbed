"""`manage.py setup_link`: where the administrator of a new installation is made, where nothing else has said so."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from origins import public_address
from wittyagent.first_run import setup_url


class Command(BaseCommand):
    help = (
        "Prints the address with a one-time token at which the administrator is made. Run it where the web "
        "process serves: the token is kept in WITTY_DATA."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        if (path := setup_url()) is None:
            raise CommandError("people work here already; a supervisor lets others in")
        base = "" if public_address.public_url() else public_address.base_url()
        self.stdout.write(f"{base}{path}")
