"""Origins: who receives them, what they need on the other side, and a secret that is shown once."""

import re
from functools import partial
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chats import news
from chats.admin.base import Act, HouseAdmin, save_shown
from chats.admin.bots import OffersTrays
from origins import guard, http
from origins.facts import OriginError
from origins.models import Origin, new_secret
from wittybots.models import Reception
from wittybots.reception import receive_with_default_bot

SHOW_ONCE = "origin_secret_to_show"
MOST_HOURS = 30 * 24
SITE = re.compile(r"(https?)://((?:\*\.)?[\w-]+(?:\.[\w-]+)*)(:\d{1,5})?/?", re.IGNORECASE)


class OriginForm(forms.ModelForm):
    class Meta:
        model = Origin
        fields = ("kind", "name", "is_active", "session_hours", "title", "color", "allowed_sites", "callback_url")
        field_classes: ClassVar = {"callback_url": partial(forms.URLField, assume_scheme="https")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "session_hours" in self.fields:
            self.fields["session_hours"].validators += [MinValueValidator(1), MaxValueValidator(MOST_HOURS)]
        if "color" in self.fields:
            self.fields["color"].widget = forms.TextInput(attrs={"type": "color"})

    def clean_color(self) -> str:
        color = self.cleaned_data["color"]
        if not re.fullmatch("#[0-9a-fA-F]{6}", color):
            raise ValidationError(_("Un color como #0b6480."))
        return color

    def clean_callback_url(self) -> str:
        url = self.cleaned_data["callback_url"]
        if url and "callback_url" in self.changed_data:
            try:
                guard.check(url)
            except OriginError as error:
                raise ValidationError(
                    _("Esa dirección queda adentro de la red: tiene que ser una de afuera.")
                    if error.permanent
                    else _("No se encontró ese servidor.")
                ) from error
        return url

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
    Origin.objects.filter(pk=origin.pk).update(secret=new_secret())
    if origin.kind == Origin.Kind.WEB:
        news.visitors_revoked(origin)
        return _("secreto cambiado; quienes tenían abierto el chat empiezan de nuevo")
    request.session[SHOW_ONCE] = origin.pk
    return _("secreto cambiado")


def what_a_new_secret_does(origin: Origin) -> str:
    if origin.kind == Origin.Kind.WEB:
        return _("revoca a todos los visitantes: nadie sigue la conversación que tenía abierta en su navegador")
    return _("lo que llegue firmado con el secreto de ahora se rechaza")


@admin.register(Origin)
class OriginAdmin(HouseAdmin):
    form = OriginForm
    change_form_template = "admin/origin_form.html"
    list_display = ("name", "kind", "received_by", "is_active")
    list_filter = ("kind", "is_active")
    list_select_related = ("reception__bot", "reception__tray")
    search_fields = ("name",)
    inlines = (ReceptionInline,)
    acts: ClassVar = (Act("secret", gettext_lazy("Cambiar el secreto"), new_secret_for, what_a_new_secret_does),)

    @admin.display(description=gettext_lazy("recibe"))
    def received_by(self, origin: Origin) -> str:
        reception = getattr(origin, "reception", None)
        return str((reception and (reception.bot or reception.tray)) or _("General"))

    def get_fields(self, request: HttpRequest, obj: Origin | None = None) -> tuple[str, ...]:
        if obj is None:
            return ("kind", "name")
        shared = ("kind", "name", "is_active", "session_hours")
        if obj.kind == Origin.Kind.WEB:
            return (*shared, "title", "color", "allowed_sites")
        return (*shared, "callback_url") if obj.kind == Origin.Kind.HTTP else shared

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

    def save_model(self, request: HttpRequest, obj: Origin, form: Any, change: bool) -> None:
        if not change:
            obj.save()
            return
        save_shown(obj, form)
        if obj.kind == Origin.Kind.WEB and "is_active" in form.changed_data and not obj.is_active:
            news.visitors_revoked(obj)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if not change and form.instance.kind == Origin.Kind.WEB:
            receive_with_default_bot(form.instance)

    def response_add(self, request: HttpRequest, obj: Origin, post_url_continue: str | None = None) -> HttpResponse:
        """On to the page that says what to paste where."""
        if "_popup" in request.POST:
            return super().response_add(request, obj, post_url_continue)
        if obj.kind != Origin.Kind.WEB:
            request.session[SHOW_ONCE] = obj.pk
        messages.success(request, _("Origen %(name)s creado. Abajo dice cómo conectarlo.") % {"name": obj})
        return HttpResponseRedirect(self.url("change", obj))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        origin = kwargs.get("obj")
        if origin is not None:
            context |= paste(request, origin)
            if request.method == "GET" and request.session.get(SHOW_ONCE) == origin.pk:
                del request.session[SHOW_ONCE]
                context["secret"] = origin.secret
        return super().render_change_form(request, context, *args, **kwargs)


def paste(request: HttpRequest, origin: Origin) -> dict[str, str]:
    """The addresses that the other side needs."""

    def address(name: str) -> str:
        page = reverse(name, args=[origin.key])
        return f"{settings.PUBLIC_URL}{page}" if settings.PUBLIC_URL else request.build_absolute_uri(page)

    if origin.kind == Origin.Kind.WEB:
        return {"script": address("widget_script"), "demo": address("widget_demo")}
    return {"webhook": address("webhook"), "header": http.HEADER}
