"""Hostile media made from real files, the same for the same seed: what decoders and demuxers meet at their worst."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.ingest.support import run_ffmpeg

_TS_PACKET = 188
_AV = ("-f", "lavfi", "-i", "testsrc2=size=128x96:rate=25:duration=2", "-f", "lavfi", "-i", "sine=frequency=440")
_H264 = ("-c:v", "libx264", "-profile:v", "baseline", "-preset", "ultrafast", "-g", "25", "-threads", "1")
_AAC = ("-c:a", "aac", "-ar", "44100", "-t", "2")


@dataclass(frozen=True, slots=True, kw_only=True)
class Malformed:
    """One hostile input; `name` says how it was made."""

    name: str
    suffix: str
    content: bytes


def make_sources(folder: Path) -> dict[str, bytes]:
    """Small real files, by their suffix; `odd.mkv` holds codecs that are not read."""
    run_ffmpeg(*_AV, *_H264, *_AAC, folder / "a.mp4")
    copy = ("-i", folder / "a.mp4", "-c", "copy")
    for name in ("a.ts", "a.flv", "a.mkv"):
        run_ffmpeg(*copy, folder / name)
    run_ffmpeg(*copy, "-movflags", "frag_keyframe+empty_moov+default_base_moof", folder / "f.mp4")
    run_ffmpeg("-i", folder / "a.mp4", "-vn", "-c:a", "copy", folder / "a.aac")
    run_ffmpeg("-i", folder / "a.mp4", "-c:v", "ffv1", "-c:a", "wmav2", folder / "odd.mkv")
    run_ffmpeg("-i", folder / "a.mp4", "-vn", "-c:a", "pcm_f32le", folder / "a.wav")
    run_ffmpeg("-f", "lavfi", "-i", "anullsrc=r=8000:cl=mono", "-t", "1", "-c:a", "aac", folder / "silence.aac")
    (folder / "key").write_bytes(bytes(range(16)))
    (folder / "keyinfo").write_text(f"key\n{folder / 'key'}\n" + "00" * 16 + "\n")
    run_ffmpeg(*copy, "-f", "hls", "-hls_key_info_file", folder / "keyinfo", folder / "aes.m3u8")
    names = (
        "a.mp4",
        "a.ts",
        "a.flv",
        "a.mkv",
        "f.mp4",
        "a.aac",
        "odd.mkv",
        "a.wav",
        "silence.aac",
        "aes0.ts",
        "aes.m3u8",
    )
    return {name: (folder / name).read_bytes() for name in names}


def malformed(sources: dict[str, bytes], *, count: int, seed: int) -> Iterator[Malformed]:
    """`count` inputs: the hand-made ones first, then every way of damage in turn over every source in turn."""
    made = list(_handmade(sources))
    yield from made[:count]
    dice = random.Random(seed)
    names = sorted(sources)
    ways = list(_WAYS.items())
    for number in range(max(0, count - len(made))):
        way, damage = ways[number % len(ways)]
        name = names[(number // len(ways) + number) % len(names)]
        content = damage(sources[name], sources[dice.choice(names)], dice)
        yield Malformed(name=f"{number}: {way} of {name}", suffix=Path(name).suffix, content=content)


def _flip_bits(content: bytes, _: bytes, dice: random.Random) -> bytes:
    damaged = bytearray(content)
    for _time in range(dice.choice((1, 8, 64, 512))):
        damaged[dice.randrange(len(damaged))] ^= 1 << dice.randrange(8)
    return bytes(damaged)


def _lie_in_the_head(content: bytes, _: bytes, dice: random.Random) -> bytes:
    damaged = bytearray(content)
    for _time in range(dice.choice((1, 4, 16))):
        at = dice.randrange(min(1024, len(damaged)))
        damaged[at : at + 4] = dice.choice(
            (b"\xff\xff\xff\xff", b"\x00\x00\x00\x00", b"\x7f\xff\xff\xff", b"\x80\0\0\0")
        )
    return bytes(damaged)


def _lie_in_the_tail(content: bytes, other: bytes, dice: random.Random) -> bytes:
    head = dice.randrange(len(content) // 2, len(content))
    return content[:head] + _lie_in_the_head(content[head:] or b"\0", other, dice)


def _truncate(content: bytes, _: bytes, dice: random.Random) -> bytes:
    return content[: dice.randrange(len(content))]


def _behead(content: bytes, _: bytes, dice: random.Random) -> bytes:
    return content[dice.randrange(len(content)) :]


def _splice(content: bytes, other: bytes, dice: random.Random) -> bytes:
    return content[: dice.randrange(len(content))] + other[dice.randrange(len(other)) :]


def _interleave(content: bytes, other: bytes, dice: random.Random) -> bytes:
    step = dice.choice((188, 512, 4096))
    pieces = [half[at : at + step] for at in range(0, len(content), step) for half in (content, other)]
    return b"".join(pieces)


def _repeat(content: bytes, _: bytes, dice: random.Random) -> bytes:
    return content * dice.choice((2, 7, 20))


def _shuffle(content: bytes, _: bytes, dice: random.Random) -> bytes:
    pieces = [content[at : at + _TS_PACKET] for at in range(0, len(content), _TS_PACKET)]
    tail = pieces[2:]
    dice.shuffle(tail)
    return b"".join(pieces[:2] + tail)


def _blank(content: bytes, _: bytes, dice: random.Random) -> bytes:
    start = dice.randrange(len(content))
    length = dice.randrange(1, 8192)
    return content[:start] + bytes([dice.choice((0, 0xFF))]) * length + content[start + length :]


def _noise_behind_the_head(content: bytes, _: bytes, dice: random.Random) -> bytes:
    keep = dice.choice((16, 200, 800))
    return content[:keep] + dice.randbytes(len(content))


def _lie_about_times(content: bytes, _: bytes, dice: random.Random) -> bytes:
    """New times in PES headers, and in the boxes and tags that hold times in the other containers."""
    damaged = bytearray(content)
    for mark, ahead, width in ((b"\0\0\1\xe0", 9, 5), (b"\0\0\1\xc0", 9, 5), (b"tfdt", 4, 12), (b"mdhd", 4, 20)):
        at = damaged.find(mark)
        while at >= 0:
            if dice.random() < 0.5:
                damaged[at + ahead : at + ahead + width] = dice.randbytes(width)
            at = damaged.find(mark, at + 4)
    for mark in (b"stts", b"ctts", b"trun", b"elst", b"mvhd"):
        at = damaged.find(mark)
        if at >= 0:
            damaged[at + 8 : at + 24] = dice.choice((b"\xff", b"\x7f", b"\0")) * 16
    return bytes(damaged)


def _lie_about_sizes(content: bytes, _: bytes, dice: random.Random) -> bytes:
    """Giant and zero sizes in front of boxes and in their tables."""
    damaged = bytearray(content)
    for mark in dice.sample(
        (b"moov", b"trak", b"stbl", b"stsz", b"stsc", b"stco", b"mdat", b"moof", b"avcC", b"esds"), 3
    ):
        at = damaged.find(mark)
        if at >= 4:
            size = dice.choice((0, 1, 7, 0xFFFFFFFF, 0x7FFFFFFF, dice.randrange(1 << 32)))
            place = at - 4 if dice.random() < 0.5 else at + 8
            damaged[place : place + 4] = size.to_bytes(4, "big")
    return bytes(damaged)


def _noise(_content: bytes, _: bytes, dice: random.Random) -> bytes:
    return dice.randbytes(dice.choice((1, 64, 5_000, 300_000)))


_WAYS: dict[str, Callable[[bytes, bytes, random.Random], bytes]] = {
    "flipped bits": _flip_bits,
    "lies in the head": _lie_in_the_head,
    "lies in the tail": _lie_in_the_tail,
    "truncation": _truncate,
    "no head": _behead,
    "splice": _splice,
    "interleaving": _interleave,
    "repetition": _repeat,
    "shuffled packets": _shuffle,
    "blanked stretch": _blank,
    "noise behind the head": _noise_behind_the_head,
    "lies about times": _lie_about_times,
    "lies about sizes": _lie_about_sizes,
    "noise": _noise,
}


def _handmade(sources: dict[str, bytes]) -> Iterator[Malformed]:
    mp4, ts, mkv = sources["a.mp4"], sources["a.ts"], sources["a.mkv"]
    for name, suffix, content in (
        ("nothing", ".ts", b""),
        ("one byte", ".mp4", b"\0"),
        ("a sync byte forever", ".ts", b"\x47" * 500_000),
        ("zeros", ".mkv", bytes(1_000_000)),
        ("codecs that are not read", ".mkv", sources["odd.mkv"]),
        ("ciphertext", ".ts", sources["aes0.ts"]),
        ("a playlist", ".ts", sources["aes.m3u8"]),
        ("a playlist of a local file", ".ts", b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"),
        ("a concatenation of a local file", ".ts", b"ffconcat version 1.0\nfile /etc/passwd\n"),
        ("a data reference to a local file", ".mp4", mp4.replace(b"url \0\0\0\1", b"url \0\0\0\0/etc/passwd")),
        ("boxes in boxes", ".mp4", _box(b"ftyp", b"isom\0\0\0\0isom") + _nested(b"moov", 20_000)),
        ("tracks in tracks", ".mp4", _box(b"ftyp", b"isom\0\0\0\0isom") + _box(b"moov", _nested(b"trak", 5_000))),
        ("a thousand tracks", ".mp4", _many_tracks(mp4, 1_000)),
        ("an atom of four exabytes", ".mp4", b"\0\0\0\1moov\x3f" + b"\xff" * 7 + mp4),
        ("a table of four billion samples", ".mp4", _patched(mp4, b"stsz", 8, b"\0\0\0\0\xff\xff\xff\xff")),
        ("samples without bytes", ".mp4", _patched(mp4, b"stsz", 12, bytes(400))),
        ("no timescale", ".mp4", _patched(mp4, b"mdhd", 16, bytes(4))),
        ("a timescale of one", ".mp4", _patched(mp4, b"mdhd", 16, b"\0\0\0\1")),
        ("a track of 65,535 pixels", ".mp4", _patched(mp4, b"avc1", 28, b"\xff\xff\xff\xff")),
        ("pictures that claim 16,384 × 8,192", ".ts", _claim_size(ts, 16_384, 8_192)),
        ("pictures that claim 16,384 × 8,192 in MP4", ".mp4", _claim_size(mp4, 16_384, 8_192)),
        ("pictures that claim 4,096 × 2,304", ".mp4", _claim_size(mp4, 4_096, 2_304)),
        ("pictures that claim 16 × 16", ".mp4", _claim_size(mp4, 16, 16)),
        ("an endless Matroska element", ".mkv", mkv[:40] + b"\x18\x53\x80\x67\x01" + b"\xff" * 7 + mkv[40:]),
        ("sound that is no number", ".wav", sources["a.wav"][:200] + b"\xff\xff\xff\x7f\0\0\x80\x7f" * 4_000),
        ("a wave of four billion channels", ".wav", _patched(sources["a.wav"], b"fmt ", 10, b"\xff\xff")),
        (
            "two hours of silence in few bytes",
            ".aac",
            sources["silence.aac"] + _last_adts_frame(sources["silence.aac"]) * 300_000,
        ),
    ):
        yield Malformed(name=name, suffix=suffix, content=content)


def _box(kind: bytes, content: bytes) -> bytes:
    return (8 + len(content)).to_bytes(4, "big") + kind + content


def _nested(kind: bytes, depth: int) -> bytes:
    return b"".join((8 * (depth - level)).to_bytes(4, "big") + kind for level in range(depth))


def _many_tracks(mp4: bytes, count: int) -> bytes:
    moov = mp4.index(b"moov") - 4
    trak = mp4.index(b"trak") - 4
    size = int.from_bytes(mp4[trak : trak + 4], "big")
    return mp4[:moov] + _box(b"moov", mp4[moov + 8 : trak] + mp4[trak : trak + size] * count)


def _patched(content: bytes, mark: bytes, ahead: int, patch: bytes) -> bytes:
    at = content.index(mark) + ahead
    return content[:at] + patch + content[at + len(patch) :]


def _last_adts_frame(aac: bytes) -> bytes:
    return aac[aac.rindex(aac[:2]) :]


def _claim_size(content: bytes, width: int, height: int) -> bytes:
    """The file with its H.264 parameters rewritten to another picture size; sizes around them are kept."""
    at = content.index(b"\x67\x42")
    end = next(
        at + n for n in range(4, 80) if content[at + n : at + n + 1] == b"\x68" or content[at + n :][:3] == b"\0\0\1"
    )
    bits = "".join(f"{byte:08b}" for byte in content[at + 4 : end].replace(b"\0\0\3", b"\0\0"))
    position = 0

    def golomb() -> tuple[int, int, int]:
        nonlocal position
        start = position
        zeros = bits.index("1", position) - position
        position += 2 * zeros + 1
        return int(bits[start + zeros : position], 2) - 1, start, position

    golomb(), golomb()
    kind = golomb()[0]
    if kind == 0:
        golomb()
    golomb()
    position += 1
    _, start, _ = golomb()
    _, _, stop = golomb()
    sized = bits[:start] + _golomb(width // 16 - 1) + _golomb(height // 16 - 1) + bits[stop:]
    sized = sized[: len(bits)]
    packed = bytes(int(sized[n : n + 8].ljust(8, "0"), 2) for n in range(0, len(sized), 8))
    return content[: at + 4] + packed.ljust(end - at - 4, b"\0")[: end - at - 4] + content[end:]


def _golomb(value: int) -> str:
    binary = f"{value + 1:b}"
    return "0" * (len(binary) - 1) + binary
