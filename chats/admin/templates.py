"""Templates: the messages that open a new session."""

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from chats import messaging
from chats.admin.base import HouseAdmin
from chats.models import Template

MOST_VARIABLES = 10


class TemplateForm(forms.ModelForm):
    class Meta:
        model = Template
        fields = ("name", "language", "category", "body", "footer", "origin", "is_active")

    def clean_body(self) -> str:
        body = self.cleaned_data["body"]
        rest = messaging.VARIABLE.sub("", body)
        if "{{" in rest or "}}" in rest:
            raise ValidationError(
                _("Escribí cada variable así: {{nombre}}, con letras, números o _ y sin espacios en medio.")
            )
        if len(messaging.variables_of(Template(body=body))) > MOST_VARIABLES:
            raise ValidationError(_("Entran %(n)s variables como máximo.") % {"n": MOST_VARIABLES})
        return body


@admin.register(Template)
class TemplateAdmin(HouseAdmin):
    form = TemplateForm
    list_display = ("name", "language", "category", "origin", "is_active")
    list_filter = ("is_active", "category", "origin")
    list_select_related = ("origin",)
    search_fields = ("name", "body")
