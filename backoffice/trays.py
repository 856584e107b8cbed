"""Trays and who has access to them."""

from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from backoffice.base import Act, in_words, set_apart
from backoffice.chips import archived_word
from backoffice.choosers import AgentsField, Icons, with_people
from backoffice.hours import inlines_of
from backoffice.tray_bulk import ActsOnMany, tell_changed
from backoffice.tray_filters import TRAY_FILTERS
from backoffice.tray_list import TrayList
from chats import access, tray_counts
from chats.errors import Rejected, Rejection
from trays.models import Agent, Tray, TrayQuerySet
from trays.requests import agent_of

OWN = ("name", "icon", "position")
# how a tray watches over those who wait
WATCHING = ("remind_after", "return_after", "assigning")
# and asks its customers
DOES = (*WATCHING, "asks_score", "question")


class TrayForm(forms.ModelForm):
    access_fields = ("agents",)
    agents = AgentsField(
        label=gettext_lazy("Quién la ve"),
        help_text=gettext_lazy(
            "Quien pierde el acceso deja de verla en el momento. Lo que ya tomó sigue con quien lo tiene."
        ),
    )

    class Meta:
        model = Tray
        fields = ("name", "icon", "position", *DOES)
        widgets: ClassVar = {"icon": Icons}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        keep_unless_said(self)
        if self.instance.pk:
            self.fields["agents"].initial = Agent.objects.filter(is_active=True, membership__tray=self.instance)

    def clean_name(self) -> str:
        name = self.cleaned_data["name"].strip()
        if is_taken(name, self.instance.pk):
            raise ValidationError(_("Ya hay una bandeja con ese nombre."))
        return name


class DefaultTrayForm(forms.ModelForm):
    """General and Conversaciones Cerradas: everybody's, under the name they have. From the latter nobody waits."""

    class Meta:
        model = Tray
        fields = ("icon", "position", *DOES)
        widgets: ClassVar = {"icon": Icons}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        keep_unless_said(self)


def keep_unless_said(form: forms.ModelForm) -> None:
    """A form that says nothing of it leaves how the tray assigns as it is."""
    if "assigning" in form.fields:
        form.fields["assigning"].required = False


def is_taken(name: str, but: int | None) -> bool:
    """Whether a tray in use has this name (the rule of the constraint tray_name_is_free)."""
    named = Tray.objects.in_use().exclude(kind=Tray.Kind.PERSONAL).alias(low=Lower("name"))
    return named.filter(low=Lower(models.Value(name))).exclude(pk=but or 0).exists()


def go_to_general(tray: Tray) -> str:
    """What archiving will move, in words."""
    number, _since = tray_counts.count_waiting([tray.pk])[tray.pk]
    if number >= tray_counts.MAX_COUNTED:
        return _("Más de %(n)s chats pasan a General") % {"n": tray_counts.MAX_COUNTED - 1}
    if not number:
        return _("No hay chats en ella")
    return ngettext("%(n)s chat pasa a General", "%(n)s chats pasan a General", number) % {"n": number}


def archive_tray(request: HttpRequest, tray: Tray) -> str:
    moved = access.archive_tray(tray)
    return ngettext("archivada; %(n)s chat pasó a General", "archivada; %(n)s chats pasaron a General", moved) % {
        "n": moved
    }


def restore_tray(request: HttpRequest, tray: Tray) -> str:
    try:
        with transaction.atomic():
            access.restore_tray(tray)
    except IntegrityError as error:
        raise Rejected(
            Rejection.INVALID, _("ya hay otra con ese nombre; cambiale el nombre a una de las dos")
        ) from error
    return _("restaurada, vacía, con el acceso que tenía")


IN_USE = archived_word(gettext_lazy("En uso"), gettext_lazy("Archivada"))


@admin.register(Tray)
class TrayAdmin(ActsOnMany):
    change_form_template = "backoffice/tray_form.html"
    list_display = ("named", "seen_by", "waiting", "open_when", IN_USE)
    list_filter = TRAY_FILTERS
    new_label, another_label = gettext_lazy("Nueva bandeja"), gettext_lazy("Guardar y crear otra")
    search_fields = ("name__folds",)
    sortable_by = ()
    acts: ClassVar = (
        Act(
            "archive",
            gettext_lazy("Archivar"),
            archive_tray,
            go_to_general,
            lambda tray: tray.kind == Tray.Kind.CUSTOM and not tray.archived_at,
            is_in_bar=True,
            concerns=lambda tray: Agent.objects.filter(is_active=True, membership__tray=tray),
        ),
        Act(
            "restore",
            gettext_lazy("Restaurar"),
            restore_tray,
            fits=lambda tray: tray.kind == Tray.Kind.CUSTOM and tray.archived_at is not None,
            is_in_bar=True,
        ),
    )

    @admin.display(description=gettext_lazy("bandeja"))
    def named(self, tray: Any) -> str:
        return render_to_string("backoffice/_tray_name.html", {"tray": tray})

    @admin.display(description=gettext_lazy("quién la ve"))
    def seen_by(self, tray: Any) -> str:
        return render_to_string("backoffice/_faces.html", {"row": tray.row})

    @admin.display(description=gettext_lazy("esperan"))
    def waiting(self, tray: Any) -> str:
        return render_to_string("backoffice/_tray_waiting.html", {"row": tray.row})

    @admin.display(description=gettext_lazy("horario"))
    def open_when(self, tray: Any) -> str:
        return str(tray.row.hours)

    def get_queryset(self, request: HttpRequest) -> Any:
        trays = cast(TrayQuerySet, super().get_queryset(request)).exclude(kind=Tray.Kind.PERSONAL)
        return with_people(trays.in_order())

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return TrayList

    def get_form(self, request: HttpRequest, obj: Tray | None = None, change: bool = False, **kwargs: Any) -> Any:
        is_default = obj is not None and obj.kind != Tray.Kind.CUSTOM
        return super().get_form(request, obj, change, **{"form": DefaultTrayForm if is_default else TrayForm, **kwargs})

    def get_fields(self, request: HttpRequest, obj: Tray | None = None) -> tuple[str, ...]:
        if obj is not None and obj.kind != Tray.Kind.CUSTOM:
            return ("name", "icon", "position", *(DOES if obj.kind == Tray.Kind.GENERAL else ()))
        return ("name", "icon", "position", "agents", *DOES)

    def get_fieldsets(self, request: HttpRequest, obj: Tray | None = None) -> Any:
        """By what the page shows apart: what it is, who sees it, what it does."""
        names = self.get_fields(request, obj)
        parts = ((_("Nombre e ícono"), OWN), (_("Quién la ve"), TrayForm.access_fields), (_("Mientras esperan"), DOES))
        return set_apart(names, parts, TrayForm.access_fields)

    def get_readonly_fields(self, request: HttpRequest, obj: Tray | None = None) -> tuple[str, ...]:
        return ("name",) if obj is not None and obj.kind != Tray.Kind.CUSTOM else ()

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        tray = kwargs.get("obj")
        if tray is not None and tray.kind != Tray.Kind.CLOSED:
            context["number"], context["since"] = tray_counts.count_waiting([tray.pk])[tray.pk]
        return super().render_change_form(request, context, *args, **kwargs)

    def get_inlines(self, request: HttpRequest, obj: Tray | None) -> list[Any]:
        return inlines_of(obj)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        mine = [request.user.pk] if agent_of(request).is_supervisor else []
        return {**super().get_changeform_initial_data(request), "agents": mine}

    def has_delete_permission(self, request: HttpRequest, obj: Tray | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Tray, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        tell_changed(obj)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        for formset in formsets:
            self.save_formset(request, form, formset, change=change)
        if "agents" not in form.cleaned_data:
            return
        tray = form.instance
        if change:
            # those who are not offered, because they are not active, keep what they have for when they are back
            added, removed = form.added_and_removed("agents")
            given, taken = access.give_access(tray, added), access.take_access(tray, removed)
        else:
            own = {agent_of(request)} if agent_of(request).is_supervisor else set()
            given, taken = access.set_members(tray, {*form.cleaned_data["agents"], *own})
        words = [in_words(_("Acceso dado a"), given), in_words(_("Acceso quitado a"), taken)]
        if any(words):
            pairs = [(tray, agent) for agent in given], [(tray, agent) for agent in taken]
            self.log_access(request, tray, ". ".join(filter(None, words)), *pairs)
