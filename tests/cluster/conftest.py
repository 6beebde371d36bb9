"""The capture tests' media and origin serve here, too."""

from tests.ingest.conftest import hls, media, origin

__all__ = ["hls", "media", "origin"]
