"""Works on the re-analyses that customers order, one at a time, each in a process of its own."""

import logging
import threading
from dataclasses import dataclass

from cluster.background import BackgroundJob, run_apart
from cluster.reanalysis.run import reanalyse
from cluster.reanalysis.types import ReanalysisJob
from net.errors import ZhenyanError
from review.reanalyses.store import ReanalysisStore
from review.reanalyses.types import Reanalysis
from review.stores import Stores

_log = logging.getLogger("zhenyan.reanalyses")
_BEAT_S = 2.0
_DIED = "the process that worked on it died; look at memory, and order it again"


class ReanalysisRunner(BackgroundJob):
    """Takes waiting re-analyses from the database; one whose worker went silent is taken by another, and begun anew.

    At `close` the one in work waits for whoever looks next.
    """

    def __init__(self, reanalyses: ReanalysisStore, worker_id: str, job: ReanalysisJob) -> None:
        self._reanalyses = reanalyses
        self._worker_id = worker_id
        self._job = job
        super().__init__(
            self.run_once, name="reanalyses", log=_log, failed="the next re-analysis can't be taken; it is tried again"
        )

    def run_once(self) -> bool:
        """Works on the next waiting re-analysis to its end; False if there was none."""
        order = self._reanalyses.claim(self._worker_id)
        if order is None:
            return False
        run_apart(run_reanalysis, self._job, order, self._worker_id, name="reanalysis", stopping=self.stopping)
        if self.stopping.is_set():
            self._reanalyses.give_back(order.reanalysis_id, self._worker_id)
        else:
            # One that ended as it should has told so itself, and this says nothing more.
            self._reanalyses.fail(order.reanalysis_id, self._worker_id, _DIED)
        return True


def run_reanalysis(job: ReanalysisJob, order: Reanalysis, worker_id: str) -> None:
    """Works on a claimed re-analysis and stores how far it is and what it gave."""
    stores = Stores.open(job.database_url)
    beating = _Beating(stores.reanalyses, order, worker_id)
    beating.start()
    try:
        done = reanalyse(job, order, stores, beating.report_progress)
        if done is not None:
            stores.reanalyses.finish(
                order.reanalysis_id,
                worker_id,
                done.compared,
                judged_by=done.judged_by,
                span_ms=done.span_ms,
                missing_ms=done.missing_ms,
            )
    except ZhenyanError as error:
        stores.reanalyses.fail(order.reanalysis_id, worker_id, str(error))
    except Exception as error:  # a fault of a stage ends the order and is told with it
        _log.exception("re-analysis %s failed", order.reanalysis_id)
        why = f"a fault of the program: {type(error).__name__}: {error}"
        stores.reanalyses.fail(order.reanalysis_id, worker_id, why)
    finally:
        beating.stop()
        stores.close()


@dataclass(frozen=True, slots=True)
class _Far:
    span_ms: int = 0
    analysed_ms: int = 0


class _Beating:
    """Notes every other second how far the work is; hears of a cancellation so."""

    def __init__(self, reanalyses: ReanalysisStore, order: Reanalysis, worker_id: str) -> None:
        self._reanalyses, self._order, self._worker_id = reanalyses, order, worker_id
        self._far = _Far()
        self._over, self._unwanted = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._beat, name="beat", daemon=True)

    def start(self) -> None:
        """Begins to beat."""
        self._thread.start()

    def stop(self) -> None:
        """Ends it after the beat in hand."""
        self._over.set()
        self._thread.join()

    def report_progress(self, span_ms: int, analysed_ms: int) -> bool:
        """Takes how far it is; False: it is no longer wanted."""
        self._far = _Far(span_ms, analysed_ms)
        return not self._unwanted.is_set()

    def _beat(self) -> None:
        while True:
            far = self._far
            if not self._reanalyses.beat(
                self._order.reanalysis_id, self._worker_id, span_ms=far.span_ms, analysed_ms=far.analysed_ms
            ):
                self._unwanted.set()
            if self._over.wait(_BEAT_S):
                return
