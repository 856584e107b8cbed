from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from common.client_address import read_networks


class WittyagentConfig(AppConfig):
    name = "wittyagent"
    verbose_name = _("WittyAgent")

    def ready(self) -> None:
        try:
            read_networks(tuple(settings.TRUSTED_PROXIES))
        except ValueError as error:
            raise ImproperlyConfigured(f"TRUSTED_PROXIES: {error}") from error
