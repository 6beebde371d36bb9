"""The pages of quality, of learning and of words in a browser: in both languages, on a laptop and on a phone.

ZHENYAN_SHOTS names a folder into which they are drawn.
"""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

import configs
from claims.classifier.fit.learning import Learnt, host_hash
from claims.law.texts import StatuteTexts
from claims.policy.packaged import packaged_policy
from claims.policy.policy import Policy
from cli.commands.serve import terms_of
from net.guard import NetPolicy
from review.cases.types import Choice
from review.learning.types import ShadowScore
from review.policies.raising import with_bar
from review.server.api.ordering import Platform
from review.server.app import create_app
from review.server.auth.access import Access, Auth
from review.server.pages.replays import PolicyDesk
from review.stores import Stores
from tests.review.learning.said import broadcast, decide, found
from tests.review.server.pages.conftest import LAPTOP, LAWS_FILE
from tests.review.server.pages.seats import Clock, Sit

pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 844}
CLASS_NAMES = {
    "HEALTHFOOD_OVER": ("保健食品超范围宣称", "Health food beyond its registered function"),
    "ABS_SUPERLATIVE": ("绝对化用语", "Absolute / superlative wording"),
}
BAR = "/quality/bar?name=HEALTHFOOD_OVER&bar=0.8"
PAGES = {
    "quality": "/quality",
    "people": "/quality/people",
    "me": "/quality/me",
    "bar": BAR,
    "learning": "/learning",
    "words": "/words",
}
CARD = {
    "data_sha256": "1a2b3c4d" * 8,
    "from": "2026-11-01T08:00:00+00:00",
    "to": "2026-11-23T08:00:00+00:00",
    "passages": 240,
    "hosts": 12,
    "breach": 110,
    "lawful": 130,
    "unsure": 0,
    "spot_checks": 14,
    "goods": {"health_food": 160, "electronics": 80},
    "left_out": {"forgotten host": 3, "erased": 1},
    "reader": "e5",
    "base": "ab12" * 8,
    "compared": {
        "in_force": {"loss": 0.62, "ranked": 0.61, "precision_at": 0.55, "recall": 0.6},
        "learnt": {"loss": 0.41, "ranked": 0.83, "precision_at": 0.79, "recall": 0.6},
    },
}


@pytest.fixture(scope="module")
def policy() -> Policy:
    return packaged_policy()


@pytest.fixture
def second_share() -> float:
    return 0.5


@pytest.fixture
def app(desk_store: Stores, data_dir: Path, policy: Policy) -> Any:
    return create_app(
        desk_store,
        data_dir,
        class_names=CLASS_NAMES,
        laws=StatuteTexts.read(LAWS_FILE),
        access=Access(auth=Auth.LOCAL),
        policies=PolicyDesk(data_dir=data_dir, packaged=configs.POLICY_DIR),
        platform=Platform(reader=policy.quantity_reader, net=NetPolicy.parse([]), word_terms=terms_of(policy)),
    )


@pytest.fixture
def history(desk_store: Stores, clock: Clock, policy: Policy, people: dict[str, Any], tmp_path: Path) -> None:
    """A month of decisions, spot checks, fits and a candidate that read in shadow."""
    stores = desk_store
    broadcast(stores, "b1")
    chen, anna = people["chen"], people["anna"]
    for number in range(80):
        clock.wait(40)
        text = f"这是第 {number} 句说得很满的话，喝了它一整天都精神，老人家用了都说身体比从前好得多"
        finding = found(stores, "b1", text, number=number, score=0.62 + 0.004 * number)
        choice = Choice.VIOLATES if number > 45 or number % 9 == 0 else Choice.LAWFUL
        decide(stores, finding, choice, by=chen if number % 3 else anna)
    base, file = tmp_path / "candidate", Path("policy")
    base.mkdir()
    candidate = stores.policies.add_version(with_bar(policy, "HEALTHFOOD_OVER", 0.8, base / file), chen.id)
    hosts = (host_hash("h1"), host_hash("h9"))
    stores.learning.add_fit("local", Learnt(file=None, refused=None, card=CARD, hosts=hosts), candidate.digest, chen.id)
    why = (
        "it is no better than what is in force on the newest 48 decisions: "
        "loss 0.620 → 0.610 (by chance 0.020), ranking 0.610 → 0.600"
    )
    stores.learning.add_fit("east", Learnt(file=None, refused=why, card=CARD, hosts=()), None, "schedule")
    stores.learning.forget("h9", chen.id)
    shadow = stores.learning.begin_shadow(candidate.digest, policy.digest, chen.id)
    score = ShadowScore(
        stream_id="b1",
        class_id="HEALTHFOOD_OVER",
        start_ms=61_000,
        quote="喝了它一整天都精神，老人家用了都说身体比从前好得多",
        score=0.41,
        flags=False,
        shadow_score=0.83,
        shadow_flags=True,
    )
    dropped = replace(score, quote="包装很漂亮", score=0.66, flags=True, shadow_score=None, shadow_flags=False)
    stores.learning.add_shadow_read(shadow, "b1", 400, [score, dropped])


def seen(page: Page, name: str) -> None:
    """Axe finds nothing, nothing but a table of its own is moved sideways; drawn where a folder is named."""
    violations = Axe().run(page).response["violations"]
    assert [(v["id"], [n["html"][:160] for n in v["nodes"]]) for v in violations] == [], name
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
    assert page.locator("main").evaluate("main => main.scrollWidth <= main.clientWidth"), name
    if folder := os.environ.get("ZHENYAN_SHOTS"):
        page.screenshot(path=f"{folder}/{name}.png")
        page.locator("main").evaluate("main => { main.style.overflow = 'visible'; main.style.height = 'auto'; }")
        page.screenshot(path=f"{folder}/{name}-whole.png", full_page=True)


@pytest.mark.slow
@pytest.mark.usefixtures("history")
@pytest.mark.parametrize(("width", "size"), [("laptop", LAPTOP), ("phone", PHONE)], ids=["laptop", "phone"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_is_clean_and_fits(
    sit: Sit, address: str, complaints: list[str], language: str, width: str, size: Any
) -> None:
    page = sit("chen", f"/quality?lang={language}")
    page.set_viewport_size(size)
    for name, path in PAGES.items():
        page.goto(f"{address}{path}")
        expect(page.locator("main h1")).to_be_visible()
        seen(page, f"{name}-{language}-{width}")
    # The checker itself tries inline styles, which the pages' policy refuses.
    complaints[:] = [told for told in complaints if "inline style" not in told]
