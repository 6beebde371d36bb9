"""What comes of two customers' decisions: words proposed, a fit of each, and a candidate that read both in shadow."""

from collections.abc import Mapping

from claims.classifier.fit.learning import Learnt
from claims.policy.packaged import packaged_policy
from review.accounts.types import Person, Role
from review.analytics.types import ProposalKind
from review.learning.types import ShadowScore
from review.stores import Stores
from tests.review.server.api.owned import Owned

_CARD = {"passages": 40, "hosts": 2, "data_sha256": "0" * 64, "breach": 20, "lawful": 20, "unsure": 0}
_CARD |= {"spot_checks": 0, "base": "b" * 64, "from": "2026-11-01", "to": "2026-11-20", "left_out": {}}


def turned_out(stores: Stores, owned: Mapping[str, Owned]) -> None:
    """Stores all that; every text names its customer."""
    for name, of in owned.items():
        person = Person(id=f"author-{name}", name=f"author of {name}", role=Role.REVIEWER)
        stores.analytics.propose(of.values["case_id"], person, f"{name} word", None, ProposalKind.WORD, "said often")
        card = _CARD | {"reader": f"{name} fit", "goods": {f"{name} fit": 40}}
        stores.learning.add_fit(name, Learnt(file=None, refused="too few", card=card, hosts=()), None, name)
    candidate = stores.policies.add_version(packaged_policy(), "test")
    shadow = stores.learning.begin_shadow(candidate.digest, "packaged", "test")
    for name, of in owned.items():
        seen = ShadowScore(
            stream_id=of.values["stream_id"],
            class_id="SPEC_PARAM",
            start_ms=1_000,
            quote=f"{name} in shadow",
            score=None,
            flags=False,
            shadow_score=0.9,
            shadow_flags=True,
        )
        stores.learning.add_shadow_read(shadow, of.values["stream_id"], 7, [seen])
