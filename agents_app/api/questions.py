"""REST of questions: answering an agent."""

from typing import Annotated
from uuid import UUID

from django.urls import path
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response

from agents_app import resources
from agents_app.services import questions
from sessions_app.api.doors import Door, idempotent
from sessions_app.api.schema.describing import described
from sessions_app.vocabulary import Body, QuestionAnswer, QuestionResource


class Answer(Body):
    content: Annotated[str, Field(max_length=8000)] = ""
    option: str | None = None


class Answering(Door):
    @described("Answer an agent", QuestionResource, body=Answer, errors=("CONFLICT",))
    @idempotent
    def post(self, request: Request, question_id: UUID) -> Response:
        body = QuestionAnswer(question_id=question_id, **self.body(Answer).model_dump())
        return Response(resources.question(questions.answer(body=body, by=self.actor)).wire())


urlpatterns = [path("questions/<uuid:question_id>/answer", Answering.as_view(), name="question-answer")]
