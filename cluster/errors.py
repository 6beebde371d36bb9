"""What can go wrong while stages are carried, and who can act."""

from net.errors import ZhenyanError


class ClusterError(ZhenyanError):
    """Base of this folder's errors."""


class NothingToScreen(ClusterError):
    """The source gave neither audio nor video that can be read."""

    exit_code = 1

    def __init__(self, source: str) -> None:
        self.source = source
        super().__init__(f"{source}: has neither audio nor video that can be read; give a broadcast with either")


class CaptureFailed(ClusterError):
    """The recording ended with an error; its text names the source, its exit code says who can act."""

    def __init__(self, text: str, exit_code: int = 1) -> None:
        self.exit_code = exit_code
        super().__init__(text)


class RayUnreachable(ClusterError):
    """No Ray answers at the address in the environment."""

    def __init__(self, address: str) -> None:
        super().__init__(f"RAY_ADDRESS {address}: no Ray answers there; correct it, unset it, or screen with --local")


class StateUnusable(ClusterError):
    """What was remembered of a stream is of no use here; the stream is analysed anew from its recording."""

    exit_code = 1

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"a stream's remembered state is not used: {why}")


class StageLost(ClusterError):
    """An actor is gone, or has forgotten a broadcast: its stages are taken up anew from the last checkpoint.

    `is_fault`: the stage was there and failed; doing the same again may fail again.
    """

    exit_code = 1

    def __init__(self, why: str, *, is_fault: bool = False) -> None:
        self.is_fault = is_fault
        super().__init__(why)


class LeaseGone(ClusterError):
    """Somebody else works on the broadcast by now; nothing more of it is done here."""

    exit_code = 1


class StageDied(ClusterError):
    """A stage's actor is gone; what was recorded stays and can be screened again."""

    exit_code = 1

    def __init__(self, why: str) -> None:
        super().__init__(f"an analysis stage died ({why}); the recording stays, screen it again")


class WorkersMissing(ClusterError):
    """The processes that carry broadcasts did not come up on a machine."""

    exit_code = 1

    def __init__(self, host: str, why: str) -> None:
        super().__init__(f"worker on {host}: no process that carries broadcasts came up: {why}")
