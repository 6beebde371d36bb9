"""Recording, sound and key frames beside decoding every picture and taking one a second: same file, same run."""

import os
import resource
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import av

from bench.ingest_live import SHIPPED, THREADS, live_row
from ingest.capture.capture import capture
from ingest.decode.decoder import SegmentDecoder
from ingest.media.ffmpeg import find_ffmpeg
from ingest.types import SAMPLE_RATE_HZ, Segment
from net.guard import NetPolicy

SECONDS = 40
RATE = 30
READERS = (1, 4, 16, 64)
_ROUNDS = 3
_LIVE_S = 20.0
_PEER = "PyAV: every picture, one a second kept, and sound"


def run() -> list[dict[str, object]]:
    """The cost of a minute at two key-frame intervals, then live readers of one publisher."""
    with TemporaryDirectory() as scratch:
        files = {gop_s: make_broadcast(Path(scratch) / f"gop{gop_s}.flv", gop_s) for gop_s in (2, 1)}
        rows = [row for gop_s, path in files.items() for row in cost_rows(path, gop_s)]
        for way in (THREADS, SHIPPED):
            rows += [live_row(files[2], way, readers, _LIVE_S) for readers in READERS]
    return rows


def make_broadcast(path: Path, gop_s: int, *, seconds: int = SECONDS, size: str = "1280x720") -> Path:
    """A moving, noisy picture, 30 a second, at about 2.5 Mbit/s, and stereo sound, as H.264 and AAC in FLV."""
    picture = f"testsrc2=size={size}:rate={RATE}:duration={seconds},noise=alls=12:allf=t"
    command = [str(find_ffmpeg()), "-v", "error", "-nostdin", "-y", "-f", "lavfi", "-i", picture]
    command += ["-f", "lavfi", "-i", f"anoisesrc=duration={seconds}:amplitude=0.2:color=pink:sample_rate=44100"]
    command += ["-c:v", "libx264", "-preset", "veryfast", "-b:v", "2500k", "-maxrate", "2500k", "-bufsize", "5000k"]
    command += ["-pix_fmt", "yuv420p", "-g", str(gop_s * RATE), "-bf", "2", "-x264-params", "scenecut=0"]
    subprocess.run([*command, "-c:a", "aac", "-b:a", "128k", "-ac", "2", "-f", "flv", str(path)], check=True)
    return path


def cost_rows(path: Path, gop_s: int) -> list[dict[str, object]]:
    """One row for each way, in turn, the median of the rounds."""
    with TemporaryDirectory() as scratch:
        segments = _record(path, Path(scratch) / "kept")
        minutes = (segments[-1].end_ms - segments[0].start_ms) / 60_000
        rounds = iter(range(1_000))
        ways: dict[str, Callable[[], int]] = {
            _PEER: lambda: _every_picture(path),
            "ffmpeg: the same with its fps filter": lambda: _ffmpeg(path),
            "zhenyan: recording": lambda: _record_only(path, Path(scratch) / str(next(rounds))),
            "zhenyan: decoding sound and key frames": lambda: _decode(segments),
            "zhenyan: whole path": lambda: _decode(_record(path, Path(scratch) / str(next(rounds)))),
        }
        costs_s: dict[str, list[float]] = {way: [] for way in ways}
        pictures: dict[str, int] = {}
        load = os.getloadavg()[0]
        for _ in range(_ROUNDS):
            for way, work in ways.items():
                started_s = _cpu_s()
                pictures[way] = work()
                costs_s[way].append(_cpu_s() - started_s)
    peer_s = median(costs_s[_PEER])
    return [
        {
            "way": way,
            "key_frame_every_s": gop_s,
            "pictures_a_minute": round(pictures[way] / minutes),
            "cpu_s_a_stream_minute": round(median(spent) / minutes, 3),
            "percent_of_a_core": round(median(spent) / minutes / 0.6, 2),
            "times_cheaper": round(peer_s / median(spent), 2),
            "load_average": round(load, 1),
        }
        for way, spent in costs_s.items()
    ]


def _cpu_s() -> float:
    """Processor time of this process and of its children that ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _record(path: Path, folder: Path) -> list[Segment]:
    return list(
        capture(
            str(path),
            stream_id="bench",
            folder=folder,
            policy=NetPolicy(),
            stop=lambda: False,
            now_ms=lambda: time.time_ns() // 1_000_000,
        )
    )


def _record_only(path: Path, folder: Path) -> int:
    _record(path, folder)
    return 0


def _decode(segments: list[Segment]) -> int:
    decoder = SegmentDecoder()
    return sum(len(decoder.decode(segment).frames) for segment in segments)


def _every_picture(path: Path) -> int:
    kept: set[int] = set()
    resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE_HZ)
    with av.open(str(path)) as container:
        container.streams.video[0].codec_context.thread_count = 1
        for packet in container.demux(video=0, audio=0):
            for frame in packet.decode():
                if isinstance(frame, av.VideoFrame):
                    second = int(frame.time or 0)
                    if second not in kept:
                        kept.add(second)
                        frame.to_ndarray(format="bgr24", threads=1)
                elif isinstance(frame, av.AudioFrame):
                    for part in resampler.resample(frame):
                        part.to_ndarray()
    return len(kept)


def _ffmpeg(path: Path) -> int:
    with TemporaryDirectory() as scratch:
        pictures = Path(scratch) / "pictures"
        command = [str(find_ffmpeg()), "-v", "error", "-nostdin", "-y", "-threads", "1", "-filter_threads", "1"]
        command += [
            "-i",
            str(path),
            "-map",
            "0:v",
            "-vf",
            "fps=1",
            "-pix_fmt",
            "bgr24",
            "-f",
            "rawvideo",
            str(pictures),
        ]
        command += ["-map", "0:a", "-ac", "1", "-ar", str(SAMPLE_RATE_HZ), "-f", "f32le", str(Path(scratch) / "sound")]
        subprocess.run(command, check=True)
        with av.open(str(path)) as container:
            video = container.streams.video[0]
            return pictures.stat().st_size // (video.width * video.height * 3)
