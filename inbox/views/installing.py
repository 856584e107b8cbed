"""What makes the inbox an app that is installed: its manifest, its service worker, and the page without a network.

A browser asks for them without a session, and none of them says anything of anybody.
"""

import hashlib
import json
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

# of the rail, in the light theme
COLOUR = "#14414f"
ICONS = (
    ("app-192.png", "192x192", "any"),
    ("app-512.png", "512x512", "any"),
    ("app-maskable-512.png", "512x512", "maskable"),
)
# agents' pages, which tell of news themselves: those that a click on a notice may lead elsewhere (drafts are kept), and
# the others
LISTS = ("inbox", "chats", "contacts", "search")
OTHERS = ("quick_replies", "settings", "supervision")
# what the page without a network is made of
OFFLINE_FILES = (
    "favicon.svg",
    "icons.svg",
    "common/tokens.css",
    "common/base.css",
    "vendor/tabler.min.css",
    "vendor/hanken-grotesk-latin-wght-normal.woff2",
)


@login_not_required
@require_safe
def show_manifest(_request: HttpRequest) -> HttpResponse:
    manifest = {
        "id": "/",
        "name": "WittyAgent",
        "short_name": "WittyAgent",
        "description": _("La bandeja de quienes atienden chats"),
        "lang": settings.LANGUAGE_CODE,
        "start_url": reverse("inbox"),
        "scope": "/",
        "display": "standalone",
        "theme_color": COLOUR,
        "background_color": COLOUR,
        "icons": [
            {"src": static(f"icons/{name}"), "sizes": sizes, "type": "image/png", "purpose": purpose}
            for name, sizes, purpose in ICONS
        ],
    }
    return JsonResponse(manifest, content_type="application/manifest+json")


@login_not_required
@require_safe
def show_worker(request: HttpRequest) -> HttpResponse:
    """At the root, so that it may speak for every page. It changes with each version of what it keeps."""
    offline = reverse("offline")
    files = [offline, *(static(name) for name in OFFLINE_FILES)]
    page = render(request, "inbox/offline.html").content
    version = hashlib.sha256(json.dumps(files).encode() + page).hexdigest()[:12]
    # files whose names do not change with what is in them are never kept
    told: dict[str, Any] = {"version": version, "offline": offline, "files": files, "keeps": not settings.DEBUG}
    told |= {"agents": [reverse(name) for name in (*LISTS, *OTHERS)], "lists": [reverse(name) for name in LISTS]}
    told |= {"icon": static("icons/app-192.png"), "badge": static("icons/badge-96.png")}
    response = render(request, "inbox/worker.js", {"told": json.dumps(told)}, content_type="text/javascript")
    response["Cache-Control"] = "no-cache"
    return response


@login_not_required
@require_safe
def show_offline(request: HttpRequest) -> HttpResponse:
    """What the worker shows in place of a page that cannot be had."""
    return render(request, "inbox/offline.html")
