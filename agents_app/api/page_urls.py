"""Where the war room's forms post to."""

from django.urls import URLPattern, URLResolver, path

from agents_app.api import blocklist_page, page_views, report_pages

urlpatterns: list[URLPattern | URLResolver] = [
    path("incidents/<uuid:incident_id>/private/", page_views.engineer_chat_list, name="engineer-chats"),
    path("incidents/<uuid:incident_id>/report/", report_pages.report, name="report"),
    path("incidents/<uuid:incident_id>/report/edit/", report_pages.edit, name="edit-report"),
    path("incidents/<uuid:incident_id>/report/preview/", report_pages.preview, name="preview-report"),
    path("incidents/<uuid:incident_id>/report/draft/", report_pages.redraft, name="redraft-report"),
    path("incidents/<uuid:incident_id>/report/versions/", report_pages.versions, name="report-history"),
    path("incidents/<uuid:incident_id>/report/versions/<int:number>/", report_pages.version, name="report-at"),
    path("approvals/<uuid:approval_id>/", page_views.decide_approval, name="decide-approval"),
    path("grants/<uuid:grant_id>/revoke/", page_views.take_back_grant, name="take-back-grant"),
    path("questions/<uuid:question_id>/", page_views.answer_question, name="answer-question"),
    path("outcomes/<uuid:tool_call_id>/", page_views.settle_outcome, name="settle-outcome"),
    path("block-list/", blocklist_page.block_list, name="block-list"),
    path("block-list/unblock/", blocklist_page.unblock, name="unblock"),
]
