"""Draws the newsroom's pictures at run time: small, valid PNG, JPEG and SVG files, a shade for each seed.

PNG: https://www.w3.org/TR/png-3/ (one IDAT). JPEG: ITU-T T.81, baseline, grey, every 8x8 block flat.
"""

import struct
import zlib

WIDTH, HEIGHT = 96, 64


def draw(kind: str, seed: int) -> tuple[str, bytes]:
    """Media type and bytes of a picture."""
    match kind:
        case "png":
            return "image/png", png(seed)
        case "jpg":
            return "image/jpeg", jpeg(seed)
        case "svg":
            return "image/svg+xml", svg(seed)
    raise ValueError(f"{kind!r} is no kind of picture (use png, jpg or svg)")


def png(seed: int) -> bytes:
    r"""A gradient in colour.

    >>> png(1)[:8]
    b'\x89PNG\r\n\x1a\n'
    """
    red, green, blue = _shade(seed)
    rows = b"".join(
        b"\0" + bytes(value for x in range(WIDTH) for value in (red, (green + 2 * x) % 256, (blue + 3 * y) % 256))
        for y in range(HEIGHT)
    )
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def jpeg(seed: int) -> bytes:
    """A grey picture of flat blocks: only DC coefficients, each followed by end-of-block."""
    bits: list[str] = []
    last = 0
    for row in range(HEIGHT // 8):
        for column in range(WIDTH // 8):
            # With a quantiser of 8, the DC coefficient is the block's grey less 128.
            level = (seed * 37 + 9 * row + 5 * column) % 200 - 100
            bits.append(_dc_code(level - last) + "0")
            last = level
    stream = "".join(bits)
    stream += "1" * (-len(stream) % 8)
    scan = int(stream, 2).to_bytes(len(stream) // 8, "big").replace(b"\xff", b"\xff\0")
    # Huffman tables: DC sizes 0 to 11 as four-bit codes, AC nothing but end-of-block as the single bit 0.
    dc_table = b"\0" + bytes([0, 0, 0, 12]) + bytes(12) + bytes(range(12))
    ac_table = b"\x10" + bytes([1]) + bytes(15) + b"\0"
    return (
        b"\xff\xd8"
        + _segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0")
        + _segment(0xDB, b"\0" + bytes([8]) * 64)
        + _segment(0xC0, struct.pack(">BHHB", 8, HEIGHT, WIDTH, 1) + b"\x01\x11\0")
        + _segment(0xC4, dc_table)
        + _segment(0xC4, ac_table)
        + _segment(0xDA, b"\x01\x01\0\0\x3f\0")
        + scan
        + b"\xff\xd9"
    )


def svg(seed: int) -> bytes:
    """A disc on a plain ground."""
    red, green, blue = _shade(seed)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f'<rect width="100%" height="100%" fill="rgb({red},{green},{blue})"/>'
        f'<circle cx="{20 + seed % 56}" cy="32" r="18" fill="#fff"/></svg>'
    ).encode()


def _shade(seed: int) -> tuple[int, int, int]:
    return 40 + seed * 53 % 160, 40 + seed * 97 % 160, 40 + seed * 31 % 160


def _segment(marker: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def _dc_code(difference: int) -> str:
    """A size of four bits, then the difference: as it is, or as its one's complement when negative (T.81, F.1.2.1)."""
    size = abs(difference).bit_length()
    if not size:
        return "0000"
    value = difference if difference > 0 else difference + (1 << size) - 1
    return f"{size:04b}{value:0{size}b}"
