"""Anthropic's wire: replies, tools, typed answers, every way it can fail; and other providers beside it."""

import logging
from collections.abc import Iterator

import pydantic_ai.models
import pytest

from agents_app import sealing
from agents_app.engine import probing
from agents_app.models import Agent, Approval, Provider, ToolCall, UsageRecord
from agents_app.services import approvals, providers
from sessions_app import actors
from sessions_app.models import ChatSession, Event, User
from sessions_app.vocabulary import Decision
from tests import factories
from tests.agents_app.calling import Person
from tests.agents_app.crew_alerts import SERVICE_DOWN
from tests.agents_app.crew_room import CrewRoom
from tests.agents_app.talking import LATE_SOON, STALLED_SOON, in_thread, post, said, told, work_on
from tests.fakes.anthropic_server import MODEL, FakeAnthropic
from tests.fakes.openai_server import FakeOpenAI

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]

KEY = "made-up-key-of-an-anthropic-row"


@pytest.fixture
def claude() -> Iterator[FakeAnthropic]:
    with FakeAnthropic() as fake, pydantic_ai.models.override_allow_model_requests(True):
        yield fake


@pytest.fixture
def provider(transactional_db: None, claude: FakeAnthropic) -> Provider:
    return Provider.objects.create(
        organization=factories.organization(), name="claude", kind="anthropic", base_url=claude.url,
        sealed_key=sealing.seal(KEY), default_model=MODEL,
        offered=[{"name": MODEL, "input_price": 3, "output_price": 15}],
    )  # fmt: skip


@pytest.fixture
def agent(provider: Provider) -> Agent:
    return factories.agent(name="Claude", provider=provider, model=MODEL, tools=["calculator", "block_indicator"])


@pytest.fixture
def chat(agent: Agent) -> ChatSession:
    room = factories.incident().room
    room.agent = agent
    room.save(update_fields=["agent"])
    return room


def _served_by(chat: ChatSession, models: FakeOpenAI) -> Provider:
    return Provider.objects.create(
        organization=chat.organization, name="house", kind="openai-compatible", base_url=models.url,
        default_model="fake-1", offered=[{"name": "fake-1"}],
    )  # fmt: skip


def _approve() -> None:
    approval = Approval.objects.get()
    decision = Decision(version=approval.version, digest=approval.digest, decision="approve", feedback="")
    approvals.decide(approval_id=approval.pk, decision=decision, by=actors.person(User.objects.get(username="anna")))


async def test_a_reply_is_streamed_counted_and_priced(chat: ChatSession, claude: FakeAnthropic) -> None:
    claude.says("Somebody guesses passwords.")
    run = await work_on(await in_thread(post, chat, config={"temperature": 0.4, "max_tokens": 300}))
    assert (run.status, run.error) == ("succeeded", "")
    [message] = await in_thread(said, run)
    assert message.content == "Somebody guesses passwords."
    assert (message.metadata["provider"], message.metadata["model"]) == ("claude", MODEL)
    assert (run.usage["input_tokens"], run.usage["output_tokens"], run.usage["estimated"]) == (12, 5, False)
    assert run.usage["cost"] == pytest.approx((12 * 3 + 5 * 15) / 1_000_000)
    record = await in_thread(UsageRecord.objects.get)
    assert (record.provider_name, record.model, record.input_tokens) == ("claude", MODEL, 12)
    [asked] = claude.requests
    assert (asked["model"], asked["stream"], asked["temperature"], asked["max_tokens"]) == (MODEL, True, 0.4, 300)
    assert asked["messages"][-1]["role"] == "user"
    assert {tool["name"] for tool in asked["tools"]} == {"calculator", "block_indicator"}
    assert claude.authorizations == [KEY]


async def test_a_tool_call_waits_for_its_approval_and_the_run_goes_on_with_its_result(
    chat: ChatSession, claude: FakeAnthropic
) -> None:
    await in_thread(factories.user, "anna", role="approver")
    claude.calls("block_indicator", call_id="toolu_1", say="This must stop.", indicator="203.0.113.7", minutes=60,
                 reason="It guesses passwords")  # fmt: skip
    run = await work_on(await in_thread(post, chat, "Block 203.0.113.7"))
    assert (run.status, run.waiting_for, run.error) == ("waiting", "approval", "")
    await in_thread(_approve)
    claude.says("It is blocked for an hour.")
    run = await work_on(run)
    assert (run.status, run.error) == ("succeeded", "")
    call = await in_thread(ToolCall.objects.get, run=run)
    assert (call.tool, call.state) == ("block_indicator", "succeeded")
    *_, answered, result = claude.requests[-1]["messages"]
    assert [block["type"] for block in answered["content"]] == ["text", "tool_use"]
    assert (result["content"][0]["type"], result["content"][0]["tool_use_id"]) == (
        "tool_result", answered["content"][1]["id"],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("status", "code", "requests"),
    [
        (429, "LLM_RATE_LIMIT", 3), (529, "LLM_API_ERROR", 3), (500, "LLM_API_ERROR", 3), (504, "LLM_TIMEOUT", 3),
        (401, "LLM_API_ERROR", 1), (400, "LLM_API_ERROR", 1), (404, "LLM_API_ERROR", 1), (413, "LLM_TOKEN_LIMIT", 1),
    ],
)  # fmt: skip
async def test_only_what_is_transient_is_tried_again_and_each_failure_has_its_code(
    chat: ChatSession, claude: FakeAnthropic, status: int, code: str, requests: int
) -> None:
    for _ in range(3):
        claude.fails(status, message=f"{KEY} is no good")
    run = await work_on(await in_thread(post, chat))
    assert (run.status, run.error_code, len(claude.requests)) == ("failed", code, requests)
    assert KEY not in run.error
    assert run.usage == {}


async def test_a_rate_limit_longer_than_we_wait_is_told_at_once(chat: ChatSession, claude: FakeAnthropic) -> None:
    claude.fails(429, retry_after="3600")
    run = await work_on(await in_thread(post, chat))
    assert (run.error_code, len(claude.requests)) == ("LLM_RATE_LIMIT", 1)


async def test_an_overload_is_waited_out_as_long_as_it_says(chat: ChatSession, claude: FakeAnthropic) -> None:
    claude.fails(529, retry_after="0")
    claude.fails(429, retry_after="0")
    claude.says("Here I am.")
    run = await work_on(await in_thread(post, chat))
    assert [message.content for message in await in_thread(said, run)] == ["Here I am."]


@pytest.mark.parametrize(
    ("fault", "code"),
    [("hangs", "LLM_TIMEOUT"), ("trickles", "LLM_TIMEOUT"), ("garbage", "LLM_API_ERROR"), ("empty", "LLM_API_ERROR")],
)
async def test_an_answer_that_is_late_or_none_is_an_error(
    chat: ChatSession, claude: FakeAnthropic, fault: str, code: str
) -> None:
    for _ in range(3):
        claude.trickles("Slowly", pause_s=0.05) if fault == "trickles" else getattr(claude, fault)()
    run = await work_on(await in_thread(post, chat), limits=LATE_SOON)
    assert (run.status, run.error_code) == ("failed", code)
    assert await in_thread(said, run) == []


@pytest.mark.parametrize("fault", ["breaks_off", "stops_short", "hangs", "errs_midway"])
async def test_a_reply_cut_in_the_middle_is_asked_again_and_the_cut_one_is_paid_for(
    chat: ChatSession, claude: FakeAnthropic, fault: str
) -> None:
    claude.errs_midway(529, after="Three") if fault == "errs_midway" else getattr(claude, fault)(after="Three")
    claude.says("Two addresses tried it.")
    run = await work_on(await in_thread(post, chat), limits=STALLED_SOON)
    assert (run.status, run.error) == ("succeeded", "")
    assert [message.content for message in await in_thread(said, run)] == ["Two addresses tried it."]
    assert "message.reset" in await in_thread(told, chat)
    records = await in_thread(lambda: list(UsageRecord.objects.order_by("step")))
    assert [(each.requests, each.input_tokens, each.estimated) for each in records] == [(1, 12, True), (1, 12, False)]
    assert records[0].output_tokens > 0
    assert records[0].cost > 0
    assert run.usage["requests"] == 2


async def test_what_was_shown_before_the_last_cut_stays_marked(chat: ChatSession, claude: FakeAnthropic) -> None:
    for _ in range(3):
        claude.stops_short(after="The first sign was")
    run = await work_on(await in_thread(post, chat))
    assert (run.status, run.error_code) == ("failed", "LLM_API_ERROR")
    assert run.error == "The model's provider broke off in the middle of the reply."
    [message] = await in_thread(said, run)
    assert (message.content, message.status) == ("The first sign was", "failed")
    assert run.usage["requests"] == 3


async def test_the_key_is_in_no_frame_no_error_and_no_line_of_the_log(
    chat: ChatSession, claude: FakeAnthropic, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    claude.fails(401, message=f"invalid x-api-key {KEY}")
    await work_on(await in_thread(post, chat))
    await probing.look(await in_thread(providers.seen_by, [chat.organization_id]))
    await in_thread(lambda: chat.agent.provider.refresh_from_db())
    frames = await in_thread(lambda: str(list(Event.objects.values_list("data", flat=True))))
    kept = str(await in_thread(lambda: list(Provider.objects.values())))
    assert KEY in claude.authorizations
    assert [where for where in (caplog.text, frames, kept) if KEY in where] == []


async def test_two_agents_of_two_providers_answer_side_by_side(
    chat: ChatSession, claude: FakeAnthropic, models: FakeOpenAI
) -> None:
    claude.says("This is Claude.")
    models.says("This is another.")
    house = await in_thread(_served_by, chat, models)
    other = await in_thread(lambda: factories.room(agent=factories.agent(name="Other", provider=house, model="fake-1")))
    ended = [await work_on(await in_thread(post, each)) for each in (chat, other)]
    assert [run.provider_id != ended[0].provider_id for run in ended] == [False, True]
    texts = [message.content for run in ended for message in await in_thread(said, run)]
    assert texts == ["This is Claude.", "This is another."]


async def test_one_chat_may_change_from_one_provider_to_another(
    chat: ChatSession, claude: FakeAnthropic, models: FakeOpenAI
) -> None:
    await in_thread(_served_by, chat, models)
    claude.calls("calculator", expression="6*7")
    claude.says("It is 42.")
    assert (await work_on(await in_thread(post, chat, "What is 6*7?"))).status == "succeeded"
    models.says("42, as was said.")
    run = await work_on(await in_thread(post, chat, "Sure?", config={"provider": "house"}))
    assert (run.status, run.model) == ("succeeded", "fake-1")
    assert "It is 42." in str(models.requests[0]["messages"])


async def test_its_status_says_what_there_is_and_what_went_wrong_last(
    chat: ChatSession, claude: FakeAnthropic, rita: Person
) -> None:
    async def look() -> dict[str, object]:
        probing._last.clear()
        return next(each for each in (await rita.get("providers/status")).json()["data"] if each["name"] == "claude")

    claude.models = [MODEL, "claude-fake-2"]
    well = await look()
    assert (well["available"], well["reachable"], well["authorised"], well["model_present"]) == (True,) * 4
    assert (well["models"], well["last_error"], well["kind"]) == ([MODEL, "claude-fake-2"], None, "anthropic")
    claude.list_status = 401
    refused = await look()
    assert (refused["available"], refused["reachable"], refused["authorised"]) == (False, True, False)
    claude.list_status = 200
    claude.models = ["claude-fake-2"]
    without = await look()
    assert (without["available"], without["authorised"], without["model_present"]) == (False, True, False)
    claude.models = [MODEL]
    again = await look()
    assert (again["available"], again["last_error"]) == (True, without["detail"])
    assert again["last_error_at"]
    assert KEY not in str([well, refused, without, again])


async def test_a_failed_request_is_its_last_error(chat: ChatSession, claude: FakeAnthropic) -> None:
    await probing.look([await in_thread(lambda: chat.agent.provider)])
    for _ in range(3):
        claude.fails(529)
    await work_on(await in_thread(post, chat))
    health = await in_thread(lambda: Provider.objects.select_related("health").get(name="claude").health)
    assert health.last_error == "The model's provider answered with an error (529)."


async def test_a_server_that_sends_us_elsewhere_is_not_followed(
    chat: ChatSession, claude: FakeAnthropic, models: FakeOpenAI
) -> None:
    reply = claude.fails(307)
    reply.headers["Location"] = f"{models.url}/messages"
    run = await work_on(await in_thread(post, chat))
    assert (run.status, run.error_code) == ("failed", "LLM_API_ERROR")
    assert models.authorizations == []


async def test_a_name_that_leads_to_a_closed_address_is_not_asked(chat: ChatSession, claude: FakeAnthropic) -> None:
    provider = chat.agent.provider
    provider.base_url = "http://169.254.169.254/"
    await in_thread(provider.save)
    run = await work_on(await in_thread(post, chat))
    assert (run.status, run.error) == ("failed", "The model's provider can't be reached.")


def test_the_crew_works_over_this_wire(claude: FakeAnthropic, settings: pytest.FixtureRequest) -> None:
    settings.ANTHROPIC_BASE_URL, settings.WARROOM_MODEL = claude.url, f"anthropic:{MODEL}"  # type: ignore[attr-defined]
    claude.calls("answer", why="Let us see.", tasks=[{"kind": "query", "goal": "Count the evidence"}], done=False)
    claude.calls("answer", actions=[{"task": 1, "what": "Count it", "intent": "query"}])
    claude.calls("summarize_evidence")
    claude.calls("answer", summary="Nothing but the alert is known.", findings=[], suggestions=[], confidence="low")
    claude.calls("answer", why="That is all.", tasks=[], done=True)
    claude.calls("answer", overview="billing-3 is down.", assessment="A fault.", follow_ups=["Call the owners"])
    room = CrewRoom.open(SERVICE_DOWN.alert, source="alertmanager")
    assert room.work().status == "succeeded"
    assert [(call.tool, call.state) for call in room.calls()] == [("summarize_evidence", "succeeded")]
    assert "- [ ] Call the owners" in room.report
    assert room.run.model == MODEL
