"""Settings: one file, environment over working defaults (see .env.example)."""

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from live.addresses import read_broker
from wittyagent.run import servers

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

WITTY_DATA = Path(env("WITTY_DATA", default=str(BASE_DIR / "var"))).absolute()


def _kept_secret() -> str:
    """The SECRET_KEY of this installation, made once in WITTY_DATA (mode 0600)."""
    path = WITTY_DATA / "secret_key"
    try:
        servers.make_data_folder(WITTY_DATA)
        # O_EXCL: of two processes that start at once only one writes
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))
    except FileExistsError:
        pass
    except OSError:
        # `manage.py up` says it in words; offline commands do not need a kept key
        return secrets.token_urlsafe(50)
    return path.read_text() or secrets.token_urlsafe(50)


SECRET_KEY = env("SECRET_KEY", default="") or _kept_secret()
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
DEBUG = env.bool("DEBUG", default=False)
# where the demo's sandbox plays the networks
SANDBOX_PORT = int(env("SANDBOX_PORT", default="") or 8098)
PUBLIC_URL = env("PUBLIC_URL", default="").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
if PUBLIC_URL:
    ALLOWED_HOSTS.append(urlsplit(PUBLIC_URL).hostname or "")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PUBLIC_URL else []
# who reads one of these asks origins/public_address.py: the public one may have been set on a page as well
LOCAL_URL = f"http://127.0.0.1:{env('PORT', default='8000')}"
# who may read /metrics: whoever brings this token, and these addresses and networks. Neither: nothing is counted
METRICS_TOKEN = env("METRICS_TOKEN", default="")
METRICS_FROM = env.list("METRICS_FROM", default=[])
# whose X-Forwarded-For is believed: addresses and networks, `unix` for a socket file (common/client_address.py)
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=[])

_default_database, _default_redis = servers.server_urls(WITTY_DATA)
# an empty one counts as unset: so a .env cannot lend its database to the demo or the tests
DATABASES: dict[str, dict[str, Any]] = {
    "default": env.db_url_config(env("DATABASE_URL", default="") or _default_database)
}
# a streaming replica, from which is read what may be some seconds old (common/replica.py)
if _replica := env("DATABASE_REPLICA_URL", default=""):
    DATABASES["replica"] = env.db_url_config(_replica) | {"TEST": {"MIRROR": "default"}}
# a host that vanished is found out in seconds, not by the kernel's quarter of an hour; requests wait still less
_patience = {"connect_timeout": 5, "tcp_user_timeout": 10_000, "keepalives_idle": 10, "keepalives_interval": 5}
for _database in DATABASES.values():
    _database |= {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
    if _database.get("ENGINE") == "django.db.backends.postgresql":
        _database["ENGINE"] = "wittyagent.postgres"
    _database["OPTIONS"] = _patience | _database.get("OPTIONS", {})
# the server itself, where DATABASE_URL leads to a pooler: backups ask it (wittyagent/backups/server.py)
_direct = env("DIRECT_DATABASE_URL", default="")
DIRECT_DATABASE = env.db_url_config(_direct) if _direct else {}
DIRECT_DATABASE.pop("ENGINE", None)
REDIS_URL = env("REDIS_URL", default="") or _default_redis
# a RabbitMQ for the queues of the workers, where Redis is not to be it as well
BROKER_URL = env("BROKER_URL", default="")

INSTALLED_APPS = [
    "live",
    "trays",
    "origins",
    "contacts",
    "wittybots",
    "chats",
    "gateway",
    "inbox",
    "webchat",
    "backoffice",
    "reports",
    "demo",
    "wittyagent",
    "backoffice.site.WittyAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "channels",
    "django_htmx",
    "csp",
    "axes",
]

MIDDLEWARE = [
    "wittyagent.public_host.PublicHostMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "wittyagent.compression.CompressionMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "inbox.rejections.RejectionMiddleware",
    "inbox.sign_in.SignInMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

# for what machines call (wittyagent/wsgi.py): no session, no login, no forms
EDGE_MIDDLEWARE = [
    "wittyagent.public_host.PublicHostMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "wittyagent.compression.CompressionMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "inbox.rejections.EdgeRejectionMiddleware",
]

ROOT_URLCONF = "wittyagent.urls"
WSGI_APPLICATION = "wittyagent.wsgi.application"
ASGI_APPLICATION = "wittyagent.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "wittyagent.thin_templates.ThinTemplates",
                        "django.template.loaders.app_directories.Loader",
                    ],
                ),
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "inbox.context.page_context",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "inbox.templatetags.modules",
                "inbox.templatetags.ui",
            ],
        },
    },
]

AUTH_USER_MODEL = "trays.Agent"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
] + [{"NAME": "trays.passwords.CommonWordsValidator"}]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/bandejas/"
LOGOUT_REDIRECT_URL = "login"

# the limits of trays/sign_in.py; what they refuse is not counted, so that no lock is made longer by trying on
AXES_HANDLER = "trays.sign_in.SignInLimits"
AXES_CLIENT_IP_CALLABLE = "trays.sign_in.find_caller"
AXES_USERNAME_CALLABLE = "trays.sign_in.find_name"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 6
AXES_COOLOFF_TIME = 0.25  # hours
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "inbox.views.account.answer_held_sign_in"
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

CSRF_FAILURE_VIEW = "inbox.rejections.refuse_old_page"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_URL.startswith("https://")
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=0)
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
if PUBLIC_URL.startswith("https://"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        # the nonce is for the import map, the one inline script (common/import_map.py)
        "script-src": [SELF, NONCE],
        "img-src": [SELF, "data:", "blob:"],
        "media-src": [SELF, "blob:"],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

LANGUAGE_CODE = env("LANGUAGE_CODE", default="es")
LANGUAGES = [("es", _("Español")), ("en", _("Inglés"))]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env("TIME_ZONE", default="America/Montevideo")
LOCALE_PATHS = [BASE_DIR / "locale"]

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(env("STATIC_ROOT", default="") or WITTY_DATA / "static")
MEDIA_ROOT = WITTY_DATA / "files"
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "wittyagent.assets.HashedFiles"},
}
if S3_BUCKET := env("S3_BUCKET", default=""):
    STORAGES["default"] = {
        "BACKEND": "wittyagent.s3_storage.S3Files",
        "OPTIONS": {
            "bucket": S3_BUCKET,
            "endpoint_url": env("S3_ENDPOINT_URL", default=""),
            "access_key": env("S3_ACCESS_KEY_ID", default=""),
            "secret_key": env("S3_SECRET_ACCESS_KEY", default=""),
            "region": env("S3_REGION", default=""),
            "prefix": env("S3_PREFIX", default=""),
        },
    }
# who asks for the buckets of backups, where that is not who asks for the files'
BACKUP_S3 = {
    "endpoint_url": env("BACKUP_S3_ENDPOINT_URL", default="") or env("S3_ENDPOINT_URL", default=""),
    "access_key": env("BACKUP_S3_ACCESS_KEY_ID", default="") or env("S3_ACCESS_KEY_ID", default=""),
    "secret_key": env("BACKUP_S3_SECRET_ACCESS_KEY", default="") or env("S3_SECRET_ACCESS_KEY", default=""),
    "region": env("BACKUP_S3_REGION", default="") or env("S3_REGION", default=""),
}
if DEBUG:
    STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
WHITENOISE_USE_FINDERS = DEBUG
# nobody else's scripts read our files, and each answer is shorter by the header that would let them
WHITENOISE_ALLOW_ALL_ORIGINS = False
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
FILE_UPLOAD_PERMISSIONS = 0o640
# of one file that a customer sends by a network; WhatsApp's documents are the largest
MEDIA_MOST_BYTES = env.int("MEDIA_MOST_BYTES", default=100 * 1024 * 1024)
# bytes a day that visitors of the web chat may upload: to one origin, and to all of them
WEB_ORIGIN_BYTES_A_DAY = env.int("WEB_ORIGIN_BYTES_A_DAY", default=2 * 1024**3)
WEB_BYTES_A_DAY = env.int("WEB_BYTES_A_DAY", default=6 * 1024**3)
# a legal webhook is larger than Django's 2.5 MB; each edge sets its own, smaller or larger, limit
DATA_UPLOAD_MAX_MEMORY_SIZE = 6 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = 20
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CELERY_BROKER_URL, CELERY_BROKER_TRANSPORT_OPTIONS = read_broker(BROKER_URL or REDIS_URL)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_TIME_LIMIT = 300
# workers log as the web process does (LOGGING)
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = TIME_ZONE
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1

EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 10
# without it links to come in are copied by who made them
SENDS_MAIL = bool(env("EMAIL_URL", default=""))
DEFAULT_FROM_EMAIL = (
    env("EMAIL_FROM", default="") or f"WittyAgent <no-reply@{urlsplit(PUBLIC_URL or LOCAL_URL).hostname}>"
)
# who signs in with a number of an app as well as the password (trays/two_steps.py): supervisors, all, or who wants to
TWO_STEPS_FOR = env("TWO_STEPS_FOR", default="")
if TWO_STEPS_FOR not in ("", "supervisors", "all"):
    raise ImproperlyConfigured("TWO_STEPS_FOR is `supervisors`, `all` or empty")
# the same person is asked how it was once in so many days (chats/messages/surveys.py)
SURVEY_DAYS = max(0, int(env("SURVEY_DAYS", default="") or 7))
# a message that is but one of these, in any letters, ends broadcasts for who wrote it, who is told so
# (chats/messages/opting_out.py); an empty OPT_OUT_REPLY: nothing is said
OPT_OUT_WORDS = env.list("OPT_OUT_WORDS", default=["BAJA", "STOP", "UNSUBSCRIBE", "NO RECIBIR MÁS"])
OPT_OUT_REPLY = env("OPT_OUT_REPLY", default="Listo: no te enviamos más difusiones.")
# the hours of the day (TIME_ZONE) in which broadcasts leave: from the first on, and not from the second on
_hours = [int(hour) for hour in (env("BROADCAST_HOURS", default="") or "9-21").split("-")]
if len(_hours) != 2 or not 0 <= _hours[0] < _hours[1] <= 24:
    raise ImproperlyConfigured("BROADCAST_HOURS is two hours of a day, as 9-21")
BROADCAST_HOURS = (_hours[0], _hours[1])
# the company's own provider of sign-ins, by OpenID Connect (inbox/account/provider.py)
OIDC_ISSUER = env("OIDC_ISSUER", default="").rstrip("/")
OIDC_CLIENT_ID = env("OIDC_CLIENT_ID", default="")
OIDC_CLIENT_SECRET = env("OIDC_CLIENT_SECRET", default="")
OIDC_NAME = env("OIDC_NAME", default="") or urlsplit(OIDC_ISSUER).hostname or ""
OIDC_SCOPES = env("OIDC_SCOPES", default="openid profile email")
OIDC_ROLE_CLAIM = env("OIDC_ROLE_CLAIM", default="")
OIDC_SUPERVISORS = env.list("OIDC_SUPERVISORS", default=[])
OIDC_CREATES = env.bool("OIDC_CREATES", default=False)
# for so long a link lets somebody in (trays/entry_links.py)
ENTRY_LINK_HOURS = env.int("ENTRY_LINK_HOURS", default=24)
# for so long the audit log is kept; the database lets nobody delete what is younger than 30 days (docs/audit.md)
AUDIT_DAYS = env.int("AUDIT_DAYS", default=730)
if AUDIT_DAYS < 30:
    raise ImproperlyConfigured("AUDIT_DAYS is 30 or more")

# who is told what is wrong with the installation (gateway/alarms; docs/monitoring.md): addresses, administrators where
# none is given, and a webhook; percent of the disk that are to be free, and hours that a backup may be old (0: any)
ALARM_MAILS = env.list("ALARM_MAILS", default=[])
ALARM_WEBHOOK_URL = env("ALARM_WEBHOOK_URL", default="")
ALARM_DISK_PERCENT = env.int("ALARM_DISK_PERCENT", default=10)
ALARM_BACKUP_HOURS = env.int("ALARM_BACKUP_HOURS", default=48)
# seconds between two looks of a process
ALARM_LOOK_SECONDS = 15.0

# days that is kept what is said and sent (chats/retention.py; 0: for ever), raw bodies, the log of calls to bots, and
# who was there when; docs/data.md
MESSAGES_KEPT_DAYS, FILES_KEPT_DAYS = env.int("MESSAGES_KEPT_DAYS", default=0), env.int("FILES_KEPT_DAYS", default=0)
BODIES_KEPT_DAYS, EVENTS_KEPT_DAYS = env.int("BODIES_KEPT_DAYS", default=30), env.int("EVENTS_KEPT_DAYS", default=30)
PRESENCE_KEPT_DAYS = env.int("PRESENCE_KEPT_DAYS", default=365)
# days that a visitor of the web chat is known without coming back
VISITOR_TOKEN_DAYS = env.int("VISITOR_TOKEN_DAYS", default=180)
if min(MESSAGES_KEPT_DAYS, FILES_KEPT_DAYS) < 0:
    raise ImproperlyConfigured("MESSAGES_KEPT_DAYS and FILES_KEPT_DAYS are days, or 0 for ever")
if min(BODIES_KEPT_DAYS, EVENTS_KEPT_DAYS, PRESENCE_KEPT_DAYS, VISITOR_TOKEN_DAYS) < 1:
    raise ImproperlyConfigured("BODIES_, EVENTS_ and PRESENCE_KEPT_DAYS and VISITOR_TOKEN_DAYS are one day or more")

# waits and session times that turn amber and red, in seconds
WAIT_AMBER, WAIT_RED = env.int("WAIT_AMBER", default=300), env.int("WAIT_RED", default=900)
SESSION_AMBER, SESSION_RED = env.int("SESSION_AMBER", default=4 * 3600), env.int("SESSION_RED", default=3600)

# requests a minute of one token of the API
API_RATE = env.int("API_RATE", default=600)

# sockets that nobody has signed in for, of one address in one process: those of the web chat
SOCKETS_PER_ADDRESS = env.int("SOCKETS_PER_ADDRESS", default=100)
# threads that serve HTTP beside the sockets in one process
HTTP_THREADS = env.int("HTTP_THREADS", default=10)
# hosts that settings may point to although they are not public (callbacks)
ALLOWED_INTERNAL_HOSTS = env.list("ALLOWED_INTERNAL_HOSTS", default=[])

# docs/monitoring.md
LOG_LEVEL, LOG_FORMAT = env("LOG_LEVEL", default="") or "INFO", env("LOG_FORMAT", default="") or "line"
if LOG_FORMAT not in ("line", "json"):
    raise ImproperlyConfigured("LOG_FORMAT is `line` or `json`")
OWN_ROOMS = (
    "api", "backoffice", "chats", "common", "contacts", "gateway", "inbox", "live", "origins", "reports", "trays",
    "webchat", "wittyagent", "wittybots",
)  # fmt: skip
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    # with the zone, which is ours and not always the machine's: fail2ban would take the time for another
    "formatters": {
        "line": {
            "()": "wittyagent.log_format.LineFormatter",
            "fmt": "%(asctime)s %(levelname)s %(name)s %(message)s",
            "datefmt": "%Y-%m-%d %H:%M:%S%z",
        },
        "json": {"()": "wittyagent.log_format.JsonFormatter"},
    },
    "filters": {
        "refusal": {"()": "wittyagent.log_filters.RefusalFilter"},
        "link": {"()": "wittyagent.log_filters.LinkFilter"},
        "outage": {"()": "wittyagent.log_filters.OutageFilter"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT,
            "filters": ["outage", "refusal", "link"],
        }
    },
    # libraries tell at DEBUG what they were given, and that is what people write
    "root": {"handlers": ["console"], "level": "INFO" if LOG_LEVEL == "DEBUG" else LOG_LEVEL},
    "loggers": {
        **{room: {"level": LOG_LEVEL} for room in OWN_ROOMS},
        # not their own handlers: what those say is longer, and beside ours it is said twice
        "django": {"handlers": [], "level": "INFO"},
        "uvicorn": {"handlers": [], "level": "INFO", "propagate": True},
        "daphne": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
        # trays/sign_in.py says it in one line
        "axes": {"level": "ERROR"},
    },
}


def sentry_options(dsn: str) -> dict[str, Any]:
    """What sentry_sdk.init gets: nothing that people write, and no secrets."""
    from sentry_sdk.integrations.httpx import HttpxIntegration
    from sentry_sdk.integrations.stdlib import StdlibIntegration

    return {
        "dsn": dsn,
        "send_default_pii": False,
        # what people write, and secrets, are in the local variables
        "include_local_variables": False,
        "max_request_body_size": "never",
        # Django logs a wrong Host and the like as errors: they are their sender's, not ours
        "before_send": lambda event, _hint: None if event.get("logger", "").startswith("django.security") else event,
        # they note every address that is called, and a bot's token is in Telegram's
        "disabled_integrations": [HttpxIntegration(), StdlibIntegration()],
    }


# who collects traces (common/traces.py); its library reads these variables for itself
OTEL_ENDPOINT = env("OTEL_EXPORTER_OTLP_ENDPOINT", default="") or env("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", default="")
if SENTRY_DSN := env("SENTRY_DSN", default=""):
    import sentry_sdk

    sentry_sdk.init(**sentry_options(SENTRY_DSN))
