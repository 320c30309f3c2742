"""Pages for people."""

from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, URLResolver, path

from sessions_app import views
from sessions_app.pages import chats, incident_work, indicators, languages, search
from sessions_app.pages.sign_in import SignIn

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.incident_rows, name="incidents"),
    path("sign-in/", SignIn.as_view(), name="sign-in"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
    path("favicon.ico", views.favicon),
    path("theme/", views.choose_theme, name="theme"),
    path("language/", languages.choose, name="language"),
    path("incidents/rows/", views.incident_updates, name="incident-updates"),
    path("incidents/declare/", views.declare, name="declare"),
    path("incidents/demo/", views.load_demo, name="load-demo"),
    path("incidents/<uuid:incident_id>/", views.war_room, name="war-room"),
    path("incidents/<uuid:incident_id>/messages/", views.post_message, name="post-message"),
    path("incidents/<uuid:incident_id>/change/", views.change_incident, name="change-incident"),
    path("incidents/<uuid:incident_id>/resolve/", views.resolve_incident, name="resolve-incident"),
    path("incidents/<uuid:incident_id>/evidence/", views.attach_evidence, name="attach-evidence"),
    path("incidents/<uuid:incident_id>/indicators/", indicators.add, name="add-indicators"),
    path("incidents/<uuid:incident_id>/indicators/<uuid:indicator_id>/", indicators.show, name="indicator"),
    path("incidents/<uuid:incident_id>/command/", incident_work.take_command, name="take-command"),
    path("incidents/<uuid:incident_id>/status/", incident_work.set_status, name="set-status"),
    path("incidents/<uuid:incident_id>/roles/", incident_work.give_role, name="give-role"),
    path("incidents/<uuid:incident_id>/tasks/", incident_work.add_task, name="add-task"),
    path("incidents/<uuid:incident_id>/tasks/<uuid:task_id>/", incident_work.change_task, name="change-task"),
    path("incidents/<uuid:incident_id>/timeline/", incident_work.timeline_page, name="timeline"),
    path("incidents/<uuid:incident_id>/timeline/<int:seq>/pin/", incident_work.pin, name="pin"),
    path("incidents/<uuid:incident_id>/merge/", incident_work.merge, name="merge"),
    path("incidents/<uuid:incident_id>/unmerge/", incident_work.unmerge, name="unmerge"),
    path("chats/", chats.chat_list, name="chats"),
    path("chats/new/", chats.start, name="start-chat"),
    path("chats/<uuid:session_id>/", chats.chat, name="chat"),
    path("chats/<uuid:session_id>/messages/", chats.post, name="post-to-chat"),
    path("chats/<uuid:session_id>/config/", chats.configure, name="configure-session"),
    path("chats/<uuid:session_id>/end/", chats.end, name="end-chat"),
    path("search", search.results, name="search"),
    path("evidence/<uuid:evidence_id>/", views.evidence_page, name="evidence"),
]
