"""Pages whose text is built by script: Chromium behind a recording proxy of ours. Imported only where a source asks for it."""
