"""A collection whose store is a bucket, as a person keeps it: crawled, emptied of its WARC files, asked, rebuilt, recovered.

The commands are the real ones. Crawls are processes of their own; what looks up runs here, so that a test can count its
requests at a gate before the server.
"""

import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from archive.config import init_collection
from archive.index.catalog import Catalog
from archive.stores.upload import finished_files
from crawler.cli import run
from crawler.demo.newsroom import Newsroom

CHECKOUT = Path(__file__).resolve().parents[3]
SERVERS = ("moto", *(pytest.param(name, marks=pytest.mark.s3) for name in ("ceph-http", "ceph-tls")))


@dataclass
class Ended:
    """What a command left behind."""

    status: int
    out: bytes
    err: str

    @property
    def complaint(self) -> str:
        """What it said on stderr was wrong, which has to be one line."""
        lines = [line for line in self.err.splitlines() if "nothing is due before" not in line]
        assert len(lines) == 1, self.err
        assert lines[0].startswith("morgue: ")
        return lines[0].removeprefix("morgue: ")


@dataclass
class Published:
    """A collection that was crawled twice, with an edition between, into a bucket."""

    folder: Path
    settings: dict[str, str]
    """What the environment says of the server."""
    client: Any
    bucket: str
    room: Newsroom
    edited: str
    """Where a story stands that has two versions."""
    same: str
    """Where a story stands that did not change: its second capture is a revisit."""


class News:
    """A copy of it to do as one likes with, under a prefix of its own."""

    def __init__(self, published: Published, folder: Path, capture: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.client, self.bucket = folder, published.client, published.bucket
        self.prefix = folder.parent.name
        self.published = published
        self._capture = capture
        self._monkeypatch = monkeypatch
        self.environ(**published.settings, MORGUE_STORE=f"s3://{self.bucket}/{self.prefix}")
        for name in published_names(published):
            source = {"Bucket": self.bucket, "Key": f"first/{name}"}
            self.client.copy_object(Bucket=self.bucket, Key=f"{self.prefix}/{name}", CopySource=source)

    def environ(self, **variables: str) -> None:
        for name, value in variables.items():
            self._monkeypatch.setenv(name, value)

    def here(self, *words: str) -> Ended:
        """Run a command in this process."""
        self._capture.readouterr()
        status = run([*words, "--collection", str(self.folder)])
        out, err = self._capture.readouterr()
        return Ended(status, out, err.decode())

    def ask(self, *words: str) -> bytes:
        """What a command prints; it has to end well, and in silence."""
        ended = self.here(*words)
        assert (ended.status, ended.err) == (0, ""), (words, ended)
        return ended.out

    def answers(self) -> list[bytes]:
        """Everything a person may ask, of a story that changed and of one that did not."""
        edited, same = self.published.edited, self.published.same
        questions = [
            ["lookup", edited, "--match", "host", "--json"],
            ["search", "the", "--limit", "100", "--json"],
            *(["show", edited, "--as", form] for form in ("text", "json", "html", "http", "warc")),
            *(["show", same, "--as", form] for form in ("text", "http")),
            ["history", edited, "--json"],
            ["diff", edited, "1", "2"],
        ]
        return [self.ask(*question) for question in questions]

    def crawl(self, *words: str) -> Ended:
        return crawl(self.folder, *words)

    def warc_files(self) -> list[Path]:
        return [path for kind in ("archive", "text") for path in (self.folder / kind).iterdir()]

    def remove_warc_files(self) -> None:
        assert self.warc_files()
        for path in self.warc_files():
            path.unlink()

    def remove_indexes(self) -> None:
        for path in self.folder.glob("catalog.sqlite*"):
            path.unlink()
        shutil.rmtree(self.folder / "search")

    def indexes(self) -> dict[str, bytes]:
        """Content of catalog and search index."""
        paths = [*self.folder.glob("catalog.sqlite*"), *(self.folder / "search").iterdir()]
        # A reader may leave the catalog's shared memory behind, and a log with nothing in it.
        left = {path for path in paths if path.name.endswith(("-shm", ".lock"))}
        left |= {path for path in paths if path.name.endswith("-wal") and not path.stat().st_size}
        return {path.name: path.read_bytes() for path in paths if path not in left}


def crawl(folder: Path, *words: str) -> Ended:
    """`morgue crawl`, or what else needs a process of its own."""
    words = words if words and not words[0].startswith("-") else ("crawl", "--json", *words)
    command = [sys.executable, "-m", "crawler.cli", *words, "--collection", str(folder)]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, check=False, timeout=100)
    # On a busy machine it says after ten seconds where it stands.
    said = re.sub(r"(?m)^morgue: \d+ kept .* to read.*\n", "", done.stderr.decode())
    return Ended(done.returncode, done.stdout, said)


def published_names(published: Published) -> list[str]:
    return finished_files(published.folder)


def change(folder: Path, **settings: str) -> None:
    """Set keys of morgue.toml, written as TOML."""
    lines = (folder / "morgue.toml").read_text().splitlines(keepends=True)
    for key, value in settings.items():
        (index,) = [index for index, line in enumerate(lines) if line.startswith(f"{key} = ")]
        lines[index] = f"{key} = {value}\n"
    (folder / "morgue.toml").write_text("".join(lines))


@pytest.fixture(scope="module", params=SERVERS)
def published(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    settings_of: Callable[[str], dict[str, str]],
    client_of: Callable[[str], Any],
) -> Iterator[Published]:
    settings, client = settings_of(request.param), client_of(request.param)
    bucket = f"crawled-by-{request.param}"
    client.create_bucket(Bucket=bucket)
    folder = tmp_path_factory.mktemp("bucket") / "news"
    init_collection(folder, contact="tests@example.org", allow_networks=("127.0.0.0/8",))
    # Several files of each kind, so that some are sealed and stored while the crawl goes on.
    change(folder, max_file_size='"100KB"', workers="1")
    (folder / "profiles/radio.toml").write_text('host = "radio"\n')
    (folder / "access.jsonl").touch()
    with pytest.MonkeyPatch.context() as environment, Newsroom() as room:
        for name, value in {**settings, "MORGUE_STORE": f"s3://{bucket}/first"}.items():
            environment.setenv(name, value)
        room.write_sources(folder / "sources")
        first = crawl(folder)
        assert (first.status, first.err) == (0, "")
        changes = room.edit()
        second = crawl(folder, "--again")
        assert second.err == ""
        edited = next(one.url for one in changes if one.kind == "corrected")
        touched = {one.url for one in changes}
        same = next(url for story in room.stories if (url := room.url_of(story)) not in touched)
        yield Published(folder, settings, client, bucket, room, edited, same)


@pytest.fixture
def news(published: Published, tmp_path: Path, capsysbinary: Any, monkeypatch: pytest.MonkeyPatch) -> News:
    folder = tmp_path / "news"
    shutil.copytree(published.folder, folder)
    return News(published, folder, capsysbinary, monkeypatch)


@pytest.fixture
def gated(news: News, gate_to: Callable[[str], Any]) -> Any:
    """A gate before the collection's server."""
    if news.published.settings["AWS_ENDPOINT_URL"].startswith("https"):
        pytest.skip("the gate speaks HTTP only")
    gate = gate_to(news.published.settings["AWS_ENDPOINT_URL"])
    news.environ(AWS_ENDPOINT_URL=gate.url)
    return gate


# What goes up


def test_everything_finished_is_in_the_bucket_verified_and_marked(published: Published) -> None:
    names = published_names(published)
    assert {name.partition("/")[0] for name in names} == {"archive", "text", "indexes", "profiles", "access.jsonl"}
    assert len([name for name in names if name.startswith("archive/")]) > 2
    listed = published.client.list_objects_v2(Bucket=published.bucket, Prefix="first/")["Contents"]
    assert {found["Key"].removeprefix("first/") for found in listed} == set(names)
    for name in names:
        head = published.client.head_object(Bucket=published.bucket, Key=f"first/{name}")
        data = (published.folder / name).read_bytes()
        assert head["ContentLength"] == len(data)
        assert head["Metadata"]["sha256"] == hashlib.sha256(data).hexdigest()
    with Catalog.open(published.folder / "catalog.sqlite", readonly=True) as catalog:
        files = catalog.files()
    assert {f"{file.kind}/{file.name}" for file in files} == {name for name in names if name.endswith(".gz")}
    assert all(file.sealed and file.uploaded for file in files)


# Without the local WARC files


def test_without_local_warc_files_every_question_is_answered(news: News) -> None:
    before = news.answers()
    news.remove_warc_files()
    assert news.answers() == before
    assert news.here("verify").status == 0


def test_one_record_is_one_request(news: News, gated: Any) -> None:
    news.remove_warc_files()
    requests = {
        ("show", news.published.edited, "--as", "warc"): 1,
        ("show", news.published.edited, "--as", "html"): 1,
        ("show", news.published.same, "--as", "http"): 2,  # the revisit, and what it refers to
        ("show", news.published.edited, "--as", "text"): 1,  # the reading and its text, which lie side by side
        ("lookup", news.published.edited): 0,
        ("search", "the"): 0,
    }
    for words, count in requests.items():
        gated.clear()
        news.ask(*words)
        assert len(gated.asked) == count, (words, gated.asked)
        assert all(asked.startswith("GET ") and " bytes=" in asked for asked in gated.asked)


def test_without_the_store_one_line_says_what_is_missing(news: News, gated: Any) -> None:
    news.remove_warc_files()
    gated.trouble = lambda _asked: "break"
    ended = news.here("show", news.published.edited, "--as", "html")
    assert ended.status == 1
    assert (
        f"not in {news.folder}, only in its store: s3://{news.bucket}/{news.prefix} at {gated.url}" in ended.complaint
    )
    news.ask("lookup", news.published.edited)
    news.environ(MORGUE_STORE="")
    ended = news.here("show", news.published.edited, "--as", "html")
    assert ended.status == 1
    assert "no `store` is set to read it from" in ended.complaint


# Uploads that fail


@dataclass
class Late:
    """A collection whose first crawl is still to come, and the gate before its store."""

    folder: Path
    gate: Any
    store: str
    published: Published

    def fails(self, reason: str, *, store: str | None = None, at: str | None = None) -> Ended:
        """Crawl, which has pages only if it is the first time; it has to say why nothing was stored."""
        ended = crawl(self.folder)
        assert ended.status == 4
        place = f"{store or self.store} at {at or self.gate.url}"
        assert re.match(rf"[23] files not stored: {re.escape(place)}: {re.escape(reason)}", ended.complaint)
        assert ended.complaint.endswith(f"; they are safe in {self.folder}, and go up with the next run")
        assert len(list((self.folder / "archive").glob("*.warc.gz"))) == 1
        return ended

    def succeeds(self) -> None:
        """Crawl when nothing is due; the store has everything afterwards."""
        self.gate.clear()
        ended = crawl(self.folder)
        assert ended.status == 0
        assert "not stored" not in ended.err
        assert json.loads(ended.out)["exchanges"] == 0
        listed = self.published.client.list_objects_v2(
            Bucket=self.published.bucket, Prefix=self.store.rpartition("/")[2] + "/"
        )
        stored = [found["Key"].partition("/")[2] for found in listed["Contents"]]
        assert stored == sorted(finished_files(self.folder))


@pytest.fixture
def late(published: Published, tmp_path: Path, gate_to: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch) -> Late:
    if published.settings["AWS_ENDPOINT_URL"].startswith("https"):
        pytest.skip("the gate speaks HTTP only")
    gate, store = gate_to(published.settings["AWS_ENDPOINT_URL"]), f"s3://{published.bucket}/{tmp_path.name}"
    for name, value in {**published.settings, "AWS_ENDPOINT_URL": gate.url, "MORGUE_STORE": store}.items():
        monkeypatch.setenv(name, value)
    folder = tmp_path / "news"
    init_collection(folder, contact="tests@example.org", allow_networks=("127.0.0.0/8",))
    change(folder, extract="false")
    shutil.copytree(published.folder / "sources", folder / "sources", dirs_exist_ok=True)
    return Late(folder, gate, store, published)


def test_what_the_store_does_not_take_goes_up_with_a_later_run(late: Late, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        ended = late.fails("no answer: Connection refused (check AWS_ENDPOINT_URL", at="http://127.0.0.1:9")
    assert json.loads(ended.out)["captures"] > 50, "the crawl itself is not the worse for it"
    late.gate.trouble = lambda asked: "break" if asked.startswith("PUT") and "indexes" in asked else None
    ended = crawl(late.folder, "save", late.published.same)
    assert ended.status == 4
    assert "files not stored" in ended.complaint, "the store went away in the middle"
    late.succeeds()


@pytest.mark.slow
def test_whatever_is_wrong_with_the_store_one_line_says_it(late: Late, monkeypatch: pytest.MonkeyPatch) -> None:
    late.gate.trouble = lambda asked: "deny" if asked.startswith("PUT") else None
    late.fails("access denied (check AWS_ACCESS_KEY_ID")
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("MORGUE_STORE", "s3://there-is-no-such-bucket/late")
        late.fails("no such bucket (create it", store="s3://there-is-no-such-bucket/late")
    late.succeeds()


@pytest.mark.slow
def test_pages_that_are_only_in_the_bucket_are_read_from_there(late: Late) -> None:
    crawl(late.folder)
    late.succeeds()
    for path in (late.folder / "archive").iterdir():
        path.unlink()
    late.gate.trouble = lambda asked: "break" if " bytes=" in asked else None
    ended = crawl(late.folder, "extract", "--json")
    read = json.loads(ended.out)
    assert (ended.status, read["articles"], read["read"]) == (4, 0, read["failed"])
    late.gate.trouble = lambda asked: "deny" if asked.startswith("PUT") else None
    ended = crawl(late.folder, "extract", "--json")
    assert ended.status == 4
    assert "access denied" in ended.err.splitlines()[-1]
    assert json.loads(ended.out)["articles"] >= 39, "no page was given up because it could not be had for a while"


@pytest.mark.slow
def test_a_store_that_hangs_holds_up_nothing_but_the_end(late: Late) -> None:
    late.gate.trouble = lambda _asked: "hang"
    ended = crawl(late.folder)
    assert ended.status == 4
    *progress, last = ended.err.splitlines()
    assert progress
    assert all("3 to store" in line for line in progress), "captures, their index, and which of them are seeds"
    assert f"{late.store} at {late.gate.url}: no answer within 30 s" in last
    assert json.loads(ended.out)["captures"] > 50


# Making indexes anew


def test_indexes_are_made_anew_from_the_bucket(news: News, gated: Any) -> None:
    before = news.answers()
    news.remove_warc_files()
    news.remove_indexes()
    (news.folder / ".reindex/search").mkdir(parents=True)  # as one that was killed leaves it
    gated.clear()
    assert news.here("reindex").status == 0
    assert not (news.folder / ".reindex").exists()
    assert news.answers() == before
    assert news.here("verify").status == 0
    with Catalog.open(news.folder / "catalog.sqlite", readonly=True) as catalog:
        assert all(file.uploaded for file in catalog.files())


def test_reindex_takes_few_requests_whatever_the_records(news: News, gated: Any) -> None:
    files = len(news.warc_files())
    texts = len(list((news.folder / "text").iterdir()))
    news.remove_warc_files()
    assert news.here("reindex").status == 0
    ranges = [asked for asked in gated.asked if "bytes=" in asked]
    assert len(ranges) <= files + texts + 2, "one for each of these small files, two for those with texts"


@pytest.mark.parametrize("before_it_breaks", [0, 6])
def test_a_reindex_that_fails_changes_nothing(news: News, gated: Any, before_it_breaks: int) -> None:
    before = news.answers()
    news.remove_warc_files()
    indexes = news.indexes()
    gated.clear()
    gated.trouble = lambda _asked: "break" if len(gated.asked) > before_it_breaks else None
    ended = news.here("reindex")
    assert ended.status == 1
    lines = [line for line in ended.err.splitlines() if "indexing" not in line]
    assert len(lines) == 1, ended.err
    assert f"s3://{news.bucket}/{news.prefix} at {gated.url}: no answer" in lines[0]
    assert lines[0].endswith("; the indexes are as they were")
    assert news.indexes() == indexes
    assert not (news.folder / ".reindex").exists()
    gated.clear()
    assert news.answers() == before


def test_a_reindex_without_the_store_does_not_forget_what_is_there(news: News) -> None:
    news.remove_warc_files()
    indexes = news.indexes()
    news.environ(MORGUE_STORE="")
    ended = news.here("reindex")
    assert ended.status == 1
    assert "was stored and is no longer in" in ended.complaint
    assert "no `store` is set" in ended.complaint
    assert news.indexes() == indexes


def test_a_file_that_is_nowhere_is_named_by_reindex(news: News) -> None:
    news.remove_indexes()
    lost = next(iter((news.folder / "archive").iterdir()))
    lost.unlink()
    news.client.delete_object(Bucket=news.bucket, Key=f"{news.prefix}/archive/{lost.name}")
    ended = news.here("reindex")
    assert ended.status == 1
    assert f"indexes/{lost.name.removesuffix('.warc.gz')}.cdxj: its WARC file is not to be found" in ended.err


# A new machine


def test_a_collection_comes_back_on_a_new_machine(news: News, tmp_path: Path) -> None:
    before = news.answers()
    old, news.folder = news.folder, tmp_path / "elsewhere"
    (news.folder / "sources").mkdir(parents=True)
    shutil.copy(old / "morgue.toml", news.folder)
    for path in (old / "sources").iterdir():
        shutil.copy(path, news.folder / "sources")

    ended = news.crawl()
    assert ended.status == 1
    assert "know nothing of the WARC files in s3://" in ended.complaint
    assert "run `morgue reindex`" in ended.complaint

    assert news.here("reindex").status == 0
    assert news.answers() == before
    assert news.here("verify").status == 0
    assert (news.folder / "profiles/radio.toml").read_bytes() == (old / "profiles/radio.toml").read_bytes()
    assert (news.folder / "access.jsonl").exists(), "takedowns hold here too"
    assert {path.name for path in (news.folder / "indexes").iterdir()} == {
        path.name for path in (old / "indexes").iterdir()
    }

    again = news.crawl("--again")
    assert again.err == ""
    counts = json.loads(again.out)
    assert counts["revisits"] > 30
    assert (counts["articles"], counts["versions"]) == (0, 0)
    news.published.room.edit()  # takes an edit back: a text returns whose record is in the bucket only
    third = news.crawl("--again")
    assert third.err == ""
    assert json.loads(third.out)["versions"] >= 1
    assert news.here("verify").status == 0


# Verify


def test_verify_tells_what_the_bucket_lacks_or_holds_otherwise(news: News) -> None:
    names = [name for name in published_names(news.published) if name.startswith("archive/")]
    news.remove_warc_files()

    def key(name: str) -> dict[str, str]:
        return {"Bucket": news.bucket, "Key": f"{news.prefix}/{name}"}

    whole = news.client.get_object(**key(names[1]))["Body"].read()
    news.client.delete_object(**key(names[0]))
    news.client.put_object(**key(names[1]), Body=whole[:-1])
    news.client.put_object(**key("archive/other.warc.gz"), Body=b"")
    (news.folder / "access.jsonl").unlink()
    ended = news.here("verify", "--json")
    assert ended.status == 1
    found = {finding["file"]: finding["problem"] for finding in map(json.loads, ended.out.splitlines())}
    assert found == {
        "access.jsonl": "is in the store, but not here (`morgue reindex` brings it back)",
        "archive/other.warc.gz": "is in the store, but not in the catalog (run `morgue reindex`)",
        names[0]: "is in the catalog, but neither here nor in the store",
        names[1]: f"has {len(whole) - 1} bytes in the store, the catalog knows of {len(whole)}",
    }


def test_verify_reads_the_bucket_when_asked_to(news: News) -> None:
    assert news.here("verify", "--store").status == 0
    names = [name for name in published_names(news.published) if name.startswith("archive/")]
    for name in names[:2]:
        data = bytearray((news.folder / name).read_bytes())
        data[len(data) // 2] ^= 1
        news.client.put_object(Bucket=news.bucket, Key=f"{news.prefix}/{name}", Body=bytes(data))
    (news.folder / names[1]).unlink()
    assert news.here("verify").status == 0, "a listing does not tell"
    ended = news.here("verify", "--store", "--json")
    assert ended.status == 1
    found = [json.loads(line) for line in ended.out.splitlines()]
    assert {finding["file"] for finding in found} == set(names[:2])
    assert found[0]["problem"] == "holds other bytes here than in the store"


def test_verify_says_that_it_could_not_ask(news: News, gated: Any) -> None:
    news.remove_warc_files()
    gated.trouble = lambda _asked: "break"
    ended = news.here("verify", "--json")
    (finding,) = map(json.loads, ended.out.splitlines())
    assert finding["file"] == "morgue.toml"
    assert finding["problem"].startswith("the store could not be checked: s3://")
    news.environ(MORGUE_STORE="")
    ended = news.here("verify", "--json")
    problems = {json.loads(line)["problem"] for line in ended.out.splitlines()}
    assert problems == {"is not here, and no `store` is set to read it from"}
