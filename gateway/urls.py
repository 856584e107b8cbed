"""Addresses that networks call, the signed ones of outgoing files, and what operators ask."""

from django.urls import path

from gateway.inbound import webhooks
from gateway.status import probes, reachability

urlpatterns = [
    path("webhooks/<slug:key>/", webhooks.receive_webhook, name="webhook"),
    path("webhooks/files/<str:token>/", webhooks.outgoing_file, name="outgoing_file"),
    path("webhooks/reached/<str:asked>/", reachability.answer_reached, name="reached"),
    path("healthz", probes.healthz, name="healthz"),
    path("readyz", probes.readyz, name="readyz"),
    path("metrics", probes.metrics, name="metrics"),
]
