"""Addresses of what supervisors watch."""

from django.urls import path

from reports import views

urlpatterns = [
    path("supervision/", views.supervision, name="supervision"),
    path("supervision/informes/", views.show_reports, name="reports"),
]
