"""The archive over HTTP: pages for readers, CDX and Memento for programs. `create_app` is in `archive.web.app`."""
