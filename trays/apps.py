from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TraysConfig(AppConfig):
    name = "trays"
    verbose_name = _("Bandejas")
