"""The product in Chinese: as the browser asks for it or as one chooses, on a desk and on a phone."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import PHONE, SLOW_MS, alert, open_menu, program, raise_alert
from tests.browser.test_looks import NewContext, assert_fits, broken_rules
from tests.services.server import Server

# What one presses and what names things, as far as one sees it; words in letters there were forgotten.
FORGOTTEN = """() => [...document.querySelectorAll(
    'button, summary.button, label, h2, th, legend, .chip, .status, .severity, .risk, .nothing')]
  .filter((node) => node.checkVisibility())
  .map((node) => node.innerText.trim().replace(/English|JSON|Markdown|tokens?|Top p|Enter|Shift/g, ""))
  .filter((text) => /[A-Za-z]{3}/.test(text))"""


def sign_in(page: Page, server: Server, username: str, to: str) -> None:
    page.goto(server.url + to)
    page.get_by_label("用户名").fill(username)
    page.get_by_label("密码").fill(server.password)
    page.get_by_role("button", name="登录").click()
    expect(page).to_have_url(server.url + to)


@pytest.mark.parametrize("size", [{"width": 1440, "height": 900}, PHONE], ids=["desk", "phone"])
def test_a_person_works_an_incident_in_chinese(
    new_context: NewContext, shared_server: Server, size: dict[str, int]
) -> None:
    with program(shared_server, "commander") as client:
        incident = raise_alert(client, alert(f"203.0.113.{91 + (size is PHONE)}", title="堡垒机上出现可疑登录"))
    page = new_context(viewport=size, locale="zh-CN", has_touch=size is PHONE, reduced_motion="reduce").new_page()
    sign_in(page, shared_server, "approver", f"/incidents/{incident}/")
    expect(page.locator("connection-chip")).to_contain_text("实时", timeout=SLOW_MS)
    card = page.get_by_role("group", name=re.compile("^审批请求"))
    if size is PHONE:
        page.get_by_role("button", name=re.compile("^待决定")).click()
    expect(card).to_contain_text("高风险", timeout=SLOW_MS)
    assert_fits(page)
    assert broken_rules(page) == []
    assert page.evaluate(FORGOTTEN) == []
    card.get_by_role("button", name="批准").click()
    expect(page.get_by_role("list", name="最近的决定")).to_contain_text(
        re.compile(r"由 .+ 于 \d\d:\d\d 批准"), timeout=SLOW_MS
    )

    open_menu(page)
    page.locator(".language-switch summary").click()
    page.get_by_role("button", name="English").click()
    expect(page.locator("connection-chip")).to_contain_text("Live", timeout=SLOW_MS)
    open_menu(page)
    page.get_by_label("Language").click()
    page.get_by_role("button", name="As the browser says").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    for address in ("/", "/chats/"):
        page.goto(shared_server.url + address)
        assert_fits(page)
        assert page.evaluate(FORGOTTEN) == []


FAILED = {"error_code": "LLM_TIMEOUT", "error": "The model did not begin to answer.", "agent_name": "Aria"}


def test_why_a_run_failed_is_said_in_the_readers_language(new_context: NewContext, shared_server: Server) -> None:
    page = new_context(locale="zh-CN").new_page()
    sign_in(page, shared_server, "observer", "/chats/")
    told = page.evaluate(
        """async (run) => {
          const { noteOf } = await import("/static/js/models/words.js");
          const { failureLine } = await import("/static/js/models/failures.js");
          const { error_code, error: detail } = run;
          return [
            failureLine({ error: { error_code, detail } }),
            noteOf({ type: "run.failed", data: run, actor: {} }).text,
            failureLine({ error: { error_code: "OF_TOMORROW", detail } }),
          ];
        }""",
        FAILED,
    )
    assert [re.findall("[A-Za-z]{3,}", words) for words in told[:2]] == [[], ["Aria"]], told
    assert told[2] == FAILED["error"]
