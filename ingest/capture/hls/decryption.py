"""HLS segments encrypted with AES-128 (RFC 8216, 5.2): CBC over the whole segment, PKCS7 padding."""

from ingest.capture.hls.playlist import SegmentKey
from ingest.errors import BrokenMedia
from net.errors import UnsupportedSource

KEY_BYTES = 16
_BLOCK_BITS = 128


def require_supported(key: SegmentKey, url: str) -> str:
    """Where the key is; UnsupportedSource for every protection but plain AES-128."""
    if key.method != "AES-128" or key.form != "identity" or key.uri is None:
        what = key.method if key.form == "identity" else f"{key.method}, {key.form}"
        raise UnsupportedSource(url, f"its segments are protected ({what}), not by AES-128; give an open stream")
    return key.uri


def decrypt(content: bytes, key: bytes, key_facts: SegmentKey, media_sequence: int, url: str) -> bytes:
    """The segment in the clear; BrokenMedia if the key does not fit it."""
    if len(key) != KEY_BYTES:
        raise BrokenMedia(url, f"its key has {len(key)} bytes instead of {KEY_BYTES}")
    vector = key_facts.iv or media_sequence.to_bytes(KEY_BYTES, "big")
    if len(vector) != KEY_BYTES:
        raise BrokenMedia(url, "its initialisation vector is not 16 bytes long")
    # Few streams are encrypted, and each capture is a process of its own.
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.padding import PKCS7

    decryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).decryptor()
    unpadder = PKCS7(_BLOCK_BITS).unpadder()
    try:
        padded = decryptor.update(content) + decryptor.finalize()
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError as error:
        raise BrokenMedia(url, "its key does not fit it, or it was cut short") from error
