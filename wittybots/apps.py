from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WittybotsConfig(AppConfig):
    name = "wittybots"
    verbose_name = _("WittyBots")
