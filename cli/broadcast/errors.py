"""What can go wrong between a script and a playing broadcast; each message says what to do."""

from net.errors import ZhenyanError


class BroadcastError(ZhenyanError):
    """A broadcast can't be made or played."""


class ScriptError(BroadcastError):
    """The script is unreadable, or it contradicts itself or its audio: its author can mend it."""


class FontMissingError(BroadcastError):
    """No font with Chinese glyphs is installed: the machine's owner can install one."""


class EncodeError(BroadcastError):
    """ffmpeg could not write or play the media."""

    exit_code = 1
