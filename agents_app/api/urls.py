"""REST of runs, approvals, tools and providers: each module owns its addresses."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
