"""Where the API answers: each operation behind the door, what describes them, and 404 for the rest."""

from django.urls import URLPattern, URLResolver, include, path, re_path

from api import docs
from api.app import api
from api.guard import door, unknown


def _behind_the_door(patterns: list[URLPattern | URLResolver]) -> list[URLPattern | URLResolver]:
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            pattern.callback = door(pattern.callback)
    return patterns


app_name = "api"
urlpatterns = [
    path("v1/openapi.json", door(docs.openapi), name="openapi"),
    path("v1/docs", door(docs.page), name="docs"),
    path("v1/", include(_behind_the_door(api.urls[0]))),
    # whatever comes, also with a line break in it
    re_path("", door(unknown), name="unknown"),
]
