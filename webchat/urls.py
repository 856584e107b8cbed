"""Addresses of the web chat: the visitor's page, what it asks, and its socket."""

from django.urls import path

from webchat import consumers, views

urlpatterns = [
    path("w/<slug:key>/", views.page, name="widget"),
    path("w/<slug:key>/widget.js", views.script, name="widget_script"),
    path("w/<slug:key>/demo/", views.demo, name="widget_demo"),
    path("w/<slug:key>/visitor/", views.visitor, name="widget_visitor"),
    path("w/<slug:key>/messages/", views.messages, name="widget_messages"),
    path("w/<slug:key>/files/", views.upload, name="widget_upload"),
    path("w/<slug:key>/files/<uuid:uuid>/", views.file, name="widget_file"),
]

sockets = [path("w/<slug:key>/ws/", consumers.VisitorConsumer.as_asgi())]
