"""The two ways from decisions to what is in force, by clicks: a bar that is raised, and what the reader learnt."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

import configs
from claims.classifier.opening import open_reader
from claims.policy.packaged import packaged_policy
from cluster.learning.shadow import ShadowRunner
from cluster.replay.background import ReplayRunner
from cluster.replay.run import ReplayJob
from review.cases.types import Choice
from review.learning.fitting import learn_from_decisions, learns
from review.policies.folders import in_force_folder
from review.server.app import create_app
from review.server.auth.access import Access, Auth
from review.server.pages.replays import PolicyDesk
from review.stores import Stores
from tests.review.learning.said import ON_BOTH_DATABASES, broadcast, decide, found
from tests.review.learning.turned import turned_labels
from tests.review.replays.stored import fill
from tests.review.server.pages.seats import CLASS_NAMES, Clock, Sit

pytestmark = [pytest.mark.browser, pytest.mark.service]


@pytest.fixture
def app(desk_store: Stores, data_dir: Path) -> Any:
    policies = PolicyDesk(data_dir=data_dir, packaged=configs.POLICY_DIR)
    return create_app(desk_store, data_dir, class_names=CLASS_NAMES, access=Access(auth=Auth.LOCAL), policies=policies)


@pytest.fixture
def semantic() -> str:
    return "off"


def job_of(folder: Path, data_dir: Path, database_url: str, semantic: str) -> ReplayJob:
    live = in_force_folder(data_dir) or configs.POLICY_DIR
    return ReplayJob(candidate=folder, live=live, database_url=database_url, data_dir=data_dir, semantic=semantic)


def sign_and_go_back(sit: Sit, senior: Page, stores: Stores, data_dir: Path, digest: str) -> None:
    """One proposes, another approves, and either takes it back in one step, all on the page of policies."""
    senior.goto(senior.url.partition("/replays")[0] + "/replays")
    row = senior.get_by_role("row").filter(has_text=digest[:12]).first
    row.get_by_role("button", name="提议上线").click()
    expect(senior.get_by_text("提议人不能自己批准")).to_be_visible()
    assert senior.get_by_role("button", name="批准上线").count() == 0
    assert stores.policies.in_force() is None
    other = sit("eve", "/replays")
    other.get_by_role("button", name="批准上线").click()
    expect(other.get_by_role("row").filter(has_text=digest[:12]).first).to_contain_text("现行")
    assert (stores.policies.in_force(), in_force_folder(data_dir)) == (digest, data_dir / "policies" / digest)
    other.get_by_role("button", name="退回上一版").click()
    expect(other.get_by_role("row").filter(has_text="随软件附带的规则").first).to_contain_text("现行")
    assert in_force_folder(data_dir) is None


def test_a_bar_is_raised_replayed_signed_by_two_and_taken_back(
    sit: Sit, desk_store: Stores, data_dir: Path, database_url: str, clock: Clock, people: dict[str, Any]
) -> None:
    fill(desk_store, data_dir, "s-demo")
    broadcast(desk_store, "b1")
    for number in range(40):
        clock.wait(40)
        finding = found(
            desk_store, "b1", f"第 {number} 句", number=number, score=0.62 + 0.01 * number, class_id="OFFSITE"
        )
        decide(desk_store, finding, Choice.VIOLATES if number > 25 else Choice.LAWFUL, by=people["anna"])
    chen = sit("chen", "/quality?lang=zh")
    chen.get_by_role("link", name="0.62 → 0.88：漏 0 件，免 26 件").click()
    expect(chen.get_by_role("region", name="会免去的误报")).to_contain_text("第 25 句")
    chen.get_by_label("门槛").fill("0.9")
    chen.get_by_role("button", name="试算").click()
    expect(chen.get_by_role("region", name="会漏掉的违规")).to_contain_text("第 26 句")
    chen.get_by_role("link", name="第 26 句").click()
    expect(chen.locator("main")).to_contain_text("第 26 句")
    chen.go_back()
    chen.get_by_role("button", name="生成候选规则并回测").click()
    [version] = desk_store.policies.versions()
    assert version.name.endswith("+bar.OFFSITE.90")
    assert desk_store.policies.in_force() is None
    runner = ReplayRunner(
        desk_store.replays, desk_store.policies, data_dir, lambda folder: job_of(folder, data_dir, database_url, "off")
    )
    assert runner.run_once()
    expect(chen.get_by_role("region", name="不再标出")).to_contain_text("加我微信")
    sign_and_go_back(sit, chen, desk_store, data_dir, version.digest)


@ON_BOTH_DATABASES
def test_what_was_learnt_reads_in_shadow_is_replayed_signed_by_two_and_taken_back(
    sit: Sit, desk_store: Stores, data_dir: Path, database_url: str
) -> None:
    fill(desk_store, data_dir, "s-demo")
    reader = open_reader("e5", configs.SEMANTIC_DIR)
    assert reader is not None
    assert learns(reader)
    fit = learn_from_decisions(
        desk_store.learning,
        desk_store.policies,
        packaged_policy(),
        reader,
        tenant_id="local",
        more=turned_labels(),
        by="schedule",
    )
    assert fit.digest is not None
    chen = sit("chen", "/learning?lang=zh")
    fits = chen.get_by_role("region", name="历次学习")
    expect(fits).to_contain_text("定时任务")
    fits.get_by_text("模型卡").click()
    expect(fits).to_contain_text(fit.card["data_sha256"][:16])
    fits.get_by_role("button", name="开始影子对照").click()
    expect(fits.get_by_role("button", name="开始影子对照")).to_have_count(0)
    expect(fits.get_by_text("影子对照", exact=True)).to_be_visible()
    shadow = ShadowRunner(
        desk_store.learning, desk_store.policies, data_dir, lambda folder: job_of(folder, data_dir, database_url, "e5")
    )
    assert shadow.run_once()
    chen.reload()
    beside = chen.get_by_role("region", name="影子对照")
    expect(beside).to_contain_text("已对照 1 场直播")
    chen.get_by_role("button", name="开始回测").click()
    expect(chen.get_by_role("status")).to_contain_text("已回测")
    replays = ReplayRunner(
        desk_store.replays, desk_store.policies, data_dir, lambda folder: job_of(folder, data_dir, database_url, "e5")
    )
    assert replays.run_once()
    expect(chen.get_by_text("会推翻 0 个已确认的决定")).to_be_visible()
    sign_and_go_back(sit, chen, desk_store, data_dir, fit.digest)
    actions = [entry.action for entry in desk_store.audit.entries(subject=f"policy:{fit.digest}")]
    assert actions == ["policy.live", "policy.proposed", "policy.replayed", "learning.shadow_began", "policy.added"]
