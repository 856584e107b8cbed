"""Instructions for connecting a line, step by step, with Meta's and Telegram's own names for their screens."""

from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from origins.meta import instagram, messenger
from origins.models import Origin

WHATSAPP_FIELDS = (
    "messages", "message_template_status_update", "template_category_update", "message_template_quality_update",
    "message_template_components_update", "account_update", "account_alerts", "phone_number_quality_update",
    "smb_message_echoes",
)  # fmt: skip
MESSENGER_FIELDS = (*messenger.FIELDS, "messaging_referrals", "messaging_optins", "messaging_policy_enforcement")
INSTAGRAM_FIELDS = (*instagram.FIELDS, "messaging_referral", "messaging_optins", "messaging_policy_enforcement")

# (title, fields, what to do)
Step = tuple[str, tuple[str, ...], str]


def line_fieldsets(origin: Origin, webhook: str) -> list[tuple[str | None, dict[str, Any]]]:
    """The form of a network's line, in the order in which it is filled in. `webhook`: the address of ours."""
    first = (None, {"fields": ("kind", "name", "is_active", "session_hours")})
    steps = {
        Origin.Kind.WHATSAPP: _whatsapp_steps,
        Origin.Kind.TELEGRAM: _telegram_steps,
        Origin.Kind.MESSENGER: _messenger_steps,
        Origin.Kind.INSTAGRAM: _instagram_steps,
    }[Origin.Kind(origin.kind)](origin, webhook)
    numbered = [
        (f"{number}. {title}", {"fields": fields, "description": words, "classes": ("step",)})
        for number, (title, fields, words) in enumerate(steps, 1)
    ]
    more = {"fields": ("api_url",), "classes": ("collapse",)}
    return [first, *numbered, (_("Simulador"), more)]


def _whatsapp_steps(origin: Origin, webhook: str) -> list[Step]:
    return [
        (
            _("La app de Meta"),
            ("secret",),
            _(
                "En developers.facebook.com › My Apps, abrí tu app (de tipo Business, con el producto WhatsApp) y"
                " copiá el App secret de App settings › Basic."
            ),
        ),
        (
            _("El número y la cuenta"),
            ("line_id", "account_id"),
            _("En WhatsApp › API Setup, elegí el número en From y copiá los dos id que aparecen debajo."),
        ),
        (
            _("El token"),
            ("access_token",),
            _(
                "En business.facebook.com › Settings › Users › System users, elegí o creá un usuario del sistema,"
                " asignale la app y la cuenta de WhatsApp con Full control, y con Generate token hacé uno que no "
                "venza (Never) con los permisos whatsapp_business_messaging y whatsapp_business_management. El de"
                " API Setup vence a las 24 h."
            ),
        ),
        (
            _("El webhook"),
            (),
            _paste_into_meta(
                _("Guardá primero. Después, en WhatsApp › Configuration › Webhook › Edit, pegá:"),
                origin,
                webhook,
                _("Apretá Verify and save y, en Webhook fields, suscribí:"),
                WHATSAPP_FIELDS,
            ),
        ),
        (
            _("Probar"),
            (),
            _(
                "Con todo guardado, apretá Probar conexión, arriba. Después escribile al número desde un "
                "teléfono: el mensaje tiene que aparecer en Bandejas o en Contactos."
            ),
        ),
    ]


def _telegram_steps(origin: Origin, webhook: str) -> list[Step]:
    return [
        (
            _("El bot"),
            ("access_token",),
            _(
                "En Telegram, escribile a @BotFather: /newbot, nombre y usuario. Copiá el token que te da. Si el "
                "bot ya existe: /mybots › el bot › API Token."
            ),
        ),
        (
            _("El webhook"),
            (),
            format_html(
                "<p>{}</p><pre>{}</pre>{}",
                _(
                    "Guardá el token y apretá Activar el webhook, arriba. Le dice a Telegram esta dirección, con un "
                    "secreto que hacemos nosotros: no hay nada que pegar."
                ),
                webhook,
                _warn_if_private(origin, webhook),
            ),
        ),
        (
            _("Probar"),
            (),
            _(
                "Apretá Probar conexión, arriba. Después abrí el bot en Telegram, apretá Start y escribile: el "
                "mensaje tiene que aparecer en Bandejas o en Contactos. Los grupos y canales no se atienden."
            ),
        ),
    ]


def _messenger_steps(origin: Origin, webhook: str) -> list[Step]:
    return [
        (
            _("La app de Meta"),
            ("secret",),
            _(
                "En developers.facebook.com › My Apps, abrí tu app (de tipo Business, con el producto Messenger) "
                "y copiá el App secret de App settings › Basic."
            ),
        ),
        (
            _("La página"),
            ("line_id", "access_token"),
            _(
                "En Messenger › Messenger API Settings › Generate access tokens, apretá Connect, elegí la página "
                "y copiá su id. Con Generate copiá el token: Meta lo muestra una sola vez."
            ),
        ),
        (
            _("El webhook"),
            (),
            _paste_into_meta(
                _("Guardá primero. Después, en Messenger › Messenger API Settings › Configure webhooks, pegá:"),
                origin,
                webhook,
                _("Apretá Verify and save. En la página, con Add subscriptions, suscribí:"),
                MESSENGER_FIELDS,
            ),
        ),
        (_("Responder hasta 7 días"), ("human_agent",), _human_agent()),
        (
            _("Probar"),
            (),
            _(
                "Apretá Probar conexión, arriba. Después escribile a la página desde otra cuenta. Mientras la app"
                " no esté publicada (Live) y con Advanced access a pages_messaging, solo llegan los mensajes de "
                "quienes tienen un rol en ella."
            ),
        ),
    ]


def _instagram_steps(origin: Origin, webhook: str) -> list[Step]:
    return [
        (
            _("La cuenta y la app"),
            ("secret",),
            _(
                "La cuenta de Instagram tiene que ser profesional, con Settings › Messages › Connected tools › "
                "Allow access to messages activado. En developers.facebook.com › My Apps, abrí la app (de tipo "
                "Business, con el producto Instagram) y copiá el secreto: App settings › Basic › App secret o, "
                "con Instagram Login, Instagram › API setup with Instagram login › Instagram app secret."
            ),
        ),
        (
            _("El id y el token"),
            ("line_id", "account_id", "access_token"),
            _(
                "Hay dos maneras. Por una página de Facebook unida a la cuenta: poné el Page ID y el token de la "
                "página, con los permisos instagram_basic, instagram_manage_messages y pages_manage_metadata. Con"
                " Instagram Login: dejá vacío el Page ID y generá el token en API setup with Instagram login › "
                "Generate access tokens."
            ),
        ),
        (
            _("El webhook"),
            (),
            _paste_into_meta(
                _(
                    "Guardá primero. Después, en Webhooks (producto Instagram) o en API setup › Configure webhooks, "
                    "pegá:"
                ),
                origin,
                webhook,
                _("Apretá Verify and save y suscribí:"),
                INSTAGRAM_FIELDS,
            ),
        ),
        (_("Responder hasta 7 días"), ("human_agent",), _human_agent()),
        (
            _("Probar"),
            (),
            _(
                "Apretá Probar conexión, arriba. Después escribile a la cuenta desde otra: Instagram no deja "
                "escribir primero."
            ),
        ),
    ]


def _human_agent() -> str:
    return _(
        "Pasadas las 24 h, Meta deja que una persona (nunca el bot) responda hasta 7 días después, si "
        "aprobó la función Human Agent: App Review › Permissions and features › Human Agent. Marcalo solo"
        " si está aprobada."
    )


def _paste_into_meta(before: str, origin: Origin, webhook: str, after: str, names: tuple[str, ...]) -> SafeString:
    return format_html(
        "<p>{}</p><dl><dt>Callback URL</dt><dd><pre>{}</pre></dd><dt>Verify token</dt><dd><pre>{}</pre></dd></dl>"
        "{}<p>{}</p><p>{}</p>",
        before,
        webhook,
        origin.verify_token,
        _warn_if_private(origin, webhook),
        after,
        format_html_join(" ", "<code>{}</code>", ((name,) for name in names)),
    )


def _warn_if_private(origin: Origin, webhook: str) -> SafeString | str:
    """A warning where the network could not reach us."""
    if webhook.startswith("https://") or origin.api_url:
        return ""
    return format_html(
        '<p class="warn">{}</p>',
        _(
            "Esta dirección no es https: la red no puede llegar a ella. Falta PUBLIC_URL en la configuración "
            "del servidor."
        ),
    )
