"""Addresses of the web chat: the visitor's page, what it asks, and its socket."""

from django.urls import path

from webchat import consumers, pages, views

urlpatterns = [
    path("w/<slug:key>/", pages.show_panel, name="widget"),
    path("w/<slug:key>/widget.js", pages.serve_launcher, name="widget_script"),
    path("w/<slug:key>/demo/", pages.show_demo_shop, name="widget_demo"),
    path("w/<slug:key>/visitor/", views.issue_token, name="widget_visitor"),
    path("w/<slug:key>/messages/", views.exchange_messages, name="widget_messages"),
    path("w/<slug:key>/files/", views.keep_file, name="widget_upload"),
    path("w/<slug:key>/files/<uuid:uuid>/", views.serve_file, name="widget_file"),
]

sockets = [path("w/<slug:key>/ws/", consumers.VisitorConsumer.as_asgi())]
