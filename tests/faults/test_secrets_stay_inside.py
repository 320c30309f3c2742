"""Secrets planted in what a model says and a tool finds: no frame, answer, report or line of the log has them."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.agents_app.calling import read, spoken
from tests.fakes.openai_server import FakeOpenAI
from tests.services.server import Server

PROVIDER_KEY = "an-entirely-made-up-provider-key"
# Put together here, so that nobody who searches this repository for keys finds one.
CLOUD_KEY = "AKIA" + "ABCD2345EFGH6789"
FOUND = "correct-horse-battery"
SECRETS = (PROVIDER_KEY, CLOUD_KEY, FOUND)


@pytest.fixture
def models() -> Iterator[FakeOpenAI]:
    with FakeOpenAI() as fake:
        fake.only = "What is in the log?"
        yield fake


def test_a_planted_secret_reaches_nobody(start_server: Callable[..., Server], models: FakeOpenAI) -> None:
    server = start_server(OPENAI_BASE_URL=models.url, OPENAI_API_KEY=PROVIDER_KEY, WARROOM_MODEL=models.models[0])
    models.calls("search_evidence", query="password", say=f"With {CLOUD_KEY} I look.")
    models.spells(f"It holds {CLOUD_KEY}, and I was given {PROVIDER_KEY}. Nothing else.")
    with server.sign_in("commander") as person, server.sign_in("auditor") as auditor:
        incident = person.post("/api/v1/incidents", json={"title": "Planted", "severity": "low"}).json()
        file = {"file": ("app.log", f"login password={FOUND} from 203.0.113.7\n".encode())}
        assert person.post(f"/api/v1/incidents/{incident['id']}/evidence", files=file).status_code == 201
        # A chat of the incident and not its war room, whose crew would hear the question and take the answer.
        chat = person.post("/api/v1/sessions", json={"incident_id": incident["id"], "activate": True}).json()
        room = f"/api/v1/sessions/{chat['id']}"
        streamed = ask(person, f"{room}/chat")
        report = {"markdown": f"The key was {CLOUD_KEY}.", "status": "draft"}
        told = {
            "stream": streamed,
            "events": person.get(f"{room}/events", params={"after": 0}, headers={"Accept": "application/json"}).text,
            "messages": person.get(f"{room}/messages").text,
            "report": person.put(f"/api/v1/incidents/{incident['id']}/report", json=report).text,
            "export as JSON": person.get(f"{room}/export", params={"format": "json"}).text,
            "export as Markdown": person.get(f"{room}/export", params={"format": "md"}).text,
            "search": person.get("/api/v1/search", params={"q": "holds"}).text,
            "audit": auditor.get("/api/v1/audit", params={"limit": 200}).text,
            "log": server.output(),
            "asked of models": str([asked["messages"] for asked in models.requests]),
        }
        newest = person.get(f"{room}/messages").json()["data"][0]
        [raw] = person.get(f"/api/v1/incidents/{incident['id']}/evidence").json()["data"]
        assert FOUND in person.get(raw["download_url"]).text  # the file itself stays as it is
        kept = auditor.get("/api/v1/audit", params={"limit": 200}).json()["data"]
    copies = {"export as JSON", "export as Markdown", "search"}
    assert {where for where in copies if "[masked: aws key]" in told[where]} == copies
    assert [(where, secret) for where, text in told.items() for secret in SECRETS if secret in text] == []
    assert newest["content"] == "It holds [masked: aws key], and I was given [masked: provider key]. Nothing else."
    assert newest["metadata"]["masked"] == {"aws key": 1, "provider key": 1}
    assert "password=[masked: password] from 203.0.113.7" in told["asked of models"]
    caught = [each["detail"] for each in kept if each["action"] == "output.masked"]
    assert {each["where"] for each in caught} == {"reply", "tool result", "report"}


def ask(person: httpx.Client, path: str) -> str:
    body = {"content": "What is in the log?", "stream": True}
    with person.stream("POST", path, json=body) as answer:
        assert answer.status_code == 200, answer.read()
        text = "".join(answer.iter_text())
    heard = [read(block) for block in text.split("\n\n") if block and not block.startswith(":")]
    assert heard[-1].data["content"] in spoken(heard)
    return text
