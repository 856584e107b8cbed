"""The steps of connecting a line, with Meta's and Telegram's own names for their screens."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from backoffice.line_forms import LineForm
from origins.models import Origin


@dataclass(frozen=True)
class StepForm:
    """One step as it is filled in. `key`: as in gateway/status/line_steps.py; `words`: what to do."""

    key: str
    title: str
    fields: tuple[str, ...]
    words: str


def line_fieldsets(origin: Origin) -> list[tuple[str | None, dict[str, Any]]]:
    """The form of a network's line: what all have, its steps in their order, the rest."""
    first = (None, {"fields": LineForm.Meta.fields})
    steps = [(None, {"fields": one.fields, "classes": ("step",)}) for one in list_steps(origin)]
    late = []
    if origin.kind in (Origin.Kind.MESSENGER, Origin.Kind.INSTAGRAM):
        words = _(
            "Pasadas las 24 h, Meta deja que una persona (nunca el bot) responda hasta 7 días después, si "
            "aprobó la función Human Agent: App Review › Permissions and features › Human Agent. Marcalo solo"
            " si está aprobada."
        )
        late = [(_("Responder hasta 7 días"), {"fields": ("human_agent",), "description": words})]
    more = {"fields": ("api_url",), "classes": ("collapse",)}
    return [first, *steps, *late, (_("Simulador"), more)]


def list_steps(origin: Origin) -> list[StepForm]:
    last = _message_step(_TRY[Origin.Kind(origin.kind)]())
    if origin.kind == Origin.Kind.TELEGRAM:
        return [_bot_step(), _address_step(), _webhook_step(_("Telegram")), last]
    own = {
        Origin.Kind.WHATSAPP: _whatsapp_steps,
        Origin.Kind.MESSENGER: _messenger_steps,
        Origin.Kind.INSTAGRAM: _instagram_steps,
    }[Origin.Kind(origin.kind)]()
    return [*own, _address_step(), _webhook_step(_("Meta")), last]


def _address_step() -> StepForm:
    return StepForm("address", _("La dirección pública"), (), _("La misma para todas las líneas."))


def _webhook_step(who: str) -> StepForm:
    return StepForm("webhook", _("El webhook: que %(who)s nos avise") % {"who": who}, (), "")


def _message_step(words: str) -> StepForm:
    return StepForm("message", _("Probar con un mensaje"), (), words)


def _bot_step() -> StepForm:
    words = _(
        "En Telegram, escribile a @BotFather: /newbot, nombre y usuario. Copiá el token que te da. Si el "
        "bot ya existe: /mybots › el bot › API Token."
    )
    return StepForm("bot", _("El bot"), ("access_token",), words)


def _whatsapp_steps() -> list[StepForm]:
    app = _(
        "En developers.facebook.com › My Apps, abrí tu app (de tipo Business, con el producto WhatsApp) y"
        " copiá el App ID y el App secret de App settings › Basic."
    )
    line = _(
        "En WhatsApp › API Setup, elegí el número en From y copiá los dos id que aparecen debajo. El token: en "
        "business.facebook.com › Settings › Users › System users, elegí o creá un usuario del sistema, "
        "asignale la app y la cuenta de WhatsApp con Full control, y con Generate token hacé uno que no "
        "venza (Never) con los permisos whatsapp_business_messaging y whatsapp_business_management. El de"
        " API Setup vence a las 24 h."
    )
    return [
        StepForm("app", _("La app de Meta"), ("app_id", "secret"), app),
        StepForm("line", _("El número y el token"), ("line_id", "account_id", "access_token"), line),
    ]


def _messenger_steps() -> list[StepForm]:
    app = _(
        "En developers.facebook.com › My Apps, abrí tu app (de tipo Business, con el producto Messenger) "
        "y copiá el App ID y el App secret de App settings › Basic."
    )
    line = _(
        "En Messenger › Messenger API Settings › Generate access tokens, apretá Connect, elegí la página "
        "y copiá su id. Con Generate copiá el token: Meta lo muestra una sola vez."
    )
    return [
        StepForm("app", _("La app de Meta"), ("app_id", "secret"), app),
        StepForm("line", _("La página"), ("line_id", "access_token"), line),
    ]


def _instagram_steps() -> list[StepForm]:
    app = _(
        "La cuenta de Instagram tiene que ser profesional, con Settings › Messages › Connected tools › "
        "Allow access to messages activado. En developers.facebook.com › My Apps, abrí la app (de tipo "
        "Business, con el producto Instagram) y copiá el App ID y el secreto: App settings › Basic › App secret o, "
        "con Instagram Login, Instagram › API setup with Instagram login › Instagram app secret."
    )
    line = _(
        "Hay dos maneras. Por una página de Facebook unida a la cuenta: poné el Page ID y el token de la "
        "página, con los permisos instagram_basic, instagram_manage_messages y pages_manage_metadata. Con"
        " Instagram Login: dejá vacío el Page ID y generá el token en API setup with Instagram login › "
        "Generate access tokens."
    )
    return [
        StepForm("app", _("La cuenta y la app"), ("app_id", "secret"), app),
        StepForm("line", _("El id y el token"), ("line_id", "account_id", "access_token"), line),
    ]


# what to do once all is saved
_TRY = {
    Origin.Kind.WHATSAPP: lambda: _("Escribile al número desde otro teléfono: tiene que aparecer acá y en Bandejas."),
    Origin.Kind.TELEGRAM: lambda: _(
        "Abrí el bot en Telegram, apretá Start y escribile: tiene que aparecer acá y en Bandejas. Los grupos y canales "
        "no se atienden."
    ),
    Origin.Kind.MESSENGER: lambda: _(
        "Escribile a la página desde otra cuenta. Mientras la app no esté publicada (Live) y con Advanced access a "
        "pages_messaging, solo llegan los mensajes de quienes tienen un rol en ella."
    ),
    Origin.Kind.INSTAGRAM: lambda: _("Escribile a la cuenta desde otra: Instagram no deja escribir primero."),
}
# where each network has by hand what the API does
BY_HAND = {
    Origin.Kind.WHATSAPP: lambda: _("En WhatsApp › Configuration › Webhook › Edit, pegá las dos."),
    Origin.Kind.MESSENGER: lambda: _("En Messenger › Messenger API Settings › Configure webhooks, pegá las dos."),
    Origin.Kind.INSTAGRAM: lambda: _(
        "En Webhooks (producto Instagram) o en API setup › Configure webhooks, pegá las dos."
    ),
}
