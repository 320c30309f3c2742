"""The admin: an organisation's admin administers it, sees nothing of others, and can't reach them by guessing."""

import re
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from agents_app.models import Agent, Provider, ToolPolicy
from sessions_app.models import ApiKey, AuditEntry, Membership, Message, Organization, User
from sessions_app.services import accounts
from tests import factories
from tests.callers import Caller

pytestmark = pytest.mark.django_db


@pytest.fixture
def home() -> Organization:
    return factories.organization("demo")


@pytest.fixture
def elsewhere() -> Organization:
    return factories.organization("other")


def staff(home: Organization, role: str = "admin", **fields: Any) -> Client:
    browser = Client()
    browser.force_login(factories.user(role=role, org=home, is_staff=True, **fields))
    return browser


@pytest.fixture
def desk(home: Organization) -> Client:
    """The browser of the organisation's admin."""
    return staff(home)


@pytest.fixture
def root() -> Client:
    browser = Client()
    browser.force_login(User.objects.create_superuser("root", password=factories.PASSWORD))
    return browser


def address(model: type, page: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def titles(desk: Client, model: type, **parameters: str) -> str:
    answer = desk.get(address(model, "changelist"), parameters)
    assert answer.status_code == 200, answer
    return answer.content.decode()


def made_everywhere(home: Organization) -> dict[str, Any]:
    """One of each thing in an organisation, by name."""
    incident = factories.incident(home, title=f"Incident of {home.slug}")
    message = Message.objects.create(
        session=incident.room, seq=1, sender_type="user", sender_name=f"Sender of {home.slug}", content="x"
    )
    return {
        "organization": home,
        "user": factories.user(f"person-of-{home.slug}", org=home),
        "incident": incident,
        "chatsession": incident.room,
        "message": message,
        "agent": incident.room.agent,
        "provider": Provider.objects.get(organization=home),
        "toolpolicy": ToolPolicy.objects.create(organization=home, tool=f"tool-of-{home.slug}", effect="deny"),
        "apikey": accounts.issue_key(organization=home, name=f"key-of-{home.slug}", scopes=["read"], by=None)[0],
        "run": factories.run(incident.room),
    }


# --- Rows -------------------------------------------------------------------------------------------------------------
def test_no_page_shows_or_opens_what_is_another_organisations(
    desk: Client, home: Organization, elsewhere: Organization
) -> None:
    mine, theirs = made_everywhere(home), made_everywhere(elsewhere)
    for name, row in theirs.items():
        model = type(row)
        listed = titles(desk, model)
        assert str(mine[name].pk) in listed, name
        assert str(row.pk) not in listed, name
        for page in ("change", "history", "delete"):
            answer = desk.get(address(model, page, row.pk))
            assert answer.status_code in (302, 403), (name, page)
            assert str(row) not in answer.content.decode(), (name, page)
        assert desk.get(address(model, "change", mine[name].pk)).status_code == 200, name


def test_every_registered_page_opens_for_a_superuser_and_is_scoped(root: Client, home: Organization) -> None:
    made_everywhere(home)
    for model in admin.site._registry:
        assert root.get(address(model, "changelist")).status_code == 200, model
    assert root.get("/admin/").status_code == 200


def test_every_page_is_closed_to_who_is_no_admin_of_anything(home: Organization) -> None:
    made_everywhere(home)
    commander = staff(home, role="commander")
    no_staff = Client()
    no_staff.force_login(factories.user(role="admin"))
    ex_admin = staff(home)
    Membership.objects.filter(user__pk=ex_admin.session["_auth_user_id"]).update(active=False)
    for model in admin.site._registry:
        assert commander.get(address(model, "changelist")).status_code == 403, model
        assert ex_admin.get(address(model, "changelist")).status_code == 403, model
        assert no_staff.get(address(model, "changelist")).status_code == 302, model


def test_who_administers_finds_the_way_from_any_page(desk: Client, home: Organization) -> None:
    commander = Client()
    commander.force_login(factories.user(role="commander", org=home))
    link = f'href="{reverse("admin:index")}"'
    assert (link in desk.get("/").text, link in commander.get("/").text) == (True, False)


def test_filters_and_searches_name_no_other_organisation(
    desk: Client, home: Organization, elsewhere: Organization
) -> None:
    elsewhere.name = "Rival Industries"
    elsewhere.save()
    made_everywhere(elsewhere)
    made_everywhere(home)
    for model in admin.site._registry:
        if admin.site._registry[model].has_view_permission(_request(desk)):
            assert "Rival" not in titles(desk, model), model
    found = desk.get(reverse("admin:autocomplete"), {
        "app_label": "sessions_app", "model_name": "membership", "field_name": "user", "term": "person",
    })  # fmt: skip
    assert "person-of-other" not in found.content.decode()


def test_a_hash_can_not_be_guessed_by_filtering(desk: Client, home: Organization) -> None:
    made_everywhere(home)
    for model, lookup in (
        (User, "password__startswith"), (ApiKey, "secret_hash__startswith"), (Provider, "sealed_key__startswith"),
    ):  # fmt: skip
        assert desk.get(address(model, "changelist"), {lookup: "a"}).status_code == 400


def _request(desk: Client) -> Any:
    request = type("Request", (), {})()
    request.user = User.objects.get(pk=desk.session["_auth_user_id"])
    return request


# --- Choices ----------------------------------------------------------------------------------------------------------
def test_a_form_offers_only_what_is_ones_own(desk: Client, home: Organization, elsewhere: Organization) -> None:
    theirs = made_everywhere(elsewhere)
    made_everywhere(home)
    for model in (ApiKey, Membership, Agent, ToolPolicy, User):
        page = desk.get(address(model, "add")).content.decode()
        assert str(home.pk) in page, model
        for row in theirs.values():
            assert str(row.pk) not in page, (model, row)


def test_who_audits_elsewhere_makes_nothing_there(home: Organization, elsewhere: Organization) -> None:
    user = factories.user(role="admin", org=home, is_staff=True)
    Membership.objects.create(user=user, organization=elsewhere, role="auditor")
    desk = Client()
    desk.force_login(user)
    offered = desk.get(address(ApiKey, "add")).context["adminform"].form.fields["organization"].queryset
    assert set(offered) == {home}


def test_a_posted_id_of_another_organisation_is_no_choice(
    desk: Client, elsewhere: Organization, home: Organization
) -> None:
    theirs = made_everywhere(elsewhere)
    mine = factories.user("mine", org=home)
    for model, posted in (
        (ApiKey, {"organization": elsewhere.pk, "name": "x", "scopes": ["read"]}),
        (Membership, {"organization": elsewhere.pk, "user": mine.pk, "role": "commander", "active": "on"}),
        (Membership, {"organization": home.pk, "user": theirs["user"].pk, "role": "commander", "active": "on"}),
        (Agent, {"organization": elsewhere.pk, "name": "x", "role": "assistant", "color": "blue", "symbol": "x",
                 "tools": "[]", "config": "{}"}),
        (Agent, {"organization": home.pk, "name": "x", "role": "assistant", "color": "blue", "symbol": "x",
                 "tools": "[]", "config": "{}", "provider": theirs["provider"].pk}),
        (ToolPolicy, {"organization": home.pk, "tool": "x", "effect": "allow", "agent": theirs["agent"].pk,
                      "when": "{}", "need": "[]"}),
    ):  # fmt: skip
        before = model.objects.count()
        answer = desk.post(address(model, "add"), posted)
        assert answer.status_code == 200, (model, posted)
        assert "Select a valid choice" in answer.content.decode(), (model, posted)
        assert model.objects.count() == before


def test_a_row_of_another_organisation_can_not_be_changed_by_posting_to_its_address(
    desk: Client, elsewhere: Organization
) -> None:
    theirs = made_everywhere(elsewhere)
    desk.post(address(ToolPolicy, "change", theirs["toolpolicy"].pk), {"tool": "mine", "effect": "allow"})
    desk.post(address(ToolPolicy, "delete", theirs["toolpolicy"].pk), {"post": "yes"})
    desk.post(
        address(ToolPolicy, "changelist"),
        {"action": "delete_selected", "_selected_action": [theirs["toolpolicy"].pk], "post": "yes"},
    )
    desk.post(address(ApiKey, "changelist"), {"action": "revoke", "_selected_action": [theirs["apikey"].pk]})
    theirs["toolpolicy"].refresh_from_db()
    theirs["apikey"].refresh_from_db()
    assert (theirs["toolpolicy"].tool, theirs["apikey"].revoked_at) == ("tool-of-other", None)


# --- Keys -------------------------------------------------------------------------------------------------------------
def make_key(desk: Client, home: Organization, **fields: Any) -> str:
    posted = {"organization": home.pk, "name": "Wazuh", "scopes": ["ingest", "read"], **fields}
    answer = desk.post(address(ApiKey, "add"), posted, follow=True)
    found = re.findall(r"wr_[0-9a-f]+_[\w-]+", answer.content.decode())
    assert len(found) == 1, answer.content.decode()[:2000]
    return found[0]


def test_a_key_is_shown_once_and_works(desk: Client, home: Organization) -> None:
    secret = make_key(desk, home)
    assert Caller(f"Api-Key {secret}").get("me").json()["name"] == "Wazuh"
    for page in (
        titles(desk, ApiKey),
        desk.get(address(ApiKey, "change", ApiKey.objects.get().pk)).content.decode(),
    ):
        assert secret not in page
        assert ApiKey.objects.get().secret_hash not in page
    assert secret not in str(AuditEntry.objects.values())
    entry = AuditEntry.objects.get(action="apikey.added")
    assert (entry.organization, entry.object_id) == (home, str(ApiKey.objects.get().pk))


def test_a_key_that_is_revoked_or_runs_out_in_the_admin_opens_nothing(desk: Client, home: Organization) -> None:
    caller = Caller(f"Api-Key {make_key(desk, home)}")
    desk.post(address(ApiKey, "changelist"), {"action": "revoke", "_selected_action": [ApiKey.objects.get().pk]})
    assert caller.get("me").status_code == 401
    assert AuditEntry.objects.filter(action="apikey.changed").exists()
    old = make_key(desk, home, expires_at_0="2020-01-01", expires_at_1="00:00:00")
    assert Caller(f"Api-Key {old}").get("me").status_code == 401


def test_a_change_of_a_key_does_not_change_its_secret(desk: Client, home: Organization) -> None:
    secret = make_key(desk, home)
    key = ApiKey.objects.get()
    desk.post(address(ApiKey, "change", key.pk), {"name": "Falco", "scopes": ["read"]})
    key.refresh_from_db()
    assert (key.name, key.scopes) == ("Falco", ["read"])
    assert accounts.key_for(secret) == key


def test_what_a_key_may_is_said_in_words_and_chosen_by_ticks(desk: Client, home: Organization) -> None:
    make_key(desk, home)
    key = ApiKey.objects.get()
    chosen = desk.get(address(ApiKey, "change", key.pk)).text
    assert chosen.count('type="checkbox" name="scopes"') == 3
    for page in (
        desk.get(address(ApiKey, "changelist")).text,
        staff(home, role="auditor").get(address(ApiKey, "change", key.pk)).text,
    ):
        assert "Send alerts, Read incidents, rooms and evidence" in page
        assert "&#x27;ingest&#x27;" not in page
        assert "[&quot;ingest&quot;" not in page


# --- People -----------------------------------------------------------------------------------------------------------
def test_a_new_person_belongs_to_the_organisation_from_the_start(desk: Client, home: Organization) -> None:
    posted = {
        "username": "newcomer", "usable_password": "true", "password1": factories.PASSWORD,
        "password2": factories.PASSWORD, "organization": home.pk, "role": "responder", "is_superuser": "on",
        "is_staff": "on",
    }  # fmt: skip
    assert desk.post(address(User, "add"), posted).status_code == 302
    newcomer = User.objects.get(username="newcomer")
    assert (newcomer.is_superuser, newcomer.is_staff) == (False, False)
    assert newcomer.memberships.get().role == "responder"


@pytest.mark.parametrize(
    ("given", "kept"), [('["198.51.100.0/24"]', True), ('["198.51.100.0/33"]', False), ('"x"', False)]
)
def test_a_misspelt_network_of_ours_is_refused(given: str, kept: bool, desk: Client, home: Organization) -> None:
    fields = {"name": home.name, "own_networks": given, "blocklist_generation": 1}
    desk.post(address(Organization, "change", home.pk), fields)
    home.refresh_from_db()
    assert bool(home.own_networks) is kept


def test_an_organisation_does_not_name_itself(desk: Client, root: Client, home: Organization) -> None:
    """Its name is masked in what the models of all others say: `Accepted password` would be missing there."""
    fields = {"name": "Accepted password", "slug": "demo", "own_networks": "[]", "known_names": "[]",
              "blocklist_generation": 2}  # fmt: skip
    for browser, name in ((desk, home.name), (root, "Accepted password")):
        assert browser.post(address(Organization, "change", home.pk), fields).status_code == 302
        home.refresh_from_db()
        assert (home.name, home.blocklist_generation) == (name, 2)


def test_an_admin_ends_a_lock_out(desk: Client, home: Organization) -> None:
    casey = factories.user("casey", org=home)
    for _ in range(5):
        Caller().post("auth/token", {"username": "casey", "password": "wrong"})
    desk.post(address(User, "changelist"), {"action": "unlock", "_selected_action": [casey.pk]})
    assert Caller().post("auth/token", {"username": "casey", "password": factories.PASSWORD}).status_code == 200


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_an_organisations_admin_can_not_raise_anybody_to_superuser(language: str, home: Organization) -> None:
    member, desk = factories.user("member", org=home), staff(home, language=language)
    answer = desk.get(address(User, "change", member.pk))
    page = answer.content.decode()
    assert answer.headers["Content-Language"] == language
    assert "is_superuser" not in page
    assert "is_staff" not in page
    desk.post(address(User, "change", member.pk), {"username": "member", "is_active": "on", "is_superuser": "on"})
    member.refresh_from_db()
    assert not member.is_superuser


def test_who_belongs_elsewhere_too_or_runs_the_installation_is_not_ones_to_change(
    desk: Client, home: Organization, elsewhere: Organization
) -> None:
    shared = factories.user("shared", org=home)
    shared.memberships.create(organization=elsewhere, role="admin", active=False)
    boss = factories.user("boss", org=home, is_superuser=True, is_staff=True)
    for somebody in (shared, boss):
        hashed = somebody.password
        assert desk.get(address(User, "change", somebody.pk)).status_code == 200
        answer = desk.post(reverse("admin:auth_user_password_change", args=[somebody.pk]),
                              {"password1": "taken over 12345", "password2": "taken over 12345"})  # fmt: skip
        assert answer.status_code == 403
        answer = desk.post(address(User, "change", somebody.pk), {"username": "taken"})
        assert answer.status_code == 403
        somebody.refresh_from_db()
        assert (somebody.password, somebody.username != "taken") == (hashed, True)


# --- Records ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["incident", "chatsession", "message", "run"])
def test_what_happened_is_never_changed_not_even_by_a_superuser(name: str, root: Client, home: Organization) -> None:
    row = made_everywhere(home)[name]
    assert root.get(address(type(row), "add")).status_code == 403
    assert root.post(address(type(row), "change", row.pk), {"title": "x"}).status_code == 403
    assert root.post(address(type(row), "delete", row.pk), {"post": "yes"}).status_code == 403


def test_an_engineer_chat_is_shown_to_auditors_only(desk: Client, root: Client, home: Organization) -> None:
    private = factories.room(home, category="engineer_chat", owner=factories.user(org=home))
    said = Message.objects.create(session=private, seq=1, sender_type="user", sender_name="x", content="private words")
    auditor = staff(home, role="auditor")
    for row in (private, said):
        for somebody in (desk, root):
            assert str(row.pk) not in titles(somebody, type(row))
            assert somebody.get(address(type(row), "change", row.pk)).status_code == 302
        assert str(row.pk) in titles(auditor, type(row))
        assert auditor.get(address(type(row), "change", row.pk)).status_code == 200
    looks = AuditEntry.objects.filter(action__endswith=".read").order_by("seq")
    assert [(look.object_type, look.object_id) for look in looks] == [
        ("chatsession", str(private.pk)),
        ("message", str(said.pk)),
    ]
    assert auditor.get(address(ToolPolicy, "add")).status_code == 403


def test_the_address_and_the_key_of_a_provider_are_set_by_superusers(desk: Client, home: Organization) -> None:
    provider = made_everywhere(home)["provider"]
    desk.post(address(Provider, "change", provider.pk),
                 {"base_url": "https://evil.example/", "key_variable": "SECRET_KEY", "default_model": "small",
                  "offered": '[{"name": "small"}]', "enabled": "on"})  # fmt: skip
    provider.refresh_from_db()
    assert (provider.base_url, provider.key_variable, provider.default_model) == ("", "", "small")
    assert desk.get(address(Provider, "add")).status_code == 403


@pytest.mark.parametrize(
    ("field", "value"),
    [("key_variable", "SECRET_KEY"), ("base_url", "ftp://models.example/"), ("base_url", "http://:80x")],
)
def test_a_provider_speaks_http_and_its_key_is_one_for_model_servers(
    root: Client, home: Organization, field: str, value: str
) -> None:
    provider = made_everywhere(home)["provider"]
    asked = {"organization": home.pk, "name": "House", "kind": "openai-compatible", "model_type": "local",
             "base_url": "http://ollama:11434/v1", "key_variable": "OPENAI_API_KEY", "default_model": "small",
             "offered": "[]", "config": "{}"}  # fmt: skip
    refused = root.post(address(Provider, "change", provider.pk), {**asked, field: value})
    assert list(refused.context["adminform"].form.errors) == [field]
    assert root.post(address(Provider, "change", provider.pk), asked).status_code == 302


def test_a_change_in_the_admin_is_audited_without_its_values(desk: Client, home: Organization) -> None:
    row = made_everywhere(home)["toolpolicy"]
    posted = {"organization": home.pk, "tool": "block_indicator", "effect": "approve", "when": "{}", "need": "[]"}
    assert desk.post(address(ToolPolicy, "change", row.pk), posted).status_code == 302
    entry = AuditEntry.objects.get(action="toolpolicy.changed")
    assert {"Effect", "Tool"} <= set(entry.detail["fields"])
    desk.post(address(ToolPolicy, "delete", row.pk), {"post": "yes"})
    assert AuditEntry.objects.filter(action="toolpolicy.deleted").exists()
    assert timezone.now() >= entry.at


def test_the_admins_sign_in_has_the_same_lock_out() -> None:
    factories.user("casey", is_staff=True)
    for _ in range(5):
        Client().post("/admin/login/", {"username": "casey", "password": "wrong"})
    assert Client().post("/admin/login/", {"username": "casey", "password": factories.PASSWORD}).status_code == 429
