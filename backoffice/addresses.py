"""Forms whose address decides where words go: a new one asks for the secret again, and is told to administrators."""

from typing import Any, ClassVar
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common import address_guard
from common.errors import OriginError


def check_address(url: str) -> str:
    """The address, if it is one of the outside. Raises ValidationError in words."""
    try:
        address_guard.check_address(url)
    except OriginError as error:
        raise ValidationError(str(error)) from error
    return url


def host_of(url: str | None) -> str:
    """The server of an address, with its port where it says one."""
    return urlsplit(url or "").netloc.rpartition("@")[2]


def secret_field(**fields: Any) -> forms.CharField:
    """Empty means: keep what there is. What was typed is not shown again, not even beside an error."""
    widget = forms.PasswordInput(attrs={"autocomplete": "new-password", "class": "vTextField"})
    return forms.CharField(required=False, max_length=1000, widget=widget, **fields)


class LeadsElsewhere(forms.ModelForm):
    """A form with an address. `addresses`: the fields that make it, the first one the URL."""

    addresses: ClassVar[tuple[str, ...]]

    def has_new_address(self) -> bool:
        return any(name in self.changed_data for name in self.addresses)

    def diversion(self) -> dict[str, str] | None:
        """From which host to which, for the history and for administrators; None: it stays where it was."""
        if not self.has_new_address():
            return None
        url = self.addresses[0]
        return {"old": host_of(self[url].initial), "new": host_of(self.cleaned_data.get(url, self[url].initial))}


class AsksSecretAgain(LeadsElsewhere):
    """One whose secret signs what we send: who changes the address has to know it, as the other side does."""

    current_secret = secret_field(
        label=gettext_lazy("Secreto de ahora"),
        help_text=gettext_lazy(
            "Solo para cambiar la dirección: el que firma hoy. Si se perdió, antes cambialo con Cambiar el secreto."
        ),
    )

    def signing_secret(self) -> str:
        """Of now; '' where nothing is signed, and nothing is asked."""
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or self.cleaned_data
        secret, leads_to = self.signing_secret(), found.get(self.addresses[0])
        if "current_secret" not in self.fields or not (secret and leads_to and self.has_new_address()):
            return found
        typed = "".join(found.get("current_secret", "").split())
        if not typed:
            words = _("Escribí de nuevo el secreto: sin él no se cambia la dirección.")
            self.add_error("current_secret", words)
        elif not constant_time_compare(typed, secret):
            self.add_error("current_secret", _("Ese no es el secreto de ahora."))
        return found
