"""The Django app of the origins."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OriginsConfig(AppConfig):
    name = "origins"
    verbose_name = _("Líneas")
