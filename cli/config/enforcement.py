"""What due process works by and where evidence is kept, as the settings and `configs/enforcement` say."""

from pathlib import Path

import configs
from claims.law.texts import StatuteTexts
from claims.policy.law import Held
from claims.policy.policy import Policy
from cli.config.settings import Settings
from review.enforcement.complaint_intake import COMPLAINT_CLASS
from review.enforcement.legal_reference import Judged, LegalReference
from review.enforcement.penalty_table import read_measures, read_retention
from review.enforcement.store import EnforcementSetup
from review.evidence.files import EvidenceSetup
from review.presentation.catalogues import in_every_language

ENFORCEMENT_DIR = configs.ROOT / "enforcement"


def evidence_setup(settings: Settings) -> EvidenceSetup | None:
    """Where evidence is kept beyond the data folder; None: nowhere."""
    url = settings.evidence_url
    here = url if "://" in url or not url else str(Path(url).absolute())
    return EvidenceSetup.of(here, settings.data_dir.absolute())


def enforcement_setup(settings: Settings, reference: LegalReference | None = None) -> EnforcementSetup:
    """The published table, the clocks, the data folder for keys and files; `reference`: what notices cite."""
    return EnforcementSetup(
        measures=read_measures(ENFORCEMENT_DIR),
        retention=read_retention(ENFORCEMENT_DIR),
        data_dir=settings.data_dir.absolute(),
        reference=reference or LegalReference(),
    )


def legal_reference_of(policy: Policy) -> LegalReference:
    """The names of classes, the texts of law, and what this policy cites."""

    def judge(class_id: str, category: str | None) -> Judged | None:
        if class_id not in policy.classes:
            return None
        law = policy.law_for(class_id, Held(category=category)).cite
        return Judged(law=law, severity=policy.severity_for(class_id, category))

    names = {c.id: (c.name_zh, c.name_en) for c in policy.classes.values()}
    return LegalReference(
        classes=names | {COMPLAINT_CLASS: in_every_language("complaint")},
        laws=StatuteTexts.read(configs.LAWS_FILE),
        judge=judge,
    )
