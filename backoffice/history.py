"""The history of what is set up in the admin: what was changed from what to what, and who it was."""

from datetime import datetime

from django import forms
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.addresses import host_of
from backoffice.opened_pages import say_value

MAX_VALUE_CHARS = 80


def describe_changes(form: forms.ModelForm) -> list[str]:
    """'Apellidos: “Paz” → “Pérez”', for each field that its person changed; of secrets and addresses no more than
    people may read there for ever."""
    return [_describe_change(form, name) for name in form.changed_data if name in form.fields]


def _describe_change(form: forms.ModelForm, name: str) -> str:
    bound = form[name]
    if isinstance(bound.field.widget, forms.PasswordInput):
        return str(bound.label)
    old, new = bound.initial, form.cleaned_data.get(name)
    if isinstance(bound.field, forms.URLField):
        # what stands behind the host may be a secret
        old, new = host_of(old), host_of(new)
    before, after = (_shorten(say_value(bound.field, value)) for value in (old, new))
    return f"{bound.label}: “{before}” → “{after}”"


def _shorten(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= MAX_VALUE_CHARS else f"{flat[:MAX_VALUE_CHARS]}…"


def name_who_changed(thing: models.Model, since: datetime, field: str) -> str:
    """'Sofía Núñez (10:42)', by the history since then; who changed this field, or else anything of it, last."""
    kind = ContentType.objects.get_for_model(thing)
    since_then = LogEntry.objects.filter(content_type=kind, object_id=str(thing.pk), action_time__gte=since)
    entries = list(since_then.select_related("user").order_by("-action_time")[:20])
    found = next((one for one in entries if field in one.get_change_message()), entries[0] if entries else None)
    if found is None:
        return _("Otra persona o el sistema")
    return f"{found.user} ({timezone.localtime(found.action_time):%H:%M})"
