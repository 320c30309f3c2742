"""Every address; includes only."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/v1/", include("agents_app.api.urls")),
    path("api/v1/", include("sessions_app.api.urls")),
    path("api/", include("agents_app.api.engineer_chat_urls")),
    path("", include("agents_app.api.public_urls")),
    path("", include("agents_app.api.page_urls")),
    path("", include("sessions_app.page_urls")),
]

handler400 = "sessions_app.failures.bad_request"
handler403 = "sessions_app.failures.forbidden"
handler404 = "sessions_app.failures.not_found"
handler500 = "sessions_app.failures.failed"
