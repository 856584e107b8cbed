from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WittyagentConfig(AppConfig):
    name = "wittyagent"
    verbose_name = _("WittyAgent")
