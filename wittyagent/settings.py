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
# where others find us, in what we hand out
BASE_URL = PUBLIC_URL or f"http://127.0.0.1:{env('PORT', default='8000')}"
METRICS_TOKEN = env("METRICS_TOKEN", default="")
# whose X-Forwarded-For is believed: addresses and networks, `unix` for a socket file (common/client_address.py)
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=[])

_default_database, _default_redis = servers.server_urls(WITTY_DATA)
# an empty one counts as unset: so a .env cannot lend its database to the demo or the tests
DATABASES = {"default": env.db_url_config(env("DATABASE_URL", default="") or _default_database)}
DATABASES["default"]["CONN_MAX_AGE"] = 600
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
if DATABASES["default"].get("ENGINE") == "django.db.backends.postgresql":
    DATABASES["default"]["ENGINE"] = "wittyagent.postgres"
# a host that vanished is found out in seconds, not by the kernel's quarter of an hour; requests wait still less
_patience = {"connect_timeout": 5, "tcp_user_timeout": 10_000, "keepalives_idle": 10, "keepalives_interval": 5}
DATABASES["default"]["OPTIONS"] = _patience | DATABASES["default"].get("OPTIONS", {})
REDIS_URL = env("REDIS_URL", default="") or _default_redis

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
STATIC_ROOT = WITTY_DATA / "static"
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

CELERY_BROKER_URL = servers.broker_url(REDIS_URL)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_TIME_LIMIT = 300
# workers log as the web process does (LOGGING)
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = TIME_ZONE
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# a request that wakes a worker waits once for a Redis that hangs, not in turns: without `max_retries` kombu goes on
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,
    "socket_connect_timeout": 0.5,
    "socket_timeout": 1,
    "max_retries": 0,
}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1

EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 10
# without it links to come in are copied by who made them
SENDS_MAIL = bool(env("EMAIL_URL", default=""))
DEFAULT_FROM_EMAIL = env("EMAIL_FROM", default="") or f"WittyAgent <no-reply@{urlsplit(BASE_URL).hostname}>"
# who signs in with a number of an app as well as the password (trays/two_steps.py): supervisors, all, or who wants to
TWO_STEPS_FOR = env("TWO_STEPS_FOR", default="")
if TWO_STEPS_FOR not in ("", "supervisors", "all"):
    raise ImproperlyConfigured("TWO_STEPS_FOR is `supervisors`, `all` or empty")
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

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    # with the zone, which is ours and not always the machine's: fail2ban would take the time for another
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s", "datefmt": "%Y-%m-%d %H:%M:%S%z"}
    },
    "filters": {
        "refusal": {"()": "wittyagent.log_filters.RefusalFilter"},
        "link": {"()": "wittyagent.log_filters.LinkFilter"},
        "outage": {"()": "wittyagent.log_filters.OutageFilter"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["outage", "refusal", "link"],
        }
    },
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", default="INFO")},
    "loggers": {
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


if SENTRY_DSN := env("SENTRY_DSN", default=""):
    import sentry_sdk

    sentry_sdk.init(**sentry_options(SENTRY_DSN))
