"""What is asked of the made-up archive: by kind, the same questions on every machine."""

import random
from collections import Counter
from itertools import islice

import msgspec
from finding.corpus import LANGUAGES, iter_versions

from archive.index.folding import tokens
from archive.index.search import SearchDocument

EACH = 100
"""Questions of a kind."""
SAMPLE = 5_000


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One search."""

    query: str
    from_: str | None = None
    to: str | None = None
    page: int = 1

    @property
    def fts5(self) -> str:
        """As FTS5 writes it."""
        words = [self.query] if self.query.startswith('"') else self.query.split()
        return " AND ".join(f'"{word.strip(chr(34))}"' for word in words)


def make_questions(articles: int) -> dict[str, list[Question]]:
    """Questions by kind. Rare words stand in one article of a sample of a language's, middling ones in a fiftieth, common ones in a fifth and more."""
    sample = list(islice(iter_versions(articles), SAMPLE))
    spaced = [one for one in sample if one.language not in ("zh", "ja", "ko")]
    chance = random.Random(4)
    held = {language: _document_counts(sample, language) for language in sorted({*LANGUAGES} - {"zh", "ja", "ko"})}

    def words(least: float, most: float) -> list[str]:
        found = []
        for language, (documents, counts) in held.items():
            fit = sorted(word for word, n in counts.items() if least * documents <= n <= max(1, most * documents))
            found += [(language, word) for word in chance.sample(fit, min(len(fit), EACH // len(held) + 1))]
        return [word for _, word in found]

    def phrase(document: SearchDocument) -> str:
        line = chance.choice(document.body.split("\n")).replace(". ", " ").rstrip(". ").split()
        at = chance.randrange(len(line) - 2)
        return f'"{" ".join(line[at : at + 2])}"'

    def month(document: SearchDocument) -> tuple[str, str]:
        return document.timestamp[:6], document.timestamp[:6]

    rare, middling, common = words(0, 0), words(0.015, 0.025), words(0.2, 1)
    phrases = [(phrase(one), *month(one)) for one in chance.sample(spaced, EACH)]
    chinese = [chance.choice(one.body.split("。")) for one in sample if one.language == "zh"][:EACH]
    return {
        "one word, rare": [Question(query=word) for word in rare],
        "one word, middling": [Question(query=word) for word in middling],
        "one word, common": [Question(query=word) for word in common],
        "one word, page 2": [Question(query=word, page=2) for word in middling],
        "two words": [
            Question(query=" ".join(chance.choice(one.body.split("\n")).replace(".", "").split()[:2]))
            for one in spaced[:EACH]
        ],
        "phrase": [Question(query=text) for text, _, _ in phrases],
        "phrase in a month": [Question(query=text, from_=first, to=last) for text, first, last in phrases],
        "common word in a month": [Question(query=word, from_="202503", to="202503") for word in common],
        "Chinese, two characters": [Question(query=text.strip()[4:6]) for text in chinese if len(text) > 20],
        "Chinese, five characters": [Question(query=text.strip()[4:9]) for text in chinese if len(text) > 20],
    }


def _document_counts(sample: list[SearchDocument], language: str) -> tuple[int, Counter[str]]:
    """How many documents of a language there are, and how many hold each word."""
    texts = [{*tokens(one.body)} for one in sample if one.language == language]
    return len(texts), Counter(word for words in texts for word in words)
