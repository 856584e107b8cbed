"""A line's pages in the admin, as tests fill them in."""

from origins.models import Origin

TOKEN = "EAAGm0PX4ZCpsBAKZC-a-long-token"
APP_SECRET = "0123456789abcdef0123456789abcdef"


def line(kind="whatsapp", **fields):
    own = {"line_id": "106540352242922", "access_token": TOKEN, "secret": APP_SECRET, "verify_token": "de-verificar"}
    if kind == "telegram":
        own = {"line_id": "123456789", "access_token": "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"}
    return Origin.objects.create(**{"kind": kind, "name": f"Línea {kind}", "key": f"l-{kind}", **own, **fields})
