"""What sites say of all their pages in one place, their tdmrep.json, as it was last captured."""

from urllib.parse import urlsplit

from archive.coding import decode_content
from archive.errors import DigestMismatch, QueryInvalid, RecordUnreadable, StoreError
from archive.formats.rights import NOTHING_SAID, Rights
from archive.formats.tdmrep import MOST_BYTES, PATH, TdmRule, parse_tdmrep, site_rights
from archive.formats.urlkey import urlkey
from archive.index.catalog import Catalog
from archive.records import RecordReader, to_memento

_MOST_SITES = 2000


class SiteRights:
    """Looks each site's file up once, and again when it was fetched anew. Used by one thread."""

    def __init__(self, catalog: Catalog, records: RecordReader) -> None:
        self._catalog = catalog
        self._records = records
        self._rules: dict[str, tuple[TdmRule, ...]] = {}

    def __call__(self, url: str) -> Rights:
        """What its site says of a URL."""
        parts = urlsplit(url)
        site = f"{parts.scheme}://{parts.netloc}"
        if parts.path == PATH:
            self._rules.pop(site, None)
            return NOTHING_SAID
        rules = self._rules.get(site)
        if rules is None:
            if len(self._rules) >= _MOST_SITES:
                self._rules.clear()
            try:
                rules = self._read(site + PATH)
            except RecordUnreadable:
                # Written a moment ago, and not in its file yet.
                return NOTHING_SAID
            self._rules[site] = rules
        return site_rights(rules, url) if rules else NOTHING_SAID

    def _read(self, url: str) -> tuple[TdmRule, ...]:
        try:
            newest = next(self._catalog.captures(urlkey=urlkey(url), newest_first=True, limit=1), None)
            original = self._catalog.original_of(newest) if newest else None
            if original is None or original.status != 200 or not original.size or original.size > MOST_BYTES:
                return ()
            memento = to_memento(original, self._records.read_capture(original), None)
        except (QueryInvalid, DigestMismatch, StoreError):
            # In a store that does not answer, say: pages may still say it themselves.
            return ()
        try:
            return parse_tdmrep(decode_content(memento.payload, memento.header("content-encoding"), limit=MOST_BYTES))
        except RecordUnreadable:
            return ()
