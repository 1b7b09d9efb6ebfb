"""Asking for a new password: by e-mail where the server can send any, else from an admin."""

from allauth.account.views import password_reset
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from dashboard.access import opened_or_sent


@opened_or_sent
@login_not_required
def reset_password(request: HttpRequest) -> HttpResponseBase:
    if settings.EMAIL_CONFIGURED:
        answer: HttpResponseBase = password_reset(request)
        return answer
    return render(request, "account/password_reset_by_admin.html")
