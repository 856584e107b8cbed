"""The history of what is set up in the admin: what was changed from what to what, and who it was."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.addresses import host_of
from backoffice.opened_pages import say_value
from trays.audit import secret_end

MAX_VALUE_CHARS = 80


@dataclass(frozen=True)
class Change:
    """One field, from what to what, as people read it."""

    field: str
    old: str
    new: str


def describe_changes(form: forms.ModelForm) -> list[str]:
    """'Apellidos: “Paz” → “Pérez”', for each field that its person changed; of secrets and addresses no more than
    people may read there for ever."""
    return [_describe_change(form, name) for name in form.changed_data if name in form.fields]


def _describe_change(form: forms.ModelForm, name: str) -> str:
    if isinstance(form[name].field.widget, forms.PasswordInput):
        return str(form[name].label)
    return say_change(_read_change(form, name))


def say_change(change: Change) -> str:
    """As the history keeps it (backoffice/last_changes.py reads it again)."""
    return f"{change.field}: “{change.old}” → “{change.new}”"


def _read_change(form: forms.ModelForm, name: str) -> Change:
    bound = form[name]
    old, new = bound.initial, form.cleaned_data.get(name)
    if isinstance(bound.field, forms.URLField):
        # what stands behind the host may be a secret
        old, new = host_of(old), host_of(new)
    before, after = (_shorten(say_value(bound.field, value)) for value in (old, new))
    return Change(str(bound.label), before, after)


def list_changes(form: Any, formsets: Iterable[Any]) -> list[Change]:
    """The same for the audit log, with the rows of the page's tables; of a secret its end. A choice of who has access
    is left to who gives it (log_access)."""
    found = [_read_secret(form, name) if _is_secret(form, name) else _read_change(form, name) for name in _own(form)]
    for formset in formsets:
        found += _list_rows(formset)
    return found


def _own(form: Any) -> list[str]:
    """Changed fields of its thing, but for those that ask again for what stands (AsksSecretAgain)."""
    apart = ("current_secret", *getattr(form, "access_fields", ()))
    return [name for name in form.changed_data if name in form.fields and name not in apart]


def _is_secret(form: Any, name: str) -> bool:
    return isinstance(form.fields[name].widget, forms.PasswordInput)


def _read_secret(form: Any, name: str) -> Change:
    before = form.secrets_before.get(name, "")
    return Change(str(form[name].label), secret_end(before), secret_end(form.cleaned_data[name]))


def _list_rows(formset: Any) -> Iterator[Change]:
    kind = str(formset.model._meta.verbose_name)
    for one in formset.new_objects:
        yield Change(kind, "", str(one))
    changed = {one.pk for one, _fields in formset.changed_objects}
    for form in formset.initial_forms:
        if form.instance.pk in changed:
            changes = (_read_change(form, name) for name in form.changed_data if name in form.fields)
            yield from (Change(f"{kind}, {one.field}", one.old, one.new) for one in changes)
    for one in formset.deleted_objects:
        yield Change(kind, str(one), "")


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
