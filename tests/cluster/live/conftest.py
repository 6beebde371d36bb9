"""The database server and the capture tests' media serve here, too."""

from tests.ingest.conftest import media

__all__ = ["media"]
