from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ContactsConfig(AppConfig):
    name = "contacts"
    # in the admin: their tags and attributes, and no contact
    verbose_name = _("Fichas de contactos")
