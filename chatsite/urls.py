"""Every address; includes only."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/v1/", include("agents_app.api.urls")),
    path("api/v1/", include("sessions_app.api.urls")),
    path("", include("agents_app.api.public_urls")),
    path("", include("sessions_app.page_urls")),
]
