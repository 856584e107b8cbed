from django.contrib import admin
from django.contrib.auth import views as auth
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path

from wittyagent import first_run, views

urlpatterns = [
    path("", views.home, name="home"),
    path("setup/", first_run.setup, name="setup"),
    path("login/", login_not_required(views.Login.as_view()), name="login"),
    path("logout/", views.sign_out, name="logout"),
    path("password/", views.Password.as_view(), name="password_change"),
    path("password/done/", auth.PasswordChangeDoneView.as_view(), name="password_change_done"),
    path("presence/", views.presence, name="presence"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", views.metrics, name="metrics"),
    path("admin/", admin.site.urls),
    path("api/", include("chats.api.urls")),
    path("contactos/", include("contacts.urls")),
    path("", include("chats.urls")),
]
