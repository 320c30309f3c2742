"""REST of people, incidents, rooms and alerts: each module owns its addresses."""

from django.urls import URLPattern, URLResolver

from sessions_app.api import (
    auth,
    documents,
    events,
    evidence,
    exports,
    incident_roles,
    incidents,
    indicators,
    ingest,
    me,
    merging,
    pins,
    search,
    sessions,
    tasks,
    tickets,
    uploads,
)

urlpatterns: list[URLPattern | URLResolver] = [
    *auth.urlpatterns,
    *documents.urlpatterns,
    *events.urlpatterns,
    *evidence.urlpatterns,
    *exports.urlpatterns,
    *incident_roles.urlpatterns,
    *incidents.urlpatterns,
    *indicators.urlpatterns,
    *ingest.urlpatterns,
    *me.urlpatterns,
    *merging.urlpatterns,
    *pins.urlpatterns,
    *search.urlpatterns,
    *sessions.urlpatterns,
    *tasks.urlpatterns,
    *tickets.urlpatterns,
    *uploads.urlpatterns,
]
