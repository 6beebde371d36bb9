"""The capture tests' media and origin serve here, too."""

from tests.ingest.conftest import _sandbox_of_the_case, hls, media, origin

__all__ = ["_sandbox_of_the_case", "hls", "media", "origin"]
