import gzip
import io
import time
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.formats.gzip_members import iter_members, next_sound_member, scan_members

CONTENTS = (b"first" * 50, bytes(range(256)) * 300, b"", b"last")


def member(content: bytes, level: int = 6) -> bytes:
    return gzip.compress(content, level, mtime=0)


def stored(content: bytes) -> bytes:
    """A member that holds its content verbatim, as incompressible pages lie in WARC files."""
    return member(content, 0)


def members(data: bytes, offset: int = 0, keep: int = 1 << 20) -> list[tuple[int, int, bytes | None]]:
    return list(iter_members(io.BytesIO(data), offset, keep=keep))


def next_sound(data: bytes, offset: int = 0) -> int:
    return next_sound_member(io.BytesIO(data), offset, len(data))


@given(st.lists(st.binary(max_size=200), max_size=6), st.integers(0, 9))
def test_each_member_comes_with_its_place(contents: list[bytes], level: int) -> None:
    parts = [member(content, level) for content in contents]
    found = members(b"".join(parts))
    assert [content for _, _, content in found] == contents
    assert [length for _, length, _ in found] == [len(part) for part in parts]
    assert [offset for offset, _, _ in found] == [sum(map(len, parts[:at])) for at in range(len(parts))]


def test_reading_begins_where_it_is_told_to() -> None:
    first = member(b"first")
    assert members(first + member(b"second"), len(first)) == [(len(first), len(member(b"second")), b"second")]


def test_members_larger_than_a_read_are_whole(tmp_path: Path) -> None:
    parts = [stored(bytes([at]) * 300_000) for at in range(5)]
    (tmp_path / "file").write_bytes(b"".join(parts))
    assert list(scan_members(tmp_path / "file")) == [(at * len(parts[0]), len(parts[0])) for at in range(5)]


def test_a_torn_member_is_none_at_whatever_byte_it_is_torn() -> None:
    whole, last = member(b"whole"), member(b"torn" * 20)
    for cut in range(len(last)):
        assert [length for _, length, _ in members(whole + last[:cut])] == [len(whole)]


def test_no_damage_changes_what_is_read() -> None:
    content = b"sound words" * 5
    sound = member(content)
    unnoticed = []
    for at in range(len(sound) * 8):
        damaged = bytearray(sound)
        damaged[at // 8] ^= 1 << at % 8
        found = members(bytes(damaged))
        assert found in ([], [(0, len(sound), content)])
        unnoticed += [at // 8] * bool(found)
    # Flags without a meaning, time, effort and system, and what fills the last byte of the deflated bytes.
    assert set(unnoticed) <= {*range(3, 10), len(sound) - 9}


def test_of_a_member_that_is_too_large_only_the_place_is_kept() -> None:
    bomb = member(b"\0" * 50_000_000)
    found = members(bomb + member(b"small"), keep=1000)
    assert found == [(0, len(bomb), None), (len(bomb), len(member(b"small")), b"small")]
    assert members(member(b"x" * 1000), keep=1000)[0][2] == b"x" * 1000
    assert members(member(b"x" * 1001), keep=1000)[0][2] is None


def test_behind_damage_members_are_found_again() -> None:
    parts = [member(content) for content in CONTENTS]
    for hole in (b"", b"garbage", b"\x1f\x8b\x08garbage", parts[1][:-1], b"\0" * 200_000):
        data = parts[0] + hole + parts[2] + parts[3]
        assert next_sound(data, len(parts[0])) == len(parts[0]) + len(hole)


def test_members_within_a_damaged_member_are_not_believed() -> None:
    inner = stored(member(b"WARC/1.1 forged") + member(b"WARC/1.1 forged too"))
    damaged = bytearray(inner)
    damaged[-1] ^= 1
    after = member(b"true")
    assert next_sound(bytes(damaged) + after, 1) == len(damaged)
    assert next_sound(bytes(damaged), 1) == len(damaged)
    assert next_sound(bytes(damaged) + b"x", 1) == len(damaged) + 1


def test_between_two_damages_nothing_is_believed() -> None:
    first, second, third = (member(content) for content in (b"first", b"second", b"third"))
    assert next_sound(b"?" + first + b"?" + second + third) == len(b"?" + first + b"?")


def test_a_mark_that_lies_across_two_reads_is_found() -> None:
    sound = member(b"sound")
    for gap in range((1 << 16) - 4, (1 << 16) + 4):
        assert next_sound(b"?" * gap + sound) == gap


@pytest.mark.parametrize(
    "hostile",
    [
        b"\x1f\x8b\x08" * 500_000,
        (b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + b"\0\xf0\xff\x0f\0") * 100_000,  # stored blocks that run on over the next
        (b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + b"\0\0\0\xff\xff" * 2) * 100_000,  # empty blocks, which inflate to nothing
        zlib.compress(b"\0" * 30_000_000, 9)[2:-4].join([b"\x1f\x8b\x08\0\0\0\0\0\0\xff"] * 9),
    ],
    ids=["marks", "overlapping", "empty blocks", "bombs"],
)
def test_hostile_bytes_are_passed_over_in_bounded_time(hostile: bytes) -> None:
    began = time.process_time()
    next_sound(b"?" + hostile + b"?")
    assert time.process_time() - began < 5
