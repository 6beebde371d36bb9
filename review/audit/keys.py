"""The installation's keys: made on first use, rotated, their public halves kept and published."""

import base64
import hashlib
import json
import os
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from review.audit.errors import KeyRingError, SignatureError

_SIGNING = "signing.pem"
_LINKS = "links.secret"
_SEAL = "seal.secret"
_PUBLIC = "public"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """An Ed25519 signature in base64, and the id of the key that made it."""

    key_id: str
    signature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    """A public key in base64 (32 bytes); `retired_at_ms` None: it signs now."""

    key_id: str
    public_key: str
    made_at_ms: int
    retired_at_ms: int | None = None


def key_id_of(public: Ed25519PublicKey) -> str:
    """The first 32 hexadecimal digits of the SHA-256 of the raw public key."""
    return hashlib.sha256(public.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:32]


def check_signature(content: bytes, signed: Signature, keys: Mapping[str, str]) -> None:
    """Returns if one of these public keys (base64 by id) signed the content; SignatureError if not."""
    if signed.key_id not in keys:
        raise SignatureError(f"signature: key {signed.key_id} is not known; get the publisher's keys")
    try:
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(keys[signed.key_id], validate=True))
        if key_id_of(public) != signed.key_id:
            raise SignatureError(f"signature: the key named {signed.key_id} is another one; get the publisher's keys")
        public.verify(base64.b64decode(signed.signature, validate=True), content)
    except (InvalidSignature, ValueError) as error:
        raise SignatureError(f"signature: the content is not what key {signed.key_id} signed") from error


class KeyRing:
    """The keys in a folder, readable by the owner alone; any number of processes may open it at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def sign(self, content: bytes, now_ms: int) -> Signature:
        """A signature with the key in use, which is made if there is none."""
        key = self._signing(now_ms)
        return Signature(key_id=key_id_of(key.public_key()), signature=base64.b64encode(key.sign(content)).decode())

    def rotate(self, now_ms: int) -> str:
        """The id of a new key, in use from now on; the old one signs no more and still verifies."""
        old = key_id_of(self._signing(now_ms).public_key())
        key = Ed25519PrivateKey.generate()
        new = self._publish(key, now_ms)
        _write(self._folder / _SIGNING, _pem(key), replace=True)
        retired = next(known for known in self.published() if known.key_id == old)
        self._write_public(retired, retired_at_ms=now_ms)
        return new

    def published(self) -> tuple[PublicKey, ...]:
        """Every public key that ever signed, the oldest first: what the installation publishes."""
        found = []
        for path in sorted((self._folder / _PUBLIC).glob("*.json")):
            try:
                found.append(PublicKey(**json.loads(path.read_text(encoding="utf-8"))))
            except (OSError, ValueError, TypeError) as error:
                raise KeyRingError(str(path), f"is no public key: {error}; restore it from a copy") from error
        return tuple(sorted(found, key=lambda key: (key.made_at_ms, key.key_id)))

    def public_keys(self) -> dict[str, str]:
        """The public keys by id, as `check_signature` takes them."""
        return {key.key_id: key.public_key for key in self.published()}

    def link_secret(self) -> bytes:
        """The secret under which identifiers are hashed; it is made once and never rotated: links would be lost."""
        return self._secret(_LINKS)

    def seal_secret(self) -> bytes:
        """The secret under which the secrets of customers' webhooks are sealed in the database."""
        return self._secret(_SEAL)

    def _secret(self, name: str) -> bytes:
        path = self._folder / name
        if not path.is_file():
            _write(path, secrets.token_bytes(32), replace=False)
        secret = path.read_bytes()
        if len(secret) != 32:
            raise KeyRingError(str(path), "has not 32 bytes; restore it from a copy")
        return secret

    def _signing(self, now_ms: int) -> Ed25519PrivateKey:
        path = self._folder / _SIGNING
        if not path.is_file():
            _write(path, _pem(Ed25519PrivateKey.generate()), replace=False)
        try:
            key = load_pem_private_key(path.read_bytes(), password=None)
        except (OSError, ValueError) as error:
            raise KeyRingError(str(path), f"can't be read: {error}; restore it or remove it for a new key") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise KeyRingError(str(path), "is no Ed25519 key; restore it or remove it for a new key")
        self._publish(key, now_ms)
        return key

    def _publish(self, key: Ed25519PrivateKey, now_ms: int) -> str:
        public = key.public_key()
        key_id = key_id_of(public)
        if not (self._folder / _PUBLIC / f"{key_id}.json").is_file():
            raw = base64.b64encode(public.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
            self._write_public(PublicKey(key_id=key_id, public_key=raw, made_at_ms=now_ms), retired_at_ms=None)
        return key_id

    def _write_public(self, key: PublicKey, *, retired_at_ms: int | None) -> None:
        content = {
            "key_id": key.key_id,
            "public_key": key.public_key,
            "made_at_ms": key.made_at_ms,
            "retired_at_ms": retired_at_ms,
        }
        _write(self._folder / _PUBLIC / f"{key.key_id}.json", json.dumps(content).encode(), replace=True)


def _pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write(path: Path, content: bytes, *, replace: bool) -> None:
    """Writes the file whole, with mode 0600; without `replace`, the one that is there first stays."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            Path(unfinished).replace(path)
        else:
            path.hardlink_to(unfinished)
    except FileExistsError:
        return
    finally:
        Path(unfinished).unlink(missing_ok=True)
