"""Takes a stream's segments apart: speech as cuts, picture as key frames."""

from asr.engine import Cut
from asr.listen import StreamListener
from asr.vad import SileroVad
from cluster.types import Prepared
from ingest.decode import SegmentDecoder
from ingest.errors import BrokenMedia
from ingest.types import Frame, Segment


class Preparing:
    """Decodes a stream's segments and cuts its speech at pauses."""

    def __init__(self, stream_id: str) -> None:
        self._decoder = SegmentDecoder()
        self._listener = StreamListener(stream_id, SileroVad())

    def prepare(self, segment: Segment) -> tuple[Prepared, tuple[Cut, ...], tuple[Frame, ...]]:
        """The segment's finished cuts and key frames; a broken one says so and the stream goes on."""
        try:
            decoded = self._decoder.decode(segment)
        except BrokenMedia as error:
            return Prepared(segment=segment, has_audio=False, has_video=False, error=str(error)), (), ()
        prepared = Prepared(segment=segment, has_audio=self._decoder.has_audio, has_video=self._decoder.has_video)
        return prepared, tuple(self._listener.hear(decoded.audio)), decoded.frames

    def finish(self) -> tuple[Cut, ...]:
        """The utterance that was open when the stream ended."""
        return tuple(self._listener.flush())
