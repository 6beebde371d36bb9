"""Replay: what is stored with and without a second reader, beside what people decided."""

from pathlib import Path

from claims.types import Disposition
from cluster.second_reader.comparing import as_found, asking, compare
from cluster.second_reader.gathering import Gatherer
from cluster.second_reader.listening import Listener
from cluster.second_reader.opening import open_model
from review.stores import Stores
from tests.cluster.second_reader.rooms import DOUBT, config, doubtful, policy, reading, room
from tests.cluster.second_reader.scripted import saying, scripted


def test_with_and_without_over_what_is_stored(stores: Stores, tmp_path: Path) -> None:
    room(stores, tmp_path)
    with scripted(saying("breach")) as server:
        given = config(server.url)
        with reading(stores, tmp_path, given) as reader:
            stores.stream_writer.add_findings([doubtful()])
            assert reader.settle(30)
        model = open_model(given)
        listener = Listener(model, given, stores.second_reader)
        way = asking(listener, policy(), Gatherer(stores.streams, stores.second_reader, tmp_path, given.sends))
        told = compare(stores.second_reader, ["s1"], DOUBT, policy(), (("off", as_found), ("scripted", way)))
        model.close()
        # What was answered before is taken as it was kept.
        assert len(server.asked) == 1
    assert (told.findings, told.doubtful, told.flags, told.calls) == (1, 1, [0, 1], [0, 0])
    (difference,) = told.differences
    assert (difference.before.disposition, difference.after.disposition) == (Disposition.NOTE, Disposition.FLAG)
    assert told.to_json()["flags"] == [0, 1]
    # Nothing that is stored has changed by it.
    assert stores.streams.finding("f_s1").finding.disposition is Disposition.FLAG
