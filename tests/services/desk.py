"""An admin at the forms of the admin, as a browser without scripts."""

import re
from contextlib import closing

import httpx

from tests.services.server import Server


def set_quota(server: Server, limit: int, *, whose: str = "organization", person: str = "") -> None:
    """Requests a month, in the organisation of the outsider."""
    with closing(_root(server)) as browser:
        add = "/admin/agents_app/quota/add/"
        form = browser.get(add).text
        told = {"organization": _choice(form, "Other"), "whose": whose, "quota_type": "requests", "period": "month"}
        told |= {"user": _choice(form, person)} if person else {}
        _submit(browser, add, told | {"limit": str(limit)})


def _choice(form: str, name: str) -> str:
    [found] = re.findall(rf'<option value="([^"]+)"[^>]*>{name}', form)
    return str(found)


def _root(server: Server) -> httpx.Client:
    browser = httpx.Client(base_url=server.url, timeout=60, follow_redirects=True)
    browser.get("/sign-in/")
    _submit(browser, "/sign-in/", {"username": "root", "password": server.password})
    return browser


def _submit(browser: httpx.Client, page: str, told: dict[str, str]) -> None:
    token = {"csrfmiddlewaretoken": browser.cookies["csrftoken"]}
    answer = browser.post(page, data=told | token, headers={"Referer": str(browser.base_url)}, follow_redirects=False)
    assert answer.status_code == 302, answer.text[-2000:]
