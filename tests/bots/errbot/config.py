import logging
import os

# it talks to nobody: its web server is all that is wanted of it
BACKEND = "Null"
STORAGE = "Memory"
BOT_DATA_DIR = os.environ["ERRBOT_DATA"]
BOT_EXTRA_PLUGIN_DIR = os.path.dirname(__file__)
BOT_LOG_FILE = None
BOT_LOG_LEVEL = logging.WARNING
BOT_ADMINS = ("@nobody",)
CORE_PLUGINS = ("Webserver",)
