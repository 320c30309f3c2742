"""The engineer chat under /api/ too, where programs older than /api/v1 look for it: the same doors."""

from django.urls import URLPattern, URLResolver

from agents_app.api.engineer_chats import older

urlpatterns: list[URLPattern | URLResolver] = [*older]
