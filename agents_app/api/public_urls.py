"""Addresses outside /api that programs without a sign-in read, such as the feed for firewalls."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
