"""Templates: the messages that open a new session. Ours are written here; a network's are its copies, to look at."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.base import HouseAdmin
from backoffice.chips import ANY, Chip, Chips, active_chips, active_word
from chats.messages import templates
from chats.models import Template
from origins.capabilities import CAPABILITIES
from origins.models import Origin

MAX_VARIABLES = 10
HEADERS = {
    "IMAGE": gettext_lazy("Foto"),
    "VIDEO": gettext_lazy("Video"),
    "DOCUMENT": gettext_lazy("Documento"),
    "LOCATION": gettext_lazy("Ubicación"),
}
QUALITIES = {"green": gettext_lazy("Buena"), "yellow": gettext_lazy("Regular"), "red": gettext_lazy("Mala")}


class TemplateForm(forms.ModelForm):
    class Meta:
        model = Template
        fields = ("name", "language", "category", "body", "footer", "origin", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "origin" in self.fields:
            own = [kind for kind in Origin.Kind.values if CAPABILITIES[kind].remote_templates]
            field = cast(forms.ModelChoiceField, self.fields["origin"])
            field.queryset = Origin.objects.filter(~Q(kind__in=own) | Q(pk=self.instance.origin_id))

    def clean_body(self) -> str:
        body = self.cleaned_data["body"]
        rest = templates.VARIABLE.sub("", body)
        if "{{" in rest or "}}" in rest:
            raise ValidationError(
                _("Escribí cada variable así: {{nombre}}, con letras, números o _ y sin espacios en medio.")
            )
        if len(templates.variables_of(Template(body=body))) > MAX_VARIABLES:
            raise ValidationError(_("Entran %(n)s variables como máximo.") % {"n": MAX_VARIABLES})
        return body


class WhereFrom(Chips):
    title = gettext_lazy("de dónde")
    parameter_name = "de"
    chips = (
        Chip("", gettext_lazy("Todas"), ANY),
        Chip("aca", gettext_lazy("Escritas acá"), Q(remote_id="")),
        Chip("red", gettext_lazy("De la cuenta de la red"), ~Q(remote_id="")),
    )


ACTIVE = active_word(gettext_lazy("Activa"), gettext_lazy("Apagada"))
IN_USE = active_chips(gettext_lazy("Todas"), gettext_lazy("Activas"), gettext_lazy("Apagadas"))


@admin.register(Template)
class TemplateAdmin(HouseAdmin):
    form = TemplateForm
    list_display = ("name", "language", "category", "origin", "status", "disabled_from", "shown_quality", ACTIVE)
    new_label, another_label = gettext_lazy("Nueva plantilla"), gettext_lazy("Guardar y crear otra")
    list_filter = (IN_USE, "status", WhereFrom, "category", "origin")
    list_select_related = ("origin",)
    search_fields = ("name__folds", "body__folds")

    @admin.display(description=gettext_lazy("vista previa"))
    def preview(self, template: Template) -> SafeString:
        """As the customer reads it, with its variables still open; whatever the network wrote is only text."""
        buttons = [(str(button.get("text", ""))[:60],) for button in template.buttons]
        kind = template.header_format
        head = template.header or (f"[{HEADERS.get(kind, kind)}]" if kind else "")
        return format_html(
            '<div class="components">{}{}{}{}</div>',
            format_html("<b>{}</b>", head) if head else "",
            template.body,
            format_html("<small>{}</small>", template.footer) if template.footer else "",
            format_html('<span class="buttons">{}</span>', format_html_join(" · ", "{}", buttons)) if buttons else "",
        )

    @admin.display(description=gettext_lazy("calidad"), ordering="quality")
    def shown_quality(self, template: Template) -> str:
        return str(QUALITIES.get(template.quality.lower(), ""))

    def get_fields(self, request: HttpRequest, obj: Template | None = None) -> tuple[str, ...]:
        if obj is None or not obj.remote_id:
            return TemplateForm.Meta.fields
        shown = (
            "name", "language", "category", "status", "reason", "disabled_from", "shown_quality", "preview", "origin",
            "synced_at",
        )  # fmt: skip
        empty = [name for name in ("reason", "disabled_from") if not getattr(obj, name)]
        return tuple(name for name in shown if name not in empty)

    def get_readonly_fields(self, request: HttpRequest, obj: Template | None = None) -> tuple[str, ...]:
        return self.get_fields(request, obj) if obj and obj.remote_id else ()

    def has_change_permission(self, request: HttpRequest, obj: Template | None = None) -> bool:
        """A copy is changed where its original is."""
        return not (obj and obj.remote_id) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Template | None = None) -> bool:
        return not (obj and obj.remote_id) and super().has_delete_permission(request, obj)
