"""Addresses of what supervisors watch."""

from django.urls import path

from reports import audit_views, board_views, export_views, flow_views, views

urlpatterns = [
    path("supervision/", board_views.supervision, name="supervision"),
    path("supervision/mover/", board_views.move_held, name="move_held"),
    path("supervision/informes/", views.show_reports, name="reports"),
    path("supervision/informes/archivo/", export_views.begin_export, name="reports-export"),
    path("supervision/informes/archivo/<int:pk>/", export_views.show_export, name="reports-export-job"),
    path("supervision/informes/archivo/<int:pk>/bajar/", export_views.serve_export, name="reports-file"),
    path("supervision/bots/", flow_views.show_bots, name="bot-report"),
    path("supervision/lineas/", flow_views.show_lines, name="line-report"),
    path("supervision/registro/", audit_views.show_audit, name="audit"),
    path("supervision/registro/csv/", audit_views.download_audit, name="audit-csv"),
]
