"""Nobody runs into a quota unawares: a quiet line before, words when it is used up; what was written is kept."""

from playwright.sync_api import Page, expect

from tests.browser.people import post, program, sign_in, wait_until_live
from tests.browser.test_looks import PHONE, TOO_SMALL, assert_fits, broken_rules
from tests.services.desk import set_quota
from tests.services.server import Server


def test_a_quota_is_told_before_it_is_used_up_and_then_in_words(page: Page, shared_server: Server) -> None:
    set_quota(shared_server, 5, whose="user", person="Otto Fremd")
    with program(shared_server, "outsider") as client:
        room = client.post("/api/v1/sessions", json={"agent_name": "Aria", "title": "Sums", "activate": True}).json()
        path = f"/api/v1/sessions/{room['id']}/messages"
        for _ in range(3):
            assert client.post(path, json={"content": "Who are you?"}).status_code == 200
    sign_in(page, shared_server, "outsider", to=f"/chats/{room['id']}/")
    wait_until_live(page)
    line = page.locator("quota-line")
    expect(line).to_be_hidden()

    post(page, "And who are you?")
    expect(line).to_have_text("4 of your 5 requests this month")
    post(page, "Really?")
    expect(line).to_contain_text("Your quota of 5 requests a month is used up. It begins anew on")
    post(page, "One question more")
    unsent = page.get_by_role("list", name="On their way")
    expect(unsent).to_contain_text("One question more")
    expect(unsent).to_contain_text("is used up. It begins anew on")
    expect(page.get_by_role("region", name="Messages")).to_contain_text("Quota of requests a month is used up (5 of 5)")
    assert broken_rules(page) == []

    page.set_viewport_size(PHONE)
    page.reload()
    expect(line).to_contain_text("Your quota of 5 requests a month is used up.")
    assert broken_rules(page) == []
    assert_fits(page)
    assert page.evaluate(TOO_SMALL) == []
