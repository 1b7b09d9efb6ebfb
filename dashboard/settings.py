"""All settings, read from the environment. README's table "Configuration" explains each variable."""

from pathlib import Path

from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from environs import validate
from jinja2 import StrictUndefined

from .environment import (
    Environment,
    broker_socket,
    broker_url,
    checked_redis_url,
    fernet_keys,
    kept_secret,
    new_fernet_key,
    new_secret,
    results_storage,
)

env = Environment()
BASE_DIR = Path(__file__).resolve().parent.parent

# Where things are
DATA_DIR = Path(env.str("BATCHBOARD_DATA", str(BASE_DIR / "data"))).resolve()
STATIC_ROOT = Path(env.str("STATIC_ROOT", str(DATA_DIR / "static")))
PORT = env.integer("PORT", 8000, least=1, most=65535)
DATABASES = {"default": env.dj_db_url("DATABASE_URL", f"sqlite:///{DATA_DIR}/batchboard.sqlite3")}
REDIS_URL = env.str("REDIS_URL", f"unix://{broker_socket(DATA_DIR)}?db=0")
DEBUG = env.bool("DEBUG", False)
BIND = env.str("BIND", "127.0.0.1")
# The machine itself may always ask: health checks do.
ALLOWED_HOSTS = [*env.list("ALLOWED_HOSTS", []), "localhost", "127.0.0.1", "[::1]"]
HTTPS = env.bool("HTTPS", False)
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", [])
TRUSTED_PROXIES = env.integer("TRUSTED_PROXIES", 0, least=0, most=10)
LOG_LEVEL = env.str("LOG_LEVEL", "INFO", validate=validate.OneOf(["DEBUG", "INFO", "WARNING", "ERROR"]))
WEB_THREADS = env.integer("WEB_THREADS", 8, least=1, most=64)
# A browser opens one for all its tabs; each costs a file descriptor and a query a minute.
STREAMS_A_PERSON = env.integer("STREAMS_A_PERSON", 50, least=1, most=100_000)
WORKER_THREADS = env.integer("WORKER_THREADS", 8, least=1, most=64)
EMAIL = env.dj_email_url("EMAIL_URL", "dummy://")
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "batchboard@localhost")

# What the domain needs to know (jobs/ reads these through django.conf.settings)
PROVIDER_HOSTS: list[str] = env.list("PROVIDER_HOSTS", [])
SYNC_ACTIVE_SECONDS = env.integer("SYNC_ACTIVE_SECONDS", 15, least=1, most=3600)
SYNC_QUIET_SECONDS = env.integer("SYNC_QUIET_SECONDS", 300, least=1, most=86400)
SYNC_FULL_SECONDS = env.integer("SYNC_FULL_SECONDS", 3600, least=10, most=604800)
SYNC_LEASE_SECONDS = env.integer("SYNC_LEASE_SECONDS", 120, least=5, most=3600)
OPERATION_LEASE_SECONDS = env.integer("OPERATION_LEASE_SECONDS", 60, least=2, most=3600)
PROJECT_REQUESTS_PER_MINUTE = env.integer("PROJECT_REQUESTS_PER_MINUTE", 600, least=1, most=1_000_000)
PROJECT_REQUESTS_IN_FLIGHT = env.integer("PROJECT_REQUESTS_IN_FLIGHT", 32, least=1, most=1000)
RESULTS_FOLDER = DATA_DIR / "results"
RESULTS_STORAGE_URL = env.str("RESULTS_STORAGE_URL", "")
RESULTS_QUOTA_GB = env.integer("RESULTS_QUOTA_GB", 0, least=0, most=10_000_000)
RESULTS_MIN_FREE_GB = env.integer("RESULTS_MIN_FREE_GB", 2, least=0, most=100_000)
RESULTS_CACHE_GB = env.integer("RESULTS_CACHE_GB", 2, least=1, most=100_000)
RESULTS_LEASE_SECONDS = env.integer("RESULTS_LEASE_SECONDS", 120, least=5, most=3600)
RESULTS_AT_ONCE = env.integer("RESULTS_AT_ONCE", 2, least=1, most=64)
GEMINI_API_KEY = env.str("GEMINI_API_KEY", "")
_several_machines = bool(env.str("DATABASE_URL", ""))
_given = (env.str("SECRET_KEY", ""), env.str("CREDENTIAL_KEYS", ""))
env.refuse_nonsense()

if _several_machines and not all(_given):
    raise ImproperlyConfigured(
        "With DATABASE_URL set, SECRET_KEY and CREDENTIAL_KEYS must be set too: every process has to share them."
        " `manage.py make_key` prints one of each."
    )
SECRET_KEY = kept_secret("SECRET_KEY", DATA_DIR / "keys", new_secret)
CREDENTIAL_KEYS = fernet_keys(kept_secret("CREDENTIAL_KEYS", DATA_DIR / "keys", new_fernet_key))
checked_redis_url(REDIS_URL)
if "EMAIL_BACKEND" not in EMAIL:
    raise ImproperlyConfigured("EMAIL_URL not understood: write it like smtp://user:password@host:587/?tls=True.")

# Django
INSTALLED_APPS = [
    "dashboard",
    "jobs",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "csp",
    "django_htmx",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "dashboard.middleware.packed",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "dashboard.middleware.kept_private",
    "dashboard.middleware.sign_in_for_fragments",
    "dashboard.middleware.in_their_time_zone",
]
ROOT_URLCONF = "dashboard.urls"
WSGI_APPLICATION = "dashboard.wsgi.application"
ASGI_APPLICATION = "dashboard.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": ["django.templatetags.static", "dashboard.templatetags.compiled"],
        },
    },
    {
        # What every page or thousands of values go through (dashboard/templatetags/compiled.py)
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "NAME": "compiled",
        "DIRS": [BASE_DIR / "templates" / "compiled"],
        "OPTIONS": {
            "environment": "dashboard.compiled.environment",
            "undefined": StrictUndefined,
            "trim_blocks": True,
            "lstrip_blocks": True,
        },
    },
]
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # One writer at a time: BEGIN IMMEDIATE waits its turn instead of failing half-way with "database is locked".
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536;"
        " PRAGMA mmap_size=268435456; PRAGMA temp_store=MEMORY; PRAGMA wal_autocheckpoint=4000;",
    }
    DATA_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
else:
    DATABASES["default"]["OPTIONS"] = {"pool": {"min_size": 1, "max_size": max(WEB_THREADS, WORKER_THREADS) + 4}}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "batchboard",
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
USE_THOUSAND_SEPARATOR = True
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": DATA_DIR / "files"},
    },
    "results": results_storage(RESULTS_STORAGE_URL, RESULTS_FOLDER),
    "staticfiles": {"BACKEND": "dashboard.static_files.StaticFiles"},
}
WHITENOISE_USE_FINDERS = True
EMAIL_BACKEND = EMAIL["EMAIL_BACKEND"]
EMAIL_HOST, EMAIL_PORT = EMAIL["EMAIL_HOST"], EMAIL["EMAIL_PORT"]
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = EMAIL["EMAIL_HOST_USER"], EMAIL["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS, EMAIL_USE_SSL = EMAIL["EMAIL_USE_TLS"], EMAIL["EMAIL_USE_SSL"]
EMAIL_CONFIGURED = not EMAIL_BACKEND.endswith("dummy.EmailBackend")

# People and sign-in
AUTH_USER_MODEL = "jobs.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "dashboard.accounts.ClosedAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "dashboard.accounts.LinkTokens"  # noqa: S105
PASSWORD_RESET_TIMEOUT = 3 * 86_400
ACCOUNT_FORMS = {
    "login": "dashboard.forms.sign_in.SignInForm",
    "change_password": "dashboard.forms.sign_in.ChangePasswordForm",
    "reset_password": "dashboard.forms.sign_in.ResetPasswordForm",
    "reset_password_from_key": "dashboard.forms.sign_in.SetPasswordByLinkForm",
    "set_password": "dashboard.forms.sign_in.SetPasswordForm",
}
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "reset_password": "20/h/ip,5/h/key",
}
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES

# Browser safety
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
# Whether subdomains and browsers' preload lists are bound too is for the owner of the domain to say, at the proxy.
# SQLite has the key of a row in each of its indexes anyway (models.W040).
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021", "models.W040"]
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^(health|ready)$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS and TRUSTED_PROXIES else None

# Celery: hints only, so nothing is stored and a lost message costs one lease (DESIGN 5, STACK 2)
CELERY_BROKER_URL = broker_url(REDIS_URL)
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,
    "unacked_restore_interval": 2,
    "unacked_restore_throttle": 1,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# By the clock where it is rare: an interval would begin anew with each restart and might never end.
CELERY_BEAT_SCHEDULE = {
    "wake": {"task": "jobs.tasks.wake", "schedule": 1.0, "options": {"expires": 5}},
    "look-round": {"task": "jobs.tasks.look_round", "schedule": 60.0, "options": {"expires": 50}},
    "guard-results": {"task": "jobs.tasks.guard_results", "schedule": crontab(minute="*/5")},
    "sweep-results": {"task": "jobs.tasks.sweep_results", "schedule": crontab(minute=37)},
    "run-policies": {"task": "jobs.tasks.run_policies", "schedule": 60.0, "options": {"expires": 60}},
    "look-for-drift": {"task": "jobs.tasks.look_for_drift", "schedule": crontab(minute="*/10")},
    "reckon-costs": {"task": "jobs.tasks.reckon_costs", "schedule": 30.0, "options": {"expires": 30}},
    "recount": {"task": "jobs.tasks.recount", "schedule": crontab(hour=3, minute=17)},
    "purge-removed": {"task": "jobs.tasks.purge_removed", "schedule": crontab(minute=7)},
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"class": "dashboard.logs.OneLine", "format": "%(asctime)s %(levelname)s %(name)s %(message)s"}
    },
    "filters": {
        "refusals": {
            "()": "django.utils.log.CallbackFilter",
            "callback": "ext://dashboard.logs.refusals_without_traceback",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["refusals"]}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    # httpx logs every URL at INFO; URLs hold no secrets here, but thousands of lines an hour hide the news.
    # Celery would tell of every tick.
    "loggers": {name: {"level": "WARNING"} for name in ("httpx", "httpcore", "celery")},
}
