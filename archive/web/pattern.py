r"""Regular expressions that strangers may send: matched in time linear in the text, whatever the expression is. Pure.

Python's own engine takes exponential time on expressions like `(a+)+$`. This one walks all ways through the expression
at once and remembers where it has been (Ken Thompson, Regular Expression Search Algorithm, CACM 11:6, 1968). It knows
characters, `.`, classes, `\d \w \s`, groups, `|`, `* + ?`, `{m,n}`, `^` and `$`, and `(?i)` before all of it; neither back
references nor lookaround.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

from archive.errors import QueryInvalid

LONGEST_PATTERN = 200
_DEEPEST_GROUP = 10
_MOST_STATES = 600
"""Of an expression whose `{m,n}` are written out: each may cost 100 ns for each character of a text."""
_MOST_REMEMBERED = 100_000
"""States in the sets that are kept for texts to come: about 7 MB."""

_REPEAT = re.compile(r"(?:(?P<sign>[*+?])|\{(?P<least>[0-9]{1,3})(?P<comma>,(?P<most>[0-9]{0,3}))?\})\??", re.ASCII)
_CLASS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_ESCAPED = re.compile(r"\\[dDwWsS]|\\[^0-9A-Za-z]", re.ASCII | re.DOTALL)
_ANY_CASE = "(?i)"
_PLAIN = re.compile(r"[^\\*+?{}()\[\]|^$]", re.DOTALL)

Test = Callable[[str], object]
Node = tuple[Any, ...]
"""("one", Test) | ("at", START or END) | ("all", nodes) | ("any", nodes) | ("repeat", node, least, most or None)"""
_NOTHING: Node = ("all", [])
START, END, ACCEPT = "start", "end", "accept"


class Pattern:
    """A compiled expression; like `re.match` it matches at the beginning of a text, or with `whole` all of it."""

    def __init__(self, expression: str, *, whole: bool = False) -> None:
        """Raises QueryInvalid where the expression is wrong, too costly, or beyond what is known here."""
        self._tests: list[Test | str | None] = []
        """Of each state: what it consumes, the place where it holds, or `None` where it only leads on."""
        self._following: list[list[int]] = []
        accept = self._add(ACCEPT)
        try:
            node = _Parser(expression).parse()
            first = self._build(("all", [node, ("at", END)]) if whole else node, accept)
        except (_Wrong, re.error) as error:
            raise QueryInvalid(f"the expression {expression[:LONGEST_PATTERN]!r} {error}") from None
        self._first = self._reach([first], START)
        self._matches_nothing = 0 in self._reach([first], START, END)
        self._steps: dict[tuple[frozenset[int], str], frozenset[int]] = {}
        self._remembered = 0

    def matches(self, text: str) -> bool:
        """Whether the text begins with what the expression describes, or with `whole` is that.

        >>> Pattern("https?://[^/]*example").matches("https://www.example.org/"), Pattern("2..$").matches("2000")
        (True, False)
        """
        if not text:
            return self._matches_nothing
        current = self._first
        for character in text:
            if not current or 0 in current:
                break
            step = self._steps.get((current, character))
            current = self._step(current, character) if step is None else step
        else:
            current = self._reach(current, END)
        return 0 in current  # state 0 accepts

    def _step(self, current: frozenset[int], character: str) -> frozenset[int]:
        found: list[int] = []
        for state in current:
            test = self._tests[state]
            if callable(test) and test(character):
                found += self._following[state]
        step = self._reach(found)
        self._remembered += len(step) + 1
        if self._remembered > _MOST_REMEMBERED:
            self._steps.clear()
            self._remembered = len(step) + 1
        self._steps[current, character] = step
        return step

    def _reach(self, states: Iterable[int], *places: str) -> frozenset[int]:
        """These states, and all that are reached from them without consuming anything."""
        todo, found = list(states), set[int]()
        while todo:
            state = todo.pop()
            if state not in found:
                found.add(state)
                if self._tests[state] in (None, *places):
                    todo += self._following[state]
        return frozenset(found)

    def _add(self, test: Test | str | None, *following: int) -> int:
        if len(self._tests) >= _MOST_STATES:
            raise _Wrong("repeats too much")
        self._tests.append(test)
        self._following.append(list(following))
        return len(self._tests) - 1

    def _build(self, node: Node, to: int) -> int:
        """The state that a node begins with, when `to` is the one behind it."""
        match node:
            case ("one" | "at", test):
                return self._add(test, to)
            case ("all", nodes):
                for part in reversed(nodes):
                    to = self._build(part, to)
                return to
            case ("any", nodes):
                return self._add(None, *(self._build(part, to) for part in nodes))
            case ("repeat", part, least, None):
                again = self._add(None, to)
                self._following[again].append(self._build(part, again))
                return self._build(("all", [part] * least), again)
            case (_, part, least, most):
                behind = to
                for _ in range(most - least):
                    to = self._add(None, self._build(part, to), behind)
                return self._build(("all", [part] * least), to)
        raise AssertionError(node)


class _Wrong(Exception):
    """What is wrong with an expression, in words."""


class _Parser:
    def __init__(self, expression: str) -> None:
        if len(expression) > LONGEST_PATTERN:
            raise _Wrong(f"has more than {LONGEST_PATTERN} characters")
        self._text = expression
        self._flags = re.IGNORECASE if expression.startswith(_ANY_CASE) else re.NOFLAG
        self._at = len(_ANY_CASE) if self._flags else 0
        self._depth = 0

    def parse(self) -> Node:
        node = self._any()
        if self._at < len(self._text):
            raise _Wrong("has a ) without its (")
        return node

    def _any(self) -> Node:
        nodes = [self._all()]
        while self._take("|"):
            nodes.append(self._all())
        return ("any", nodes)

    def _all(self) -> Node:
        nodes: list[Node] = []
        while self._at < len(self._text) and self._text[self._at] not in "|)":
            node = self._one()
            while repeat := self._match(_REPEAT):
                node = _repeated(node, repeat)
            nodes.append(node)
        return ("all", nodes)

    def _one(self) -> Node:
        if self._take("("):
            return self._group()
        if self._take("^"):
            return ("at", START)
        if self._take("$"):
            return ("at", END)
        if self._take("."):
            return ("one", lambda character: character != "\n")
        if found := self._match(_CLASS):
            return ("one", _class(found[0], self._flags).match)
        if found := self._match(_ESCAPED):
            return ("one", re.compile(found[0]).match)
        if plain := self._match(_PLAIN):
            return ("one", re.compile(re.escape(plain[0]), self._flags).match if self._flags else plain[0].__eq__)
        raise _Wrong(f"is not understood at {self._text[self._at : self._at + 10]!r}")

    def _group(self) -> Node:
        self._take("?:")
        self._depth += 1
        if self._depth > _DEEPEST_GROUP:
            raise _Wrong(f"has groups more than {_DEEPEST_GROUP} deep")
        node = self._any()
        if not self._take(")"):
            raise _Wrong("has a ( without its )")
        self._depth -= 1
        return node

    def _take(self, text: str) -> bool:
        found = self._text.startswith(text, self._at)
        self._at += len(text) if found else 0
        return found

    def _match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self._text, self._at)
        if found:
            self._at = found.end()
        return found


def _class(text: str, flags: re.RegexFlag) -> re.Pattern[str]:
    if "--" in text:
        raise _Wrong("has -- in a class (write \\- for the sign)")
    # What may mean more in some later Python is given its plain meaning.
    return re.compile(
        "[" + re.sub(r"\\.|[\[&~|]", lambda found: found[0] if found[0][0] == "\\" else "\\" + found[0], text[1:]),
        flags,
    )


def _repeated(node: Node, repeat: re.Match[str]) -> Node:
    least, most = _times(repeat)
    # Nothing, however often, is nothing: it has no state that would count against an expression that repeats too much.
    return _NOTHING if most == 0 or node == _NOTHING else ("repeat", node, least, most)


def _times(repeat: re.Match[str]) -> tuple[int, int | None]:
    """How often at least and at most; `None` for no end."""
    if sign := repeat["sign"]:
        return (1 if sign == "+" else 0), (1 if sign == "?" else None)
    least = int(repeat["least"])
    if not repeat["comma"]:
        return least, least
    most = int(repeat["most"]) if repeat["most"] else None
    if most is not None and most < least:
        raise _Wrong("repeats at most less often than at least")
    return least, most
