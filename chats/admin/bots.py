"""Bots and their menus, and the field by which menus and origins name a tray."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chats.admin.base import HouseAdmin, Plain
from trays.models import Tray
from wittybots.models import Bot, Option, Reception


class TrayField(forms.ModelChoiceField):
    """A tray to which chats go. One that was archived since stays in view and has to be replaced.

    Left out of the choices it would turn into none without a word when the page is next saved.
    """

    def label_from_instance(self, tray: Tray) -> str:
        return _("%(name)s (archivada)") % {"name": tray} if tray.archived_at else str(tray)

    def clean(self, value: Any) -> Tray | None:
        tray = super().clean(value)
        if tray is not None and tray.archived_at:
            raise ValidationError(_("La bandeja %(name)s está archivada: elegí otra.") % {"name": tray})
        return tray


def offered() -> models.QuerySet[Tray]:
    """General, the created ones in use, and what is named somewhere although it is archived."""
    named = Q(pk__in=Option.objects.values("tray"))
    named |= Q(pk__in=Bot.objects.values("fallback_tray")) | Q(pk__in=Reception.objects.values("tray"))
    kinds = (Tray.Kind.GENERAL, Tray.Kind.CUSTOM)
    return Tray.objects.filter(named | Q(archived_at=None), kind__in=kinds).in_order()


class OffersTrays(Plain):
    """For an admin or inline whose foreign keys to Tray are destinations of chats."""

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.remote_field.model is Tray:
            kwargs |= {"form_class": TrayField, "queryset": offered(), "limit_choices_to": None}
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]


class OptionInline(OffersTrays, admin.StackedInline):
    model = Option
    extra = 0
    fields = (("position", "label"), "keywords", "reply", "tray")
    ordering = ("position", "id")


@admin.register(Bot)
class BotAdmin(OffersTrays, HouseAdmin):
    list_display = ("name", "is_active", "fallback_tray")
    list_select_related = ("fallback_tray",)
    inlines = (OptionInline,)
    fieldsets: ClassVar = (
        (None, {"fields": ("name", "is_active")}),
        (
            gettext_lazy("Lo que dice"),
            {
                "fields": ("greeting", "misfit", "farewell", "fallback_tray"),
                "description": gettext_lazy(
                    "Sin opciones propias, el bot ofrece las bandejas que hay, y al final «Otra consulta» (General)."
                ),
            },
        ),
    )
