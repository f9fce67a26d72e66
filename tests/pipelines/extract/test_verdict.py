"""Walls, challenges, lists and empty pages are told from articles, in any language."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.extract import Extraction, read_page
from pipelines.extract.profile import SiteRules
from pipelines.extract.verdict import Verdict, confidence_of

NOW = datetime(2025, 6, 1, tzinfo=UTC)
HTML = (("Content-Type", "text/html; charset=utf-8"),)
PROSE = "<p>Мост снова открыт: после года ремонта по нему опять идут трамваи, а рыбаки стоят у перил, как и прежде.</p>"
ARTICLE = (
    '<html><head><meta property="og:type" content="article"><title>Мост открыт</title></head><body><h1>Мост открыт</h1>'
)
ARTICLE += f"<article>{PROSE * 1}{PROSE.replace('Мост', 'Порт')}{PROSE.replace('Мост', 'Мол')}</article></body></html>"
TEASERS = "".join(
    f'<div class="c{i}"><h3><a href="/s/{i}">Заголовок истории номер {i}, довольно длинный</a></h3><p>Кратко: {i}.</p></div>'
    for i in range(30)
)


def read(page: str, url: str = "https://news.example.org/world/a-1.html", headers=HTML) -> Extraction:
    return read_page(page.encode(), url=url, headers=headers, captured=NOW)


def test_an_article_is_one() -> None:
    found = read(ARTICLE)
    assert (found.is_article, found.reason) == (True, None)
    assert found.article.confidence > 0.5
    assert found.article.language == "ru"


@pytest.mark.parametrize(
    ("reason", "page", "url"),
    [
        (
            "challenge",
            '<title>…</title><h1>news.example.org</h1><p>Проверяем ваш браузер.</p><script src="/cdn-cgi/challenge-platform/h/b/orchestrate"></script>',
            None,
        ),
        (
            "consent-wall",
            f'<html><body><h1>Добро пожаловать</h1><div class="w">{"<p>Мы и наши партнёры храним данные на вашем устройстве.</p>" * 9}</div>'
            '<form action="https://consent.yahoo.com/v2/collectConsent"><button>OK</button></form></body></html>',
            None,
        ),
        ("login-wall", '<h1>Вход</h1><p>Войдите.</p><form><input name="u"><input type="password"></form>', None),
        ("soft-404", "<title>404 | Example</title><h1>404</h1><p>Такой страницы у нас нет.</p>", None),
        (
            "soft-404",
            f'<link rel="canonical" href="https://news.example.org/"><h1>Example</h1>{PROSE}{PROSE}',
            None,
        ),
        ("front-page", f"<h1>Example</h1>{TEASERS}", "https://news.example.org/"),
        ("listing", f"<html><body><h1>Культура</h1>{TEASERS}</body></html>", "https://news.example.org/culture"),
        ("empty", "<html><body><h1>Мост</h1></body></html>", None),
        ("empty", "", None),
    ],
)
def test_what_is_no_article_says_what_it_is(reason: str, page: str, url: str | None) -> None:
    found = read(page, url or "https://news.example.org/world/a-1.html")
    assert (found.is_article, found.reason) == (False, reason)
    assert found.article.confidence < 0.4


def test_an_article_behind_the_same_vendors_is_still_one() -> None:
    vendors = '<script src="https://cdn.privacy-mgmt.com/x.js"></script><script src="https://www.google.com/recaptcha/api.js"></script>'
    assert read(ARTICLE.replace("</body>", vendors + '<form><input type="password"></form></body>')).is_article


def test_a_short_declared_article_is_one() -> None:
    page = '<meta property="og:type" content="article"><h1>大桥重新开放</h1><article><p>海湾大桥今天上午重新开放，渔民们站在岸边观看第一批车辆驶过。</p></article>'
    assert read(page).is_article


@pytest.mark.parametrize("kind", ["image/png", "application/json", "application/pdf", "application/rss+xml"])
def test_other_media_types_are_not_read(kind: str) -> None:
    found = read(ARTICLE, headers=(("content-type", kind),))
    assert (found.is_article, found.reason) == (False, "not-html")


def test_html_without_a_type_is_read() -> None:
    assert read(ARTICLE, headers=()).is_article
    assert read("{}", headers=()).reason == "not-html"


def test_an_article_that_declares_nothing_is_one() -> None:
    page = f"<html><body><h1>Мост открыт</h1><div>{PROSE}{PROSE.replace('Мост', 'Порт')}{PROSE.replace('Мост', 'Мол')}</div></body></html>"
    assert read(page).is_article


def test_what_a_source_prunes_is_never_read() -> None:
    page = ARTICLE.replace(
        "<article>", "<article><p class='x7'>Эту строку источник велит убрать из каждой истории, и её нет.</p>"
    )
    kept = read_page(page.encode(), url="https://e.org/a", headers=HTML, captured=NOW)
    pruned = read_page(
        page.encode(),
        url="https://e.org/a",
        headers=HTML,
        captured=NOW,
        rules=SiteRules(prune=("//p[@class='x7']", "count(//p)", "/html")),
    )
    assert "Эту строку" in kept.article.text
    assert "Эту строку" not in pruned.article.text
    assert pruned.article.headline == "Мост открыт"


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_confidence_rises_with_agreement_and_with_the_verdict(low: float, high: float, signs: float) -> None:
    low, high = sorted((low, high))
    verdict = Verdict(confidence=signs, reason=None)
    assert 0 <= confidence_of(verdict, low) <= confidence_of(verdict, high) <= 1
    agreed = Verdict(confidence=low, reason=None), Verdict(confidence=high, reason=None)
    assert confidence_of(agreed[0], signs) <= confidence_of(agreed[1], signs)
    assert confidence_of(Verdict(confidence=0.15, reason="listing"), high) <= 0.15
