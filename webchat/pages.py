"""The web chat's pages: the panel for the iframe, the launcher's script, and an invented shop that holds both."""

import json
import re
from typing import Any
from urllib.parse import urlsplit

from csp.constants import SELF
from csp.decorators import csp_replace
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_GET

from chats.attachments import uploads
from origins.models import Origin
from webchat.colors import brand
from webchat.guard import find_origin

# what the panel says (static/webchat/)
PANEL_WORDS = {
    "assistant": gettext_lazy("Asistente"),
    "attends": gettext_lazy("Te atiende %(name)s"),
    "entered": gettext_lazy("%(name)s entró al chat, %(time)s"),
    "hello": gettext_lazy("Escribinos y te respondemos por acá."),
    "options": gettext_lazy("Opciones"),
    "queued": gettext_lazy("En cola"),
    "sent": gettext_lazy("Enviado"),
    "failed": gettext_lazy("No se envió."),
    "offline": gettext_lazy("Sin conexión. Lo que escribas se envía cuando vuelva."),
    "gone": gettext_lazy("Este chat ya no está disponible."),
    "typing": gettext_lazy("El asistente está escribiendo…"),
    "types": gettext_lazy("%(name)s está escribiendo…"),
    "tooMany": gettext_lazy("Se mandan hasta 20 archivos por vez"),
    "remove": gettext_lazy("Quitar el archivo"),
    "uploading": gettext_lazy("Subiendo %(name)s"),
    "empty": gettext_lazy("El archivo está vacío"),
    "first": gettext_lazy("Escribí primero un mensaje; después podés mandar archivos"),
    "large": gettext_lazy("El archivo pesa más de 10 MB. Mandalo por partes"),
    "unreadable": gettext_lazy("No se pudo leer el archivo. Elegilo de nuevo"),
    "broken": gettext_lazy("No se pudo traer el archivo."),
    "retry": gettext_lazy("Reintentar"),
    "picture": gettext_lazy("Foto: %(name)s"),
    "sound": gettext_lazy("Audio: %(name)s"),
    "download": gettext_lazy("Descargar %(name)s"),
    "unsupported": gettext_lazy("Mensaje no compatible"),
    "kB": gettext_lazy("%(size)s kB"),
    "MB": gettext_lazy("%(size)s MB"),
}

# what the launcher says on the page that holds it
LAUNCHER_WORDS = {
    "open": gettext_lazy("Abrir el chat"),
    "close": gettext_lazy("Cerrar el chat"),
    "frame": gettext_lazy("Chat con %(title)s"),
    "one": gettext_lazy("1 mensaje sin leer"),
    "many": gettext_lazy("%(count)s mensajes sin leer"),
    "leave": gettext_lazy("Cerrar"),
    "loading": gettext_lazy("Abriendo el chat…"),
    "slow": gettext_lazy("El chat está tardando. Seguimos probando."),
    "failed": gettext_lazy("El chat no responde. Probá de nuevo en un rato."),
    "barred": gettext_lazy("Esta página no deja abrir el chat acá."),
    "retry": gettext_lazy("Reintentar"),
    "tab": gettext_lazy("Abrirlo en otra pestaña"),
}


def _launcher_context(origin: Origin) -> dict[str, Any]:
    return {"origin": origin, "title": origin.title or origin.name, "brand": brand(origin.color)}


def _allowed_sources(origin: Origin) -> list[str]:
    """The sites that may hold the chat, as CSP sources; nothing else of a line gets through."""
    return [site for line in origin.allowed_sites.split() if (site := _source_of(line))]


def _source_of(line: str) -> str:
    try:
        parts = urlsplit(line if "//" in line else f"https://{line}")
        # a header is ASCII: almacén.com is xn--almacn-fva.com there
        host = parts.netloc.encode("idna").decode()
    except ValueError:
        return ""
    fits = parts.scheme in ("http", "https") and re.fullmatch(r"(\[[0-9a-f:.]+\]|[a-z0-9*._-]+)(:[0-9*]+)?", host, re.I)
    return f"{parts.scheme}://{host}" if fits else ""


@login_not_required
@require_GET
@xframe_options_exempt
def show_panel(request: HttpRequest, key: str) -> HttpResponseBase:
    """The panel, for the iframe. Who may hold it: the origin's allowed sites."""
    origin = find_origin(key)
    # without the request: a page that others hold says nothing of an agent who is signed in
    nonce = request.csp_nonce  # type: ignore[attr-defined]
    context = {**_launcher_context(origin), "words": PANEL_WORDS, "most": uploads.MAX_UPLOAD_BYTES, "csp_nonce": nonce}
    response = HttpResponse(render_to_string("webchat/panel.html", context))
    ancestors = [SELF, *_allowed_sources(origin)] if origin.allowed_sites.strip() else ["*"]
    response["Cache-Control"] = "no-cache"
    return csp_replace({"frame-ancestors": ancestors})(lambda _request: response)(request)


@login_not_required
@require_GET
def serve_launcher(request: HttpRequest, key: str) -> HttpResponse:
    """The launcher. The same for all: it reads its own address to know its origin."""
    words = json.dumps({name: str(said) for name, said in LAUNCHER_WORDS.items()})
    response = HttpResponse(
        render_to_string("webchat/launcher.js", {**_launcher_context(find_origin(key)), "words": words}),
        content_type="text/javascript; charset=utf-8",
    )
    response["Cache-Control"] = "public, max-age=300"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@login_not_required
@require_GET
def show_demo_shop(request: HttpRequest, key: str) -> HttpResponse:
    """A page of an invented shop that holds the chat."""
    return HttpResponse(render_to_string("webchat/demo.html", _launcher_context(find_origin(key))))
