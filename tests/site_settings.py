"""The product's settings for web processes that tests start, without what is slow on purpose and what watches.

The product's own hash is asked where an installation of its own runs (tests/wittyagent/installation.py).
"""

from wittyagent.settings import *  # noqa: F403

# where only the web process runs, it would say on every page that no worker does
ALARM_LOOK_SECONDS = 24 * 3600.0
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
