"""The newsroom: local news sites that edit themselves. `morgue demo` and the tests crawl them; nothing else does."""
