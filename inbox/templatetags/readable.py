"""Filters for what can be read of a message beside its words: cards, what it is about, where it came from."""

from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from origins import readable

register = template.Library()

# what a card or a shared thing is, by the network's name for it or ours
LABELS = {
    "product": gettext_lazy("Producto"),
    "poll": gettext_lazy("Encuesta"),
    "checklist": gettext_lazy("Lista de tareas"),
    "game": gettext_lazy("Juego"),
    "gift": gettext_lazy("Regalo"),
    "giveaway": gettext_lazy("Sorteo"),
    "invoice": gettext_lazy("Factura"),
    "receipt": gettext_lazy("Recibo"),
    "coupon": gettext_lazy("Cupón"),
    "web_app": gettext_lazy("Formulario"),
    "web_app_data": gettext_lazy("Formulario"),
    "paid_media": gettext_lazy("Contenido de pago"),
    "live_photo": gettext_lazy("Foto en movimiento"),
    "story": gettext_lazy("Historia compartida"),
    "story_share": gettext_lazy("Historia compartida"),
    "ig_story": gettext_lazy("Historia compartida"),
    "story_mention": gettext_lazy("Mención en una historia"),
    "story_reply": gettext_lazy("Responde a una historia"),
    "share": gettext_lazy("Publicación compartida"),
    "ig_post": gettext_lazy("Publicación compartida"),
    "post": gettext_lazy("Publicación compartida"),
    "reel": gettext_lazy("Reel compartido"),
    "ig_reel": gettext_lazy("Reel compartido"),
    "fallback": gettext_lazy("Enlace compartido"),
    "quote": gettext_lazy("Cita"),
    "order": gettext_lazy("Pedido"),
    "form": gettext_lazy("Formulario"),
}
# of a message's own card, whose form says enough
PLAIN = (
    "template",
    "buttons",
    "interactive",
    "rich_message",
    "dice",
    "audio",
    "choice",
    "call_permission_reply",
    "generic",
    "list",
)


@register.filter
def own_words(message: Any) -> str:
    """What somebody wrote: of a message with cards the words beside them, which its text has as well."""
    return str(message.payload.get("words") or "") if message.payload.get("cards") else message.text


@register.filter
def shown_cards(payload: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The cards under this name (`cards`, `about`, `answered`), whatever an earlier version or an integration left."""
    given = payload.get(name)
    return [_read_card(card) for card in given[: readable.MAX_CARDS] if isinstance(card, dict)] if given else []


def _read_card(card: dict[str, Any]) -> dict[str, Any]:
    kind = str(card.get("kind") or "")
    buttons = [one for one in card.get("buttons") or () if isinstance(one, dict)]
    return {
        **card,
        "label": "" if kind in PLAIN else label_of(kind),
        "text": str(card.get("text") or ""),
        "url": readable.safe_url(card.get("url")),
        # always there: a template would take the dict's own `items`
        "items": [str(item) for item in card.get("items") or ()],
        "buttons": [_read_button(one) for one in buttons],
    }


def _read_button(button: dict[str, Any]) -> dict[str, str]:
    """With where it leads, which its words need not say."""
    url = readable.safe_url(button.get("url"))
    title = str(button.get("title") or url)
    host = urlsplit(url).hostname or "" if url and url != title else ""
    with suppress(UnicodeError):
        # letters that only look like others are seen as what they are
        host = host.encode("idna").decode()
    return {"title": title, "url": url, "host": host}


def label_of(kind: str) -> str:
    if kind in LABELS:
        return str(LABELS[kind])
    if not kind or kind in ("unsupported", "unknown"):
        return ""
    return _("El canal lo llama “%(kind)s”") % {"kind": kind[:60]}


@register.filter
def shared_label(message: Any) -> str:
    """What a file or a text is that somebody passed on or filled in; '' where its cards say it, or it is nothing."""
    kind = str(message.payload.get("type") or "")
    return "" if message.payload.get("cards") or message.kind == "unsupported" else str(LABELS.get(kind, ""))


@register.filter
def web_link(address: Any) -> str:
    """An address that may be a link; '' for any other."""
    return readable.safe_url(address)


@register.filter
def came_by(referral: dict[str, Any]) -> str:
    """Vino de un anuncio; of a link where the network says nothing of one."""
    kind = str(referral.get("source_type") or "").upper()
    if kind in ("AD", "ADS") or referral.get("headline") or referral.get("ctwa_clid"):
        return _("Vino de un anuncio")
    words = {
        "POST": _("Vino de una publicación"),
        "PRODUCT": _("Sobre el producto"),
    }
    return words.get(kind) or _("Vino de un enlace")


@register.filter
def ad_links(referral: dict[str, Any]) -> list[str]:
    """Where an ad leads, and what it shows, as texts."""
    addresses = (referral.get(name) for name in ("source_url", "image_url", "video_url"))
    return [str(address) for address in addresses if address]


@register.filter
def story_link(payload: dict[str, Any]) -> str:
    """The address of the story that a message answers; '' where there is none."""
    story = payload.get("story")
    return readable.safe_url(story.get("url")) if isinstance(story, dict) else ""
