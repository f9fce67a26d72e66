"""The settings of a collection (`morgue.toml`) and the folder that holds it.

What each setting means is written in `morgue.default.toml`, which every new collection gets a copy of. The settings of
one newspaper are in `sources/*.toml`, which `crawler.source_file` reads.
"""

import ipaddress
import os
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from archive.errors import CollectionNotFound, FolderUnwritable, SettingInvalid
from archive.formats.toml import FieldInvalid, convert_toml, decode_toml, to_toml
from archive.formats.units import Duration, Size

SETTINGS_FILE = "morgue.toml"
FOLDERS = ("sources", "archive", "text", "indexes", "profiles")
ENVIRONMENT = {
    "MORGUE_CONTACT": "contact",
    "MORGUE_BROWSER": "browser",
    "MORGUE_STORE": "store",
    "MORGUE_WORKERS": "workers",
    "MORGUE_PUBLIC_URL": "public_url",
    "MORGUE_PUBLIC_REPLAY_URL": "public_replay_url",
    "MORGUE_ALERT_WEBHOOK": "alert_webhook",
}
"""Settings that the environment may give: those that differ from machine to machine."""

_TEMPLATE = Path(__file__).with_name("morgue.default.toml")
_WARC_PREFIX = re.compile(r"[A-Za-z0-9_-]{1,64}")
# The rules for bucket names, with the capitals and underscores that servers other than Amazon's allow:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_STORE = re.compile(r"s3://[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9](/[A-Za-z0-9!_.*'()-]+)*/?")

_LARGEST_RESPONSE = Size(200_000_000)  # readers refuse blocks over `archive.formats.warc.MAX_BLOCK_BYTES`
_LEAST: dict[str, Size | Duration] = {
    **dict.fromkeys(("max_file_size", "max_response_size", "max_header_size"), Size(1000)),
    **dict.fromkeys(("seal_after", "connect_timeout", "timeout", "lease"), Duration(milliseconds=10)),
}


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a collection's owner decides. The meaning of each key: `morgue.default.toml`."""

    contact: str = ""
    user_agent: str = ""
    """Empty for the default; what is sent is `agent`."""
    allow_networks: tuple[str, ...] = ()
    """In CIDR notation; `networks` has them parsed."""
    store: str = ""
    """`s3://bucket/prefix`; empty for none."""
    warc_prefix: str = "morgue"
    max_file_size: Size = Size(1_000_000_000)
    seal_after: Duration = Duration(hours=1)
    extract: bool = True
    workers: Annotated[int, Meta(ge=0, le=1024)] = 0
    """0 for one a processor."""
    queue_size: Annotated[int, Meta(ge=1, le=100_000)] = 64
    concurrency: Annotated[int, Meta(ge=1, le=1000)] = 32
    delay: Duration = Duration(seconds=1)
    noarchive: Literal["keep", "withhold", "skip"] = "keep"
    tdm: Literal["keep", "exclude", "ask"] = "exclude"
    connect_timeout: Duration = Duration(seconds=10)
    timeout: Duration = Duration(seconds=60)
    max_response_size: Size = Size(50_000_000)
    max_header_size: Size = Size(256_000)
    max_redirects: Annotated[int, Meta(ge=0, le=100)] = 10
    retries: Annotated[int, Meta(ge=0, le=20)] = 2
    lease: Duration = Duration(minutes=5)
    requests_per_day: Annotated[int, Meta(ge=0, le=100_000_000)] = 0
    """0 for what the seeds' `every` add up to."""
    browser: str = ""
    """Path or name of Chromium; empty to look for it."""
    browser_pages: Annotated[int, Meta(ge=1, le=100)] = 4
    public_url: str = ""
    public_replay_url: str = ""
    """Of captured pages: an origin of its own, without path."""
    alert_webhook: str = ""
    """A secret, as whoever knows it may post there: messages name its host only."""

    def __post_init__(self) -> None:
        for key in ("contact", "user_agent"):
            text = getattr(self, key)
            if not (text.isascii() and (text == "" or text.isprintable())):
                raise FieldInvalid(key, "does not fit in a header (write one line of ASCII characters)")
        if set(self.contact) & set("()\\"):  # it is sent inside a comment, RFC 9110 section 5.6.5
            raise FieldInvalid("contact", 'is no contact (write it like "you@example.org")')
        for index, network in enumerate(self.allow_networks):
            _check_network(f"allow_networks[{index}]", network)
        if self.store and (not _STORE.fullmatch(self.store) or {".", ".."} & set(self.store.split("/"))):
            raise FieldInvalid("store", 'is not a store (write "s3://BUCKET/PREFIX", or "" for this folder only)')
        if not _WARC_PREFIX.fullmatch(self.warc_prefix):
            raise FieldInvalid("warc_prefix", 'does not fit in a file name (write letters, digits, "_" and "-")')
        if self.max_response_size > _LARGEST_RESPONSE:
            raise FieldInvalid("max_response_size", f'is too large (write at most "{_LARGEST_RESPONSE.to_text()}")')
        for key, least in _LEAST.items():
            if getattr(self, key) < least:
                raise FieldInvalid(key, f'is too little (write at least "{least.to_text()}")')
        if self.public_url and not _is_web_address(self.public_url):
            raise FieldInvalid("public_url", 'is not a web address (write it like "https://morgue.example.org/")')
        _check_replay_url(self.public_replay_url, self.public_url)
        if self.alert_webhook and not _is_webhook(self.alert_webhook):
            raise FieldInvalid(
                "alert_webhook", 'is not a web address (write it like "https://hooks.example.org/T0/B0")'
            )

    @property
    def agent(self) -> str:
        """The User-Agent header to send."""
        if self.user_agent:
            return self.user_agent
        return f"newsmorgue/{_version()}" + (f" (+{self.contact})" if self.contact else "")

    @property
    def networks(self) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
        """`allow_networks`, to compare addresses with."""
        return tuple(map(ipaddress.ip_network, self.allow_networks))


def load_settings(
    folder: Path, *, environ: Mapping[str, str] | None = None, flags: Mapping[str, object] | None = None
) -> Settings:
    """The settings of a collection; flags go before the environment (`ENVIRONMENT`), which goes before the file.

    `flags` are values by setting name, as text or as TOML has them; `None` where a flag was not given.
    """
    environ = os.environ if environ is None else environ
    try:
        text = (folder / SETTINGS_FILE).read_bytes()
    except FileNotFoundError:
        raise _not_found(folder) from None
    except OSError as error:
        raise SettingInvalid(f"{folder / SETTINGS_FILE}: {error.strerror} (make it readable)") from None
    settings = decode_toml(text, Settings, SETTINGS_FILE)
    for variable, key in ENVIRONMENT.items():
        if value := environ.get(variable):
            settings = _override(settings, key, value, variable)
    for key, given in (flags or {}).items():
        if given is not None:
            settings = _override(settings, key, given, f"--{key.replace('_', '-')}")
    return settings


def find_collection(start: Path, explicit: str | Path | None = None, environ: Mapping[str, str] | None = None) -> Path:
    """The collection's folder: `explicit`, else `MORGUE_COLLECTION`, else the nearest one from `start` upwards."""
    environ = os.environ if environ is None else environ
    if named := explicit or environ.get("MORGUE_COLLECTION"):
        folder = Path(named).absolute()
        if not (folder / SETTINGS_FILE).is_file():
            raise _not_found(named)
        return folder
    start = start.absolute()
    for folder in (start, *start.parents):
        if (folder / SETTINGS_FILE).is_file():
            return folder
    raise CollectionNotFound(f"{start}: no collection here or above (run `morgue init DIR`, or say --collection DIR)")


def init_collection(folder: Path, *, contact: str = "", allow_networks: tuple[str, ...] = ()) -> Settings:
    """Make an empty collection: its folders, and a `morgue.toml` with every key explained.

    `morgue.toml` comes last, so that after a crash the same call simply goes on.
    """
    changes = {"contact": contact, "allow_networks": list(allow_networks)}
    settings = convert_toml(changes, Settings, "init")
    text = _TEMPLATE.read_text(encoding="utf-8")
    for key, value in changes.items():
        default = to_toml(getattr(Settings(), key))
        text = text.replace(f"\n{key} = {default}\n", f"\n{key} = {to_toml(value)}\n")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _refuse_occupied(folder)
        for name in FOLDERS:
            (folder / name).mkdir(exist_ok=True)
        unfinished = folder / f".{SETTINGS_FILE}.new"
        with unfinished.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(folder / SETTINGS_FILE)
    except (FileExistsError, NotADirectoryError):
        raise FolderUnwritable(f"{folder}: a file is in the way (name another folder)") from None
    except OSError as error:
        raise FolderUnwritable(f"{folder}: {error.strerror} (name a folder that you may write to)") from None
    return settings


def _check_network(key: str, network: str) -> None:
    try:
        ipaddress.ip_network(network)
    except ValueError:
        try:
            remedy = ipaddress.ip_network(network, strict=False).with_prefixlen  # "10.0.0.1/8": bits beyond the mask
        except ValueError:
            remedy = "127.0.0.0/8"
        raise FieldInvalid(key, f'is not a network (write it like "{remedy}")') from None


def _check_replay_url(replay: str, public: str) -> None:
    if not replay:
        return
    if not (_is_web_address(replay) and urlsplit(replay).path in ("", "/")):
        remedy = 'write it like "https://replay.example.org/", without a path'
        raise FieldInvalid("public_replay_url", f"is not the address of a host ({remedy})")
    if urlsplit(public)[:2] == urlsplit(replay)[:2]:
        raise FieldInvalid("public_replay_url", "is on public_url's own origin (give it a host of its own)")


def _refuse_occupied(folder: Path) -> None:
    """What may be there: hidden files, and the empty folders of an `init` that was interrupted."""
    if (folder / SETTINGS_FILE).exists():
        raise FolderUnwritable(f"{folder}: is a collection already (change its settings in {SETTINGS_FILE})")
    for path in sorted(folder.iterdir()):
        ours = path.name in FOLDERS and path.is_dir() and not any(path.iterdir())
        if not (ours or path.name.startswith(".") or path.name == "lost+found"):
            raise FolderUnwritable(f"{folder}: holds something else, such as {path.name} (name an empty folder)")


def _override(settings: Settings, key: str, value: object, origin: str) -> Settings:
    """Another value for one key; text is read as the type of its key, so `"4"` may be a number."""
    given = convert_toml({key: value}, Settings, origin, strict=False)
    return msgspec.structs.replace(settings, **{key: getattr(given, key)})


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0 and not parts.query
    except ValueError:
        return False


def _is_webhook(url: str) -> bool:
    try:
        parts = urlsplit(url)
        has_place = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return has_place and url.isascii() and url.isprintable() and not set(" @") & set(parts.netloc + parts.path)


def _not_found(folder: str | Path) -> CollectionNotFound:
    return CollectionNotFound(f"{folder}: no collection, it holds no {SETTINGS_FILE} (run `morgue init {folder}`)")


@cache
def _version() -> str:
    from importlib import metadata  # a tenth of what a lookup takes to start, and lookups send nothing

    try:
        return metadata.version("newsmorgue")
    except metadata.PackageNotFoundError:  # run from a checkout that was never installed
        return "0"
