"""Carries a broadcast whose data folder lies on a small disk, which is filled once all is recorded; tells what came of
it. Run in a mount namespace of its own."""

import json
import sys
from pathlib import Path

from ingest.manifest import read_end
from tests.cluster.service.support import desk
from tests.cluster.service.test_shard import Office, opened_pools
from tests.ingest.small_disk import fill


def main() -> None:
    part, disk, beside, what = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4]
    url = f"sqlite:///{beside / f'{what}.db'}"
    with opened_pools(beside) as pools, desk(url) as one:
        office = Office.new(one, disk, pools)
        shard = office.shard("w1", job={"sandbox": "rlimits"}, checkpoint_ms=2_000)
        one.order("s1", str(part))
        office.turn_until(lambda: read_end(disk / "recordings" / "s1") is not None, shard)
        if what == "full":
            fill(disk / "ballast")
        office.turn_until(office.is_over, shard)
        coverage = one.coverage("s1")
        record = one.store.stream("s1")
        told = {
            "state": record.state.value,
            "error": record.error,
            "findings": sorted(one.finding_ids("s1")),
            "lost_ms": coverage.span_ms - coverage.analysed_ms,
            "told": shard.figures()["told"],
        }
        shard.leave()
        sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
