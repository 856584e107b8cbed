"""The worker's application, with everything that the clock starts in view."""

import os
import warnings
from typing import Any

from celery import Celery
from celery.exceptions import CPendingDeprecationWarning
from celery.schedules import crontab
from celery.signals import beat_init, worker_init, worker_ready, worker_shutdown, worker_shutting_down
from kombu import Queue

from wittyagent import log_tasks, trace_hooks  # noqa: F401 - they listen for tasks

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wittyagent.settings")
# seven lines of a worker at each lost connection to Redis, of a setting whose default we want
warnings.filterwarnings("ignore", category=CPendingDeprecationWarning)
# its warning fills a screen, and nothing that could run code (pickle) is accepted
warnings.filterwarnings("ignore", message="You're running the worker with superuser privileges")

app = Celery("wittyagent")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["gateway", "inbox", "reports"])

# what waits for somebody outside has threads of its own, so that one who hangs holds nothing that goes out.
# A worker that is not told which queues (-Q) works at both
OUTSIDE = "calls"
app.conf.task_queues = (Queue("celery"), Queue(OUTSIDE))
app.conf.task_routes = {
    f"gateway.tasks.{name}": {"queue": OUTSIDE} for name in ("call_endpoints", "fetch_media", "show_typing")
} | {
    f"inbox.tasks.{name}": {"queue": OUTSIDE} for name in ("push_news", "try_push", "carry_out_csv", "mail_entry_links")
}


@worker_init.connect
@beat_init.connect
def _refuse_unfit_database(**_more: Any) -> None:
    from wittyagent import version_check

    version_check.refuse_unfit_database()


@worker_ready.connect
def _worker_begins(sender: Any, **_more: Any) -> None:
    from gateway.alarms import watch
    from gateway.endpoints import pump as calls
    from gateway.outbound import pump as outbox
    from gateway.pump import BasePump
    from live import metric_sums, signs

    roles: dict[str, tuple[str, BasePump[Any, Any, Any, Any]]] = {
        "celery": ("worker", outbox.pump),
        OUTSIDE: ("caller", calls.pump),
    }
    ours = [roles[name] for name in sender.app.amqp.queues.consume_from if name in roles]
    signs.give_signs([role for role, _pump in ours])
    watch.begin()
    metric_sums.begin()
    for _role, pump in ours:
        pump.listen()


@worker_shutting_down.connect
@worker_shutdown.connect
def _begin_nothing_more(**_more: Any) -> None:
    from gateway.endpoints import pump as calls
    from gateway.outbound import pump as outbox

    outbox.pump.stop()
    calls.pump.stop()


@beat_init.connect
def _beat_gives_signs(**_more: Any) -> None:
    from gateway.alarms import watch
    from live import metric_sums, signs

    signs.give_signs(["beat"])
    watch.begin()
    metric_sums.begin()


# `expires`: after an outage of the worker one run is enough, not one for each that was missed
app.conf.beat_schedule = {
    "expire what is past its 24 h": {
        "task": "gateway.tasks.expire_due",
        "schedule": crontab(),
        "options": {"expires": 60},
    },
    "bring back what was snoozed, and remind": {
        "task": "gateway.tasks.sweep_later",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "remind of who waits for an agent, and return who is forgotten": {
        "task": "gateway.tasks.tend_held",
        "schedule": 20.0,
        "options": {"expires": 20},
    },
    "assign what waits for somebody who is there": {
        "task": "gateway.tasks.assign_chats",
        "schedule": 15.0,
        "options": {"expires": 15},
    },
    "send what the broker forgot": {"task": "gateway.tasks.sweep_outbox", "schedule": 15.0, "options": {"expires": 15}},
    "send or cancel what agents have scheduled": {
        "task": "gateway.tasks.send_scheduled",
        "schedule": 10.0,
        "options": {"expires": 10},
    },
    "ask customers how they were attended": {
        "task": "gateway.tasks.ask_scores",
        "schedule": 10.0,
        "options": {"expires": 10},
    },
    "go on with broadcasts": {
        "task": "gateway.tasks.tend_broadcasts",
        "schedule": 3.0,
        "options": {"expires": 3},
    },
    "count what became of broadcasts": {
        "task": "gateway.tasks.follow_broadcasts",
        "schedule": 15.0,
        "options": {"expires": 15},
    },
    "finish bodies that nobody finished": {
        "task": "gateway.tasks.sweep_bodies",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "apply what came before its message": {
        "task": "gateway.tasks.sweep_parked",
        "schedule": 20.0,
        "options": {"expires": 20},
    },
    "fetch media that nobody fetched": {
        "task": "gateway.tasks.sweep_media",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "tell endpoints what the broker forgot, and let nobody wait for a bot": {
        "task": "gateway.tasks.sweep_calls",
        "schedule": 3.0,
        "options": {"expires": 3},
    },
    "tell agents in browsers that are closed": {
        "task": "inbox.tasks.push_news",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "mail links to come in that the broker forgot": {
        "task": "inbox.tasks.mail_entry_links",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "go on with files of contacts that nobody works at": {
        "task": "inbox.tasks.sweep_csv",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "count what happened in the last minutes": {
        "task": "reports.tasks.roll_up_news",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "go on with files of figures that nobody works at": {
        "task": "reports.tasks.sweep_exports",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "count the last days again": {
        "task": "reports.tasks.roll_up_again",
        "schedule": crontab(hour=4, minute=40),
        "options": {"expires": 3000},
    },
    "go on with copies and erasures that nobody works at": {
        "task": "inbox.tasks.sweep_personal_data",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "forget words and files that are too old": {
        "task": "gateway.tasks.forget_old",
        "schedule": crontab(minute=50),
        "options": {"expires": 3000},
    },
    "forget old files of contacts": {
        "task": "inbox.tasks.prune_csv",
        "schedule": crontab(hour=4, minute=25),
        "options": {"expires": 3000},
    },
    "forget browsers whose login is over": {
        "task": "inbox.tasks.prune_browsers",
        "schedule": crontab(hour=4, minute=15),
        "options": {"expires": 3000},
    },
    "log who came and who is gone": {
        "task": "gateway.tasks.log_presence",
        "schedule": 20.0,
        "options": {"expires": 20},
    },
    "forget drafts that nobody touches": {
        "task": "inbox.tasks.prune_drafts",
        "schedule": crontab(hour=4, minute=25),
        "options": {"expires": 3000},
    },
    "forget logins that are over": {
        "task": "inbox.tasks.prune_logins",
        "schedule": crontab(hour=4, minute=45),
        "options": {"expires": 3000},
    },
    "switch off endpoints that fail for a day": {
        "task": "gateway.tasks.switch_off_endpoints",
        "schedule": crontab(minute="*/10"),
        "options": {"expires": 600},
    },
    "copy the accounts' templates": {
        "task": "gateway.tasks.sync_all_templates",
        "schedule": crontab(minute=41),
        "options": {"expires": 3000},
    },
    "forget old bodies": {
        "task": "gateway.tasks.prune",
        "schedule": crontab(hour=3, minute=35),
        "options": {"expires": 3000},
    },
    "drop uploads that no message took": {
        "task": "gateway.tasks.drop_loose_files",
        "schedule": crontab(minute="*/5"),
        "options": {"expires": 300},
    },
    "drop files of quick replies that neither a reply nor a message has": {
        "task": "inbox.tasks.drop_quick_files",
        "schedule": crontab(minute=20),
        "options": {"expires": 3000},
    },
    "measure sounds that nobody measured": {
        "task": "gateway.tasks.measure_sounds",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "clear old sessions": {
        "task": "gateway.tasks.clear_sessions",
        "schedule": crontab(hour=4, minute=5),
        "options": {"expires": 3000},
    },
}
