from pathlib import Path

import pytest

from tests.vision.conftest import CONFIGS
from vision.boxes import Move
from vision.errors import RoomPolicyError
from vision.layout.roles import RoomPolicy, RoomRegions, load_room_policy
from vision.types import Box, Role

SIZE = (720, 1280)
ROOM = (CONFIGS / "vision" / "room.yaml").read_text(encoding="utf-8")


def at(left: int, top: int, width: int = 220, height: int = 32) -> Box:
    return Box(left=left, top=top, right=left + width, bottom=top + height)


@pytest.mark.parametrize(
    ("text", "box", "role"),
    [
        pytest.param("关注", at(300, 50), Role.CHROME, id="button-in-the-top-bar"),
        pytest.param("关注", at(300, 500), Role.SELLER, id="the-word-elsewhere"),
        pytest.param("1.2万本场点赞", at(100, 90), Role.CHROME, id="counter"),
        pytest.param("说点什么...", at(60, 1220), Role.CHROME, id="input"),
        pytest.param("小雨：这个能治病吗", at(24, 1000), Role.COMMENTS, id="comment"),
        pytest.param("小雨：这个能治病吗", at(24, 300), Role.SELLER, id="its-form-elsewhere"),
        pytest.param("用户8839来了", at(24, 1000), Role.COMMENTS, id="somebody-came"),
        pytest.param("净含量：500毫升", at(24, 1000), Role.SELLER, id="a-label-is-no-name"),
        pytest.param("凈含量：500毫升", at(24, 1000), Role.SELLER, id="a-label-with-one-letter-otherwise"),
        pytest.param("户地：云南普洱", at(24, 1000), Role.COMMENTS, id="too-short-to-be-told-from-a-name"),
        pytest.param("到手价：99元", at(24, 1000), Role.SELLER, id="a-price-is-no-name"),
        pytest.param("全网最低价", at(24, 1000), Role.SELLER, id="seller-where-comments-usually-are"),
    ],
)
def test_whose_words_they_are_at_first_sight(policy: RoomPolicy, text: str, box: Box, role: Role) -> None:
    told, reason = RoomRegions(policy).role_of(text, box, SIZE, has_risen=False, has_stayed=False)
    assert told is role
    assert bool(reason) == (role is not Role.SELLER)


def test_a_short_label_may_be_misread(policy: RoomPolicy) -> None:
    assert policy.may_be_labelled("户地：云南普洱")
    assert not policy.may_be_labelled("大山：已拍")
    assert not policy.may_be_labelled("户地云南普洱")


def rise(text: str, left: int = 24, *, up: int = 50) -> Move:
    return Move(text=text, before=at(left, 1000), after=at(left, 1000 - up))


COMMENTS = ("小雨：真的假的", "大山：已拍", "阿强：多少钱", "momo：支持")


def test_where_comments_rise_is_learned_from_them(policy: RoomPolicy) -> None:
    regions = RoomRegions(policy)
    for step, text in enumerate(COMMENTS):
        assert regions.comments is None
        regions.note_moves(1000 * step, [rise(text)])
    assert regions.comments is not None
    flowing = regions.role_of("全网最低价", at(30, 960), SIZE, has_risen=False, has_stayed=False)
    stayed = regions.role_of("全网最低价", at(30, 960), SIZE, has_risen=False, has_stayed=True)
    assert (flowing[0], stayed[0]) == (Role.COMMENTS, Role.SELLER)


@pytest.mark.parametrize(
    "moves",
    [
        pytest.param([rise("小雨：真的假的")] * 6, id="one-line"),
        pytest.param([rise(text, up=-50) for text in COMMENTS], id="falling"),
        pytest.param([rise(f"洋槐蜜{n}号") for n in range(6)], id="a-pack-that-is-lifted"),
        pytest.param([rise(text, left=150 * n) for n, text in enumerate(COMMENTS)], id="not-in-line"),
    ],
)
def test_other_motion_teaches_nothing(policy: RoomPolicy, moves: list[Move]) -> None:
    regions = RoomRegions(policy)
    regions.note_moves(0, moves)
    assert regions.comments is None


def test_a_region_is_forgotten(policy: RoomPolicy) -> None:
    regions = RoomRegions(policy)
    regions.note_moves(0, [rise(text) for text in COMMENTS])
    assert regions.comments is not None
    regions.note_moves(300_000, [])
    assert regions.comments is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param("labels: [", "is no YAML", id="no-yaml"),
        pytest.param("labels: []\n", "layouts", id="part-missing"),
        pytest.param(ROOM.replace("'[\\d.,]+[万", "'([\\d.,]+[万", 1), "chrome_anywhere.1", id="bad-pattern"),
        pytest.param(ROOM + "more: 1\n", "more", id="unknown-key"),
    ],
)
def test_a_wrong_policy_says_what_is_wrong(tmp_path: Path, content: str, message: str) -> None:
    file = tmp_path / "room.yaml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(RoomPolicyError, match=message):
        load_room_policy(file)
    with pytest.raises(RoomPolicyError, match="cannot be read"):
        load_room_policy(tmp_path / "none.yaml")
