"""Pictures of a pack: the still of a finding with the words marked that were read there, and each cut out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from claims.types import FrameBox
from review.evidence_packs.contents import Dossier, PackedClip
from vision.errors import FrameRefusedError
from vision.tracking.stills import crop_jpeg, frame_jpeg, picture_of
from vision.types import Box


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What was read from the screen for one finding, as JPEG: the whole picture, and its words cut out."""

    finding_id: str
    frame: bytes
    crops: tuple[bytes, ...]


def shown(dossier: Dossier) -> Iterator[Shown]:
    """For each finding with words that were read from the screen, and a still; what can't be drawn is left out."""
    clips = {clip.finding_id: clip for clip in dossier.clips}
    passages = {(packed.stream.stream_id, one.id): one for packed in dossier.streams for one in packed.passages}
    for stored in dossier.findings:
        finding = stored.finding
        clip = clips.get(finding.finding_id)
        read = [passages.get((finding.stream_id, passage_id)) for passage_id in finding.passage_ids]
        boxes = [passage.box for passage in read if passage is not None and passage.box is not None]
        if clip is not None and boxes and (drawn := _drawn(clip, boxes)) is not None:
            yield drawn


def _drawn(clip: PackedClip, places: Sequence[FrameBox]) -> Shown | None:
    if clip.poster is None:
        return None
    boxes = [Box(left=place.left, top=place.top, right=place.right, bottom=place.bottom) for place in places]
    try:
        image = picture_of(clip.poster.read_bytes())
        crops = tuple(crop_jpeg(image, box) for box in boxes)
    except FrameRefusedError:
        return None
    return Shown(finding_id=clip.finding_id, frame=frame_jpeg(image, boxes), crops=crops)
