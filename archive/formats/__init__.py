"""Published formats, one module each: WARC, HTTP messages, CDXJ, SURT urlkeys, timestamps, digests."""
