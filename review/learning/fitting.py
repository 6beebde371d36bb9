"""From what a customer's decisions teach to a candidate policy: the one in force, with what was learnt put in."""

import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeGuard

import yaml

from claims.classifier.fit.examples import LabelledPassage
from claims.classifier.fit.gather import examples_of
from claims.classifier.fit.learning import InForce, Learnt, learn
from claims.classifier.learnt import Pointing
from claims.classifier.learnt_file import EVERYBODY, FOLDER, LearntFile
from claims.classifier.reading import Reader
from claims.policy.policy import Policy
from review.learning.decided import FORGOTTEN
from review.learning.store import LearningStore
from review.learning.types import Decided, Fit
from review.policies.raising import rename
from review.policies.repository import PolicyStore


def fit_passages(
    passages: Sequence[LabelledPassage], left_out: Counter[str], policy: Policy, reader: Pointing, tenant_id: str
) -> Learnt:
    """What these passages teach over the reader, compared with what the policy has for this customer."""
    examples = examples_of(passages, policy, reader)
    kinds = {example.passage.kind for example in examples}
    in_force = InForce(
        base=reader.gate_key,
        name=reader.name,
        learnt=_fitting(policy.learnt_for(tenant_id), reader),
        calibrations={kind: reader.calibration(kind) for kind in kinds},
    )
    return learn(passages, examples, in_force, tenant=tenant_id, left_out=left_out)


def learn_from_decisions(
    learning: LearningStore,
    policies: PolicyStore,
    policy: Policy,
    reader: Pointing,
    *,
    tenant_id: str,
    more: Sequence[LabelledPassage] = (),
    by: str,
) -> Fit:
    """The fit as it is kept: with a candidate policy that waits to be looked at, or with why it was refused.

    `tenant_id` `_all`: from every customer's decisions, for all of them. `more`: labelled passages from elsewhere.
    Hosts who asked to be left out are, wherever their words come from.
    """
    decided: Decided = learning.decided(None if tenant_id == EVERYBODY else tenant_id)
    gone = learning.forgotten()
    kept = [passage for passage in more if passage.host not in gone]
    left_out = decided.left_out + Counter({FORGOTTEN: len(more) - len(kept)})
    learnt = fit_passages([*kept, *decided.passages], left_out, policy, reader, tenant_id)
    if learnt.file is None:
        return learning.add_fit(tenant_id, learnt, None, by)
    with TemporaryDirectory() as beside:
        candidate = write_candidate(policy, learnt.file, Path(beside) / "policy")
        version = policies.add_version(candidate, by)
    return learning.add_fit(tenant_id, learnt, version.digest, by)


def write_candidate(policy: Policy, file: LearntFile, out: Path) -> Policy:
    """The policy copied to `out` with what was learnt in it, under a version of its own, loaded anew as a check."""
    shutil.copytree(policy.folder, out)
    target = out / FOLDER / f"{file.tenant}.yaml"
    target.parent.mkdir(exist_ok=True)
    content = file.model_dump(mode="json")
    target.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=120), encoding="utf-8")
    # By the hash of what was learnt from.
    rename(out / "policy.yaml", f"learnt.{str(file.card['data_sha256'])[:8]}")
    return Policy(out)


def learns(reader: Reader) -> TypeGuard[Pointing]:
    """Whether it has a gate to which something can be added."""
    return bool(getattr(reader, "gate_key", None))


def _fitting(learnt: LearntFile | None, reader: Pointing) -> LearntFile | None:
    return learnt if learnt is not None and learnt.base == reader.gate_key else None
