"""REST of runs, approvals, tools and providers: each module owns its addresses."""

from django.urls import URLPattern, URLResolver

from agents_app.api import chat, crew, providers, reports, runs

urlpatterns: list[URLPattern | URLResolver] = [
    *chat.urlpatterns,
    *crew.urlpatterns,
    *providers.urlpatterns,
    *reports.urlpatterns,
    *runs.urlpatterns,
]
