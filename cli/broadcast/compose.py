"""Makes the media file of a broadcast: pictures painted one by one, piped into ffmpeg with the sound."""

import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from cli.broadcast.errors import EncodeError, ScriptError
from cli.broadcast.labels import PackLabel, read_pack_labels
from cli.broadcast.scene import Scene
from cli.broadcast.script import BroadcastScript, Layout, lay_out
from cli.broadcast.sound import SOUND_RATE_HZ, lay_sound, loudness
from cli.broadcast.studio import HEIGHT_PX, WIDTH_PX
from ingest.media.ffmpeg import find_ffmpeg

FRAMES_PER_SECOND = 25
_KEY_FRAME_EVERY = FRAMES_PER_SECOND


def compose(script: BroadcastScript, *, audio_dir: Path, passports: Path, target: Path) -> Layout:
    """Writes the broadcast to `target` (MP4: H.264 720p25, a key frame a second, AAC) and gives its layout.

    Raises ScriptError when lines, sounds and passports don't fit together, FontMissingError, or EncodeError.
    """
    labels = read_pack_labels(passports)
    _refuse_unknown_products(script, labels, passports)
    layout = lay_out(script)
    sound = lay_sound(script, layout, audio_dir)
    scene = Scene(script, layout, labels)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        sound_path = Path(folder) / "sound.wav"
        soundfile.write(sound_path, sound, SOUND_RATE_HZ, subtype="PCM_16")
        _encode(scene, sound, sound_path, target, layout.end_ms)
    return layout


def _refuse_unknown_products(script: BroadcastScript, labels: dict[str, PackLabel], passports: Path) -> None:
    for line in script.lines:
        if line.product_id is not None and line.product_id not in labels:
            raise ScriptError(
                f"line {line.id!r} speaks of {line.product_id!r}, which {passports} does not hold; add its passport"
            )


def _encode(scene: Scene, sound: NDArray[np.float32], sound_path: Path, target: Path, end_ms: int) -> None:
    frame_count = end_ms * FRAMES_PER_SECOND // 1000
    levels = loudness(sound, frame_count)
    with tempfile.TemporaryFile() as complaints:
        encoder = subprocess.Popen(
            _encoder_command(sound_path, target), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=complaints
        )
        assert encoder.stdin is not None
        try:
            with suppress(BrokenPipeError), encoder.stdin as pictures:
                for index in range(frame_count):
                    picture = scene.paint(index * 1000 // FRAMES_PER_SECOND, voice=float(levels[index]))
                    pictures.write(picture.tobytes())
            status = encoder.wait()
        finally:
            if encoder.poll() is None:
                encoder.kill()
                encoder.wait()
        complaints.seek(0)
        last_words = complaints.read().decode(errors="replace").strip()
    if status != 0:
        raise EncodeError(f"{target}: ffmpeg could not write it ({last_words}); check the folder and ffmpeg's encoders")


def _encoder_command(sound_path: Path, target: Path) -> list[str]:
    return [
        *(str(find_ffmpeg()), "-hide_banner", "-nostdin", "-loglevel", "error", "-y"),
        *("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WIDTH_PX}x{HEIGHT_PX}", "-r", str(FRAMES_PER_SECOND)),
        *("-i", "pipe:0", "-i", str(sound_path)),
        *("-vf", "scale=out_color_matrix=bt709:out_range=tv", "-pix_fmt", "yuv420p"),
        *("-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv"),
        *("-c:v", "libx264", "-preset", "veryslow", "-tune", "animation", "-crf", "27", "-threads", "1"),
        *("-g", str(_KEY_FRAME_EVERY), "-keyint_min", str(_KEY_FRAME_EVERY), "-sc_threshold", "0"),
        *("-c:a", "aac", "-b:a", "80k", "-ar", "44100", "-ac", "1"),
        *("-map", "0:v", "-map", "1:a", "-movflags", "+faststart", "-f", "mp4", str(target)),
    ]
