"""Indicators in the room: pasted, opened to where they were seen, unblocked; by people at their browsers."""

from playwright.sync_api import Page, expect

from tests.browser.people import PHONE, SLOW_MS, alert, enter, program, raise_alert
from tests.browser.test_looks import TOO_SMALL, NewContext, assert_fits, broken_rules
from tests.services.server import Server

EVIL = "203.0.113.171"


def test_a_pasted_text_is_noted_and_an_indicator_opens_to_where_it_was_seen(
    page: Page, new_context: NewContext, shared_server: Server
) -> None:
    with program(shared_server, "responder") as client:
        raise_alert(client, alert(EVIL, title="Seen before", host="elsewhere-1"))
        incident = raise_alert(client, alert(EVIL, title="Indicators in the room"))
    enter(page, shared_server, "responder", incident)
    area = page.get_by_role("region", name="Indicators")
    area.get_by_label("Text with indicators").fill("c2 203[.]0[.]113[.]172, 8.8.8.8 and 203.0.113.171")
    area.get_by_role("button", name="Add").click()
    expect(area.get_by_role("status")).to_have_text("Added 2: 203.0.113.172, 8.8.8.8. Here already: 203.0.113.171.")
    expect(area.get_by_role("listitem").filter(has_text="8.8.8.8")).to_contain_text("known: public resolver")
    link = area.get_by_role("link", name=EVIL)
    link.click()
    expect(link).to_have_attribute("aria-expanded", "true")
    expect(area.get_by_role("link", name="Seen before")).to_be_visible()
    expect(area).to_contain_text("the alert itself")
    assert broken_rules(page) == []

    phone = new_context(viewport=PHONE, has_touch=True, is_mobile=True, color_scheme="dark").new_page()
    enter(phone, shared_server, "approver", incident)
    phone.get_by_role("navigation", name="Panes").get_by_role("button", name="Decide").tap()
    # The crew asks for the block by itself.
    phone.get_by_role("button", name="Approve").first.tap(timeout=SLOW_MS)
    row = phone.get_by_role("region", name="Indicators").get_by_role("listitem").filter(has_text=EVIL)
    expect(row).to_contain_text("blocked until", timeout=SLOW_MS)
    row.get_by_role("link", name=EVIL).tap()
    row.get_by_label("Why").fill("It is a partner.")
    assert broken_rules(phone) == []
    assert_fits(phone)
    assert phone.evaluate(TOO_SMALL) == []
    row.get_by_role("button", name="Take it off the block list").tap()
    expect(row).not_to_contain_text("blocked until")
    expect(area.get_by_role("listitem").filter(has_text=EVIL).first).not_to_contain_text("blocked until")
