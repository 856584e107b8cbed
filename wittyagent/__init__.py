from wittyagent.celery import app as celery_app
from wittyagent.run import heartbeat

__all__ = ("celery_app",)

# in whatever process of ours somebody waits for it
heartbeat.start_beating()
