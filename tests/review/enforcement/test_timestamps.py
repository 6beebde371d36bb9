"""An authority on loopback, made of OpenSSL's own, stamps heads and packs; what was changed since is told."""

import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from cli.commands.evidence import command
from net.guard import NetPolicy
from review.background_jobs import HEADS, BackgroundJobs
from review.enforcement.store import EnforcementSetup
from review.store import Store
from review.timestamps import SUFFIX, TimeAuthority, TimestampError, read_roots, stamped_at

CONFIG = """
[tsa]
default_tsa = one
[one]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


def certificate(
    name: str, key: rsa.RSAPrivateKey, issuer: str, issuer_key: rsa.RSAPrivateKey, *, stamps: bool
) -> x509.Certificate:
    """A root, or what such a root lets stamp."""
    named = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)]) for text in (name, issuer)]
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(named[0])
        .issuer_name(named[1])
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=not stamps, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    if stamps:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    return builder.sign(issuer_key, hashes.SHA256())


@dataclass
class Authority:
    """Where it is, and what it was asked."""

    folder: Path
    url: str = ""
    asked: list[bytes] = field(default_factory=list)

    @property
    def client(self) -> TimeAuthority:
        """Whoever asks it."""
        net = NetPolicy.parse(["127.0.0.1"], None)
        return TimeAuthority(url=self.url, roots=read_roots(self.folder / "root.pem"), net=net)

    def answer(self, query: bytes) -> bytes:
        """What OpenSSL makes of the query."""
        (self.folder / "query").write_bytes(query)
        command = ["openssl", "ts", "-reply", "-config", "tsa.conf", "-queryfile", "query", "-out", "reply"]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True)
        return (self.folder / "reply").read_bytes()


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[Authority]:
    folder = tmp_path / "authority"
    folder.mkdir()
    keys = [rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2)]
    root = certificate("root", keys[0], "root", keys[0], stamps=False)
    own = certificate("authority", keys[1], "root", keys[0], stamps=True)
    pem = serialization.Encoding.PEM
    (folder / "root.pem").write_bytes(root.public_bytes(pem))
    (folder / "tsa.pem").write_bytes(own.public_bytes(pem))
    plain = serialization.NoEncryption()
    (folder / "tsa.key").write_bytes(keys[1].private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    (folder / "serial").write_text("01\n", encoding="utf-8")
    (folder / "tsa.conf").write_text(CONFIG.format(folder=folder), encoding="utf-8")
    made = Authority(folder)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["content-length"]))
            made.asked.append(query)
            reply = made.answer(query)
            self.send_response(200)
            self.send_header("content-length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    made.url = f"http://127.0.0.1:{server.server_port}/stamp"
    yield made
    server.shutdown()
    server.server_close()


def test_what_was_stamped_is_dated_and_what_was_changed_is_not(authority: Authority) -> None:
    content = "一份证据".encode()
    before = datetime.now(UTC) - timedelta(seconds=2)
    stamp = authority.client.stamp(content)
    when = stamped_at(content, stamp, authority.client.roots)
    assert before <= when <= datetime.now(UTC) + timedelta(seconds=2)
    assert content not in authority.asked[0]
    for changed, of in ((content + b" ", stamp), (content, stamp[:-1]), (content, b"")):
        with pytest.raises(TimestampError, match="is none of the content"):
            stamped_at(changed, of, authority.client.roots)


def test_another_authority_is_not_believed(authority: Authority, tmp_path: Path) -> None:
    stamp = authority.client.stamp(b"x")
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    with pytest.raises(TimestampError, match="is none of the content"):
        stamped_at(b"x", stamp, [certificate("root", key, "root", key, stamps=False)])
    empty = tmp_path / "empty.pem"
    empty.write_bytes(b"")
    with pytest.raises(TimestampError, match="holds no certificates"):
        read_roots(empty)


def test_an_answer_to_another_question_is_refused(authority: Authority) -> None:
    first = authority.client.stamp(b"x")
    authority.answer = lambda _query: first  # type: ignore[method-assign]
    with pytest.raises(TimestampError, match="Nonce"):
        authority.client.stamp(b"x")


def test_each_days_head_is_stamped_once_and_checked_by_the_command(
    authority: Authority, desk: Store, enforcement_setup: EnforcementSetup
) -> None:
    data_dir = enforcement_setup.data_dir
    for _ in range(2):
        jobs = BackgroundJobs(desk, data_dir, retention=desk.retention(), authority=authority.client)
        jobs.run_once()
        assert jobs.failures == 0
    (head,) = (data_dir / HEADS).glob("*.json")
    assert len(authority.asked) == 1
    arguments = ["stamped", str(head), "--roots", str(authority.folder / "root.pem")]
    told = CliRunner().invoke(command, arguments)
    assert told.exit_code == 0, told.output
    assert told.output.startswith(f"{head.name}: was there at 2")
    head.write_text("{}", encoding="utf-8")
    assert isinstance(CliRunner().invoke(command, arguments).exception, TimestampError)
    head.with_name(head.name + SUFFIX).unlink()
    assert "no such file" in str(CliRunner().invoke(command, arguments).exception)


def test_an_authority_that_is_away_costs_the_stamp_alone(
    authority: Authority, desk: Store, enforcement_setup: EnforcementSetup
) -> None:
    away = replace(authority.client, url="http://127.0.0.1:9/")
    jobs = BackgroundJobs(desk, enforcement_setup.data_dir, retention=desk.retention(), authority=away)
    jobs.run_once()
    assert jobs.failures == 1
    assert len(list((enforcement_setup.data_dir / HEADS).iterdir())) == 1
