"""The commands that look up and keep, as `morgue` runs them: what they print, and their exit status."""

import gzip
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from archive.config import load_settings
from crawler.cli import run

BRIDGE = "https://www.example.org/news/bridge"
PERSIAN = "https://fa.example.org/a/1.html"
ROOT = Path(__file__).resolve().parents[2]

Morgue = Callable[..., tuple[int, str, str]]


@pytest.fixture
def morgue(capfd: pytest.CaptureFixture[str]) -> Morgue:
    def morgue(*arguments: str | Path) -> tuple[int, str, str]:
        capfd.readouterr()
        status = run([str(argument) for argument in arguments])
        return (status, *capfd.readouterr())

    return morgue


@pytest.fixture
def ask(morgue: Morgue, news: Path) -> Morgue:
    """`morgue` on the archive of these tests."""
    return lambda *arguments: morgue(*arguments, "--collection", news)


def objects(printed: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in printed.splitlines()]


# lookup


def test_a_limit_that_no_number_holds_is_bad_usage(ask: Morgue) -> None:
    status, _, err = ask("lookup", BRIDGE, "--limit", "99999999999999999999999")
    assert status == 2
    assert "is not in the range" in err


def test_lookup_prints_the_agreed_keys(ask: Morgue) -> None:
    status, out, err = ask("lookup", BRIDGE, "--json")
    found = objects(out)
    assert (status, err) == (0, "")
    keys = ["urlkey", "timestamp", "url", "mime", "status", "digest", "length", "offset", "filename"]
    assert [list(one) for one in found] == [keys] * 5
    assert [one["mime"] for one in found].count("warc/revisit") == 2
    assert found[0]["status"] == 200


def test_lookup_prints_columns_for_other_programs(ask: Morgue) -> None:
    _, out, _ = ask("lookup", BRIDGE)
    assert out.splitlines()[1].split("\t")[:3] == ["2024-05-02 10:30:00", "200", "text/html (revisit)"]


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        ((BRIDGE, "--at", "20240503"), 1),
        ((BRIDGE, "--from", "20240502", "--to", "2024-05-03"), 2),
        ((BRIDGE, "--limit", "3"), 3),
        (("example.org", "--match", "host"), 7),
        (("example.org", "--match", "domain"), 10),
        (("https://www.example.org/news/", "--match", "prefix"), 5),
        (("example.org", "--match", "host", "--at", "2024"), 3),
    ],
)
def test_lookup_narrows_and_widens(ask: Morgue, arguments: tuple[str, ...], count: int) -> None:
    status, out, _ = ask("lookup", *arguments)
    assert (status, len(out.splitlines())) == (0, count)


@pytest.mark.parametrize(
    ("arguments", "way_out"),
    [
        (("https://www.example.org/new",), "try --match prefix, host or domain"),
        (("https://www.example.org/news/*",), "write `--match prefix https://www.example.org/news/`"),
        (("*.example.org",), "write `--match domain example.org`"),
        (("nowhere.example", "--match", "host"), "try --match domain"),
    ],
)
def test_lookup_that_finds_nothing_says_what_else_to_ask(ask: Morgue, arguments: tuple[str, ...], way_out: str) -> None:
    assert ask("lookup", *arguments) == (3, "", f"morgue: {arguments[0]}: no capture of it ({way_out})\n")


@pytest.mark.parametrize("command", ["lookup", "show", "history", "diff"])
def test_unknown_address_is_nothing_found(ask: Morgue, command: str) -> None:
    status, out, err = ask(command, "https://nowhere.example/")
    assert (status, out) == (3, "")
    assert len(err.splitlines()) == 1
    assert err.startswith("morgue: https://nowhere.example/: ")


# show


def test_show_prints_the_article_as_text(ask: Morgue) -> None:
    _, out, _ = ask("show", BRIDGE)
    paragraphs = out.rstrip("\n").split("\n\n")
    assert paragraphs[:4] == [
        "Harbour bridge to close",
        "Ferries take over while the bridge is painted.",
        "Ada Quill, Tom Keel · 2024-05-01 09:00 UTC",
        "PORT ELDER – The harbour bridge will close for 5 weeks in June, the port said on Wednesday.",
    ]
    assert len(paragraphs) == 10


def test_show_reaches_back_in_time(ask: Morgue) -> None:
    _, out, err = ask("show", BRIDGE, "--at", "20240502")
    assert "3 weeks in June" in out
    assert err == "morgue: version 1 of 3, seen from 2024-05-01 10:30:00 to 2024-05-02 10:30:00 UTC\n"


def test_show_says_that_it_is_of_another_time_than_was_asked_for(ask: Morgue) -> None:
    _, out, err = ask("show", BRIDGE, "--at", "2020", "--json")
    assert "3 weeks in June" in out
    assert "version 1 of 3, seen from 2024-05-01" in err
    assert ask("show", BRIDGE)[2] == ""


@pytest.mark.parametrize("flag", [("--as", "json"), ("--json",), ("--as", "json", "--json")])
def test_show_prints_the_article_as_json(ask: Morgue, flag: tuple[str, ...]) -> None:
    (article,) = objects(ask("show", BRIDGE, *flag)[1])
    assert article["headline"] == "Harbour bridge to close"
    assert article["authors"] == ["Ada Quill", "Tom Keel"]
    assert article["date_published"] == "2024-05-01T09:00:00Z"
    assert article["images"][0] == {
        "url": "https://img.example.org/bridge.png",
        "caption": "The bridge at dusk.",
        "credit": "R. Lens",
    }


def test_show_refuses_two_forms_at_once(ask: Morgue) -> None:
    assert ask("show", BRIDGE, "--as", "html", "--json")[0] == 2


def test_show_html_is_the_payload_decoded(ask: Morgue) -> None:
    assert ask("show", BRIDGE, "--at", "20240503103000", "--as", "html")[1] == "<h1>Bridge</h1>5 weeks"


def test_show_http_is_the_message_as_stored(news: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run(["--collection", str(news), "show", BRIDGE, "--at", "20240503103000", "--as", "http"]) == 0
    head, _, body = capfdbinary.readouterr().out.partition(b"\r\n\r\n")
    assert head.splitlines()[:3] == [b"HTTP/1.1 200 OK", b"Content-Type: text/html", b"content-ENCODING: gzip"]
    assert gzip.decompress(body) == b"<h1>Bridge</h1>5 weeks"


def test_show_warc_is_the_record_as_stored(news: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run(["--collection", str(news), "show", BRIDGE, "--as", "warc"]) == 0
    member = capfdbinary.readouterr().out
    (file,) = (news / "archive").iterdir()
    assert member in file.read_bytes()
    assert gzip.decompress(member).startswith(b"WARC/1.1\r\nWARC-Type: response\r\n")


def test_show_of_what_is_no_article_says_why(ask: Morgue) -> None:
    status, _, err = ask("show", "https://www.example.org/missing")
    assert status == 3
    assert "no article: status 404" in err


def test_captured_text_does_not_steer_the_terminal(ask: Morgue) -> None:
    hostile = "https://evil.example/x?a=1&b=%22%3E"
    for command in (("show", hostile), ("history", hostile), ("search", "owned"), ("lookup", hostile)):
        status, out, _ = ask(*command)
        assert status == 0
        assert not any(character < " " and character not in "\n\t" for character in out)


# history, diff, search


def test_history_prints_the_agreed_keys(ask: Morgue) -> None:
    found = objects(ask("history", BRIDGE, "--json")[1])
    agreed = ["number", "timestamp", "change", "headline", "text_digest", "first_seen", "last_seen"]
    assert [list(one)[: len(agreed)] for one in found] == [agreed] * 3
    assert [(one["number"], one["change"]) for one in found] == [(1, "first"), (2, "corrected"), (3, "headline")]
    assert (found[0]["first_seen"], found[0]["last_seen"]) == ("20240501103000", "20240502103000")


def test_history_follows_an_article_to_where_it_moved(ask: Morgue) -> None:
    assert ask("history", "https://www.example.org/old-bridge")[1] == ask("history", BRIDGE)[1]


def test_diff_shows_the_words_that_changed(ask: Morgue) -> None:
    _, out, _ = ask("diff", BRIDGE, "1", "2")
    assert out.startswith(
        f"--- version 1, 2024-05-01 10:30:00 UTC, {BRIDGE}\n+++ version 2, 2024-05-03 10:30:00 UTC, {BRIDGE}\n"
    )
    assert "for [-3-]{+5+} weeks" in out


def test_diff_compares_the_last_two_versions(ask: Morgue) -> None:
    assert "[-Bridge-]{+Harbour bridge+} to close" in ask("diff", BRIDGE)[1]


def test_diff_prints_json(ask: Morgue) -> None:
    (found,) = objects(ask("diff", BRIDGE, "1", "--json")[1])
    assert [span["op"] for span in found["headline"]] == ["delete", "insert", "equal"]


@pytest.mark.parametrize("versions", [(), ("1",)])
def test_diff_of_one_version_is_nothing_found(ask: Morgue, versions: tuple[str, ...]) -> None:
    status, out, err = ask("diff", PERSIAN, *versions)
    assert (status, out) == (3, "")
    assert "one version only" in err


def test_diff_of_a_version_with_itself_says_that_nothing_differs(ask: Morgue) -> None:
    status, out, err = ask("diff", BRIDGE, "2", "2")
    assert (status, err) == (0, "morgue: nothing differs\n")
    assert len(out.splitlines()) == 2


def test_search_prints_the_agreed_keys(ask: Morgue) -> None:
    (hit,) = objects(ask("search", "northern road", "--json")[1])
    assert list(hit) == ["url", "timestamp", "headline", "snippet", "score"]
    assert hit["url"] == BRIDGE
    assert "northern road" in hit["snippet"]


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("پل",), 0),
        (("大桥",), 0),
        (("bridge", "--source", "harbour", "--language", "en", "--from", "2024", "--limit", "1"), 0),
        (("bridge", "--source", "bandar"), 3),
        (("bridge", "--to", "2023"), 3),
        (("-",), 2),
        (("bridge", "--limit", "0"), 2),
        (("bridge", "--from", "noon"), 2),
    ],
)
def test_search_tells_found_from_nothing_found(ask: Morgue, arguments: tuple[str, ...], status: int) -> None:
    assert ask("search", *arguments)[0] == status


def test_search_of_an_unknown_source_names_those_that_there_are(ask: Morgue) -> None:
    message = "morgue: --source harbor: no article of it (there are those of bandar, evil, gang, harbour)\n"
    assert ask("search", "bridge", "--source", "harbor") == (3, "", message)
    assert ask("search", "bridge", "--source", "bandar")[2] == "morgue: bridge: no article holds that there\n"


def test_search_gives_every_version_where_all_are_asked_for(ask: Morgue) -> None:
    newest = objects(ask("search", "bridge", "--source", "harbour", "--json")[1])
    every = objects(ask("search", "bridge", "--source", "harbour", "--versions", "all", "--json")[1])
    assert [one["timestamp"] for one in newest] == ["20240505103000"]
    assert [one["timestamp"] for one in every] == ["20240505103000", "20240503103000", "20240501103000"]
    assert ask("search", "bridge", "--versions", "some")[0] == 2


def test_search_goes_on_behind_the_cursor_it_gave(ask: Morgue) -> None:
    whole = ask("search", "bridge", "--versions", "all", "--json")[1].splitlines()
    pages: list[str] = []
    arguments: tuple[str, ...] = ()
    while True:
        status, out, err = ask("search", "bridge", "--versions", "all", "--limit", "1", "--json", *arguments)
        assert status == 0
        pages += out.splitlines()
        if not err:
            break
        arguments = ("--after", err.split("--after ")[1].strip())
    assert pages == whole
    assert len(whole) == 3
    status, _, err = ask("search", "bridge", "--after", "1nonsense")
    assert (status, len(err.splitlines())) == (2, 1)


# init, verify, reindex, status


def test_init_makes_a_collection_that_answers(morgue: Morgue, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    arguments = ("--contact", "you@example.org", "--allow-network", "127.0.0.0/8", "--allow-network", "10.0.0.0/8")
    status, out, err = morgue("init", folder, *arguments)
    assert (status, out) == (0, "")
    assert "morgue source add" in err
    settings = load_settings(folder)
    assert (settings.contact, settings.allow_networks) == ("you@example.org", ("127.0.0.0/8", "10.0.0.0/8"))
    assert morgue("status", "--collection", folder)[0] == 0
    assert morgue("search", "anything", "--collection", folder)[0] == 3
    assert morgue("verify", "--collection", folder)[0] == 0


def test_init_refuses_a_folder_that_holds_something_else(morgue: Morgue, tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("dear")
    status, _, err = morgue("init", tmp_path)
    assert status == 1
    assert "letters.txt" in err


def test_verify_finds_nothing_wrong(ask: Morgue) -> None:
    status, out, err = ask("verify")
    assert (status, out) == (0, "")
    assert "as it should be" in err


def test_verify_names_what_is_damaged(morgue: Morgue, news: Path, tmp_path: Path) -> None:
    folder = tmp_path / "news"
    shutil.copytree(news, folder)
    (file,) = (folder / "archive").glob("*.warc.gz")
    file.write_bytes(file.read_bytes()[:-20])
    status, out, _ = morgue("verify", "--collection", folder)
    assert status == 1
    assert f"archive/{file.name}" in out
    status, out, _ = morgue("verify", "--collection", folder, "--json")
    assert status == 1
    assert objects(out)[0]["file"] == f"archive/{file.name}"


def test_reindex_brings_every_answer_back(morgue: Morgue, news: Path, tmp_path: Path) -> None:
    folder = tmp_path / "news"
    shutil.copytree(news, folder)
    questions = [
        ("lookup", "example.org", "--match", "domain", "--json"),
        ("history", BRIDGE, "--json"),
        ("search", "bridge", "--json"),
    ]
    before = [morgue(*question, "--collection", folder) for question in questions]
    for path in folder.glob("catalog.sqlite*"):
        path.unlink()
    shutil.rmtree(folder / "search")
    status, _, err = morgue("lookup", BRIDGE, "--collection", folder)
    assert status == 1
    assert "morgue reindex" in err
    status, out, _ = morgue("reindex", "--collection", folder, "--json")
    assert status == 0
    assert objects(out)[0]["captures"] == 11
    assert [morgue(*question, "--collection", folder) for question in questions] == before


def test_status_counts_by_source_and_in_all(ask: Morgue, news: Path) -> None:
    *sources, total = objects(ask("status", "--json")[1])
    assert [(one["source"], one["versions"]) for one in sources] == [
        ("bandar", 1),
        ("evil", 1),
        ("gang", 1),
        ("harbour", 3),
    ]
    assert total["source"] is None
    assert (total["captures"], total["revisits"], total["articles"], total["versions"]) == (9, 2, 4, 6)
    assert total["size_bytes"] == sum(path.stat().st_size for path in news.glob("*/*.warc.gz"))
    assert "4 articles in 6 versions" in ask("status")[1]


# where the collection is


def test_collection_is_named_before_or_after_the_command(morgue: Morgue, news: Path) -> None:
    assert morgue("--collection", news, "history", BRIDGE) == morgue("history", BRIDGE, "--collection", news)


def test_collection_is_found_from_the_folder_and_the_environment(
    morgue: Morgue, news: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(news / "text")
    assert morgue("history", BRIDGE)[0] == 0
    monkeypatch.chdir(tmp_path)
    assert morgue("history", BRIDGE)[0] == 2
    monkeypatch.setenv("MORGUE_COLLECTION", str(news))
    assert morgue("history", BRIDGE)[0] == 0


# on a terminal


def test_terminal_gets_tables_marks_and_colours(news: Path, on_terminal: Callable[..., str]) -> None:
    table = on_terminal("history", BRIDGE, "--collection", str(news))
    assert "first seen" in table
    assert "─" in table
    assert "\x1b[33m\x1b[1mnorthern\x1b[0m" in on_terminal("search", "northern road", "--collection", str(news))
    assert "\x1b[31m[-3-]\x1b[0m" in on_terminal("diff", BRIDGE, "1", "2", "--collection", str(news))


def test_terminal_that_wants_no_colours_gets_none(news: Path, on_terminal: Callable[..., str]) -> None:
    printed = on_terminal("search", "northern road", "--collection", str(news), NO_COLOR="1")
    assert "northern road" in printed
    assert "\x1b" not in printed


# serve


def test_serve_answers_until_it_is_interrupted(news: Path) -> None:
    command = [sys.executable, "-m", "crawler.cli", "serve", "--port", "0", "--collection", str(news)]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr
        line = server.stderr.readline()
        address = line.split(" at ")[1].split(" ")[0]
        assert httpx.get(address + "healthz", trust_env=False).text == "ok\n"
        replay = int(line.split(" on port ")[1].split(";")[0])
        assert "sandbox" in httpx.get(f"http://127.0.0.1:{replay}/", trust_env=False).headers["content-security-policy"]
        # The archive itself cannot read pages: what can is handed in, and its process ends with the server.
        asked = {"url": BRIDGE, "explain": "1"}
        page = httpx.get(address + "article/provenance", params=asked, trust_env=False, timeout=60).text
        assert "Read again with today's rules" in page
        server.send_signal(signal.SIGINT)
        rest = server.stderr.read()
        assert server.wait(10) == 0
    assert rest == ""


def test_serve_names_an_address_it_cannot_have(ask: Morgue) -> None:
    status, _, err = ask("serve", "--host", "192.0.2.1", "--port", "8099")
    assert status == 1
    assert "192.0.2.1:8099" in err
    assert "--host" in err
