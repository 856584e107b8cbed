"""URLs of the API: each operation behind the guard, what describes them, and 404 for the rest."""

from django.urls import URLPattern, URLResolver, include, path, re_path

from api import docs
from api.app import api
from api.guard import answer_unknown, guard_api


def _guard_patterns(patterns: list[URLPattern | URLResolver]) -> list[URLPattern | URLResolver]:
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            pattern.callback = guard_api(pattern.callback)
    return patterns


app_name = "api"
urlpatterns = [
    path("v1/openapi.json", guard_api(docs.show_openapi), name="openapi"),
    path("v1/docs", guard_api(docs.show_page), name="docs"),
    path("v1/", include(_guard_patterns(api.urls[0]))),
    # whatever comes, also with a line break in it
    re_path("", guard_api(answer_unknown), name="unknown"),
]
