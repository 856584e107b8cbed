"""The worker's application, with everything that the clock starts in view."""

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wittyagent.settings")

app = Celery("wittyagent")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["chats"])

# `expires`: after an outage of the worker one run is enough, not one for each that was missed
app.conf.beat_schedule = {
    "expire what is past its 24 h": {
        "task": "chats.tasks.expire_due",
        "schedule": crontab(),
        "options": {"expires": 60},
    },
    "send what the broker forgot": {"task": "chats.tasks.sweep_outbox", "schedule": 15.0, "options": {"expires": 15}},
    "finish bodies that nobody finished": {
        "task": "chats.tasks.sweep_bodies",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "apply what came before its message": {
        "task": "chats.tasks.sweep_early",
        "schedule": 20.0,
        "options": {"expires": 20},
    },
    "fetch media that nobody fetched": {
        "task": "chats.tasks.sweep_media",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "copy the accounts' templates": {
        "task": "chats.tasks.sync_all_templates",
        "schedule": crontab(minute=41),
        "options": {"expires": 3000},
    },
    "forget old bodies": {
        "task": "chats.tasks.prune",
        "schedule": crontab(hour=3, minute=35),
        "options": {"expires": 3000},
    },
    "drop uploads that no message took": {
        "task": "chats.tasks.drop_loose_files",
        "schedule": crontab(minute=17),
    },
    "clear old sessions": {
        "task": "chats.tasks.clear_sessions",
        "schedule": crontab(hour=4, minute=5),
        "options": {"expires": 3000},
    },
}
