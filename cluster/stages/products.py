"""Looking for products as a stage: key frames in, evidence of what is on sale out."""

from collections.abc import Sequence
from typing import Literal

from claims.passports.passport import Passport
from claims.products.code import ProductCodeIndex
from cluster.stages.judging import on_sale
from cluster.stages.policies import LoadedPolicies
from cluster.stages.state import freeze, thaw
from cluster.types import ScreenJob
from ingest.types import Frame
from vision.products.matching import PictureFinder, ProductSight
from vision.products.reference import Reference, load_references
from vision.products.timeline import Evidence
from vision.products.watcher import ProductCheckCounts, ProductWatcher


class ProductStage:
    """Looks for one stream's products, by its passports' pictures and numbers."""

    def __init__(self, job: ScreenJob, policies: LoadedPolicies | None = None) -> None:
        passports = on_sale((policies or LoadedPolicies()).policy(job.policy_dir), job)
        self._watcher, self.left_out = open_watcher(passports, embed_model=job.embed_model, device=job.device)

    @property
    def counts(self) -> ProductCheckCounts:
        """What was done so far."""
        return self._watcher.counts

    def save(self, stream_id: str) -> bytes:
        """What is remembered of the stream, which is this stage's only one."""
        return freeze(self._watcher, self._watcher.made_with)

    def load(self, stream_id: str, state: bytes) -> None:
        """Goes on from what was saved."""
        self._watcher = thaw(state, self._watcher.made_with)

    def match(self, frames: Sequence[Frame]) -> list[Evidence]:
        """What these frames say about products on sale."""
        return self._watcher.watch(frames)


def open_watcher(
    passports: Sequence[Passport], *, embed_model: str = "", device: Literal["auto", "cpu", "cuda"] = "auto"
) -> tuple[ProductWatcher, tuple[str, ...]]:
    """A watcher for these products, and what is said of pictures that can't be used."""
    references = load_references({passport.id: passport.images for passport in passports})
    codes = ProductCodeIndex(passports)

    def product_of(text: str) -> str | None:
        passport = codes.product_of(text)
        return None if passport is None else passport.id

    likeness = _likeness(embed_model, device, references.usable)
    return ProductWatcher(PictureFinder(references.usable), product_of, likeness), references.left_out


def _likeness(
    embed_model: str, device: Literal["auto", "cpu", "cuda"], references: Sequence[Reference]
) -> ProductSight | None:
    if not embed_model:
        return None
    # Loaded only where a model is named: the library alone takes seconds.
    from vision.products.embedding import LikenessFinder, PictureEmbedder

    return LikenessFinder(PictureEmbedder(embed_model, device=device), references)
