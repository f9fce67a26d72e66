"""Stories made out of the newsroom's own: sentences are taken apart, crossed and put together again, by a seed. Pure.

What comes out says nothing that makes sense, but it has the words, lengths and letters of its language. No line is given
out twice, so that whatever recurs on two pages is the pages' furniture. Markup is left to `crawler.demo.pages`.
"""

import random
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache

import msgspec

from crawler.demo.labels import languages
from crawler.demo.story import Image, Story, blocks, printed_stories

_CLOSERS = "\"'”’»」』）)"
_SENTENCE = re.compile(rf"[^.!?。！？؟]+[.!?。！？؟]+[{_CLOSERS}]*")
_PAIRS = ("“”", "«»", "「」", "『』", "（）", "()", '""')
_COMMA = re.compile(r"(?<=[,،;])\s+|(?<=[，、；])")
_DIGITS = re.compile(r"\d+")
_UNSPACED = frozenset({"zh", "ja", "th"})
_MIN_CHARS = 12
_STANDFIRST_CHARS = 40


class Material(msgspec.Struct, frozen=True, kw_only=True):
    """What the stories of one language are made of."""

    language: str
    sentences: tuple[str, ...]
    authors: tuple[str, ...]
    towns: tuple[str, ...]
    keywords: tuple[str, ...]
    credits: tuple[str, ...]
    slug_words: tuple[str, ...]


@cache
def material_of(language: str) -> Material:
    """The material that the newsroom's stories hold in a language."""
    stories = [story for story in printed_stories() if story.language == language]
    lines = [
        line
        for story in stories
        for line in (
            *(block.text for block in blocks(story.body) if block.kind == "paragraph"),
            *(image.caption for image in story.images),
            story.standfirst or "",
        )
    ]
    return Material(
        language=language,
        sentences=_unique(sentence for line in lines for sentence in sentences_of(line, language)),
        authors=_unique(author for story in stories for author in story.authors),
        towns=_unique(story.dateline for story in stories if story.dateline),
        keywords=_unique(keyword for story in stories for keyword in story.keywords),
        credits=_unique(image.credit for story in stories for image in story.images if image.credit),
        slug_words=_unique(word for story in stories for word in story.slug.split("-") if len(word) > 2),
    )


def sentences_of(line: str, language: str) -> list[str]:
    """The whole sentences of a line, without those that a quotation starts or ends in. Thai is parted at its spaces.

    >>> sentences_of('One came. "Two left. Three stayed," he said. Four slept.', "en")
    ['One came.', 'Four slept.']
    """
    parts = line.split(" ") if language == "th" else [found.strip() for found in _SENTENCE.findall(line)]
    return [
        part
        for part in parts
        if _is_balanced(part) and (len(part) >= _MIN_CHARS or language == "en") and part[0] != "—"
    ]


def _is_balanced(text: str) -> bool:
    return all(
        text.count(pair[0]) == text.count(pair[1]) and (pair[0] != pair[1] or text.count(pair[0]) % 2 == 0)
        for pair in _PAIRS
    )


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


class Recombination:
    """Draws stories. The same random numbers give the same stories."""

    def __init__(self, numbers: random.Random) -> None:
        self._numbers = numbers
        self._languages = languages()
        self._weights = [len(material_of(language).sentences) for language in self._languages]
        self._given: set[str] = set()
        self._bags: dict[str, list[str]] = {}

    def story(self, number: int, published: datetime) -> Story:
        """A story that is like no other, in a language picked by how much material it has."""
        pick = self._numbers
        (language,) = pick.choices(self._languages, self._weights)
        material = material_of(language)
        # A long story of a language with few sentences would hold most of them, and resemble every other long one.
        paragraphs = int(pick.triangular(3, max(6, min(31, len(material.sentences) * 3 // 10)), 6))
        images = tuple(self._image(material) for _ in range(pick.choice((0, 1, 1, 1, 2, 5))))
        return Story(
            number=number,
            slug=self._slug(material),
            family="a",
            language=language,
            section=pick.choice(("world", "region", "economy", "science", "culture", "sport")),
            headline=self.headline(language),
            standfirst=self._line(material, 1, min_chars=_STANDFIRST_CHARS) if pick.random() < 0.75 else None,
            authors=tuple(dict.fromkeys(self._author(material) for _ in range(pick.choice((0, 1, 1, 1, 1, 2))))),
            dateline=pick.choice(material.towns) if pick.random() < 0.6 else None,
            published=published,
            modified=published + timedelta(minutes=pick.randrange(5, 600)) if pick.random() < 0.3 else None,
            keywords=tuple(pick.sample(material.keywords, pick.randrange(min(4, len(material.keywords))))),
            images=images,
            body=self._body(material, paragraphs, len(images)),
            surroundings=pick.randrange(4),
        )

    def twin(self, story: Story, number: int, delay: timedelta) -> Story:
        """The same agency story as another desk prints it: a new headline and slug, a long one cut short by a line."""
        lines = story.body.split("\n")
        return msgspec.structs.replace(
            story,
            number=number,
            slug=self._slug(material_of(story.language)),
            headline=self.headline(story.language),
            published=story.published + delay,
            modified=None,
            body="\n".join(lines if len(lines) < 5 else lines[:-1]),
        )

    def headline(self, language: str) -> str:
        """A headline that no other story has."""
        return self._fresh(lambda: self._phrase(material_of(language), 5))

    def notice(self, language: str) -> str:
        """A body of one short paragraph."""
        return self._line(material_of(language), 1)

    def _body(self, material: Material, paragraphs: int, images: int) -> str:
        """Paragraphs with subheads, quotations, lists and pictures between them. A fifth image makes a gallery."""
        pick = self._numbers
        lines: list[str] = []
        for index in range(paragraphs):
            if 2 < index < paragraphs - 1 and pick.random() < 0.12:
                lines.append("## " + self._fresh(lambda: self._phrase(material, 3)))
            lines.append(self._line(material, pick.choice((1, 2, 2, 3, 3, 4))))
            if index > 1 and pick.random() < 0.06:
                lines.append("> " + self._line(material, 1))
            if index > 1 and pick.random() < 0.04:
                lines += ["- " + self._fresh(lambda: self._phrase(material, 4)) for _ in range(pick.randrange(3, 6))]
                lines.append(self._line(material, 2))
        if images == 2:
            lines.insert(pick.randrange(1, len(lines)), "[[2]]")
        elif images > 2:
            place = pick.randrange(1, len(lines))
            lines[place:place] = [f"[[{image}]]" for image in range(2, images + 1)]
        return "\n".join(lines)

    def _line(self, material: Material, sentences: int, *, min_chars: int = 0) -> str:
        """A paragraph; where all short ones are given out it grows longer."""
        line = self._sentence(material)
        for _ in range(sentences - 1):
            line += _joiner(material.language) + self._sentence(material)
        while line in self._given or len(line) < min_chars:
            line = f"{line}{_joiner(material.language)}{self._sentence(material)}"
        self._given.add(line)
        return line

    def _next_sentence(self, material: Material) -> str:
        """Every sentence has its turn before one comes again, so that a story seldom repeats itself."""
        bag = self._bags.setdefault(material.language, [])
        if not bag:
            bag += material.sentences
            self._numbers.shuffle(bag)
        return bag.pop()

    def _sentence(self, material: Material) -> str:
        """The beginning of one sentence and the end of another, where both have a comma, with other numbers."""
        pick = self._numbers
        head, tail = self._next_sentence(material), pick.choice(material.sentences)
        heads, tails = _COMMA.split(head), _COMMA.split(tail)
        if len(heads) > 1 and len(tails) > 1 and pick.random() < 0.7:
            crossed = heads[0] + _joiner(material.language) + tails[-1]
            head = crossed if _is_balanced(crossed) else head
        elif material.language == "th":
            head = f"{head}{pick.choice(material.sentences)}"
        return _DIGITS.sub(self._other_number, head)

    def _other_number(self, digits: re.Match[str]) -> str:
        """As many digits of the same script."""
        zero = ord(digits[0][0]) - unicodedata.digit(digits[0][0])
        first = self._numbers.randrange(1, 10)
        rest = (self._numbers.randrange(10) for _ in digits[0][1:])
        return "".join(chr(zero + digit) for digit in (first, *rest))

    def _phrase(self, material: Material, words: int) -> str:
        """The first words of one sentence and the last of another, without a full stop."""
        pick = self._numbers
        head, tail = (pick.choice(material.sentences).strip(f"{_CLOSERS}“«「『（(.!?。！？؟…") for _ in range(2))
        first, last = words + pick.randrange(2), words - 1 + pick.randrange(2)
        if material.language in _UNSPACED:
            phrase = head[: _cut(head, 2 * first)] + tail[_cut(tail, len(tail) - 2 * last) :]
        else:
            phrase = " ".join([*head.split()[:first], *tail.split()[-last:]])
        phrase = re.sub(rf"[{_CLOSERS}“«「『（(]| [—–-](?= )", "", phrase)
        return _DIGITS.sub(self._other_number, phrase)

    def _fresh(self, draw: Callable[[], str]) -> str:
        """What `draw` gives, drawn again until nobody had it."""
        phrase = draw()
        while phrase in self._given:
            phrase = f"{phrase} {draw()}" if len(phrase) < 60 else draw()
        self._given.add(phrase)
        return phrase

    def _image(self, material: Material) -> Image:
        credit = self._numbers.choice((*material.credits, None))
        return Image(caption=self._line(material, 1), credit=credit)

    def _author(self, material: Material) -> str:
        """The given name of one author and the family name of another."""
        one, other = self._numbers.choice(material.authors), self._numbers.choice(material.authors)
        if " " in one and " " in other:
            return f"{one.partition(' ')[0]} {other.partition(' ')[2]}"
        return one

    def _slug(self, material: Material) -> str:
        words: Sequence[str] = material.slug_words
        return "-".join(self._numbers.sample(words, min(3, len(words))))


def _joiner(language: str) -> str:
    return "" if language in ("zh", "ja") else " "


def _cut(text: str, place: int) -> int:
    """The nearest place from there on that parts no letter from its marks."""
    place = max(place, 0)
    while place < len(text) and unicodedata.category(text[place]).startswith("M"):
        place += 1
    return place
