"""The JSON interface: everything below `/api/`, described by `/api/openapi.json`.

endpoint    one question and its answer: how it is read, asked and written      openapi     the document of all of them
questions   what may be asked                                                   answers     what comes back
captures    what is archived            articles    what was read from it       holdings    what there is in all
"""

from archive.web.api.server import Api

__all__ = ["Api"]
