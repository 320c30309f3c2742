"""Signing in: back to the page one asked for, and a lock-out that says how long."""

import math
from typing import Any

from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from sessions_app import rate_limits, signing_in
from sessions_app.client_address import client_address
from sessions_app.errors import Refused


class SignIn(LoginView):
    template_name = "registration/sign_in.html"
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            rate_limits.require("sign_ins", client_address(request) or "")
        except Refused as refused:
            return _refused(request, refused)
        return super().post(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "next": self.get_redirect_url()}


def locked_out(request: HttpRequest) -> HttpResponse:
    """The page of one who guessed too often."""
    return _refused(request, signing_in.locked(request, request.POST.get("username", "")))


def _refused(request: HttpRequest, locked: Refused) -> HttpResponse:
    context = {"locked": locked.detail, "next": request.POST.get("next", "")}
    response = render(request, SignIn.template_name, context, status=locked.entry.status)
    response["Retry-After"] = str(math.ceil(locked.retry_after_s or 1))
    return response
