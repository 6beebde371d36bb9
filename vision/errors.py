"""What can go wrong while reading the screen, and who can act."""

from net.errors import ZhenyanError


class VisionError(ZhenyanError):
    """The screen can't be read."""


class FrameRefusedError(VisionError):
    """A picture is no BGR frame, or is larger than a frame may be: its sender can mend it."""


class ReaderUnavailableError(VisionError):
    """The text reader can't start: the machine's owner can mend its installation or its device setting."""


class RoomPolicyError(VisionError):
    """The file that says whose words stand where is wrong: its author can mend it."""


class EmbedderUnavailableError(VisionError):
    """The embedding model that the settings name can't be used: the machine's owner can name another."""
