"""Pages of figures, lessons and checks before a broadcast, to people who work for some customers alone."""

import httpx

from claims.classifier.fit.learning import Learnt
from claims.tenant_words import ListedWord
from review.accounts.types import Person, Role
from review.cases.tally import Dimension
from review.stores import Stores
from review.streams.tenant_rules import RuleKind
from review.tenant_rules.words import with_words
from review.tenants.types import Caller
from tests.review.accounts.support import as_login
from tests.review.server.api.conftest import Clock
from tests.review.server.api.limited.logins import login_of
from tests.review.server.api.owned import Owned


def test_pages_of_figures_show_ones_own_customers_alone(
    address: str, platform: Stores, learnt: dict[str, Owned], clock: Clock
) -> None:
    platform.quality.fewest = 1
    headers = {name: as_login(login_of(platform, Role.SENIOR, [name])) for name in learnt}
    headers["both"] = as_login(login_of(platform, Role.SENIOR, ["acme", "bolt"]))
    shown = {
        "/dashboards": "{} host",
        "/dashboards/host.csv": "{}/h1",
        "/teaching": "{} word",
        "/quality/bar?name=SPEC_PARAM&bar=0.99": "{} says a hundred watts",
        "/quality/people": "judge-{}",
        "/learning": "{} in shadow",
        "/before?tenant={}": "{} charger",
        "/before/catalogue?tenant={}": "{} charger",
        "/codes?code=9520000000011&tenant={}": "{} charger",
    }
    for path, text in shown.items():
        for own, other in (("acme", "bolt"), ("bolt", "acme")):
            page = httpx.get(
                address + path.format(own) + "&" * ("?" in path) + "?" * ("?" not in path) + "lang=en",
                headers=headers[own],
            )
            assert page.status_code == 200, (path, page.text)
            assert text.format(own) in page.text, path
            assert text.format(other) not in page.text, path
            if "tenant=" in path:
                assert httpx.get(address + path.format(other), headers=headers[own]).status_code == 404, path
            else:
                assert text.format(other) in httpx.get(address + path, headers=headers["both"]).text, path


def test_figures_count_ones_own_customers_alone(platform: Stores, learnt: dict[str, Owned]) -> None:
    for tenants, times in ((frozenset({"bolt"}), 1), (frozenset({"acme", "bolt"}), 2), (None, 2)):
        for dimension in Dimension:
            assert sum(count for _, count in platform.analytics.tallies(dimension, 90, tenants=tenants)) == times
        [outcome] = platform.analytics.outcomes(90, tenants)
        assert (outcome.violates, outcome.lawful) == (times, 0)
        assert sum(platform.analytics.ages(tenants).values()) == 0
        assert platform.analytics.coverage(tenants).waiting_ms == 0
        [everything] = platform.quality.found(90, "all", tenants)
        assert everything.decided == times
        assert sum(tally.decided for tally in platform.quality.people(90, tenants).by_person.values()) == times
        assert len(platform.learning.fits(owner=tenants)) == times
        [shadow] = platform.learning.shadows()
        figures = platform.learning.shadow_figures(shadow.id, tenants)
        assert (figures.streams, figures.passages, figures.added) == (times, 7 * times, times)
    platform.cases.reopen(learnt["acme"].values["case_id"], Person(id="s", name="s", role=Role.SENIOR))
    for tenants, times in ((frozenset({"bolt"}), 1), (frozenset({"acme"}), 0), (None, 1)):
        assert sum(one.violates for one in platform.analytics.outcomes(90, tenants)) == times
        assert sum(platform.analytics.ages(tenants).values()) == (tenants != frozenset({"bolt"}))


def test_hosts_left_out_of_learning_are_told_to_their_customer(platform: Stores, owned: dict[str, Owned]) -> None:
    for host_id in ("acme/h1", "nobody"):
        platform.learning.forget(host_id, "test")
    assert set(platform.learning.forgotten(frozenset({"acme"}))) == {"acme/h1"}
    assert platform.learning.forgotten(frozenset({"bolt"})) == {}
    assert set(platform.learning.forgotten()) == {"acme/h1", "nobody"}


def test_what_was_learnt_from_another_customer_is_not_shown_in_shadow(
    address: str, platform: Stores, learnt: dict[str, Owned]
) -> None:
    headers = {name: as_login(login_of(platform, Role.SENIOR, [name])) for name in learnt}
    fit = platform.learning.fits(owner="acme")[0]
    candidate = platform.policies.versions()[0].digest
    made = Learnt(file=None, refused=None, card=dict(fit.card), hosts=())
    platform.learning.add_fit("acme", made, candidate, "test")
    assert candidate[:12] in httpx.get(f"{address}/learning", headers=headers["acme"]).text
    page = httpx.get(f"{address}/learning?lang=en", headers=headers["bolt"]).text
    assert candidate[:12] not in page
    assert "bolt in shadow" not in page


def test_proposed_words_are_withdrawn_by_their_customers_people_alone(
    address: str, platform: Stores, learnt: dict[str, Owned]
) -> None:
    headers = as_login(login_of(platform, Role.SENIOR, ["bolt"]))
    ids = {proposal.words: proposal.id for proposal in platform.analytics.proposals()}
    sent = {"csrf": headers["X-CSRF-Token"]}
    for words, status in (("acme word", 404), ("bolt word", 303)):
        answer = httpx.post(f"{address}/proposals/{ids[words]}/withdraw", headers=headers, data=sent)
        assert answer.status_code == status, words
    assert [proposal.words for proposal in platform.analytics.proposals()] == ["acme word"]


def test_a_text_is_held_against_the_goods_and_words_of_ones_own_customer(
    address: str, platform: Stores, owned: dict[str, Owned]
) -> None:
    for name in owned:
        word = ListedWord.model_validate({"kind": "watch", "word": f"{name}家人", "match": "text"})
        platform.tenant_rules.put(
            Caller.of_operator(name, "test"), RuleKind.WORDS, lambda old, word=word: with_words(old, [word], str)
        )
    headers = as_login(login_of(platform, Role.REVIEWER, ["acme", "bolt"]))
    for own, other in (("acme", "bolt"), ("bolt", "acme")):
        page = httpx.get(f"{address}/before?tenant={own}", headers=headers).text
        assert f'action="/before?tenant={own}"' in page
        sent = {"csrf": headers["X-CSRF-Token"], "text": "acme家人们好。bolt家人们好。功率一百瓦。", "products": "P-1"}
        answer = httpx.post(f"{address}/before?tenant={own}&lang=en", headers=headers, data=sent, timeout=120)
        assert answer.status_code == 200, answer.text
        assert f"<q>{own}家人</q>" in answer.text
        assert f"<q>{other}家人</q>" not in answer.text
    alone = as_login(login_of(platform, Role.REVIEWER, ["bolt"]))
    sent["csrf"] = alone["X-CSRF-Token"]
    assert httpx.post(f"{address}/before?tenant=acme", headers=alone, data=sent).status_code == 404
