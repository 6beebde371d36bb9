"""An authority on loopback stamps heads and packs; what was changed since is told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric import rsa

from cli.commands.evidence import command
from review.background_jobs import HEADS, BackgroundJobs
from review.enforcement.store import EnforcementSetup
from review.stores import Stores
from review.timestamps import SUFFIX, TimestampError, read_roots, stamped_at
from tests.review.enforcement.stamping import Authority, authority, certificate

__all__ = ["authority"]


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
    authority: Authority, desk: Stores, enforcement_setup: EnforcementSetup
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
    authority: Authority, desk: Stores, enforcement_setup: EnforcementSetup
) -> None:
    away = replace(authority.client, url="http://127.0.0.1:9/")
    jobs = BackgroundJobs(desk, enforcement_setup.data_dir, retention=desk.retention(), authority=away)
    jobs.run_once()
    assert jobs.failures == 1
    assert len(list((enforcement_setup.data_dir / HEADS).iterdir())) == 1
