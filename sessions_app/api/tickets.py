"""Tickets: how a signed-in browser opens its socket without a secret in the address."""

from django.urls import path
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from sessions_app.api.answers import Ticket
from sessions_app.api.doors import Door
from sessions_app.api.schema.describing import described
from sessions_app.errors import Denied
from sessions_app.services import accounts


class Tickets(Door):
    @described("A ticket for one socket, good for 30 seconds", Ticket, status=201)
    def post(self, request: Request) -> Response:
        user = self.actor.user
        if user is None:
            raise Denied(_("A program sends its key on the upgrade; tickets are for people."))
        ticket = accounts.issue_ticket(user=user, auth_hash=user.get_session_auth_hash(), sign_in=self.actor.sign_in)
        told = {"ticket": ticket.token, "expires_at": ticket.expires_at}
        return Response(told, status=201, headers={"Cache-Control": "no-store"})


urlpatterns = [path("ws-tickets", Tickets.as_view(), name="ws-tickets")]
