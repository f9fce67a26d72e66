import struct
import zlib

import pytest
from lxml import etree

from crawler.demo.pictures import HEIGHT, WIDTH, draw


def test_png_has_the_right_checksums_and_pixels():
    kind, data = draw("png", 7)
    assert kind == "image/png"
    at, chunks = 8, {}
    while at < len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        body = data[at + 8 : at + 8 + length]
        assert struct.unpack_from(">I", data, at + 8 + length)[0] == zlib.crc32(name + body)
        chunks[name] = body
        at += 12 + length
    assert list(chunks) == [b"IHDR", b"IDAT", b"IEND"]
    assert len(zlib.decompress(chunks[b"IDAT"])) == HEIGHT * (1 + 3 * WIDTH)


def test_jpeg_segments_lead_to_the_end_marker():
    kind, data = draw("jpg", 5001001)
    assert kind == "image/jpeg"
    at, markers = 2, []
    while data[at + 1] != 0xDA:
        markers.append(data[at + 1])
        at += 2 + struct.unpack_from(">H", data, at + 2)[0]
    assert markers == [0xE0, 0xDB, 0xC0, 0xC4, 0xC4]
    assert (data[:2], data[-2:]) == (b"\xff\xd8", b"\xff\xd9")


@pytest.mark.browser
def test_a_browser_decodes_them_all(browser_path):
    import base64

    from playwright.sync_api import sync_playwright

    script = """async () => { const image = document.images[0]; await image.decode();
        const canvas = document.createElement("canvas"); const pen = canvas.getContext("2d");
        pen.drawImage(image, 0, 0);
        return [image.naturalWidth, image.naturalHeight, pen.getImageData(0, 0, 1, 1).data[0]]; }"""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=browser_path)
        page = browser.new_page()
        grey = (5001001 * 37) % 200 - 100 + 128
        for name, value in (("png", None), ("svg", None), ("jpg", grey)):
            kind, data = draw(name, 5001001)
            page.set_content(f'<img src="data:{kind};base64,{base64.b64encode(data).decode()}">')
            width, height, red = page.evaluate(script)
            assert (width, height) == (WIDTH, HEIGHT)
            assert value is None or red == value
        browser.close()


def test_svg_is_xml_and_seeds_differ():
    assert etree.fromstring(draw("svg", 3)[1]).tag == "{http://www.w3.org/2000/svg}svg"
    assert len({draw(kind, seed)[1] for kind in ("png", "jpg", "svg") for seed in range(20)}) == 60


def test_another_kind_is_refused():
    with pytest.raises(ValueError, match="use png, jpg or svg"):
        draw("gif", 1)
