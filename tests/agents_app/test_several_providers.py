"""Several providers at once: which of them an agent asks, whose key goes where, and what the admin says of them."""

import pytest
from django.test import Client

from agents_app import sealing, web_addresses
from agents_app.engine import clients
from agents_app.models import Agent, DefaultModel, Provider
from agents_app.services import configuring, providers
from chatsite import checks
from sessions_app.errors import Refused
from sessions_app.models import AuditEntry, Organization
from sessions_app.services import masks
from tests import factories

KEY = "made-up-key-for-the-admin"


@pytest.fixture
def home(db: None) -> Organization:
    return factories.organization()


def asked(home: Organization, *, session: dict[str, object] | None = None, **fields: object) -> tuple[str, str]:
    """Provider and model of an agent with these fields."""
    agent = Agent(organization=home, name="Aria", **fields)
    chosen = configuring.decide(agent, session=session or {})
    return chosen.provider.name, chosen.model


def served(home: Organization | None, name: str, *models: str, kind: str = "openai-compatible") -> Provider:
    offered = [{"name": each} for each in models]
    return Provider.objects.create(organization=home, name=name, kind=kind, default_model=models[0], offered=offered)


@pytest.mark.parametrize(
    ("model", "keys", "found"),
    [
        ("", (), ("offline-demo", "offline-demo")),
        ("", ("OPENAI_API_KEY",), ("environment", "gpt-4.1-mini")),
        ("", ("ANTHROPIC_API_KEY",), ("anthropic", "claude-sonnet-4-5")),
        ("", ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"), ("environment", "gpt-4.1-mini")),
        ("gpt-9", ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"), ("environment", "gpt-9")),
        ("claude-9", ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"), ("anthropic", "claude-9")),
        ("claude-9", ("OPENAI_BASE_URL", "ANTHROPIC_API_KEY"), ("environment", "claude-9")),
        ("anthropic:claude-9", ("OPENAI_BASE_URL", "ANTHROPIC_API_KEY"), ("anthropic", "claude-9")),
        ("openai:gpt-9", ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"), ("environment", "gpt-9")),
        ("qwen3:14b", ("OPENAI_BASE_URL",), ("environment", "qwen3:14b")),
        ("demo:offline-demo", ("OPENAI_API_KEY",), ("offline-demo", "offline-demo")),
    ],
)
def test_the_environment_says_who_answers(
    home: Organization, settings: pytest.FixtureRequest, model: str, keys: tuple[str, ...], found: tuple[str, str]
) -> None:
    for name in keys:
        setattr(settings, name, "http://127.0.0.1:9/v1" if name.endswith("URL") else "a-key")
    settings.WARROOM_MODEL = model  # type: ignore[attr-defined]
    providers.ensure_shared()
    assert asked(home) == found


def test_a_model_whose_server_nobody_named_ends_the_start(settings: pytest.FixtureRequest) -> None:
    settings.WARROOM_MODEL = "anthropic:claude-9"  # type: ignore[attr-defined]
    [found] = checks.the_named_model_has_a_server()
    assert "ANTHROPIC_API_KEY" in found.msg
    settings.ANTHROPIC_API_KEY = "a-key"  # type: ignore[attr-defined]
    assert checks.the_named_model_has_a_server() == []


def test_the_stronger_level_says_which_model_is_asked(home: Organization) -> None:
    providers.ensure_shared()
    house = served(home, "house", "large", "small")
    served(home, "claude", "claude-a", "claude-b", kind="anthropic")
    assert asked(home) == ("offline-demo", "offline-demo")
    assert asked(home, model="small") == ("house", "small")
    chosen = DefaultModel.objects.create(organization=home, provider=house, model="small")
    assert asked(home) == ("house", "small")
    assert asked(home, model="claude-b") == ("claude", "claude-b")
    assert asked(home, provider=house) == ("house", "large")
    assert asked(home, session={"provider": "claude"}) == ("claude", "claude-a")
    assert asked(home, config={"model": "claude-b"}, session={"model": "large"}) == ("house", "large")
    house.enabled = False
    house.save()
    assert asked(home) == ("offline-demo", "offline-demo")
    chosen.delete()
    assert asked(factories.organization("other")) == ("offline-demo", "offline-demo")


def test_the_word_of_a_stronger_level_takes_the_place_of_the_other_setting(home: Organization) -> None:
    claude = served(home, "claude", "claude-a", "claude-opus-5", kind="anthropic")
    claude.config = {"temperature": 0.2}
    agent = Agent(organization=home, name="Aria", provider=claude, config={"temperature": 0.9})
    assert configuring.decide(agent, session={}).config == {"temperature": 0.9}
    assert configuring.decide(agent, session={"top_p": 0.5}).config == {"top_p": 0.5}
    with pytest.raises(Refused, match="from 0 to 1 for claude"):
        configuring.decide(agent, session={"temperature": 1.5})
    bare = Agent(organization=home, name="Bare", provider=claude)
    assert configuring.decide(bare, session={"model": "claude-opus-5"}).config == {"model": "claude-opus-5"}
    with pytest.raises(Refused, match="is not taken by claude-opus-5"):
        configuring.decide(agent, session={"model": "claude-opus-5"})


def test_a_key_goes_to_its_own_company_and_to_no_address_an_organisation_wrote(
    home: Organization, settings: pytest.FixtureRequest
) -> None:
    settings.OPENAI_API_KEY, settings.ANTHROPIC_API_KEY = "key-of-openai", "key-of-anthropic"  # type: ignore[attr-defined]

    def key(**fields: object) -> str:
        return clients.key_of(Provider(name="x", **fields))

    assert key(kind="anthropic", key_variable="ANTHROPIC_API_KEY", organization=home) == "key-of-anthropic"
    assert key(kind="openai", key_variable="ANTHROPIC_API_KEY", organization=home) == ""
    assert key(kind="anthropic", key_variable="OPENAI_API_KEY") == ""
    assert key(kind="anthropic", key_variable="ANTHROPIC_API_KEY", organization=home, base_url="http://h/") == ""
    own = sealing.seal("own-key")
    assert key(kind="anthropic", key_variable="ANTHROPIC_API_KEY", sealed_key=own, base_url="http://h/") == "own-key"
    settings.SECRET_KEY = "another secret key, of more than thirty-two characters"  # type: ignore[attr-defined]
    with pytest.raises(Refused, match="Set it anew"):
        key(kind="anthropic", sealed_key=own)


@pytest.mark.parametrize(
    ("url", "open_"),
    [
        ("https://api.anthropic.com", True), ("http://ollama:11434/v1", True), ("http://10.0.0.5:8000/v1", True),
        ("http://[::1]:9/", True), ("http://169.254.169.254/latest", False), ("http://[fe80::1]/", False),
        ("http://[::ffff:169.254.169.254]/", False), ("http://0.0.0.0:80/", False), ("http://100.100.100.200/", False),
        ("http://user:word@example.org/", False), ("http://example.org/?key=1", False), ("ftp://example.org/", False),
        ("http://:80/", False), ("http://example.org:x/", False),
    ],
)  # fmt: skip
def test_an_address_is_one_where_models_are_looked_for(url: str, open_: bool) -> None:
    assert (web_addresses.fault(url) == "") is open_


def test_the_admin_keeps_a_key_sealed_and_shows_it_to_nobody(home: Organization) -> None:
    root = Client()
    root.force_login(factories.user("root", is_staff=True, is_superuser=True))
    told = {"organization": home.pk, "name": "claude", "kind": "anthropic", "model_type": "cloud", "base_url": "",
            "key_variable": "", "offered": '[{"name": "claude-a"}]', "default_model": "claude-a", "config": "{}",
            "enabled": "on"}  # fmt: skip
    added = root.post("/admin/agents_app/provider/add/", {**told, "key": KEY})
    assert added.status_code == 302, added.context["adminform"].form.errors
    provider = Provider.objects.get(name="claude")
    assert sealing.unseal(provider.sealed_key) == KEY
    assert KEY not in provider.sealed_key
    page = root.get(f"/admin/agents_app/provider/{provider.pk}/change/").content.decode()
    assert KEY not in page
    assert provider.sealed_key not in page
    assert KEY not in str(list(AuditEntry.objects.values()))
    root.post(f"/admin/agents_app/provider/{provider.pk}/change/", told)
    provider.refresh_from_db()
    assert sealing.unseal(provider.sealed_key) == KEY
    root.post(f"/admin/agents_app/provider/{provider.pk}/change/", {**told, "forget_key": "on"})
    provider.refresh_from_db()
    assert provider.sealed_key == ""


def test_only_superusers_set_and_forget_a_key(home: Organization) -> None:
    desk, row = Client(), served(home, "house", "large", "small")
    desk.force_login(factories.user("dora", role="admin", org=home, is_staff=True))
    providers.set_key(row, KEY)
    told = {"offered": '[{"name": "large"}]', "default_model": "large", "config": "{}", "enabled": "on"}
    for more in ({"key": "a key of somebody else"}, {"forget_key": "on"}):
        assert desk.post(f"/admin/agents_app/provider/{row.pk}/change/", {**told, **more}).status_code == 302
        row.refresh_from_db()
        assert sealing.unseal(row.sealed_key) == KEY, more


def test_a_sealed_key_is_masked_wherever_its_organisation_could_read_it(home: Organization) -> None:
    elsewhere = factories.organization("globex")
    for number, whose in enumerate((home, None, elsewhere)):
        row = Provider.objects.create(organization=whose, name=f"p{number}", kind="openai", enabled=number > 0)
        providers.set_key(row, f"plain-looking-{number}")
    lost = Provider.objects.create(organization=home, name="lost", kind="openai", sealed_key="of another server")
    words = "plain-looking-0 plain-looking-1 plain-looking-2"
    seen = "[masked: provider key] [masked: provider key] plain-looking-2"
    assert masks.of(home.pk).text(words).text == masks.of_a_model(home.pk).text(words).text == seen
    lost.delete()
    providers.set_key(Provider.objects.get(name="p1"), "short")
    assert masks.of(home.pk).text("short plain-looking-1").text == "short plain-looking-1", "as it stands now"


def test_the_admin_of_an_organisation_chooses_its_model_and_that_of_its_agents(home: Organization) -> None:
    desk = Client()
    desk.force_login(factories.user("dora", role="admin", is_staff=True))
    house, theirs = served(home, "house", "large", "small"), served(factories.organization("other"), "theirs", "m")
    chosen = {"organization": home.pk, "provider": theirs.pk, "model": "small"}
    assert desk.post("/admin/agents_app/defaultmodel/add/", chosen).status_code == 200
    assert desk.post("/admin/agents_app/defaultmodel/add/", {**chosen, "provider": house.pk}).status_code == 302
    assert asked(home) == ("house", "small")
    agent = {"organization": home.pk, "name": "Aria", "role": "assistant", "color": "blue", "symbol": "A",
             "tools": "[]", "config": "{}", "enabled": "on", "provider": house.pk}  # fmt: skip
    wrong = desk.post("/admin/agents_app/agent/add/", {**agent, "model": "gpt-99"})
    assert "it has large, small" in str(wrong.context["adminform"].form.errors["model"])
    assert desk.post("/admin/agents_app/agent/add/", {**agent, "model": "small"}).status_code == 302
