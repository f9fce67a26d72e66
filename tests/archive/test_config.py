"""Settings: read with errors that name the way out, and written with every key explained."""

from pathlib import Path

import pytest

from archive.config import (
    ENVIRONMENT,
    FOLDERS,
    SETTINGS_FILE,
    Settings,
    find_collection,
    init_collection,
    load_settings,
)
from archive.errors import CollectionNotFound, FolderUnwritable, SettingInvalid
from archive.formats.toml import FieldInvalid, decode_toml
from archive.formats.units import Duration, Size


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    init_collection(tmp_path / "news", contact="you@example.org")
    return tmp_path / "news"


def write(folder: Path, text: str) -> Path:
    (folder / SETTINGS_FILE).write_text(text)
    return folder


def test_a_new_collection_has_folders_and_every_key_explained(folder: Path) -> None:
    lines = (folder / SETTINGS_FILE).read_text().splitlines()
    for key in Settings.__struct_fields__:
        (at,) = (index for index, line in enumerate(lines) if line.startswith(f"{key} = "))
        assert lines[at - 1].startswith("# "), f"{key} has no explanation"
    for variable, key in ENVIRONMENT.items():
        at = next(index for index, line in enumerate(lines) if line.startswith(f"{key} = "))
        assert variable in " ".join(lines[at - 4 : at])
    assert all((folder / name).is_dir() for name in FOLDERS)
    assert {path.name for path in folder.iterdir()} == {*FOLDERS, SETTINGS_FILE}


def test_the_file_that_init_writes_holds_the_defaults(folder: Path) -> None:
    assert load_settings(folder, environ={}) == Settings(contact="you@example.org")


def test_init_writes_contact_and_networks(tmp_path: Path) -> None:
    written = init_collection(tmp_path / "c", contact='"a b"@x.org', allow_networks=("127.0.0.0/8", "::1/128"))
    assert load_settings(tmp_path / "c", environ={}) == written
    assert [str(network) for network in written.networks] == ["127.0.0.0/8", "::1/128"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('seal_after = "1hour"', 'seal_after: "1hour" is not a duration (write "1h")'),
        ("delay = 2", 'delay: 2 is not a duration (write "2s" for seconds)'),
        ('max_file_size = "1 gb"', 'max_file_size: "1 gb" is not a size (write "1GB")'),
        ("max_response_size = 5000", 'max_response_size: 5000 is not a size (write "5KB")'),
        ('max_header_size = "1B"', 'max_header_size: "1B" is too little (write at least "1KB")'),
        ('timeout = "0s"', 'timeout: "0s" is too little (write at least "10ms")'),
        ('workers = "4"', 'workers: "4" is not a whole number'),
        ("workers = -1", "workers: -1 is not a whole number >= 0"),
        ("extract = 1", "extract: 1 is not true or false"),
        ("contact = 3", "contact: 3 is not text in quotes"),
        ('contact = "a\\nb"', 'contact: "a\\nb" does not fit in a header (write one line of ASCII characters)'),
        ('contact = "x)"', 'contact: "x)" is no contact (write it like "you@example.org")'),
        ('allow_networks = "127.0.0.1"', 'allow_networks: "127.0.0.1" is not a list in [ ]'),
        (
            'allow_networks = ["::1", "10.1.0.0/8"]',
            'allow_networks[1]: "10.1.0.0/8" is not a network (write it like "10.0.0.0/8")',
        ),
        ('allow_networks = ["lan"]', 'allow_networks[0]: "lan" is not a network (write it like "127.0.0.0/8")'),
        ('warc_prefix = "a/b"', 'warc_prefix: "a/b" does not fit in a file name (write letters, digits, "_" and "-")'),
        (
            'store = "ftp://x"',
            'store: "ftp://x" is not a store (write "s3://BUCKET/PREFIX", or "" for this folder only)',
        ),
        (
            'public_url = "morgue"',
            'public_url: "morgue" is not a web address (write it like "https://morgue.example.org/")',
        ),
        ("seal_afer = 1", 'seal_afer: is no known key (write "seal_after" or remove it)'),
    ],
)
def test_a_wrong_value_names_file_key_value_and_remedy(folder: Path, line: str, message: str) -> None:
    with pytest.raises(SettingInvalid) as caught:
        load_settings(write(folder, line), environ={})
    assert str(caught.value) == f"morgue.toml: {message}"


@pytest.mark.parametrize(
    "store", ["s3://b", "s3:///x", "s3://bucket/../x", "s3://bucket//x", "s3://bucket/a b", "/tmp"]
)
def test_a_store_that_leads_elsewhere_is_refused(folder: Path, store: str) -> None:
    with pytest.raises(SettingInvalid, match="is not a store"):
        load_settings(write(folder, f'store = "{store}"'), environ={})


def test_settings_made_in_code_are_checked_too() -> None:
    with pytest.raises(FieldInvalid, match="is not a store"):
        Settings(store="bucket")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b'contact = "x\nworkers = 1\n', "morgue.toml: line 1: illegal character"),
        (b"workers = \n", "morgue.toml: line 1: invalid value"),
        (
            b"workers = 1\nworkers = 2\n",
            "morgue.toml: line 2: cannot overwrite a value (write each key and table once)",
        ),
        (b"allow_networks = [", "morgue.toml: end of file: invalid value"),
        (b'workers = 1\ncontact = "\xe9"\n', "morgue.toml: line 2: is not UTF-8 (save the file as UTF-8)"),
    ],
)
def test_a_syntax_error_names_the_line(folder: Path, text: bytes, message: str) -> None:
    (folder / SETTINGS_FILE).write_bytes(text)
    with pytest.raises(SettingInvalid) as caught:
        load_settings(folder, environ={})
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_flag_goes_before_environment_goes_before_file(folder: Path) -> None:
    write(folder, 'workers = 1\nstore = "s3://file"\ncontact = "file"\n')
    settings = load_settings(
        folder, environ={"MORGUE_WORKERS": "2", "MORGUE_STORE": "s3://environment"}, flags={"workers": 3, "store": None}
    )
    assert (settings.workers, settings.store, settings.contact) == (3, "s3://environment", "file")


def test_a_wrong_value_from_environment_or_flag_names_where_it_came_from(folder: Path) -> None:
    with pytest.raises(SettingInvalid) as caught:
        load_settings(folder, environ={"MORGUE_WORKERS": "many"})
    assert str(caught.value) == 'MORGUE_WORKERS: workers: "many" is not a whole number'
    with pytest.raises(SettingInvalid) as caught:
        load_settings(folder, environ={}, flags={"seal_after": "1hour"})
    assert str(caught.value) == '--seal-after: seal_after: "1hour" is not a duration (write "1h")'


def test_the_user_agent_names_product_and_contact() -> None:
    assert Settings(contact="you@example.org").agent.startswith("newsmorgue/")
    assert Settings(contact="you@example.org").agent.endswith(" (+you@example.org)")
    assert "(" not in Settings().agent
    assert Settings(user_agent="mine/1").agent == "mine/1"


def test_a_collection_is_found_from_a_folder_within(folder: Path) -> None:
    assert find_collection(folder / "archive", environ={}) == folder


def test_the_named_collection_goes_before_environment_and_place(folder: Path, tmp_path: Path) -> None:
    for name in ("named", "environment"):
        init_collection(tmp_path / name)
    environ = {"MORGUE_COLLECTION": str(tmp_path / "environment")}
    assert find_collection(folder, tmp_path / "named", environ) == tmp_path / "named"
    assert find_collection(folder, None, environ) == tmp_path / "environment"


@pytest.mark.parametrize("explicit", [None, "elsewhere"])
def test_no_collection_says_how_to_make_one(tmp_path: Path, explicit: str | None) -> None:
    with pytest.raises(CollectionNotFound, match="morgue init") as caught:
        find_collection(tmp_path, explicit, {})
    assert caught.value.exit_status == 2
    with pytest.raises(CollectionNotFound, match="morgue init"):
        load_settings(tmp_path, environ={})


def test_init_refuses_what_is_not_empty(folder: Path, tmp_path: Path) -> None:
    before = (folder / SETTINGS_FILE).read_bytes()
    with pytest.raises(FolderUnwritable, match="is a collection already"):
        init_collection(folder, contact="other@example.org")
    assert (folder / SETTINGS_FILE).read_bytes() == before
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(FolderUnwritable, match="holds something else, such as news"):
        init_collection(tmp_path)
    with pytest.raises(FolderUnwritable, match="a file is in the way"):
        init_collection(tmp_path / "thesis.txt")
    with pytest.raises(FolderUnwritable, match="a file is in the way"):
        init_collection(tmp_path / "thesis.txt" / "news")


def test_init_goes_on_after_an_interrupted_one(folder: Path) -> None:
    (folder / SETTINGS_FILE).unlink()
    (folder / "text").rmdir()
    (folder / ".git").mkdir()
    init_collection(folder)
    assert load_settings(folder, environ={}) == Settings()


def test_init_where_writing_is_impossible_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(FolderUnwritable, match="name a folder that you may write to"):
        init_collection(Path("/proc/newsmorgue"))
    with pytest.raises(SettingInvalid, match="is not a network"):
        init_collection(tmp_path / "x", allow_networks=("lan",))
    assert not (tmp_path / "x").exists()


def test_defaults_read_as_their_units() -> None:
    settings = decode_toml('delay = "500ms"\nmax_file_size = "64MiB"', Settings, "x.toml")
    assert (settings.delay, settings.max_file_size) == (Duration(milliseconds=500), Size(64 * 1024**2))


def test_the_documentation_shows_the_settings_as_they_are() -> None:
    root = Path(__file__).resolve().parents[2]
    shown = (root / "docs/operations.md").read_text(encoding="utf-8")
    assert f"```toml\n{(root / 'archive/morgue.default.toml').read_text(encoding='utf-8')}```\n" in shown
    assert all(variable in shown for variable in (*ENVIRONMENT, "MORGUE_COLLECTION"))


@pytest.mark.parametrize(
    "url", ["hooks.example.org", "ftp://a.example/", "https://", "https://u:p@a.example/", "https://a.example/ b"]
)
def test_a_webhook_that_is_none_is_refused(url):
    with pytest.raises(SettingInvalid, match=r"alert_webhook: .* is not a web address"):
        load_settings_from(f'alert_webhook = "{url}"')


def test_a_webhook_may_have_a_query_and_lead_to_this_machine():
    url = "http://127.0.0.1:9000/hook?token=x"
    assert load_settings_from(f'alert_webhook = "{url}"').alert_webhook == url


def load_settings_from(text):
    from archive.config import Settings
    from archive.formats.toml import decode_toml

    return decode_toml(text, Settings, "morgue.toml")
