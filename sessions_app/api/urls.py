"""REST of people, incidents, rooms and alerts: each module owns its addresses."""

from django.urls import URLPattern, URLResolver

from sessions_app.api import auth, events, evidence, incidents, indicators, ingest, me, sessions, tickets

urlpatterns: list[URLPattern | URLResolver] = [
    *auth.urlpatterns,
    *events.urlpatterns,
    *evidence.urlpatterns,
    *incidents.urlpatterns,
    *indicators.urlpatterns,
    *ingest.urlpatterns,
    *me.urlpatterns,
    *sessions.urlpatterns,
    *tickets.urlpatterns,
]
