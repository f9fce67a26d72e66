"""The docs keep up with the code: commands, flags, keys, routes, links and examples are what they say."""

import doctest
import re
import runpy
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
import pytest
from starlette.routing import Mount, Route

from archive.checks import Finding
from archive.config import Settings, init_collection
from archive.diff import Diff, Hunk, Span
from archive.model import Article, ArticleVersion, Capture, Image, Reading, RecordLocation, SearchHit
from archive.output import capture_fields, hit_fields, version_fields
from archive.reindex import Reindexed
from archive.web.app import create_app
from crawler.cli import morgue
from crawler.watch.alert import Alert
from crawler.watch.report import CollectionReport, SourceReport
from pipelines.doctor import SiteHealth
from pipelines.extract.removals import Removal
from pipelines.kept import Counts
from pipelines.reread import Reread

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
FORMATS = (ROOT / "docs/formats.md").read_text()


def fenced(page: Path) -> str:
    """What stands in the page's fences."""
    return "\n".join(re.findall(r"^```\w*\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE))


def commands() -> Iterator[tuple[str, click.Command]]:
    """Each command by its full name."""
    waiting: list[tuple[str, click.Command]] = [("morgue", morgue)]
    while waiting:
        name, command = waiting.pop()
        yield name, command
        if isinstance(command, click.Group):
            context = click.Context(command)
            names = command.list_commands(context)
            waiting += [(f"{name} {one}", found) for one in names if (found := command.get_command(context, one))]


COMMANDS = dict(commands())


def flags(command: click.Command) -> set[str]:
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    return {flag for option in options for flag in (*option.opts, *option.secondary_opts)} | {"--help"}


# Commands


def test_cli_page_is_what_the_commands_say() -> None:
    rendered = runpy.run_path(str(ROOT / "docs/generate_cli.py"))["render"]()
    assert (ROOT / "docs/cli.md").read_text() == rendered, "run: python docs/generate_cli.py"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_docs_with_all_its_flags(name: str) -> None:
    page = (ROOT / "docs/cli.md").read_text()
    section = page.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
    assert section, name
    for flag in flags(COMMANDS[name]):
        assert flag in section, f"{name} {flag}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_commands_shown_exist_with_the_flags_shown(page: Path) -> None:
    text = page.read_text()
    shown = re.findall(r"^(?:\$ )?(?:\S*/)?(morgue [^\n|<>]*)", fenced(page), re.MULTILINE)
    shown += re.findall(r"`(morgue [^`\n]*)`", text)
    for line in shown:
        if line.startswith("morgue: "):
            continue
        words = shlex.split(line.replace("…", " "), comments=True)
        name = "morgue"
        while len(words) > 1 and f"{name} {words[1]}" in COMMANDS:
            name += f" {words.pop(1)}"
        command = COMMANDS[name]
        rest = words[1:]
        assert not (isinstance(command, click.Group) and rest and not rest[0].startswith("-")), (
            f"{line}: no such command"
        )
        known = flags(command) | flags(morgue)
        given = [word.partition("=")[0] for word in rest if word.startswith("--")]
        assert set(given) <= known, f"{line}: {set(given) - known}"


# Keys and routes


def keys_in(section: str) -> set[str]:
    text = FORMATS.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    assert text, section
    return set(re.findall(r"`([a-z_]+)`", text))


CAPTURE = Capture(
    urlkey="example)/",
    timestamp="20240501000000",
    url="https://example/",
    mime="text/html",
    status=200,
    digest=None,
    location=RecordLocation(file="f", offset=0, length=1),
)
VERSION = ArticleVersion(
    key="example)/",
    number=1,
    timestamp="20240501000000",
    text_digest="sha1:A",
    first_seen="20240501000000",
    last_seen="20240501000000",
    change="first",
    headline=None,
    url="https://example/",
)
HIT = SearchHit(url="https://example/", timestamp="20240501000000", headline=None, snippet="", score=1.0)


@pytest.mark.parametrize("printed", [capture_fields(CAPTURE), version_fields(VERSION), hit_fields(HIT)], ids=min)
def test_every_key_of_a_row_is_in_the_docs(printed: dict[str, object]) -> None:
    assert set(printed) <= keys_in("JSON")


@pytest.mark.parametrize(
    "kind",
    [Counts, CollectionReport, SourceReport, Alert, SiteHealth, Finding, Reindexed, Reread, Removal, Diff, Hunk, Span],
)
def test_every_key_that_a_command_prints_is_in_the_docs(kind: type[msgspec.Struct]) -> None:
    assert set(kind.__struct_fields__) <= keys_in("JSON")


def test_every_key_of_articles_and_readings_is_in_the_docs() -> None:
    assert {*Article.__struct_fields__, *Image.__struct_fields__} == keys_in("An article") - {"fa", "a"}
    assert set(Reading.__struct_fields__) <= keys_in("A reading")


def test_every_route_of_the_server_is_in_the_docs(tmp_path: Path) -> None:
    init_collection(tmp_path / "news")
    section = FORMATS.partition("\n## HTTP\n")[2]
    for route in create_app(tmp_path / "news", Settings()).routes:
        assert isinstance(route, Route | Mount)
        assert route.path.partition("{")[0] in section, route.path


# Links, examples, and the index of decisions


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        file, _, heading = target.partition("#")
        if "://" in target:
            continue
        there = (page.parent / file).resolve() if file else page
        assert there.exists(), f"{page.name}: {target}"
        if heading:
            titles = re.findall(r"^#+ (.*)$", there.read_text(), re.MULTILINE)
            anchors = {re.sub(r"[^\w\- ]", "", title).strip().lower().replace(" ", "-") for title in titles}
            assert heading in anchors, f"{page.name}: {target}"


def test_every_page_is_reached_from_the_readme() -> None:
    reached: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        links = re.findall(r"\]\(([^)\s#]+)", page.read_text())
        waiting += [(page.parent / link).resolve() for link in links if "://" not in link]
    assert set(PAGES) <= reached


def test_index_names_every_decision() -> None:
    index = (ROOT / "docs/decisions/README.md").read_text()
    for page in sorted((ROOT / "docs/decisions").glob("0*.md")):
        title = page.read_text().splitlines()[0].partition(". ")[2]
        assert f"({page.name}): {title}\n" in index


def without_chance(text: str) -> str:
    """The text without what differs from run to run: times, ports."""
    return re.sub(r"\d{4}-\d\d-\d\d( \d\d:\d\d(:\d\d)?)?|127\.0\.0\.1:\d+", "~", text)


def test_session_of_the_readme_is_what_the_demo_says(demo: tuple[Path, str]) -> None:
    said = without_chance(demo[1])
    session = (ROOT / "README.md").read_text().partition("```console\n")[2].partition("```")[0]
    steps = re.findall(r"^\$ (morgue (\w+).*)\n((?:(?!\$ ).*\n)*)", session, re.MULTILINE)
    assert [step[1] for step in steps] == ["crawl", "crawl", "lookup", "show", "history", "diff", "search"]
    for command, name, answer in steps:
        assert f"$ {without_chance(command)}\n" in said
        if name in ("crawl", "show", "diff"):  # elsewhere a terminal gets a table, and this test lines
            for line in filter(None, answer.splitlines()):
                assert without_chance(line.removesuffix("…")) in said, line


def test_examples_of_the_python_page_run(demo: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(demo[0])
    monkeypatch.delenv("MORGUE_COLLECTION", raising=False)
    outcome = doctest.testfile(
        str(ROOT / "docs/api.md"), module_relative=False, optionflags=doctest.IGNORE_EXCEPTION_DETAIL
    )
    assert outcome.attempted > 20
    assert outcome.failed == 0
