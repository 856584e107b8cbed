"""What a page of the admin showed when it was opened, so that saving it writes only what its person changed.

The page carries what it showed, signed. When it comes back, a field that says the same is left as it stands by now; of
lists of many what was added is added and what was taken out is taken out; what two people changed differently is said
("cambió mientras tanto") and not written. The rows of an inline (the hours of a tray) count as one. HouseAdmin puts
these into every form and formset that it makes, with the row locked from reading to writing.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, ClassVar

from django import forms
from django.core import signing
from django.db import models
from django.forms.formsets import DELETION_FIELD_NAME, TOTAL_FORM_COUNT
from django.forms.utils import ErrorList
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

NAME = "opened"
SALT = "backoffice.opened"
LISTS = (forms.ModelMultipleChoiceField, forms.MultipleChoiceField)


class Unreadable(Exception):
    """The page does not say what it showed, or says it of another."""


@dataclass(frozen=True)
class Opened:
    """`fields` by their name, `rows` by the prefix of their formset: {row: {field: value}}, row '' for a new one."""

    at: datetime
    fields: Mapping[str, Any]
    rows: Mapping[str, Mapping[str, Mapping[str, Any]]]

    @classmethod
    def read(cls, data: Mapping[str, Any], thing: models.Model) -> "Opened | None":
        """What the page that was posted showed; None where it says nothing (it is not one of ours)."""
        if NAME not in data:
            return None
        try:
            said = signing.loads(data[NAME], salt=SALT)
        except signing.BadSignature as error:
            raise Unreadable from error
        if said["of"] != _name_of(thing):
            raise Unreadable
        return cls(datetime.fromisoformat(said["at"]), said["fields"], said["rows"])


def sign_page(form: forms.ModelForm, formsets: Iterable[Any]) -> str:
    """For the page's hidden field."""
    rows = {one.prefix: one.standing_rows() for one in formsets if isinstance(one, KeepsOthersRows)}
    said = {"of": _name_of(form.instance), "at": timezone.now().isoformat(), "fields": _standing(form), "rows": rows}
    return signing.dumps(said, salt=SALT, compress=True)


def _name_of(thing: models.Model) -> str:
    return f"{thing._meta.label_lower}.{thing.pk}"


def _standing(form: forms.BaseForm) -> dict[str, Any]:
    """Each field as it stands, as JSON keeps it."""
    return {name: _write(form[name]) for name in form.fields}


def _write(bound: forms.BoundField) -> Any:
    value = bound.field.prepare_value(bound.initial)
    if isinstance(bound.field, LISTS):
        return sorted(str(one) for one in value or ())
    return value.isoformat() if isinstance(value, (date, time)) else value


def _read(field: forms.Field, kept: Any) -> Any:
    is_time = isinstance(field, (forms.DateField, forms.TimeField, forms.DateTimeField))
    return field.to_python(kept) if is_time else kept


class Quiet(forms.BoundField):
    """A field that is kept as it stands is shown like the others."""

    def build_widget_attrs(self, attrs: Any, widget: Any = None) -> Any:
        found = super().build_widget_attrs(attrs, widget)
        found.pop("disabled", None)
        return found


class KeepsOthersChanges(forms.ModelForm):
    """Put before a form of the admin. What its person left alone counts as `disabled`: it is as it stands."""

    bound_field_class = Quiet
    who_changed: ClassVar[Callable[[datetime, str], str]]
    # what others changed and this person did not, in words
    kept: list[str]
    # fields of which nothing stands that could be left as it is
    not_there_yet: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # read now: the form writes over them. For the audit log, which tells their ends
        of = (self.instance, getattr(self, "endpoint", None))
        hidden = [name for name, field in self.fields.items() if isinstance(field.widget, forms.PasswordInput)]
        self.secrets_before = {
            name: next((getattr(one, name) for one in of if hasattr(one, name)), "") for name in hidden
        }

    def full_clean(self) -> None:
        self.kept, conflicts = [], {}
        if self.is_bound and not self.instance._state.adding:
            try:
                conflicts = self._settle(Opened.read(self.data, self.instance))
            except Unreadable:
                conflicts = {None: _("La página llegó incompleta. Abrila de nuevo y repetí el cambio.")}
        super().full_clean()
        for name, words in conflicts.items():
            self.add_error(name, words)

    def _settle(self, opened: Opened | None) -> dict[str | None, str]:
        """Leave alone what the person left alone, join lists; in words, what two people changed."""
        conflicts: dict[str | None, str] = {}
        for name, field in self.fields.items():
            bound = self[name]
            # boxes that are all off come as an empty list; a list that does not come was not on the page
            if (opened is None or isinstance(field, LISTS)) and self._is_left_out(bound):
                field.disabled = True
            elif opened is None:
                continue
            elif name not in opened.fields or not field.has_changed(_read(field, opened.fields[name]), bound.data):
                field.disabled = True
                if name in opened.fields and _write(bound) != opened.fields[name]:
                    self.kept.append(self._say_who(bound, opened.at))
            elif isinstance(field, LISTS):
                self._join_lists(bound, set(opened.fields[name]))
            elif _write(bound) != opened.fields[name] and field.has_changed(bound.initial, bound.data):
                conflicts[name] = _("Cambió mientras tanto. %(what)s. Si guardás de nuevo, queda lo tuyo.") % {
                    "what": self._say_who(bound, opened.at)
                }
        return conflicts

    def _is_left_out(self, bound: forms.BoundField) -> bool:
        """Whether what was posted says nothing of it. A lone box that is not there is off."""
        if bound.name in self.not_there_yet:
            return False
        return bound.field.widget.value_omitted_from_data(self.data, self.files, bound.html_name)

    def _join_lists(self, bound: forms.BoundField, seen: set[str]) -> None:
        given, now = {str(one) for one in bound.data or ()}, set(_write(bound))
        self.data = self.data.copy()  # type: ignore[attr-defined]
        self.data.setlist(bound.html_name, sorted((now - (seen - given)) | (given - seen)))  # type: ignore[attr-defined]

    def _say_who(self, bound: forms.BoundField, since: datetime) -> str:
        now = _say_value(bound)
        return _("%(who)s puso “%(now)s” en %(field)s") % {
            "who": type(self).who_changed(since, str(bound.label)),
            "now": now,
            "field": bound.label,
        }

    def added_and_removed(self, name: str) -> tuple[list[Any], list[Any]]:
        """Of a choice of many: what this person put in and took out, by name."""
        if name not in self.changed_data:
            return [], []
        chosen, present = set(self.cleaned_data[name]), set(self[name].initial)
        return sorted(chosen - present, key=str), sorted(present - chosen, key=str)


def _say_value(bound: forms.BoundField) -> str:
    return say_value(bound.field, bound.initial)


def say_value(field: forms.Field, value: Any) -> str:
    """A value of a field as people read it."""
    if isinstance(field, forms.BooleanField):
        return _("sí") if value else _("no")
    if value in (None, ""):
        return _("nada")
    if isinstance(field, LISTS):
        return ", ".join(_name_choice(field, one) for one in field.prepare_value(value)) or _("nada")
    return _name_choice(field, field.prepare_value(value)) if isinstance(field, forms.ChoiceField) else str(value)


def _name_choice(field: Any, value: Any) -> str:
    if isinstance(field, forms.ModelChoiceField):
        found = field.queryset.filter(pk=value).first()  # type: ignore[union-attr]
        return field.label_from_instance(found) if found else str(value)
    return str(dict(field.choices).get(value, value))


class KeepsOthersRows(forms.BaseInlineFormSet):
    """Put before the formset of an inline: rows that nobody touched stay as they are, all of them."""

    model: type[models.Model]
    who_changed: ClassVar[Callable[[datetime, str], str]]
    # set by full_clean: the rows are not to be written
    is_left_alone = False

    def add_fields(self, form: Any, index: int | None) -> None:
        """In a table the label stands in the head of the column, where a screen reader does not take it for one."""
        super().add_fields(form, index)
        for name, field in form.fields.items():
            if not field.widget.is_hidden:
                what = _("Quitar") if name == DELETION_FIELD_NAME else capfirst(str(form[name].label))
                field.widget.attrs.setdefault("aria-label", what)

    def full_clean(self) -> None:
        words = self._settle() if self.is_bound and not self.instance._state.adding else ""
        if not self.is_left_alone:
            super().full_clean()
            return
        self._errors: list[Any] = []
        self._non_form_errors = ErrorList([words] if words else [], error_class="nonform")

    def _settle(self) -> str:
        """In words, why the rows cannot be written."""
        try:
            opened = Opened.read(self.data, self.instance)
        except Unreadable:
            opened = None
        if opened is None:
            self.is_left_alone = f"{self.prefix}-{TOTAL_FORM_COUNT}" not in self.data
            return ""
        seen = opened.rows.get(str(self.prefix), {})
        is_touched = self._is_touched(seen)
        self.is_left_alone = not is_touched or self.standing_rows() != seen
        if not (is_touched and self.is_left_alone):
            return ""
        who = type(self).who_changed(opened.at, str(self.model._meta.verbose_name))
        return _("Cambió mientras tanto: lo hizo %(who)s. Así quedó; hacé tu cambio de nuevo.") % {"who": who}

    def _is_touched(self, seen: Mapping[str, Mapping[str, Any]]) -> bool:
        """Whether the posted rows say anything else than those that were shown."""
        own, fields = self.model._meta.pk.name, self._as_it_stands().empty_form.fields
        for number in range(self.total_form_count()):
            prefix = f"{self.prefix}-{number}"
            if self.data.get(f"{prefix}-{DELETION_FIELD_NAME}"):
                return True
            shown = seen.get(str(self.data.get(f"{prefix}-{own}") or ""), seen.get("", {}))
            for name, kept in shown.items():
                field = fields[name]
                given = field.widget.value_from_datadict(self.data, self.files, f"{prefix}-{name}")
                if field.has_changed(_read(field, kept), given):
                    return True
        return False

    def _as_it_stands(self) -> Any:
        """The same formset, not posted."""
        return type(self)(instance=self.instance, prefix=self.prefix, queryset=self.queryset)

    def to_show(self) -> Any:
        """Rows that nobody touched are shown as they stand, with what is to be said of them."""
        if not (self.is_bound and self.errors is not None and self.is_left_alone):
            return self
        made = self._as_it_stands()
        made._errors, made._non_form_errors = [], self.non_form_errors()
        return made

    def standing_rows(self) -> dict[str, dict[str, Any]]:
        """Each row by its id, and what a new one shows under ''."""
        fresh = self._as_it_stands() if self.is_bound else self
        apart = (self.model._meta.pk.name, self.fk.name, DELETION_FIELD_NAME)
        found = {str(form.instance.pk): _standing(form) for form in fresh.initial_forms}
        offered = getattr(self.form, "says_nothing", ())
        found[""] = {name: value for name, value in _standing(fresh.empty_form).items() if name not in offered}
        return {pk: {name: value for name, value in row.items() if name not in apart} for pk, row in found.items()}

    def is_valid(self) -> bool:
        if self.is_bound and self.errors is not None and self.is_left_alone:
            return not self.non_form_errors()
        return super().is_valid()

    def save(self, commit: bool = True) -> list[Any]:
        if not self.is_left_alone:
            return super().save(commit)
        self.new_objects, self.changed_objects, self.deleted_objects = [], [], []
        return []
