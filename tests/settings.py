"""The product's settings as the tests need them: a home of their own, no key of the developer's, cheap passwords."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

LANE_DATABASE = os.environ.get("WARROOM_TEST_DATABASE_URL", "")

# The developer's own environment must not decide what a test sees.
for name in ("SECRET_KEY", "REDIS_URL", "ALLOWED_HOSTS", "WARROOM_BIND", "WARROOM_UPLOADS", "WARROOM_DEMO_PASSWORD",
             "OPENAI_API_KEY", "OPENAI_BASE_URL", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "WARROOM_MODEL",
             "WARROOM_HTTPS"):  # fmt: skip
    os.environ.pop(name, None)
os.environ["WARROOM_HOME"] = tempfile.mkdtemp(prefix="warroom-tests-")
atexit.register(shutil.rmtree, os.environ["WARROOM_HOME"], ignore_errors=True)
os.environ["DATABASE_URL"] = LANE_DATABASE
os.environ["WARROOM_DEMO_TOKEN_MS"] = "0"

from chatsite.settings import *  # noqa: E402, F403
from chatsite.settings import DATABASES, STATIC_ROOT, STORAGES, WARROOM_HOME  # noqa: E402

ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# The hashed names have a test of their own; the rest needs no collectstatic.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
Path(STATIC_ROOT).mkdir(exist_ok=True)
if not LANE_DATABASE:
    # A file: threads that share an in-memory database lock each other's tables.
    DATABASES["default"]["TEST"] = {"NAME": WARROOM_HOME / "test.sqlite3"}
