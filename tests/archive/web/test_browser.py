"""The pages in a real browser: what a reader does, with the keyboard alone, and that nothing leaves the archive."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

pytestmark = pytest.mark.browser

BRIDGE = "https://www.example.org/news/bridge"


@pytest.fixture(scope="module")
def browser(browser_path: str) -> Iterator[Browser]:
    with ExitStack() as stack:
        chromium = stack.enter_context(sync_playwright()).chromium
        # --no-sandbox: in containers Chromium's own sandbox cannot be had.
        yield stack.enter_context(chromium.launch(executable_path=browser_path, args=["--no-sandbox"]))


@pytest.fixture(params=[{"width": 1200, "height": 900}, {"width": 360, "height": 740}], ids=["desk", "phone"])
def page(browser: Browser, site: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page that tells afterwards what it complained of, and what it asked of others."""
    with browser.new_context(base_url=site, viewport=request.param) as context:
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda asked: asked.url.startswith(site) or complaints.append(f"asked for {asked.url}"))
        yield page
        assert complaints == []


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def test_reader_goes_from_search_to_article_to_changes_by_keyboard(page: Page) -> None:
    page.goto("/")
    assert fits(page)
    page.keyboard.type("northern road")  # the search field has the focus
    page.keyboard.press("Enter")
    page.wait_for_url("**/?q=*")
    assert page.locator("mark").all_inner_texts() == ["northern", "road"]
    assert fits(page)
    page.get_by_role("link", name="Harbour bridge to close").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/article?*")
    assert page.get_by_role("heading", level=1).inner_text() == "Harbour bridge to close"
    assert page.locator("figure img").evaluate("image => image.complete && image.naturalWidth") == 1
    assert fits(page)
    page.get_by_role("link", name="What changed in version 2").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/diff?*")
    assert page.locator("del:visible").all_inner_texts() == ["3"]
    assert page.locator("ins:visible").first.inner_text() == "5"
    page.get_by_text("3 unchanged paragraphs").click()
    assert page.get_by_text("Its paint alone weighs 40 tonnes.").last.is_visible()
    assert fits(page)


def test_reader_chooses_versions_to_compare(page: Page) -> None:
    page.goto(f"/diff?url={BRIDGE}")
    page.get_by_label("From").select_option("1")
    page.get_by_label("shown").select_option("inline")
    page.get_by_role("button", name="Compare").click()
    page.wait_for_url("**/diff?*a=1&b=3*")
    assert page.locator("del").all_inner_texts() == ["Bridge", "3"]


def test_right_to_left_text_stands_at_the_right(page: Page) -> None:
    page.goto("/article?url=https://fa.example.org/a/1.html")
    headline = page.get_by_role("heading", level=1)
    assert headline.evaluate("heading => getComputedStyle(heading).direction") == "rtl"
    assert fits(page)


def test_hostile_page_does_nothing(page: Page, site: str) -> None:
    page.goto("/article?url=https%3A%2F%2Fevil.example%2Fx%3Fa%3D1%26b%3D%2522%253E")
    assert "<script>alert(3)</script>" in page.get_by_role("heading", level=1).inner_text()
    assert fits(page)


def test_captured_script_does_not_run(browser: Browser, site: str) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        address = f"{site}/web/20240501140000id_/https://evil.example/x?a=1&b=%22%3E"
        page.goto(address)
        page.wait_for_timeout(300)
        assert page.url == address
        assert [url for url in asked if not url.startswith(site)] == []
