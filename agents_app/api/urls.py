"""REST of runs, approvals, tools and providers: each module owns its addresses."""

from django.urls import URLPattern, URLResolver

from agents_app.api import (
    agents,
    approvals,
    audit,
    blocklists,
    chat,
    chat_start,
    crew,
    engineer_chats,
    grants,
    outcomes,
    providers,
    questions,
    quotas,
    reports,
    runs,
    tools,
)

urlpatterns: list[URLPattern | URLResolver] = [
    *agents.urlpatterns,
    *approvals.urlpatterns,
    *audit.urlpatterns,
    *blocklists.urlpatterns,
    *chat.urlpatterns,
    *chat_start.urlpatterns,
    *crew.urlpatterns,
    *engineer_chats.urlpatterns,
    *grants.urlpatterns,
    *outcomes.urlpatterns,
    *providers.urlpatterns,
    *questions.urlpatterns,
    *quotas.urlpatterns,
    *reports.urlpatterns,
    *runs.urlpatterns,
    *tools.urlpatterns,
]
