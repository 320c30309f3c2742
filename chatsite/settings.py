"""All settings, top to bottom; each deployable value is read once from the environment."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from chatsite import env

BASE_DIR = Path(__file__).resolve().parent.parent

# --- Where it runs ---------------------------------------------------------------------------------------------------
WARROOM_HOME = env.folder("WARROOM_HOME", BASE_DIR / "home")
WARROOM_BIND = env.bind("WARROOM_BIND", "127.0.0.1:8000")
WARROOM_DEMO_PASSWORD = env.read.str("WARROOM_DEMO_PASSWORD", default="")
WARROOM_UPLOADS = env.folder("WARROOM_UPLOADS", WARROOM_HOME / "uploads")
WARROOM_TRUSTED_PROXIES = env.read.list("WARROOM_TRUSTED_PROXIES", default=[])
WARROOM_METRICS_TOKEN = env.read.str("WARROOM_METRICS_TOKEN", default="")
SECRET_KEY = env.secret("SECRET_KEY", kept_in=WARROOM_HOME / "secret_key")
DEBUG = False
ALLOWED_HOSTS = env.read.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]", WARROOM_BIND[0]])

# --- Applications ----------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "servestatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "axes",
    "channels",
    "csp",
    "rest_framework",
    "rest_framework_simplejwt.token_blacklist",
    "chatsite.apps.SiteConfig",
    "sessions_app.apps.SessionsConfig",
    "agents_app.apps.AgentsConfig",
]
MIDDLEWARE = [
    "chatsite.observability.RequestIdMiddleware",
    "chatsite.security.TrustedProxyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "sessions_app.languages.LanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "chatsite.urls"
ASGI_APPLICATION = "chatsite.asgi.application"
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
            ]
        },
    }
]

# --- Database --------------------------------------------------------------------------------------------------------
DATABASE_URL = env.read.str("DATABASE_URL", default="")


def _database() -> dict[str, Any]:
    if not DATABASE_URL:
        return {
            "ENGINE": "chatsite.sqlite",
            "NAME": WARROOM_HOME / "warroom.sqlite3",
            "CONN_MAX_AGE": None,
            # IMMEDIATE: a deferred transaction that turns into a writer fails at once with "database is locked".
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA foreign_keys=ON;",
            },
        }
    # The scheme first: for one it does not know, the parser warns with the whole address, password included.
    if not DATABASE_URL.startswith(("postgres://", "postgresql://")):
        raise ImproperlyConfigured("DATABASE_URL must name a PostgreSQL database (postgres://...).")
    try:
        parsed = env.read.db_url_config(DATABASE_URL)
    except ValueError as error:
        raise ImproperlyConfigured("DATABASE_URL is not an address such as postgres://user:pw@host/name.") from error
    options: dict[str, Any] = {
        **parsed.get("OPTIONS", {}),
        "connect_timeout": 3,
        "pool": {"min_size": 1, "max_size": 40, "timeout": 2, "reconnect_timeout": 3},
    }
    return {**parsed, "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": True, "OPTIONS": options}


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Between processes -----------------------------------------------------------------------------------------------
REDIS_URL = env.read.str("REDIS_URL", default="")
CHANNEL_LAYERS: dict[str, Any] = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_timeout": None}]},
    }
    if REDIS_URL
    else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
}
CACHES: dict[str, Any] = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

# So many a minute, at once or spread: of an address (sign-ins, sockets) or of a caller. 0 is no limit.
# With REDIS_URL all processes count together, else each for itself.
WARROOM_RATE_SIGN_INS = env.integer("WARROOM_RATE_SIGN_INS", 120, low=0, high=1_000_000)
WARROOM_RATE_MESSAGES = env.integer("WARROOM_RATE_MESSAGES", 600, low=0, high=1_000_000)
WARROOM_RATE_INGEST = env.integer("WARROOM_RATE_INGEST", 6000, low=0, high=1_000_000)
WARROOM_RATE_SEARCHES = env.integer("WARROOM_RATE_SEARCHES", 300, low=0, high=1_000_000)
WARROOM_RATE_SOCKETS = env.integer("WARROOM_RATE_SOCKETS", 12_000, low=0, high=1_000_000)

# --- People ----------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "sessions_app.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "incidents"
LOGOUT_REDIRECT_URL = "sign-in"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=5)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
AXES_DISABLE_ACCESS_LOG = True  # sign-ins stand in our own audit trail
AXES_CLIENT_IP_CALLABLE = "sessions_app.client_address.client_address"
AXES_LOCKOUT_CALLABLE = "sessions_app.failures.locked_out"
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=15),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=7),
    "ROTATE_REFRESH_TOKENS": True,
    "BLACKLIST_AFTER_ROTATION": True,
    "UPDATE_LAST_LOGIN": True,
    "CHECK_REVOKE_TOKEN": True,
}
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "sessions_app.failures.csrf_failed"
CSRF_TRUSTED_ORIGINS = env.read.list("CSRF_TRUSTED_ORIGINS", default=[])
WARROOM_HTTPS = env.read.bool("WARROOM_HTTPS", default=False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = WARROOM_HTTPS

# --- REST ------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "sessions_app.api.authentication.BearerAuthentication",
        "sessions_app.api.authentication.ApiKeyAuthentication",
        "sessions_app.api.authentication.BrowserAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["sessions_app.api.rendering.OrjsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["sessions_app.api.parsing.StrictJSONParser"],
    "EXCEPTION_HANDLER": "sessions_app.api.problems.exception_response",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
WARROOM_INGEST_MAX_BYTES = 1024 * 1024
WARROOM_EVIDENCE_MAX_BYTES = 100 * 1024 * 1024
WARROOM_UPLOAD_MAX_BYTES = 10 * 1024 * 1024

# A chat outside an open incident that nobody has written in for so long is closed.
WARROOM_SESSION_IDLE_HOURS = env.integer("WARROOM_SESSION_IDLE_HOURS", 168, low=1, high=87600)

# --- Agents ----------------------------------------------------------------------------------------------------------
OPENAI_API_KEY = env.read.str("OPENAI_API_KEY", default="")
OPENAI_BASE_URL = env.read.str("OPENAI_BASE_URL", default="")
ANTHROPIC_API_KEY = env.read.str("ANTHROPIC_API_KEY", default="")
ANTHROPIC_BASE_URL = env.read.str("ANTHROPIC_BASE_URL", default="")
WARROOM_MODEL = env.read.str("WARROOM_MODEL", default="")
CHAT_EXECUTION_MODE = env.choice("CHAT_EXECUTION_MODE", "direct_llm", ("direct_llm", "runtime_orchestrator"))
ENGINEER_CHAT_MAX_ROUNDS = env.integer("ENGINEER_CHAT_MAX_ROUNDS", 10, low=1, high=1000)
ENGINEER_CHAT_AI_TIMEOUT = env.integer("ENGINEER_CHAT_AI_TIMEOUT", 30, low=1, high=3600)
ENGINEER_CHAT_SESSION_CLEANUP_INTERVAL = env.integer("ENGINEER_CHAT_SESSION_CLEANUP_INTERVAL", 3600, low=1, high=604800)
ENGINEER_CHAT_CONTEXT_HISTORY_LIMIT = env.integer("ENGINEER_CHAT_CONTEXT_HISTORY_LIMIT", 20, low=0, high=1000)
# A run belongs to its owner for this long after the last sign of life; owners renew three times as often.
WARROOM_LEASE_SECONDS = 15
# How long the offline demo model takes a token; tests set 0.
WARROOM_DEMO_TOKEN_MS = env.integer("WARROOM_DEMO_TOKEN_MS", 12, low=0, high=1000)
CREW_MAX_ROUNDS = 3

# --- Security headers ------------------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    "camera": [], "geolocation": [], "microphone": [], "payment": [], "usb": [], "fullscreen": ["self"],
}  # fmt: skip
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31536000 if WARROOM_HTTPS else 0
SECURE_SSL_REDIRECT = WARROOM_HTTPS
# Whether the other hosts of a domain speak HTTPS, and whether browsers shall know by heart, is its owner's to say.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if WARROOM_TRUSTED_PROXIES else None

# --- Static files ----------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = WARROOM_HOME / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": WARROOM_UPLOADS}},
    "staticfiles": {"BACKEND": "chatsite.staticfiles.ModuleStorage"},
}

# --- Language and time -----------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_AGE = 31_536_000
LANGUAGE_COOKIE_SECURE = WARROOM_HTTPS
TIME_ZONE = "UTC"
USE_TZ = True

# --- Logs ------------------------------------------------------------------------------------------------------------
LOGGING_CONFIG = "chatsite.observability.configure"
LOGGING: dict[str, Any] = {"level": env.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"))}
