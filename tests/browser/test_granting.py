"""*For this session*: given with an approval, seen by everybody in the room, used, and taken back."""

import re

from playwright.sync_api import Page, expect

from tests.browser.people import PHONE, SLOW_MS, post, sign_in, wait_until_live
from tests.browser.test_chats import open_chat
from tests.browser.test_looks import TOO_SMALL, NewContext, assert_fits, broken_rules
from tests.services.server import Server


def test_more_of_the_same_is_allowed_done_and_taken_back(
    page: Page, new_context: NewContext, shared_server: Server
) -> None:
    address = open_chat(page, shared_server, "Granting")
    approver = new_context(viewport=PHONE, has_touch=True, color_scheme="dark", reduced_motion="reduce").new_page()
    sign_in(approver, shared_server, "approver", to=address)
    wait_until_live(approver)
    post(page, "Block 203.0.113.161")
    card = page.get_by_role("group", name=re.compile("Request to approve"))
    expect(card).to_be_visible(timeout=SLOW_MS)
    expect(card.get_by_label("Allow more like this")).to_be_hidden()
    approver.get_by_role("button", name=re.compile("^Decide")).tap()
    approver.get_by_label("Allow more like this").check()
    approver.get_by_role("checkbox", name="indicator").uncheck()
    approver.get_by_label("Times at most").fill("2")
    expect(approver.get_by_role("checkbox", name="reason")).to_have_count(0)
    assert broken_rules(approver) == []
    assert_fits(approver)
    assert approver.evaluate(TOO_SMALL) == []
    approver.get_by_role("button", name="Approve").tap()
    allowed = page.get_by_role("group", name="Allowed for this session")
    expect(allowed).to_contain_text("Aria may use it 2 times more, says Ade Okafor", timeout=SLOW_MS)
    expect(allowed).to_contain_text("minutes: 60")
    post(page, "Block 203.0.113.162")
    expect(page.get_by_role("region", name="Messages")).to_contain_text("203.0.113.162 is blocked", timeout=SLOW_MS)
    for each in (page, approver):
        expect(each.locator("grant-list")).to_contain_text("once more")
    page.get_by_role("button", name="Take back the grant for block_indicator").press("Enter")
    expect(approver.locator("grant-list")).to_be_hidden()
    post(page, "Block 203.0.113.163")
    expect(card).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_role("region", name="Messages")).to_contain_text("took back the grant for block_indicator")
