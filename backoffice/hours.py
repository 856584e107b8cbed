"""Opening hours of trays: stretches of each weekday in the tray's page, and holidays."""

from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.base import HouseAdmin
from backoffice.bots import OffersTrays
from backoffice.week import Day, list_days, list_offered, minutes_of
from trays.models import Holiday, Opening, Tray

# of all trays that nobody would make by hand
MAX_STRETCHES = 70


class OpeningForm(forms.ModelForm):
    """A stretch of a day. One without hours says nothing where it is new, and goes where it is kept."""

    # what a new row is offered with
    says_nothing = ("weekday",)

    class Meta:
        model = Opening
        fields = ("weekday", "opens", "closes")
        error_messages: ClassVar = {
            "opens": {"invalid": gettext_lazy("Una hora como 09:30.")},
            "closes": {"invalid": gettext_lazy("Una hora como 18:00.")},
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("opens", "closes"):
            field = self.fields[name]
            field.widget = forms.TimeInput(format="%H:%M", attrs={"type": "time"})
            field.error_messages["required"] = _("Falta la hora.")
        self.fields["weekday"].widget = forms.HiddenInput()

    def is_emptied(self) -> bool:
        return self.is_bound and not any(self[name].data for name in ("opens", "closes"))

    def has_changed(self) -> bool:
        return super().has_changed() and not (self.instance.pk is None and self.is_emptied())

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        opens, closes = found.get("opens"), found.get("closes")
        if opens is not None and closes is not None:
            begins, ends = minutes_of(opens, closes)
            if begins >= ends:
                message = _("Cierra antes de abrir. Para pasar de medianoche, cargá dos tramos.")
                self.add_error("closes", ValidationError(message))
        return found


class OpeningFormSet(forms.BaseInlineFormSet):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.is_bound:
            offered = list_offered(self.get_queryset())
            self.extra, self.initial_extra = len(offered), [{"weekday": day} for day in offered]

    def days(self) -> list[Day]:
        return list_days(self.forms)

    def _should_delete_form(self, form: Any) -> bool:
        return bool(super()._should_delete_form(form) or (form.instance.pk and form.is_emptied()))  # type: ignore[misc]

    def clean(self) -> None:
        """No two stretches of a day overlap; one may begin when another ends."""
        super().clean()
        days: dict[int, list[tuple[int, int, forms.ModelForm]]] = {}
        for form in self.forms:
            found = getattr(form, "cleaned_data", {})
            if form.errors or self._should_delete_form(form) or found.get("weekday") is None:
                continue
            begin, end = minutes_of(found["opens"], found["closes"])
            days.setdefault(found["weekday"], []).append((begin, end, form))
        for stretches in days.values():
            stretches.sort(key=lambda stretch: stretch[:2])
            latest = 0
            for begin, end, form in stretches:
                if begin < latest:
                    form.add_error("opens", _("Se superpone con otro tramo del mismo día."))
                latest = max(latest, end)


class OpeningInline(admin.TabularInline):
    model = Opening
    form = OpeningForm
    formset = OpeningFormSet
    max_num = MAX_STRETCHES
    ordering = ("weekday", "opens")
    verbose_name = gettext_lazy("tramo")
    verbose_name_plural = gettext_lazy("Horario de atención")


class HolidayForm(forms.ModelForm):
    class Meta:
        model = Holiday
        fields = ("day", "name", "tray")

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        day, tray = found.get("day"), found.get("tray")
        if day is None or "tray" in self.errors:
            return found
        same = Holiday.objects.filter(day=day).exclude(pk=self.instance.pk)
        for_all = same.filter(tray=None).first()
        if for_all is not None:
            self.add_error("day", _("Ese día ya es feriado para todas: %(name)s.") % {"name": for_all.name})
        elif tray is not None and (one := same.filter(tray=tray).first()):
            words = _("Ese día ya es feriado para %(tray)s: %(name)s.")
            self.add_error("day", words % {"tray": tray, "name": one.name})
        return found


@admin.register(Holiday)
class HolidayAdmin(OffersTrays, HouseAdmin):
    form = HolidayForm
    list_display = ("day", "name", "for_whom")
    new_label = gettext_lazy("Nuevo feriado")
    list_filter = (("tray", admin.RelatedOnlyFieldListFilter),)
    list_select_related = ("tray__owner",)
    date_hierarchy = "day"
    search_fields = ("name__folds",)
    ordering = ("-day", "name")
    fields = ("day", "name", "tray")

    @admin.display(description=gettext_lazy("bandeja"), ordering="tray")
    def for_whom(self, holiday: Holiday) -> str:
        return str(holiday.tray or _("todas"))

    def get_form(self, request: HttpRequest, obj: Holiday | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        field = cast(forms.ModelChoiceField, form.base_fields["tray"])
        field.empty_label = _("Todas las bandejas")
        return form


def inlines_of(tray: Tray | None) -> list[type[admin.TabularInline]]:
    """Nobody waits in Conversaciones Cerradas, so it has no hours."""
    return [] if tray is not None and tray.kind == Tray.Kind.CLOSED else [OpeningInline]
