"""REST of people, incidents, rooms and alerts: each module owns its addresses."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
