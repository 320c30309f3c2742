"""An agent asks the people in the room, and goes on when one has answered, hours later if need be."""

from datetime import timedelta

import pytest

from agents_app import clock
from agents_app.engine.dispatcher import Waiting
from agents_app.models import Question, Run
from agents_app.services import questions, runs
from sessions_app import actors
from sessions_app.vocabulary import QuestionAnswer
from tests import factories
from tests.agents_app.control import Scene, at_once, expire_due, refused, said, scene

pytestmark = pytest.mark.django_db(transaction=True)


def asked(**args: object) -> Scene:
    made = scene()
    assert made.act("ask_human", {"question": "Is 203.0.113.7 ours?", **args}) == Waiting(made.call, "answer")
    made.park("answer")
    return made


def answer(made: Scene, content: str = "No.", *, who: str = "responder", option: str | None = None) -> Question:
    question = Question.objects.get(session=made.session)
    body = QuestionAnswer(question_id=question.pk, content=content, option=option)
    return questions.answer(body=body, by=actors.person(made.person(who)))


def test_the_answer_wakes_the_run_and_is_what_the_agent_is_told() -> None:
    made = asked()
    answer(made)
    assert Run.objects.get(pk=made.run.pk).status == "queued"
    made.take_up()
    told = said(made.again())
    assert told["result"] == {"answer": "No.", "answered_by": made.person("responder").display_name}
    assert made.events("question") == ["question.asked", "question.answered"]
    assert made.audited() == ["question.answered"]


def test_the_call_goes_on_waiting_until_then() -> None:
    made = asked()
    made.take_up()
    assert made.again() == Waiting(made.call, "answer")
    assert Question.objects.count() == 1


def test_an_option_is_an_answer_and_a_stranger_is_none() -> None:
    made = asked(options=["Yes", "No"])
    refused("INVALID_REQUEST", lambda: answer(made, "", option="Perhaps"))
    refused("INVALID_REQUEST", lambda: answer(made, "  "))
    assert answer(made, "Yes", option="Yes").answer == "Yes"


@pytest.mark.parametrize("who", ["observer", "admin", "auditor"])
def test_those_who_only_read_do_not_answer(who: str) -> None:
    made = asked()
    refused("PERMISSION_DENIED", lambda: answer(made, who=who))


def test_another_organisations_question_does_not_exist() -> None:
    made = asked()
    made.people["outsider"] = factories.user(role="commander", org=factories.organization("other"))
    refused("NOT_FOUND", lambda: answer(made, who="outsider"))


def test_of_two_answers_at_once_one_counts_and_repeating_it_is_no_error() -> None:
    made = asked()
    made.person("responder"), made.person("commander")
    answers = at_once(lambda: answer(made, "No."), lambda: answer(made, "Yes.", who="commander"))
    assert len([each for each in answers if isinstance(each, Question)]) == 1
    first = Question.objects.get()
    winner = next(name for name, user in made.people.items() if user == first.answered_by)
    assert answer(made, first.answer, who=winner).status == "answered"
    assert made.events("question.answered") == ["question.answered"]


def test_a_question_nobody_answers_expires_and_the_agent_is_told() -> None:
    made = asked()
    Question.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    refused("CONFLICT", lambda: answer(made))
    expire_due()
    made.take_up()
    assert said(made.again())["outcome"] == "expired"
    assert made.events("question")[-1] == "question.expired"


def test_a_question_ends_with_its_run() -> None:
    made = asked()
    runs.cancel(run_id=made.run.pk, by=actors.person(made.person("responder")))
    assert (Question.objects.get().status, made.call.state) == ("cancelled", "cancelled")
    refused("CONFLICT", lambda: answer(made))
