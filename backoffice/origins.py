"""Origins: who receives them, what they need on the other side, and a secret that is shown once."""

import re
from functools import partial
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters

from backoffice import connection_steps
from backoffice.addresses import AsksSecretAgain, check_address
from backoffice.base import Act, HouseAdmin
from backoffice.bots import OffersTrays
from backoffice.chips import active_chips, active_word
from backoffice.line_checks import CallsNetworks
from backoffice.line_forms import (
    LineForm,
    NetworkForm,
    address_of_line,
    forget_previous,
    prepare_line,
    renew_verify_token,
)
from backoffice.line_forms import save as save_network
from backoffice.line_page import ShowsSteps
from chats import publish
from gateway.status import line_checks, lines
from origins import http
from origins.models import Origin, new_secret
from wittybots.models import Reception
from wittybots.reception import receive_with_default_bot

SHOW_ONCE = "origin_secret_to_show"
SITE = re.compile(r"(https?)://((?:\*\.)?[\w-]+(?:\.[\w-]+)*)(:\d{1,5})?/?", re.IGNORECASE)


class OriginForm(AsksSecretAgain, LineForm):
    """The kinds that are ours: the web chat and the plain HTTP line."""

    addresses = ("callback_url",)

    class Meta(LineForm.Meta):
        fields = (*LineForm.Meta.fields, "title", "color", "allowed_sites", "callback_url")
        field_classes: ClassVar = {"callback_url": partial(forms.URLField, assume_scheme="https")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.kind != Origin.Kind.HTTP or not self.instance.pk:
            del self.fields["current_secret"]
        if "color" in self.fields:
            self.fields["color"].widget = forms.TextInput(attrs={"type": "color"})

    def signing_secret(self) -> str:
        return self.instance.secret

    def clean_color(self) -> str:
        color = self.cleaned_data["color"]
        if not re.fullmatch("#[0-9a-fA-F]{6}", color):
            raise ValidationError(_("Un color como #0b6480."))
        return color

    def clean_callback_url(self) -> str:
        url = self.cleaned_data["callback_url"]
        return check_address(url) if url and "callback_url" in self.changed_data else url

    def clean_allowed_sites(self) -> str:
        found = [one_site(line.strip()) for line in self.cleaned_data["allowed_sites"].splitlines() if line.strip()]
        return "\n".join(dict.fromkeys(found))


def one_site(line: str) -> str:
    """A line as the browser compares it: 'Ejemplo.com/' is 'https://ejemplo.com'."""
    fits = SITE.fullmatch(line if "//" in line else f"https://{line}")
    try:
        if not fits:
            raise ValueError
        scheme, host, port = fits.groups()
        star, _dot, rest = host.rpartition("*.")
        return f"{scheme.lower()}://{star}{_dot}{rest.lower().encode('idna').decode()}{port or ''}"
    except ValueError as error:
        raise ValidationError(
            _("“%(line)s” no es un sitio: uno por renglón, como https://www.ejemplo.com, sin nada detrás.")
            % {"line": line[:80]}
        ) from error


class ReceptionInline(OffersTrays, admin.StackedInline):
    model = Reception
    fields = ("bot", "tray")
    can_delete = False
    max_num = 1


def new_secret_for(request: HttpRequest, origin: Origin) -> str:
    changes = {"secret": new_secret()}
    if origin.kind == Origin.Kind.TELEGRAM:
        # what Telegram sends until it knows the new one is not lost
        changes["previous_secret"] = origin.secret
    for name, value in changes.items():
        setattr(origin, name, value)
    origin.save(update_fields=changes)
    if origin.kind == Origin.Kind.WEB:
        publish.visitors_revoked(origin)
        return _("secreto cambiado; quienes tenían abierto el chat empiezan de nuevo")
    if origin.kind == Origin.Kind.TELEGRAM:
        return _("secreto cambiado; ahora apretá Activar el webhook")
    request.session[SHOW_ONCE] = origin.pk
    return _("secreto cambiado")


def what_a_new_secret_does(origin: Origin) -> str:
    if origin.kind == Origin.Kind.WEB:
        return _("revoca a todos los visitantes: nadie sigue la conversación que tenía abierta en su navegador")
    if origin.kind == Origin.Kind.TELEGRAM:
        return _(
            "el de ahora se sigue aceptando hasta que digas lo contrario; después hay que activar el webhook de nuevo"
        )
    return _("lo que llegue firmado con el secreto de ahora se rechaza")


ACTS = (
    Act(
        "secret",
        gettext_lazy("Cambiar el secreto"),
        new_secret_for,
        what_a_new_secret_does,
        lambda origin: origin.kind not in Origin.META,
    ),
    Act(
        "forget",
        gettext_lazy("Dejar de aceptar el anterior"),
        forget_previous,
        lambda origin: _("lo que llegue firmado con el secreto anterior se rechaza"),
        lambda origin: bool(origin.previous_secret),
    ),
    Act(
        "verify",
        gettext_lazy("Cambiar el Verify token"),
        renew_verify_token,
        lambda origin: _("lo que ya está conectado sigue; Meta pide el nuevo cuando se vuelva a verificar"),
        lambda origin: origin.kind in Origin.META,
    ),
)


ACTIVE = active_word(gettext_lazy("Activa"), gettext_lazy("Apagada"))


@admin.register(Origin)
class OriginAdmin(ShowsSteps, CallsNetworks, HouseAdmin):
    change_form_template = "backoffice/origin_form.html"
    list_display = ("name", "kind", "received_by", ACTIVE, "heard", "trouble")
    list_filter = (active_chips(gettext_lazy("Todas"), gettext_lazy("Activas"), gettext_lazy("Apagadas")), "kind")
    new_label, another_label = gettext_lazy("Nueva línea"), gettext_lazy("Guardar y crear otra")
    list_select_related = ("reception__bot", "reception__tray")
    search_fields = ("name__folds",)
    inlines = (ReceptionInline,)
    acts: ClassVar = ACTS

    @admin.display(description=gettext_lazy("atiende primero"))
    def received_by(self, origin: Origin) -> str:
        reception = getattr(origin, "reception", None)
        return str((reception and (reception.bot or reception.tray)) or _("General"))

    @admin.display(description=gettext_lazy("último mensaje"), ordering="heard_at")
    def heard(self, origin: Origin) -> str:
        return timezone.localtime(origin.heard_at).strftime("%d/%m %H:%M") if origin.heard_at else ""

    def get_form(self, request: HttpRequest, obj: Origin | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = NetworkForm if obj and obj.kind in Origin.NETWORKS else OriginForm
        return super().get_form(request, obj, change, **{"form": form, **kwargs})

    def get_fieldsets(self, request: HttpRequest, obj: Origin | None = None) -> Any:
        if obj is None:
            return [(None, {"fields": ("kind", "name")})]
        if obj.kind in Origin.NETWORKS:
            return connection_steps.line_fieldsets(obj)
        own = ("title", "color", "allowed_sites") if obj.kind == Origin.Kind.WEB else ("callback_url", "current_secret")
        return [(None, {"fields": (*LineForm.Meta.fields, *own)})]

    def get_readonly_fields(self, request: HttpRequest, obj: Origin | None = None) -> tuple[str, ...]:
        return ("kind",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Origin | None = None) -> bool:
        return False

    def tools(self, request: HttpRequest, thing: Origin) -> list[tuple[str, str]]:
        if thing.kind != Origin.Kind.WEB:
            return super().tools(request, thing)
        return [
            (address, _("Cambiar el secreto (revoca a todos los visitantes)"))
            for address, _label in super().tools(request, thing)
        ]

    @method_decorator(sensitive_post_parameters())
    def changeform_view(self, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().changeform_view(*args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Origin, form: Any, change: bool) -> None:
        if not change:
            prepare_line(obj)
            obj.save()
            return
        if obj.kind in Origin.NETWORKS:
            save_network(obj, form)
            line_checks.forget_checks(obj)
            if obj.kind == Origin.Kind.TELEGRAM and form.goes_elsewhere():
                messages.warning(request, _("Cambió la dirección de la red: apretá Activar el webhook."))
            return
        super().save_model(request, obj, form, change)
        if obj.kind == Origin.Kind.WEB and "is_active" in form.changed_data and not obj.is_active:
            publish.visitors_revoked(obj)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if not change and form.instance.kind != Origin.Kind.HTTP:
            receive_with_default_bot(form.instance)

    def response_add(self, request: HttpRequest, obj: Origin, post_url_continue: str | None = None) -> HttpResponse:
        """On to the page that says what to paste where."""
        if "_popup" in request.POST:
            return super().response_add(request, obj, post_url_continue)
        if obj.kind == Origin.Kind.HTTP:
            request.session[SHOW_ONCE] = obj.pk
        messages.success(request, _("Se creó %(name)s. Abajo dice cómo conectarlo.") % {"name": obj})
        return HttpResponseRedirect(self.url("change", obj))

    def response_change(self, request: HttpRequest, obj: Origin) -> HttpResponse:
        """A network's line goes on with its next step."""
        if obj.kind not in Origin.NETWORKS or "_popup" in request.POST:
            return super().response_change(request, obj)
        messages.success(request, _("Se guardó %(name)s.") % {"name": obj})
        return HttpResponseRedirect(self.url("change", obj))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        origin = kwargs.get("obj")
        if origin is not None:
            # the form may have written into the one at hand what was then refused
            line = lines.list_line_statuses([Origin.objects.get(pk=origin.pk)])[0]
            context |= paste_rows(request, origin) | {"line": line, "calls": self.calls(request, origin)}
            if origin.kind in Origin.NETWORKS:
                context |= self.describe_steps(request, line.origin, list(context["adminform"]))
            if request.method == "GET" and request.session.get(SHOW_ONCE) == origin.pk:
                del request.session[SHOW_ONCE]
                context["secret"] = origin.secret
        return super().render_change_form(request, context, *args, **kwargs)


def paste_rows(request: HttpRequest, origin: Origin) -> dict[str, str]:
    """What the other side of our own kinds needs; a network's stands in its steps."""
    if origin.kind == Origin.Kind.WEB:
        return {
            "script": address_of_line(request, "widget_script", origin),
            "demo": address_of_line(request, "widget_demo", origin),
        }
    if origin.kind == Origin.Kind.HTTP:
        return {"webhook": address_of_line(request, "webhook", origin), "header": http.HEADER}
    return {}
