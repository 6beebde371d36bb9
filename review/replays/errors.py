"""What can be refused of a replay."""

from review.errors import NotFoundError


class UnknownReplayError(NotFoundError):
    """No replay has this id."""

    def __init__(self, replay_id: str) -> None:
        super().__init__(f"replay {replay_id!r} is not in the store; check the id")
        self.replay_id = replay_id
