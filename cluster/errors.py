"""What can go wrong while stages are carried, and who can act."""

from ingest.errors import ZhenyanError


class ClusterError(ZhenyanError):
    """Base of this folder's errors."""


class NothingToScreen(ClusterError):
    """The source gave neither audio nor video that can be read."""

    exit_code = 1

    def __init__(self, source: str) -> None:
        self.source = source
        super().__init__(f"{source}: has neither audio nor video that can be read; give a broadcast with either")


class CaptureFailed(ClusterError):
    """The recording ended with an error; its text names the source."""

    exit_code = 1


class StageDied(ClusterError):
    """A stage's actor is gone; what was recorded stays and can be screened again."""

    exit_code = 1

    def __init__(self, why: str) -> None:
        super().__init__(f"an analysis stage died ({why}); the recording stays, screen it again")
