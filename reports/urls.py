"""Addresses of what supervisors watch."""

from django.urls import path

from reports import board_views, views

urlpatterns = [
    path("supervision/", board_views.supervision, name="supervision"),
    path("supervision/mover/", board_views.move_held, name="move_held"),
    path("supervision/informes/", views.show_reports, name="reports"),
    path("supervision/informes/csv/", views.download_reports, name="reports-csv"),
]
