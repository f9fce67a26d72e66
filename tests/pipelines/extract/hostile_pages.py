"""Pages and answers that mean harm, by name, and the task that reads one in a worker and says what it cost.

Each is built in the worker: the largest would take longer to send than to make.
"""

import functools
import gzip
import json
import random
import time
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import brotli
import zstandard

MB = 1 << 20
URL = "https://news.example.org/2024/05/01/harbour-bridge"
CAPTURED = datetime(2024, 5, 2, tzinfo=UTC)
PARAGRAPHS = (
    "The harbour bridge will close for three weeks in June while its deck is replaced, the port said on Wednesday.",
    "Ferries take over from six in the morning until midnight, and carry bicycles for nothing.",
    "Shopkeepers on the eastern quay fear for their summer, and asked the council to let them open on Sundays.",
    "The work was put off twice, once for want of steel and once because a falcon had nested under the span.",
    "It is the first repair of its size since the bridge was built in 1931.",
)
STORY = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
HEADLINE = "Harbour bridge to close"


def page(body: str = STORY, head: str = "") -> str:
    return (
        f"<!DOCTYPE html><html><head><meta charset=utf-8><title>{HEADLINE}</title>{head}</head>"
        f"<body><article><h1>{HEADLINE}</h1>{body}</article></body></html>"
    )


def linked(data: str) -> str:
    return f'<script type="application/ld+json">{data}</script>'


Answer = tuple[bytes, str, str]
"""Payload, content type, content encoding."""
ANSWERS: dict[str, Callable[[], Answer]] = {}


def answers(name: str, payload: Callable[[], str | bytes], kind: str = "text/html", coding: str = "") -> None:
    def build() -> Answer:
        made = payload()
        return made.encode() if isinstance(made, str) else made, kind, coding

    assert name not in ANSWERS
    ANSWERS[name] = build


# Size

answers("page of 50 MB", lambda: page("<p>More and more words of the story.</p>" * (50 * MB // 40)))
answers("page just under the bound", lambda: page(STORY + "<p>More and more words.</p>" * (23 * MB // 27)))
answers("page of 20 MB of text", lambda: page(STORY + "<p>" + "More and more words. " * (20 * MB // 21)))
answers("page of 20 MB in one word", lambda: page(STORY + "<p>" + "x" * (20 * MB)))
answers("20 MB of short paragraphs", lambda: page(STORY + "<p>x</p>" * (20 * MB // 8)))
answers("line of 1 MB", lambda: page(STORY + "<p>" + "word " * (MB // 5) + "</p>"))
answers("20 MB of linked data", lambda: page(head=linked(json.dumps({"@type": "NewsArticle", "x": "y" * (20 * MB)}))))
answers("linked data of many scripts", lambda: page(head=linked('{"@type":"NewsArticle","headline":"H"}') * 50_000))
answers(
    "linked data of 2 MB in small nodes",
    lambda: page(head=linked("[" + ",".join(['{"@type":"Person","name":"A"}'] * 60_000) + "]")),
)
answers("20 MB of script", lambda: page(head="<script>" + "var a=1;" * (20 * MB // 8) + "</script>"))
answers("20 MB of comment", lambda: page("<!--" + "x " * (10 * MB) + "-->" + STORY))

# Number and depth

answers("a million nested tags", lambda: "<div>" * 1_000_000 + STORY)
answers("a million nested inline tags", lambda: "<p>" + "<b>" * 1_000_000 + STORY)
answers("nested tags of many kinds", lambda: "<div><ul><li><blockquote><section>" * 40_000 + STORY)
answers(
    "dialogs in each other",
    lambda: page(STORY + "<div role=dialog>" * 240 + "<button>b</button>" + "cooki " * (MB // 6)),
)
answers("nested tables", lambda: "<table><tr><td>" * 100_000 + STORY)
answers("nested links", lambda: "<a href=/x>" * 100_000 + STORY)
answers("nested forms and buttons", lambda: "<form><button>" * 100_000 + STORY)
answers(
    "nested boxes named for something else",
    lambda: page(
        '<div class="author-bio paywall">' * 1000 + f"<p>{PARAGRAPHS[0]}</p>" * 8000 + STORY + "</div>" * 1000
    ),
)
answers("a thousand deep around the story", lambda: page("<div>" * 1000 + STORY + "</div>" * 1000))
answers("two hundred deep around the story", lambda: page("<div>" * 200 + STORY + "</div>" * 200))
answers("a hundred thousand links", lambda: page(STORY + "<a href=/x>A link to elsewhere</a> " * 100_000))
answers("a hundred thousand links to share", lambda: page(STORY + "<li><a href=//wa.me/>s</a></li>" * 100_000))
answers("a hundred thousand author links", lambda: page("<a rel=author href=/author/x>A B</a>" * 100_000 + STORY))
answers("a hundred thousand headings", lambda: page("<h1>Another</h1>" * 100_000 + STORY))
answers("a hundred thousand times", lambda: page("<time>Wednesday</time>" * 100_000 + STORY))
answers("a hundred thousand list items", lambda: page(STORY + "<ul>" + "<li>An item of it</li>" * 100_000 + "</ul>"))
answers("a hundred thousand spans", lambda: page("<p>" + "<span class='dateline x'>a</span>" * 100_000 + STORY))
answers("a hundred thousand ids", lambda: page("".join(f"<i id=a{i} class='b{i} c{i}'>x</i>" for i in range(100_000))))
answers("a hundred thousand pictures", lambda: page("<figure><img src=x><figcaption>C</figcaption></figure>" * 100_000))
answers(
    "nested credits",
    lambda: page("<figure><img src=x>" + "<span class=credit>" * 900 + "<b></b>" * 50_000 + "</figure>" + STORY),
)
answers("nested figures", lambda: page("<figure class=caption><img src=x>" * 5000 + STORY))
answers("nested captions", lambda: page("<div class='caption credit'>x" * 200 + STORY))
answers(
    "wide and marked",
    lambda: page(("<div class='share related ad newsletter comments'>" * 150 + "a" + "</div>" * 150) * 300 + STORY),
)
answers(
    "deep and marked",
    lambda: page(("<div class='related'><a href=x>words of it </a>" * 240 + "</div>" * 240) * 100 + STORY),
)
answers("a million cells", lambda: page(STORY + "<table>" + ("<tr>" + "<td>1" * 100) * 10_000 + "</table>"))
answers("a hundred thousand breaks", lambda: page("<p>" + "A line of it.<br>" * 100_000 + STORY))
answers("a hundred thousand metas", lambda: page(head="<meta property='article:author' content='A B'>" * 100_000))
answers("a hundred thousand dates", lambda: page("<p itemprop=datePublished content=x>d</p>" * 100_000 + STORY))
answers("a hundred thousand inputs", lambda: page("<input type=password>" * 100_000 + STORY))
answers("a hundred thousand canonical links", lambda: page(head="<link rel=canonical href='http://x/'>" * 100_000))

# Attributes

answers("attribute of 20 MB", lambda: page(f"<div class='{'ad ' * (7 * MB)}'>{STORY}</div>"))
answers("link of 10 MB", lambda: page(f"<a href='/author/{'x' * (10 * MB)}'>A B</a>{STORY}"))
answers(
    "picture address of 10 MB",
    lambda: page(f"<figure><img src='{'x' * (10 * MB)}'><figcaption>C</figcaption></figure>{STORY}"),
)
answers(
    "srcset of 10 MB",
    lambda: page(f"<figure><img srcset='{'x 1w, ' * (MB)}'><figcaption>C</figcaption></figure>{STORY}"),
)
answers("style of 10 MB", lambda: page(f"<div style='{'display : none;' * (700_000)}'>x</div>{STORY}"))
answers("meta of 10 MB", lambda: page(head=f"<meta name=author content='{'A B, ' * (2 * MB)}'>"))
answers("a million attributes", lambda: page("<p " + " ".join(f"a{i}=b" for i in range(1_000_000)) + f">x</p>{STORY}"))
answers("a million equal attributes", lambda: page("<p " + "a=b " * 1_000_000 + f">x</p>{STORY}"))
answers("attribute without end", lambda: page(f"{STORY}<p class='" + "never closed " * 100_000))

# Characters

answers("null bytes between all letters", lambda: "\x00".join(page()))
answers("null bytes alone", lambda: bytes(5 * MB))
answers("control characters", lambda: page(STORY + "<p>" + "".join(map(chr, range(1, 32))) * 20_000))
answers("entity flood", lambda: page(STORY + "<p>" + "&lt;&eacute;&nbsp;&bogus;&" * 100_000))
answers("numeric entity flood", lambda: page(STORY + "<p>" + "&#1;&#xFFFF;&#xD800;&#1114112;&#99999999999;" * 50_000))
answers(
    "entities that grow",
    lambda: (
        "<!DOCTYPE html [<!ENTITY a 'aaaaaaaaaa'>"
        + "".join(f"<!ENTITY {chr(98 + i)} '{('&' + chr(97 + i) + ';') * 10}'>" for i in range(20))
        + "]>"
        + STORY
        + "<p>&t;</p>"
    ),
)
answers("entities in entities", lambda: page(head=f"<meta name=description content='{'&amp;' * 1000}lt;'>"))
answers(
    "lone surrogates in linked data",
    lambda: page(
        head=linked(
            r'{"@type":"NewsArticle","headline":"A \ud800 story","author":{"name":"Ana \udfff Reyes"},"articleBody":"'
            + "Words of it \\ud83d here. " * 50
            + '","keywords":["\\udc00"],"articleSection":"\\ud800x","dateline":"\\ud800","inLanguage":"e\\ud800","image":"http://x/\\ud800"}'
        )
    ),
)
answers("surrogates as bytes", lambda: page().encode().replace(b"Ferries", b"\xed\xa0\x80Ferries\xed\xbf\xbf"))
answers("noncharacters", lambda: page().replace("Ferries", "\ufffe\uffffFerries\U0001fffe\U0010ffff"))
answers(
    "noncharacters in linked data",
    lambda: page(
        head=linked(r'{"@type":"NewsArticle","headline":"A \u0000\u0001\ufffe story","author":"A\u0000na \u0007Reyes"}')
    ),
)
answers("bidi flood", lambda: page(STORY + "<p>" + "\u202e\u202d\u2066\u2069a" * 100_000))
answers("zero-width flood", lambda: page(STORY + "<p>" + "\u200b\u200c\u200d\u2060\ufeffa" * 100_000))
answers("combining flood", lambda: page(STORY + "<p>a" + "\u0301" * 500_000))
answers("spaces flood", lambda: page(STORY + "<p>" + " \u00a0\u3000\t\n" * 500_000 + "x"))
answers(
    "line separators",
    lambda: page("<p>" + "A line.\u2028Another.\u2029Third.\x85Fourth.\x0bFifth.\x0cSixth." * 100 + STORY),
)

# Encodings

answers("UTF-16 with its mark", lambda: b"\xff\xfe" + page().encode("utf-16-le"))
answers("UTF-16 big-endian with its mark", lambda: b"\xfe\xff" + page().encode("utf-16-be"))
answers("UTF-16 declared by the server", lambda: page().encode("utf-16-le"), "text/html; charset=utf-16")
answers("UTF-16 without a mark", lambda: page().encode("utf-16-le"))
answers("UTF-16 big-endian without a mark", lambda: page().encode("utf-16-be"))
answers("UTF-16 cut in the middle", lambda: b"\xff\xfe" + page().encode("utf-16-le")[:-1])
answers("UTF-32 with its mark", lambda: page().encode("utf-32"))
answers("UTF-32 big-endian with its mark", lambda: b"\x00\x00\xfe\xff" + page().encode("utf-32-be"))
answers("UTF-32 without a mark", lambda: page().encode("utf-32-le"))
answers("UTF-7", lambda: page().encode("utf-7"), "text/html; charset=utf-7")
answers("charset that is none", page, "text/html; charset=" + "x" * 100_000)
answers("charset that is a codec of Python", page, "text/html; charset=zip")
answers("wrong charset", lambda: page(STORY + "<p>Größe, señor, naïve – “quoted”</p>"), "text/html; charset=shift_jis")
answers(
    "charset of multi-byte text that is not",
    lambda: page("<p>caf\xe9 " * 1000 + STORY).encode("latin-1"),
    "text/html; charset=gb18030",
)
answers(
    "mixed encodings", lambda: page("<p>Größe</p>" + STORY).encode() + "<p>Straße und Größe</p>".encode("latin-1") * 50
)
answers("5 MB of undecodable bytes", lambda: b"<html><body>" + random.Random(1).randbytes(5 * MB))
answers("5 MB of high bytes", lambda: page().encode() + bytes(range(128, 256)) * (5 * MB // 128))
answers("ISO-2022-JP escapes", lambda: page().encode() + b"\x1b$B" * 500_000)
answers("HZ escapes", lambda: page().encode() + b"~{" * 500_000, "text/html; charset=hz-gb-2312")
answers(
    "meta flood before the charset", lambda: b"<meta " * 700 + b"<meta charset=windows-1251>" + page().encode("cp1251")
)

# Broken markup

answers("empty", lambda: b"")
answers("no body", lambda: b"<html><head><title>Title alone</title></head></html>")
answers("frameset", lambda: b"<html><frameset><frame src=x></frameset></html>")
answers(
    "unclosed everything",
    lambda: "<html><body><div><article><h1>" + HEADLINE + "<p>" + "<p><b><i><a href=x>".join(PARAGRAPHS),
)
answers("closed twice", lambda: "</div></html></body>" * 10_000 + page().replace("</p>", "</p></p></div>"))
answers("two documents", lambda: page() + page())
answers("body in head", lambda: f"<head>{STORY}<body><head><body>{STORY}")
answers("half a tag", lambda: page() + "<p class")
answers("open brackets", lambda: "<" * 5_000_000)
answers("empty tags", lambda: page("<>" * 500_000 + STORY))
answers("strange tag names", lambda: page("".join(f"<x{i}-y:z>a</x{i}-y:z>" for i in range(50_000)) + STORY))
answers("long tag name", lambda: page(f"<{'x' * (5 * MB)}>{STORY}"))
answers("tag of namespaces", lambda: page("<a:b:c xmlns:a='x' a:b='c'>" * 100 + STORY))
answers(
    "script in a comment", lambda: page("<!-- <script>" + STORY + "</script> --><script><!-- </script> -->" + STORY)
)
answers("script never closed", lambda: page(STORY + "<script>" + "x" * MB))
answers("comment never closed", lambda: page(STORY + "<!--" + "x" * MB))
answers("comment openings", lambda: "<!--" * 1_000_000 + page())
answers("declarations", lambda: "<?x" * 500_000 + "<!x" * 500_000 + page())
answers("character data", lambda: page("<![CDATA[" * 200_000 + STORY))
answers("plaintext element", lambda: page("<plaintext>" + STORY * 1000))
answers("templates in templates", lambda: page("<template>" * 1000 + STORY))
answers("pictures in vectors", lambda: page("<svg><foreignObject><math>" * 1000 + STORY))
answers("select with a story", lambda: page("<select><option>" + STORY + "</select>" + STORY))

# No HTML

answers("PDF", lambda: b"%PDF-1.7\n" + random.Random(2).randbytes(MB))
answers("PDF called so", lambda: b"%PDF-1.7\n" + random.Random(2).randbytes(MB), "application/pdf")
answers("picture", lambda: b"\x89PNG\r\n\x1a\n" + random.Random(3).randbytes(MB))
answers("picture called so", lambda: b"\xff\xd8\xff\xe0" + random.Random(3).randbytes(MB), "image/jpeg")
answers("JSON", lambda: json.dumps({"text": STORY, "n": list(range(100_000))}))
answers("JSON called so", lambda: json.dumps({"text": STORY}), "application/json")
answers("plain text", lambda: "\n\n".join(PARAGRAPHS * 1000))
answers("plain text called so", lambda: "\n\n".join(PARAGRAPHS), "text/plain")
answers("archive", lambda: gzip.compress(b"no page" * 1000), "application/gzip")
answers(
    "feed",
    lambda: "<?xml version='1.0'?><rss><channel>" + "<item><title>T</title></item>" * 10_000 + "</channel></rss>",
)
answers("XHTML", lambda: "<?xml version='1.0' encoding='utf-8'?>" + page(), "application/xhtml+xml")
answers("content type of 1 MB", page, "text/html" + "; x=y" * 200_000)

# Content codings


@functools.cache
def zeros(megabytes: int) -> bytes:
    return bytes(megabytes * MB)


def twice(coding: Callable[[bytes], bytes], megabytes: int) -> bytes:
    return coding(coding(zeros(megabytes)))


def zip_bomb_stream(megabytes: int) -> bytes:
    """Gzip of many members, each of a megabyte."""
    return gzip.compress(zeros(1)) * megabytes


answers("gzip bomb", lambda: gzip.compress(zeros(300)), coding="gzip")
answers("gzip bomb in members", lambda: zip_bomb_stream(300), coding="gzip")
answers("gzip bomb in gzip", lambda: twice(gzip.compress, 300), coding="gzip, gzip")
answers("gzip in gzip that says it once", lambda: gzip.compress(gzip.compress(page().encode())), coding="gzip")
answers("gzip that does not say so", lambda: gzip.compress(page().encode()))
answers("gzip bomb that does not say so", lambda: gzip.compress(zeros(300)))
answers("deflate bomb", lambda: zlib.compress(zeros(300)), coding="deflate")
answers("brotli bomb", lambda: brotli.compress(zeros(300), quality=1), coding="br")
answers("zstd bomb", lambda: zstandard.compress(zeros(300)), coding="zstd")
answers(
    "zstd bomb with a large window",
    lambda: zstandard.ZstdCompressor(compression_params=zstandard.ZstdCompressionParameters(window_log=27)).compress(
        zeros(300)
    ),
    coding="zstd",
)
answers(
    "brotli in gzip in zstd",
    lambda: zstandard.compress(gzip.compress(brotli.compress(page().encode()))),
    coding="br, gzip, zstd",
)
answers("a thousand codings", page, coding=", ".join(["gzip"] * 1000))
answers("a thousand codings that are none", page, coding=", ".join(["identity"] * 100_000))
answers("gzip cut short", lambda: gzip.compress(page(STORY * 100).encode())[:-20], coding="gzip")
answers("gzip with a wrong checksum", lambda: gzip.compress(page().encode())[:-8] + b"\x00" * 8, coding="gzip")
answers("gzip with rubbish behind", lambda: gzip.compress(page().encode()) + b"rubbish" * 1000, coding="gzip")
answers("rubbish called gzip", lambda: random.Random(4).randbytes(MB), coding="gzip")
answers("rubbish called br", lambda: random.Random(4).randbytes(MB), coding="br")
answers("rubbish called zstd", lambda: random.Random(4).randbytes(MB), coding="zstd")
answers("rubbish called deflate", lambda: random.Random(4).randbytes(MB), coding="deflate")
answers("dictionary called for", page, coding="dcz, dcb, compress, pack200-gzip")

# Linked data

answers("linked data nested deeply", lambda: page(head=linked('{"a":' * 100_000)))
answers("linked data nested deeply and closed", lambda: page(head=linked('{"a":' * 50_000 + "1" + "}" * 50_000)))
answers("linked lists nested deeply", lambda: page(head=linked("[" * 900 + "]" * 900)))
answers(
    "linked types nested", lambda: page(head=linked('{"@type":"NewsArticle","headline":' * 400 + '"H"' + "}" * 400))
)
answers(
    "linked data of odd types",
    lambda: page(
        head=linked(
            '{"@type":["NewsArticle",1,null,{"a":[]}],"@id":7,"headline":[[["H"]]],"author":[null,1,true,[],{"name":{"name":[{}]}}],"datePublished":20240501,"image":[{"url":{"@id":1}},[]],"keywords":{"a":1},"publisher":[[1]],"inLanguage":{"name":"en"},"mainEntityOfPage":[1],"url":{},"articleBody":["a",["b"]],"articleSection":[1]}'
        )
    ),
)
answers(
    "linked data that names itself",
    lambda: page(
        head=linked(
            '{"@type":"NewsArticle","@id":"x","headline":{"@id":"x"},"author":{"@id":"x"},"publisher":{"@id":"x"}}'
        )
    ),
)
answers(
    "linked numbers without end",
    lambda: page(head=linked('{"@type":"NewsArticle","headline":"H","x":' + "9" * 1_000_000 + "}")),
)
answers(
    "linked infinities",
    lambda: page(head=linked('{"@type":"NewsArticle","headline":NaN,"datePublished":Infinity,"author":-1e999}')),
)
answers(
    "linked body of markup",
    lambda: page(head=linked(json.dumps({"@type": "NewsArticle", "headline": "H", "articleBody": "<p" * 500_000}))),
)
answers(
    "linked body of brackets",
    lambda: page(
        head=linked(json.dumps({"@type": "NewsArticle", "headline": "H", "articleBody": "<p " + "<br " * 300_000}))
    ),
)
answers(
    "linked headline of 1 MB",
    lambda: page(head=linked(json.dumps({"@type": "NewsArticle", "headline": "x " * 500_000}))),
)
answers(
    "a hundred thousand linked authors",
    lambda: page(
        head=linked(
            json.dumps(
                {
                    "@type": "NewsArticle",
                    "headline": "H",
                    "author": [{"name": f"Ana Reyes{'abcdefghij'[i % 10]}"} for i in range(60_000)],
                }
            )
        )
    ),
)
answers("linked commas", lambda: page(head=linked("[" + "," + " " * 1_000_000 + "x")))
answers("linked data behind comments", lambda: page(head=linked("/*" * 100_000 + "{}")))


def run(job: bytes) -> bytes:
    """Read one, and report: what came of it, the seconds, the growth of the peak of memory in bytes."""
    from pipelines.errors import PipelineError
    from pipelines.extract import read_page

    payload, kind, coding = ANSWERS[job.decode()]()
    before = _reset_peak()
    began, spent = time.monotonic(), time.process_time()
    report: dict[str, object] = {"size": len(payload)}
    try:
        found = read_page(
            payload, url=URL, headers=(("Content-Type", kind), ("Content-Encoding", coding)), captured=CAPTURED
        )
    except PipelineError as error:
        report |= {"error": type(error).__name__, "message": str(error)}
    else:
        import msgspec

        msgspec.json.encode(found)
        report |= {
            "is_article": found.is_article,
            "reason": found.reason,
            "headline": found.article.headline,
            "text": found.article.text[:2000],
            "story": sum(paragraph in found.article.text for paragraph in PARAGRAPHS),
        }
    report |= {"seconds": time.monotonic() - began, "cpu": time.process_time() - spent, "peak": _peak() - before}
    return json.dumps(report).encode("utf-8", "surrogatepass")


def _reset_peak() -> int:
    clear = Path("/proc/self/clear_refs")
    if clear.exists():
        clear.write_text("5")
    return _peak()


def _peak() -> int:
    status = Path("/proc/self/status")
    if not status.exists():
        return 0
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024
