"""Trays and who has access to them."""

from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import Count, Q
from django.db.models.expressions import Combinable
from django.db.models.functions import Lower
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from backoffice.base import Act, HouseAdmin, in_words
from backoffice.boxes import Boxes
from backoffice.hours import inlines_of
from chats import access, jobs, publish, tray_counts
from chats.errors import Rejected, Rejection
from trays.models import Agent, Tray, TrayQuerySet
from trays.requests import agent_of

# how a tray watches over those who wait
WATCHING = ("remind_after", "return_after", "assigning")


class AgentsField(forms.ModelMultipleChoiceField):
    """Active agents, by name and user name."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", Boxes)
        super().__init__(Agent.objects.filter(is_active=True), required=False, **kwargs)

    def label_from_instance(self, agent: Agent) -> str:
        return f"{agent} ({agent.username})"


class TrayForm(forms.ModelForm):
    agents = AgentsField(
        label=gettext_lazy("Con acceso"),
        help_text=gettext_lazy("Quien pierde el acceso deja de ver la bandeja en el momento."),
    )

    class Meta:
        model = Tray
        fields = ("name", "icon", "position", *WATCHING)

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
        fields = ("icon", "position", *WATCHING)

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


class InUse(admin.SimpleListFilter):
    title = gettext_lazy("archivo")
    parameter_name = "archived"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", _("Archivadas")), ("all", _("Todas"))]

    def choices(self, changelist: Any) -> Any:
        """The first choice is what the list shows without one."""
        for choice in super().choices(changelist):
            is_first = choice["query_string"] == changelist.get_query_string(remove=[self.parameter_name])
            yield choice | {"display": _("En uso")} if is_first else choice

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "all":
            return queryset
        return queryset.filter(archived_at__isnull=self.value() != "yes")


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


class InOrder(ChangeList):
    """In the order that all screens have, which is the queryset's own."""

    def get_ordering(self, request: HttpRequest, queryset: Any) -> list[str | Combinable]:
        return list(queryset.query.order_by)


@admin.register(Tray)
class TrayAdmin(HouseAdmin):
    list_display = ("name", "of_kind", "icon", "with_access", "position", "archived_at")
    list_filter = (InUse,)
    search_fields = ("name__folds",)
    sortable_by = ()
    acts: ClassVar = (
        Act(
            "archive",
            gettext_lazy("Archivar"),
            archive_tray,
            go_to_general,
            lambda tray: tray.kind == Tray.Kind.CUSTOM and not tray.archived_at,
        ),
        Act(
            "restore",
            gettext_lazy("Restaurar"),
            restore_tray,
            fits=lambda tray: tray.kind == Tray.Kind.CUSTOM and tray.archived_at is not None,
        ),
    )

    @admin.display(description=gettext_lazy("clase"))
    def of_kind(self, tray: Tray) -> str:
        return _("Creada") if tray.kind == Tray.Kind.CUSTOM else _("De todos")

    @admin.display(description=gettext_lazy("con acceso"))
    def with_access(self, tray: Any) -> str:
        return str(tray.people) if tray.kind == Tray.Kind.CUSTOM else _("todos")

    def get_queryset(self, request: HttpRequest) -> Any:
        people = Count("membership", filter=Q(membership__agent__is_active=True))
        trays = cast(TrayQuerySet, super().get_queryset(request)).exclude(kind=Tray.Kind.PERSONAL)
        return trays.in_order().annotate(people=people)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return InOrder

    def get_form(self, request: HttpRequest, obj: Tray | None = None, change: bool = False, **kwargs: Any) -> Any:
        is_default = obj is not None and obj.kind != Tray.Kind.CUSTOM
        return super().get_form(request, obj, change, **{"form": DefaultTrayForm if is_default else TrayForm, **kwargs})

    def get_fields(self, request: HttpRequest, obj: Tray | None = None) -> tuple[str, ...]:
        if obj is not None and obj.kind != Tray.Kind.CUSTOM:
            return ("name", "icon", "position", *(WATCHING if obj.kind == Tray.Kind.GENERAL else ()))
        return ("name", "icon", "position", "agents", *WATCHING)

    def get_readonly_fields(self, request: HttpRequest, obj: Tray | None = None) -> tuple[str, ...]:
        return ("name",) if obj is not None and obj.kind != Tray.Kind.CUSTOM else ()

    def get_inlines(self, request: HttpRequest, obj: Tray | None) -> list[Any]:
        return inlines_of(obj)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        mine = [request.user.pk] if agent_of(request).is_supervisor else []
        return {**super().get_changeform_initial_data(request), "agents": mine}

    def has_delete_permission(self, request: HttpRequest, obj: Tray | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Tray, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        publish.trays_changed()
        if obj.assigns:
            jobs.assign_chats(obj.pk)

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
            self.log_change(request, tray, ". ".join(filter(None, words)))
