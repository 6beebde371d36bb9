"""A policy comes and goes as bytes: the same files, and nothing outside of its folder."""

import io
import zipfile
from pathlib import Path

import pytest

import configs
from claims.policy.packaged import packaged_policy
from review.policies.errors import PolicyPackError
from review.policies.folders import in_force_folder, pack_policy, put_in_force, unpack_policy


def zipped(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return packed.getvalue()


def test_what_is_packed_comes_out_the_same_and_lies_under_its_hash(tmp_path: Path) -> None:
    live = packaged_policy()
    content = pack_policy(configs.POLICY_DIR)
    assert content == pack_policy(configs.POLICY_DIR)
    unpacked = unpack_policy(content, tmp_path)
    assert (unpacked.digest, unpacked.folder) == (live.digest, tmp_path / live.digest)
    assert unpack_policy(content, tmp_path).folder == unpacked.folder
    assert [path.name for path in tmp_path.iterdir()] == [live.digest]


def test_a_folder_around_the_policy_is_left_out(tmp_path: Path) -> None:
    files = {
        f"my-policy/{path.relative_to(configs.POLICY_DIR).as_posix()}": path.read_bytes()
        for path in configs.POLICY_DIR.rglob("*")
        if path.is_file()
    }
    assert unpack_policy(zipped(files), tmp_path).digest == packaged_policy().digest


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"no zip at all", "no ZIP"),
        (zipped({}), "no policy.yaml"),
        (zipped({"../policy.yaml": b"id: x"}), "outside"),
        (zipped({"/etc/policy.yaml": b"id: x"}), "outside"),
        (zipped({"policy.yaml": b"id: x"}), "policy.yaml"),
        (zipped({f"{n}.yaml": b"" for n in range(1_001)}), "more than"),
    ],
    ids=["no zip", "empty", "up", "absolute", "not valid", "too many files"],
)
def test_what_is_no_policy_is_refused_and_leaves_nothing(tmp_path: Path, content: bytes, why: str) -> None:
    with pytest.raises(PolicyPackError, match=why) as refused:
        unpack_policy(content, tmp_path / "policies")
    assert str(tmp_path) not in str(refused.value)
    assert list((tmp_path / "policies").iterdir()) == []


def test_the_policy_in_force_is_the_packaged_one_until_another_is_put(tmp_path: Path) -> None:
    assert in_force_folder(tmp_path) is None
    policy = unpack_policy(pack_policy(configs.POLICY_DIR), tmp_path / "policies")
    put_in_force(tmp_path, policy.digest)
    assert in_force_folder(tmp_path) == policy.folder
    put_in_force(tmp_path, "f" * 64)
    assert in_force_folder(tmp_path) is None
    put_in_force(tmp_path, None)
    assert in_force_folder(tmp_path) is None
