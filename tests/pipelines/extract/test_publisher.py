"""Publisher rules: each has a golden page that reads wrongly without it, holds between its dates only, and is checked when loaded."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import lxml.html
import msgspec
import pytest

from pipelines.errors import PublisherInvalid
from pipelines.extract import extract_article
from pipelines.extract import publisher as module
from pipelines.extract.publisher import PublisherRules, apply, load_rules, rules_for

GOLDEN = Path(__file__).parent / "publishers"
SHIPPED = Path(module.__file__).parent / "publishers"
NAMES = sorted(path.stem for path in SHIPPED.glob("*.toml"))
EACH = pytest.mark.parametrize("name", NAMES)
DAY = datetime(2024, 5, 1, 12, tzinfo=UTC)


def golden(name: str) -> dict[str, Any]:
    expected = json.loads((GOLDEN / f"{name}.json").read_text("utf-8"))
    return {
        **expected,
        "captured": datetime.fromisoformat(expected["captured"]),
        "authors": tuple(expected["authors"]),
        "date_published": datetime.fromisoformat(expected["date_published"]),
        "text": "\n".join(expected["text"]),
    }


def read(name: str, url: str, captured: datetime) -> dict[str, Any]:
    article = extract_article((GOLDEN / f"{name}.html").read_bytes(), url=url, captured=captured)
    return msgspec.structs.asdict(article)


def write(folder: Path, name: str, text: str) -> None:
    (folder / f"{name}.toml").write_text(text, "utf-8")


def rules(**values: Any) -> PublisherRules:
    return msgspec.convert({"name": "The Example", "hosts": ["example.org"], **values}, PublisherRules)


def tree(body: str) -> lxml.html.HtmlElement:
    return lxml.html.document_fromstring(f"<html><body>{body}</body></html>")


def test_every_publisher_has_a_golden_page_and_every_golden_page_a_publisher() -> None:
    assert len(NAMES) >= 3
    for kind in ("html", "json"):
        assert sorted(path.stem for path in GOLDEN.glob(f"*.{kind}")) == NAMES


@EACH
def test_a_golden_page_is_read_exactly(name: str) -> None:
    expected = golden(name)
    found = read(name, expected["url"], expected["captured"])
    assert {key: found[key] for key in expected if key != "captured"} == {
        key: value for key, value in expected.items() if key != "captured"
    }


@EACH
def test_without_its_rule_a_golden_page_is_read_wrongly(name: str) -> None:
    expected = golden(name)
    assert read(name, "https://news.example/story", expected["captured"])["text"] != expected["text"]


@EACH
def test_each_selector_that_prunes_matters(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = golden(name)
    known = rules_for(expected["url"], expected["captured"])
    assert known is not None
    for prune in known.prune:
        others = tuple(other for other in known.prune if other is not prune)
        reduced = msgspec.structs.replace(known, prune=others)
        monkeypatch.setattr("pipelines.extract.opening.rules_for", lambda url, captured, reduced=reduced: reduced)
        assert read(name, expected["url"], expected["captured"])["text"] != expected["text"], prune.select


@EACH
def test_each_selector_finds_something_on_the_golden_page(name: str) -> None:
    known = rules_for(golden(name)["url"], golden(name)["captured"])
    assert known is not None
    page = lxml.html.document_fromstring((GOLDEN / f"{name}.html").read_text("utf-8"))
    selectors = [prune.select for prune in known.prune]
    selectors += [wanted.select for field in known.fields.__struct_fields__ if (wanted := getattr(known.fields, field))]
    selectors += [known.container] if known.container else []
    for selector in selectors:
        assert module._find(page, selector), selector


@EACH
def test_a_page_from_before_the_rule_is_read_without_it(name: str) -> None:
    expected = golden(name)
    known = rules_for(expected["url"], expected["captured"])
    assert known is not None
    if known.valid_from:
        before = datetime.combine(known.valid_from, datetime.min.time(), UTC) - timedelta(seconds=1)
        assert rules_for(expected["url"], before) is None
        assert read(name, expected["url"], before)["text"] != expected["text"]


def test_a_rule_holds_from_its_first_day_to_the_end_of_its_last() -> None:
    known = rules(valid_from=date(2024, 1, 1), valid_until=date(2024, 5, 1))
    index = {"example.org": [known]}
    for captured, holds in (
        (datetime(2023, 12, 31, 23, 59, tzinfo=UTC), False),
        (datetime(2024, 1, 1, tzinfo=UTC), True),
        (datetime(2024, 5, 1, 23, 59, tzinfo=UTC), True),
        (datetime(2024, 5, 2, tzinfo=UTC), False),
        (None, False),
    ):
        assert (rules_for("https://example.org/a", captured, index) is known) is holds, captured
    assert rules(valid_from=date(2024, 1, 1)).holds_at(None)


def test_the_nearest_host_is_meant() -> None:
    near, far = rules(hosts=["news.example.org"]), rules()
    index = {"news.example.org": [near], "example.org": [far]}
    for url, found in (
        ("https://example.org/a", far),
        ("https://www.example.org:8080/a", far),
        ("https://m.news.example.org/a", near),
        ("https://notexample.org/a", None),
        ("https://example.org.evil.test/a", None),
        ("https://org/a", None),
        ("https://[::1/a", None),
        ("", None),
    ):
        assert rules_for(url, DAY, index) is found, url


def test_fields_come_from_text_or_attribute_and_leave_what_they_do_not_find() -> None:
    known = rules(
        fields={
            "headline": {"select": "p.h"},
            "authors": {"select": "//span[@class='by']"},
            "date_published": {"select": "i", "attribute": "data-at"},
            "section": {"select": "b.none"},
        }
    )
    page = tree("<p class=h> A  headline</p><span class=by>By Ana Reyes and Bo Lind</span><i data-at=2024-04-30>x</i>")
    stated = apply(known, page, latest=DAY)
    assert (stated.headline, stated.authors, stated.section) == ("A headline", ("Ana Reyes", "Bo Lind"), None)
    assert stated.date_published == datetime(2024, 4, 30, tzinfo=UTC)
    late = tree("<i data-at=2034-04-30>x</i>")
    assert apply(known, late, latest=DAY).date_published is None


def test_a_selector_that_finds_the_story_itself_takes_nothing() -> None:
    story = "<p>" + "A sentence of the story. " * 20 + "</p>"
    page = tree(f"<div class=x><p>Box.</p></div><div class=x>{story}</div><div class=x><h1>Title</h1></div>")
    apply(rules(prune=[{"select": "div.x", "reason": "boxes"}]), page)
    text = page.text_content()
    assert "Box." not in text
    assert "A sentence of the story." in text
    assert "Title" in text


def test_a_container_without_text_is_not_believed() -> None:
    known = rules(container="div.body")
    page = tree("<div class=body><p>Short.</p></div>")
    from pipelines.extract.blocks import cut_blocks

    assert module.read_container(apply(known, page), cut_blocks(page)) is None


@pytest.mark.timeout(20)
def test_a_deep_or_long_page_takes_bounded_time() -> None:
    known = rules(prune=[{"select": "div div.x p, div.x", "reason": "boxes"}], container="div.x")
    for body in ("<div class=x>" * 200 + "text " * 200_000, "<div class=x><p>a</p></div>" * 50_000):
        page = tree(body)
        size = len(page.text_content())
        assert apply(known, page).headline is None
        assert len(page.text_content()) <= size


HEAD = 'name = "N"\nhosts = ["example.org"]\n'
WRONG = {
    'hosts = ["example.org"]\n': "publishers/n.toml: name: is missing (add it)",
    'name = "N"\nhosts = []\n': 'publishers/n.toml: hosts: [] is empty (write it like ["example.org"])',
    'name = "N"\nhosts = ["www.example.org"]\n': 'publishers/n.toml: hosts[0]: "www.example.org" is not a bare host',
    'name = "N"\nhosts = ["https://example.org/"]\n': "is not a bare host",
    HEAD + "prunes = []\n": "prunes: is no known key",
    HEAD + "valid_until = 2024-13-01\n": "n.toml: line 3",
    HEAD + 'valid_until = "soon"\n': 'valid_until: "soon" is not a date (write it like',
    HEAD + "valid_from = 2024-02-01\nvalid_until = 2024-01-01\n": 'valid_until: "2024-01-01" lies before valid_from',
    HEAD + 'container = "div["\n': 'container: "div[" is no selector',
    HEAD + '[[prune]]\nselect = "//div[nope()]"\nreason = "x"\n': "prune[0].select: ",
    HEAD + '[[prune]]\nselect = "//div/@class"\nreason = "x"\n': "selects no elements",
    HEAD + '[[prune]]\nselect = "count(//a)"\nreason = "x"\n': "prune[0].select: ",
    HEAD + '[[prune]]\nselect = "p + p"\nreason = "x"\n': "looks at siblings",
    HEAD + '[[prune]]\nselect = "//p[preceding::h1]"\nreason = "x"\n': "looks at siblings",
    HEAD + '[[prune]]\nselect = "li:nth-child(2)"\nreason = "x"\n': "looks at siblings",
    HEAD + f'[[prune]]\nselect = "{"a" * 301}"\nreason = "x"\n': "is no selector of 1 to 300 characters",
    HEAD + '[[prune]]\nselect = "div.x"\n': "prune[0].reason: is missing",
    HEAD + '[[prune]]\nselect = "div.x"\nreason = " "\n': "prune[0].reason: ",
    HEAD + '[fields]\ntitle = { select = "h1" }\n': "fields.title: is no known key",
    HEAD + '[fields]\nheadline = "h1"\n': 'fields.headline: "h1" is not a table',
}


@pytest.mark.parametrize("text", WRONG, ids=range(len(WRONG)))
def test_a_mistake_is_one_line_with_file_key_value_and_remedy(tmp_path: Path, text: str) -> None:
    write(tmp_path, "n", text)
    with pytest.raises(PublisherInvalid) as caught:
        load_rules(tmp_path)
    message = str(caught.value)
    assert WRONG[text] in message
    assert message.startswith("publishers/n.toml: ")
    assert "\n" not in message
    assert message.endswith((")", "is not a table"))


def test_two_rules_of_a_host_may_not_hold_at_the_same_time(tmp_path: Path) -> None:
    write(tmp_path, "new", HEAD + "valid_from = 2024-01-01\n")
    write(tmp_path, "old", HEAD + "valid_until = 2023-12-31\n")
    index = load_rules(tmp_path)
    found = rules_for("https://example.org/", datetime(2023, 12, 31, tzinfo=UTC), index)
    assert found is not None
    assert found.valid_until
    write(tmp_path, "old", HEAD + "valid_until = 2024-01-01\n")
    with pytest.raises(PublisherInvalid, match=r'old.toml: hosts\[0\]: "example.org" is a host of publishers/new.toml'):
        load_rules(tmp_path)


def test_the_docs_show_every_key() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs/sources.md").read_text("utf-8")
    section = page.partition("\n## Publisher rules\n")[2].partition("\n## ")[0]
    for kind in (PublisherRules, module.Prune, module.FieldSelector, module.FieldSelectors):
        for key in kind.__struct_fields__:
            assert f"`{key}`" in section or f"`prune.{key}`" in section or f"`fields.FIELD.{key}`" in section, key
