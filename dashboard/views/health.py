"""What a load balancer or supervisor asks: is the process alive, and can it work?"""

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from jobs.schema import pending_migrations

BROKER_SECONDS = 2


@require_safe
@never_cache
@login_not_required
def health(request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is touched."""
    return JsonResponse({"web": "ok"})


@require_safe
@never_cache
@login_not_required
def ready(request: HttpRequest) -> HttpResponse:
    """200 when database, broker and schema let pages and workers work, else 503. Open to all, so it names no hosts."""
    parts = {"database": _database(), "broker": _broker(), "migrations": _migrations()}
    return JsonResponse(parts, status=200 if set(parts.values()) == {"ok"} else 503)


def _database() -> str:
    try:
        connection.ensure_connection()
    except DatabaseError:
        return "unreachable"
    return "ok"


def _migrations() -> str:
    try:
        return "pending" if pending_migrations() else "ok"
    except DatabaseError:
        return "unknown"


def _broker() -> str:
    with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=BROKER_SECONDS) as client:
        try:
            client.ping()
        except redis.RedisError:
            return "unreachable"
    return "ok"
