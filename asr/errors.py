"""What can go wrong in speech recognition: one base, and who can act."""

from pathlib import Path

from net.errors import ZhenyanError


class SpeechError(ZhenyanError):
    """Recognition could not do what was asked."""


class WeightsMissingError(SpeechError):
    """The named model is not on this machine and could not be fetched; the operator can act."""

    def __init__(self, name: str, reason: str, needed: str = "model.bin") -> None:
        super().__init__(
            f"speech model {name!r}: {' '.join(reason.split())}; name a folder that holds {needed},"
            " or 'base' (comes with zhenyan[worker])"
        )
        self.name = name


class WeightsDamagedError(SpeechError):
    """A weights file is not the file it should be; the operator can act."""

    exit_code = 1

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"weights file {path}: {reason}; delete it, reinstall the package it comes from, start again")
        self.path = path


class SpeechSettingsError(SpeechError):
    """A setting of recognition is out of bounds; whoever configured it can act."""


class WrongAudioError(SpeechError):
    """Audio was handed to the wrong listener or in a shape that can't be recognised; a caller's mistake."""


class EngineDiedError(SpeechError):
    """A recogniser's process died each time it was tried; the operator can act."""

    exit_code = 1

    def __init__(self, doing: str, attempts: int) -> None:
        super().__init__(
            f"speech engine: its process died while {doing}, {attempts} times of {attempts};"
            " see what it wrote to standard error, and give it more memory or fewer processes"
        )


class EngineFailedError(SpeechError):
    """A recogniser in another process could not do a call; its own words say why."""

    exit_code = 1


class RecogniserClosedError(SpeechError):
    """A cut was handed in, or still waited, when recognition was closed; a caller's mistake."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}: recognition was closed before it was heard; start recognition again")
