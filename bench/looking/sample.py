"""A made-up catalog of news hosts, until bench/looking/catalog.py has one."""

import random
import sys
import uuid
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from archive.collection import CATALOG_FILE
from archive.config import init_collection
from archive.formats.digest import format_sha1
from archive.formats.urlkey import urlkey
from archive.index.catalog import Catalog
from archive.model import Capture, RecordLocation


def captures(count):
    r = random.Random(1)
    made = 0
    page = 0
    while made < count:
        host = int(r.paretovariate(0.8)) % 300
        section = r.choice(["news", "sport", "world", "business", "culture"])
        url = f"https://www.paper{host}.example/{section}/2024/{r.randrange(1, 13):02}/story-{page:07}-of-the-day"
        key = urlkey(url)
        page += 1
        for _ in range(min(count - made, int(r.paretovariate(1.2)))):
            made += 1
            yield Capture(
                urlkey=key,
                timestamp=f"2024{r.randrange(1, 13):02}{r.randrange(1, 28):02}{r.randrange(24):02}{r.randrange(60):02}{r.randrange(60):02}",
                url=url,
                mime="text/html",
                status=200 if r.random() < 0.95 else 404,
                digest=format_sha1(r.randbytes(20)),
                location=RecordLocation(
                    file=f"morgue-20240501000000000-{made // 20000:05}-host.warc.gz",
                    offset=made % 20000 * 30000,
                    length=r.randrange(5000, 60000),
                ),
                record_id=uuid.UUID(bytes=r.randbytes(16)).urn,
                size=r.randrange(20000, 200000),
            )


def make(folder, count):
    init_collection(folder)
    with Catalog.open(folder / CATALOG_FILE) as c:
        it = captures(count)

        while some := list(islice(it, 50000)):
            c.add_captures(some)


if __name__ == "__main__":
    make(Path(sys.argv[1]), int(sys.argv[2]))
