"""REST of people, incidents, rooms and alerts: each module owns its addresses."""

from django.urls import URLPattern, URLResolver

from sessions_app.api import auth, incidents, me, sessions, tickets

urlpatterns: list[URLPattern | URLResolver] = [
    *auth.urlpatterns,
    *incidents.urlpatterns,
    *me.urlpatterns,
    *sessions.urlpatterns,
    *tickets.urlpatterns,
]
