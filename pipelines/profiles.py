"""The profiles of a collection: `profiles/HOST.toml`, one file a site, each a history that is only added to.

A capture is read with the profile of its time: the last whose `since` is not after it. A person may edit a file, or pin it,
while a crawl runs; a file that cannot be understood stops what begins, and is let be by what runs.
"""

import hashlib
import logging
import os
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from archive.errors import FolderUnwritable, SettingInvalid
from archive.formats.toml import decode_toml
from pipelines.extract.profile import Profile
from pipelines.profile_file import Attempt, SiteFile, render

logger = logging.getLogger(__name__)

FOLDER = "profiles"
MAX_BYTES = 4_000_000
_CHECK_SECONDS = 15.0
"""How often a file is looked at for a person's edits."""
_WWW = re.compile(r"www[0-9]*\.", re.ASCII)
_PLAIN = re.compile(r"[a-z0-9][a-z0-9.-]{0,199}(?::[0-9]{1,5})?", re.ASCII)
_NOT_IN_NAMES = re.compile(r"[^a-z0-9.-]")


def site_of(url: str) -> str:
    """The site a page belongs to: its host without `www.` or `www2.`, as in urlkeys, with a port that is not the scheme's own.

    >>> site_of("https://www.example.org/a"), site_of("http://127.0.0.1:8101/a")
    ('example.org', '127.0.0.1:8101')
    """
    try:
        parts = urlsplit(url)
        port = {("http", 80): None, ("https", 443): None}.get((parts.scheme, parts.port or 0), parts.port)
        host = parts.hostname or ""
        host = host[match.end() :] if (match := _WWW.match(host)) else host
    except ValueError:
        return ""
    return f"{host}:{port}" if port else host


def file_name(site: str) -> str:
    """The name of a site's file, which no other site's file has.

    >>> file_name("example.org"), file_name("127.0.0.1:8101"), file_name("a_b.example")
    ('example.org.toml', '127.0.0.1_8101.toml', 'a_b.example~ff079886.toml')
    """
    site = site.lower()
    name = _NOT_IN_NAMES.sub("_", site)[:200].lstrip(".")  # no store takes a hidden file
    if not _PLAIN.fullmatch(site):
        name += "~" + hashlib.sha256(site.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{name}.toml"


class Profiles:
    """The profiles of one collection. Any thread may ask and add."""

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        """`folder` is the collection's. Raises SettingInvalid where a file in it cannot be understood."""
        self._folder = folder / FOLDER
        self._clock = clock
        self._lock = threading.RLock()
        self._files: dict[str, tuple[float, int | None, SiteFile]] = {}
        for path in sorted(self._folder.glob("*.toml")):
            self._take(path, _read(path))

    def site(self, site: str) -> SiteFile:
        """What the site's file holds now; an empty one where there is none."""
        with self._lock:
            looked_at, changed, known = self._files.get(site, (-_CHECK_SECONDS, None, SiteFile(host=site)))
            if self._clock() - looked_at < _CHECK_SECONDS:
                return known
            path = self._folder / file_name(site)
            now = _changed(path)
            if now is None:
                known = SiteFile(host=site)
            elif now != changed:
                try:
                    return self._take(path, _read(path))
                except SettingInvalid as error:
                    logger.warning("profile not taken over error=%s", error)
            self._files[site] = (self._clock(), now, known)
            return known

    def at(self, url: str, timestamp: str) -> Profile | None:
        """The profile that a capture of this time is read with."""
        file = self.site(site_of(url))
        return next((profile for profile in reversed(file.profiles) if profile.since <= timestamp), None)

    def add(self, site: str, profile: Profile | None, attempt: Attempt) -> bool:
        """Note what was tried, and add what was learned; whether the file took it.

        It does not where a person has pinned it meanwhile, or where it would become too large to be read. Raises
        FolderUnwritable, and SettingInvalid where a person's edit cannot be understood: it is not written over.
        """
        with self._lock:
            path = self._folder / file_name(site)
            file = SiteFile(host=site) if _changed(path) is None else self._take(path, _read(path))
            if file.pinned:
                return False
            profiles = (*file.profiles, profile) if profile else file.profiles
            if self._write(msgspec.structs.replace(file, profiles=profiles, attempted=attempt)):
                return True
            full = f"not kept, the file would be larger than {MAX_BYTES} bytes (remove old profiles)"
            self._write(msgspec.structs.replace(file, attempted=msgspec.structs.replace(attempt, remark=full)))
            return False

    def _write(self, file: SiteFile) -> bool:
        path = self._folder / file_name(file.host)
        text = render(file).encode()
        if len(text) > MAX_BYTES:
            return False
        unfinished = path.with_name(f".{path.name}.new")
        try:
            self._folder.mkdir(exist_ok=True)
            with unfinished.open("wb") as new:
                new.write(text)
                new.flush()
                os.fsync(new.fileno())
            unfinished.replace(path)
        except OSError as error:
            raise FolderUnwritable(f"{path}: cannot be written: {error.strerror} (check its permissions)") from None
        self._take(path, file)
        return True

    def _take(self, path: Path, file: SiteFile) -> SiteFile:
        self._files[file.host] = (self._clock(), _changed(path), file)
        return file


def _changed(path: Path) -> int | None:
    """When the file was written; `None` where there is none."""
    try:
        return path.stat().st_mtime_ns
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:
        return 0  # it is there, or may be: reading it says what is wrong


def _read(path: Path) -> SiteFile:
    name = f"{path.parent.name}/{path.name}"
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SettingInvalid(f"{name}: is larger than {MAX_BYTES} bytes (remove it; it is learned anew)")
        file = decode_toml(path.read_bytes(), SiteFile, name)
    except OSError as error:
        raise SettingInvalid(f"{name}: cannot be read: {error.strerror} (check the file and its permissions)") from None
    if file_name(file.host) != path.name:
        raise SettingInvalid(f'{name}: host: "{file.host}" is not the file\'s (rename it to {file_name(file.host)})')
    host = file.host.lower()
    profiles = tuple(msgspec.structs.replace(profile, host=host) for profile in file.profiles)
    return msgspec.structs.replace(file, host=host, profiles=profiles)
