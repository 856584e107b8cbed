"""Every address: the admin, the first start, and those of each room."""

from django.contrib import admin
from django.urls import include, path

from wittyagent import first_run

urlpatterns = [
    # what machines call comes often, and first
    path("", include("gateway.urls")),
    path("", include("webchat.urls")),
    path("setup/", first_run.show_setup, name="setup"),
    path("admin/", admin.site.urls),
    path("api/", include("api.urls")),
    path("", include("inbox.urls")),
    path("", include("reports.urls")),
]
