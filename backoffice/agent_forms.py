"""The forms of people in the admin: whoever is added, and what is changed of whom."""

from typing import Any, ClassVar

from django import forms
from django.contrib.auth.forms import UsernameField
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.choosers import Trays, with_people
from trays.models import Agent, Tray

WHAT_ADMINISTRATORS_DO = gettext_lazy("Configura la instalación y nombra supervisores. No ve chats por eso.")


class HireForm(forms.ModelForm):
    class Meta:
        model = Agent
        fields = ("username", "first_name", "last_name", "email", "role", "is_superuser")
        field_classes: ClassVar = {"username": UsernameField}
        labels: ClassVar = {"is_superuser": gettext_lazy("Administrador"), "email": gettext_lazy("Mail")}
        help_texts: ClassVar = {
            "is_superuser": WHAT_ADMINISTRATORS_DO,
            "username": "",
            "email": gettext_lazy("Ahí le llega el enlace para entrar. Lo ve solo el equipo."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["first_name"].required = True

    def clean_username(self) -> str:
        """Nobody's, however it is written."""
        name: str = self.cleaned_data["username"]
        if Agent.objects.filter(username__iexact=name).exists():
            raise ValidationError(self.instance.unique_error_message(Agent, ("username",)))
        return name


class AgentForm(forms.ModelForm):
    access_fields = ("trays",)
    trays = forms.ModelMultipleChoiceField(
        with_people(Tray.objects.in_use().filter(kind=Tray.Kind.CUSTOM).in_order()),
        required=False,
        widget=Trays,
        label=gettext_lazy("Bandejas que ve"),
        help_text=gettext_lazy("Además de General, Conversaciones Cerradas y la suya."),
    )

    class Meta(HireForm.Meta):
        fields = (*HireForm.Meta.fields, "capacity")  # type: ignore[assignment]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["trays"].initial = self.instance.trays.in_use().filter(kind=Tray.Kind.CUSTOM)
        if "first_name" in self.fields:  # not where the page is only looked at
            self.fields["first_name"].required = True

    def clean_is_superuser(self) -> bool:
        wanted = self.cleaned_data["is_superuser"]
        if self.initial["is_superuser"] and not wanted and is_last_administrator(self.instance):
            raise ValidationError(_("Es el único administrador: tiene que quedar uno."))
        return wanted


def is_last_administrator(agent: Agent) -> bool:
    """Asked under a lock on all of them, so that two who step down at once do not both."""
    active = Agent.objects.select_for_update().filter(is_superuser=True, is_active=True)
    return {one.pk for one in active.order_by("pk")} <= {agent.pk}
