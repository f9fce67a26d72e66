"""What the catalog says of the hits of a search, all of a page in one question: it costs less than to find them."""

from collections.abc import Sequence

import msgspec

from archive.index.catalog_news import NewsCatalog
from archive.index.catalog_packing import HAS_RIGHTS

_encode = msgspec.json.encode

_RIGHTS = (
    f"SELECT j.key, CASE WHEN c.flags & {HAS_RIGHTS} THEN rights_of(c.body) END FROM json_each(?) j "
    "JOIN capture c ON c.urlkey = j.value ->> 0 AND c.timestamp = j.value ->> 1"
)
# An article has settled where its page has shown no other, no other page has shown it, and no redirect touches the page.
_SETTLED = (
    "SELECT j.value FROM json_each(?) j JOIN page p ON p.urlkey = j.value "
    "WHERE NOT EXISTS (SELECT 1 FROM redirect WHERE source = p.id) "
    "AND NOT EXISTS (SELECT 1 FROM redirect WHERE target = p.id) "
    "AND (SELECT count(article) AND min(article) = max(article) AND NOT EXISTS ("
    "SELECT 1 FROM reading other WHERE other.article = here.article AND other.page != p.id) "
    "FROM reading here WHERE here.page = p.id AND here.article IS NOT NULL)"
)


class HitCatalog(NewsCatalog):
    """The part of the catalog that is asked about many versions at once."""

    def rights_of(self, versions: Sequence[tuple[str, str]]) -> list[list[tuple[str, ...]]]:
        """For each urlkey and timestamp what the captures there say of their use; none where there is no capture to see."""
        found: list[list[tuple[str, ...]]] = [[] for _ in versions]
        places = _encode([(urlkey, int(timestamp)) for urlkey, timestamp in versions]).decode()
        for number, rights in self._all(_RIGHTS, (places,)):
            found[number].append(tuple(rights.split(" ")) if rights else ())
        return found

    def settled(self, urlkeys: Sequence[str]) -> set[str]:
        """Those whose article has one key: what `article_keys` need not be asked about."""
        return {urlkey for (urlkey,) in self._all(_SETTLED, (_encode(urlkeys).decode(),))}
