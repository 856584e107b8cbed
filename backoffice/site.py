"""The admin's site: one door for all, and the house's own sign-out and password page."""

from typing import TYPE_CHECKING, Any, cast

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse, reverse_lazy
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.i18n import JavaScriptCatalog

if TYPE_CHECKING:
    from trays.requests import AgentRequest


class Site(AdminSite):
    site_header = site_title = "WittyAgent"
    index_title = _("Inicio")
    enable_nav_sidebar = False
    # lazy, as the admin stands before the addresses do
    site_url = reverse_lazy("inbox")  # type: ignore[assignment]

    @method_decorator(never_cache)
    @login_not_required
    def login(self, request: HttpRequest, extra_context: object = None) -> HttpResponse:
        """Who may, goes in; who is signed in and may not, is told so; everybody else signs in first."""
        if self.has_permission(request):
            return redirect("admin:index")
        if request.user.is_authenticated:
            raise PermissionDenied
        from django.contrib.auth.views import redirect_to_login  # models, which stand only after this module

        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """With the sections beside every page (sections.py)."""
        from backoffice.sections import list_sections  # models, which stand only after this module

        sections = SimpleLazyObject(lambda: list_sections(self, request))
        return super().each_context(request) | {"sections": sections, "nav": "admin"}

    def app_index(self, request: HttpRequest, app_label: str, extra_context: object = None) -> HttpResponse:  # type: ignore[override]
        """Sections are no applications of Django's."""
        return redirect("admin:index")

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """With what administrators are told of."""
        # models, which stand only after this module
        from backoffice.landing import read_landing
        from gateway.status.diversions import list_diversions
        from gateway.status.first_steps import read_first_steps
        from trays.own_notices import tell_news

        tell_news(cast("AgentRequest", request))
        told = list_diversions(timezone.now()) if request.user.is_superuser else []
        shown = read_landing() | {"first_steps": read_first_steps(request) if request.user.is_superuser else None}
        return super().index(request, shown | {"diversions": told, **(extra_context or {})})

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """With what the first page asks for again."""
        return [path("warnings/", self.admin_view(self.show_warnings), name="warnings"), *super().get_urls()]

    def show_warnings(self, request: HttpRequest) -> HttpResponse:
        """*Para mirar ahora*, for the page that shows it already."""
        from backoffice.landing import read_warnings  # models, which stand only after this module

        return TemplateResponse(request, "backoffice/_warnings.html", {"warnings": read_warnings(timezone.now())})

    def i18n_javascript(self, request: HttpRequest, extra_context: object = None) -> HttpResponseBase:  # type: ignore[override]
        """What the admin's scripts say, by our catalogue (locale/) before Django's."""
        return JavaScriptCatalog.as_view()(request)

    def logout(self, request: HttpRequest, extra_context: object = None) -> HttpResponse:  # type: ignore[override]
        """As everywhere: it ends the sockets of this login too."""
        return redirect("logout", preserve_request=True)

    def password_change(self, request: HttpRequest, extra_context: object = None) -> HttpResponse:  # type: ignore[override]
        return redirect("password_change")


class WittyAdminConfig(AdminConfig):
    default_site = "backoffice.site.Site"
