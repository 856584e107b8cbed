"""An entry of the audit log as people read it: what was done, in a few words. Of a contact it says nothing."""

from django.utils.translation import gettext as _

from trays.models.audit import AuditEntry

What = AuditEntry.What


def say_what(entry: AuditEntry) -> str:
    """'Creó bandeja Ventas', 'Ventas: orden', 'Dio acceso a Ventas'."""
    said = {"thing": entry.thing, "field": entry.field}
    if entry.what == What.ADDED:
        return _("Creó %(field)s %(thing)s") % said
    if entry.what == What.DELETED:
        return _("Borró %(field)s %(thing)s") % said
    if entry.what == What.ACCESS_GIVEN:
        return _("Dio acceso a %(thing)s") % said
    if entry.what == What.ACCESS_TAKEN:
        return _("Quitó acceso a %(thing)s") % said
    if entry.what == What.EXPORTED:
        return _("Bajó %(thing)s") % said
    if entry.what == What.IMPORTED:
        return _("Cargó %(thing)s") % said
    if entry.what in (What.CHANGED, What.DONE):
        return f"{entry.thing}: {entry.field}" if entry.field else entry.thing
    return entry.get_what_display()


def say_change(entry: AuditEntry) -> str:
    """'agente → supervisor', or what else is said of it."""
    if entry.old or entry.new:
        return f"{entry.old or _('nada')} → {entry.new or _('nada')}"
    if entry.what in (What.ACCESS_GIVEN, What.ACCESS_TAKEN):
        return str(entry.about or "")
    return entry.detail
