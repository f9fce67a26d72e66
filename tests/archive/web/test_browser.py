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


def test_a_change_is_told_before_the_text_where_the_versions_stand_below_it(page: Page) -> None:
    page.goto(f"/article?url={BRIDGE}")
    told, versions = page.get_by_text("Version 3: "), page.get_by_role("heading", name="3 versions")
    assert told.is_visible() == (page.viewport_size["width"] < 900)  # type: ignore[index]
    assert versions.is_visible()
    if told.is_visible():
        page.get_by_role("link", name="All versions").click()
        page.wait_for_url("**#versions")


def test_search_field_keeps_its_border_whichever_way_its_text_runs(page: Page) -> None:
    for query in ("bridge", "پل"):
        page.goto(f"/?q={query}")
        field = page.get_by_role("searchbox").first
        assert field.evaluate("field => getComputedStyle(field).borderLeftStyle") == "solid"
        assert field.evaluate("field => getComputedStyle(field).borderRightWidth") == "0px"


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


def test_reader_goes_from_a_day_to_the_bytes_as_captured(page: Page) -> None:
    page.goto("/day?date=2024-05-01")
    assert fits(page)
    page.get_by_role("link", name="Bridge to close", exact=True).click()
    page.wait_for_url("**/article?*at=20240501103000")
    assert page.get_by_text("You read version 1 of 3").is_visible()
    assert page.get_by_role("img", name="Timeline of this article").is_visible()
    page.get_by_role("link", name="Full provenance").click()
    page.wait_for_url("**/article/provenance?*")
    assert fits(page)
    assert page.get_by_role("region", name="Request").inner_text().startswith(f"GET {BRIDGE} HTTP/1.1")
    page.get_by_role("link", name="Bridge to close").click()
    page.wait_for_url("**/article?*")
    page.get_by_role("link", name="200 OK").click()
    page.wait_for_url("**/web/20240501103000id_/**")
    assert "3 weeks" in page.locator("body").inner_text()


def test_reader_goes_from_sources_to_a_change(page: Page) -> None:
    page.goto("/sources")
    page.get_by_role("link", name="harbour").click()
    page.wait_for_url("**/source?name=harbour")
    assert fits(page)
    page.locator(".revision").get_by_role("heading").get_by_role("link").first.click()
    page.wait_for_url("**/diff?*")
    assert page.locator("ins:visible").first.inner_text() == "Harbour bridge"


def test_keyboard_gets_past_the_head_and_through_every_link(page: Page) -> None:
    page.goto("/source?name=harbour")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    assert skip.evaluate("link => link === document.activeElement")
    assert skip.bounding_box()["y"] >= 0  # type: ignore[index]  # it is shown
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.outerHTML"))
        if page.evaluate("document.activeElement === document.body"):
            break
    links = page.locator("main a:visible").evaluate_all("links => links.map(link => link.outerHTML)")
    assert set(links) <= reached


def test_printed_article_holds_the_text_and_where_it_comes_from(page: Page) -> None:
    page.goto(f"/article?url={BRIDGE}")
    page.emulate_media(media="print", color_scheme="dark")
    assert not page.get_by_role("search").is_visible()
    assert page.get_by_text("5 weeks in June").is_visible()
    assert page.get_by_text("sha1:").first.is_visible()
    assert page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor") == "rgb(255, 255, 255)"
