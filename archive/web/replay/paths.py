"""Paths that name a capture: a time, what it is wanted as, and everything behind it is the address."""

import re

CAPTURED = re.compile(r"([0-9]{4,14})(fr_|cs_|im_)?/(https?:/.+)", re.DOTALL | re.IGNORECASE)
FRAMED = re.compile(r"(with-scripts/)?([0-9]{4,14})/(.+)", re.DOTALL)
VIEW = re.compile(r"([0-9]{4,14})/(https?:/.+)", re.DOTALL | re.IGNORECASE)
RAW = re.compile(r"([0-9]{1,14})id_/(https?:/.+)", re.DOTALL | re.IGNORECASE)
