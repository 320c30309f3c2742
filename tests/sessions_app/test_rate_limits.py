"""Who asks too often is told to slow down and when to come back; who works hard is not."""

import shutil
import subprocess
import threading
import time
from collections.abc import Iterator

import pytest
import redis
from django.test import Client
from pytest_django import Settings

from sessions_app import rate_limits
from sessions_app.errors import Refused
from sessions_app.models import Message
from tests.callers import Caller, person, program
from tests.factories import PASSWORD, organization, room, user
from tests.services.ports import free_port
from tests.sockets import Socket


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_minutes_worth_may_come_at_once_and_then_one_at_a_time() -> None:
    clock = Clock()
    assert [rate_limits.taken("a", 6, clock) for _ in range(6)] == [0.0] * 6
    assert rate_limits.taken("a", 6, clock) == pytest.approx(10)
    clock.now += 9.9
    assert rate_limits.taken("a", 6, clock) == pytest.approx(0.1)
    clock.now += 0.1
    assert rate_limits.taken("a", 6, clock) == 0.0
    assert rate_limits.taken("a", 6, clock) == pytest.approx(10)
    assert rate_limits.taken("b", 6, clock) == 0.0


def test_an_even_pace_is_never_refused_and_what_is_refused_costs_nothing() -> None:
    clock = Clock()
    for _ in range(600):
        assert rate_limits.taken("a", 60, clock) == 0.0
        clock.now += 1
    for _ in range(60):
        rate_limits.taken("a", 60, clock)
    for _ in range(100):
        assert rate_limits.taken("a", 60, clock) == pytest.approx(1)


def test_of_many_at_once_exactly_as_many_pass_as_may() -> None:
    start, passed, clock = threading.Barrier(16), [], Clock()

    def ask() -> None:
        start.wait(5)
        passed.extend(rate_limits.taken("a", 100, clock) == 0.0 for _ in range(50))

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    assert (len(passed), sum(passed)) == (800, 100)


def test_who_has_not_asked_for_a_while_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limits, "MOST_KEPT", 10)
    clock = Clock()
    for number in range(11):
        rate_limits.taken(str(number), 60, clock)
        clock.now += 1
    assert list(rate_limits._local) == ["10"]


def test_zero_is_no_limit(settings: Settings) -> None:
    settings.WARROOM_RATE_MESSAGES = 0
    for _ in range(2000):
        rate_limits.require("messages", "casey")


# --- The doors --------------------------------------------------------------------------------------------------------
def assert_slow_down(answer: object, limit: str) -> None:
    assert answer.status_code == 429, answer.content  # type: ignore[attr-defined]
    told = answer.json()  # type: ignore[attr-defined]
    assert (told["error_code"], told["recoverable"], told["details"]["limit"]) == ("RATE_LIMIT_EXCEEDED", True, limit)
    assert int(answer["Retry-After"]) >= 1  # type: ignore[index]


@pytest.mark.django_db
def test_sign_ins_are_counted_by_address_and_only_our_proxies_may_name_another(settings: Settings) -> None:
    settings.WARROOM_RATE_SIGN_INS = 2
    casey, client = user("casey"), Client()
    told = {"username": casey.username, "password": PASSWORD}

    def sign_in(forwarded: str = "") -> object:
        headers = {"X-Forwarded-For": forwarded} if forwarded else {}
        return client.post("/api/v1/auth/token", told, "application/json", headers=headers)

    assert [sign_in(f"203.0.113.{n}").status_code for n in range(2)] == [200, 200]  # type: ignore[attr-defined]
    assert_slow_down(sign_in("203.0.113.9"), "sign_ins")
    page = client.post("/sign-in/", told)
    assert (page.status_code, "Too many sign-ins" in page.text) == (429, True)
    assert int(page["Retry-After"]) >= 1
    settings.WARROOM_TRUSTED_PROXIES = ["127.0.0.1"]
    assert sign_in("203.0.113.9").status_code == 200  # type: ignore[attr-defined]


@pytest.mark.django_db(transaction=True)
def test_messages_are_counted_by_person_whatever_the_door_and_a_refused_one_is_not_there(
    settings: Settings, no_agents: None
) -> None:
    settings.WARROOM_RATE_MESSAGES = 3
    place, casey, other = room(), person(user()), person(user())
    path = f"sessions/{place.pk}/messages"
    for number in range(3):
        assert casey.post(path, {"content": f"line {number}"}).status_code == 202
    assert_slow_down(casey.post(path, {"content": "one more"}), "messages")
    assert other.post(path, {"content": "and I?"}).status_code == 202
    assert Message.objects.count() == 4


@pytest.mark.django_db(transaction=True)
def test_a_repeat_of_a_message_is_no_message(settings: Settings, no_agents: None) -> None:
    settings.WARROOM_RATE_MESSAGES = 1
    place, casey = room(), person(user())
    for _ in range(5):
        answer = casey.post(f"sessions/{place.pk}/messages", {"content": "once"}, Idempotency_Key="k")
        assert answer.status_code == 202
    assert Message.objects.count() == 1


@pytest.mark.django_db
def test_alerts_are_counted_by_key(settings: Settings) -> None:
    settings.WARROOM_RATE_INGEST = 2
    noisy, quiet = program(organization(), "ingest"), program(organization(), "ingest")

    def send(caller: Caller) -> object:
        return caller.post("ingest", {"alert": "Beacon", "host": "web-1"})

    assert [send(noisy).status_code for _ in range(2)] == [202, 202]  # type: ignore[attr-defined]
    assert_slow_down(send(noisy), "ingest")
    assert send(quiet).status_code == 202  # type: ignore[attr-defined]


@pytest.mark.django_db
def test_searches_are_counted_by_person_through_page_and_api(settings: Settings) -> None:
    settings.WARROOM_RATE_SEARCHES = 2
    casey, riley = user("casey"), user("riley")
    assert [person(casey).get("search", q="beacon").status_code for _ in range(2)] == [200, 200]
    assert_slow_down(person(casey).get("search", q="beacon"), "searches")
    browser = Client()
    browser.force_login(casey)
    page = browser.get("/search", {"q": "beacon"})
    assert (page.status_code, page["Retry-After"]) == (429, "30")
    assert person(riley).get("search", q="beacon").status_code == 200


async def test_sockets_are_counted_by_address_and_told_when_to_come_back(settings: Settings) -> None:
    settings.WARROOM_RATE_SOCKETS = 1
    first = await Socket().open()
    gone = await (await Socket().open()).closed()
    assert gone.code == 4429
    assert gone.bye
    assert 1 <= gone.bye["retry_after_ms"] <= 60_000
    await first.close()


# --- Shared by processes ----------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    binary = shutil.which("redis-server")
    if binary is None:
        pytest.skip("no redis-server on this machine")
    port, home = free_port(), tmp_path_factory.mktemp("redis")
    command = [binary, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(home)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _until_it_answers(port)
    yield f"redis://127.0.0.1:{port}/0"
    process.terminate()
    process.wait(10)


def _until_it_answers(port: int) -> None:
    until = time.monotonic() + 10
    with redis.Redis(port=port) as client:
        while time.monotonic() < until:
            try:
                client.ping()
            except redis.ConnectionError:
                time.sleep(0.02)
            else:
                return
    raise AssertionError("redis-server did not come up")


def use(settings: Settings, url: str) -> None:
    settings.REDIS_URL = url
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": url}}


def test_with_redis_all_count_together(settings: Settings, redis_url: str) -> None:
    use(settings, redis_url)
    passed: list[bool] = []
    threads = [
        threading.Thread(target=lambda: passed.extend(rate_limits.taken("a", 30) == 0.0 for _ in range(20)))
        for _ in range(4)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    assert (len(passed), sum(passed)) == (80, 30)
    assert "a" not in rate_limits._local
    assert 0 < rate_limits.taken("a", 30) <= 2


def test_without_its_redis_each_process_counts_for_itself(settings: Settings) -> None:
    use(settings, f"redis://127.0.0.1:{free_port()}/0")
    assert [rate_limits.taken("a", 2) > 0 for _ in range(3)] == [False, False, True]


def test_the_refusal_says_how_long() -> None:
    with pytest.raises(Refused) as refused:
        for _ in range(rate_limits.per_minute("sign_ins") + 1):
            rate_limits.require("sign_ins", "198.51.100.1")
    assert refused.value.retry_after_s == pytest.approx(0.5, abs=0.1)
    assert "at most 120 a minute" in refused.value.detail
