"""The words of the policy in force to listen for once more, read by a process that ends with the policy.

A policy takes 170 MB of a process, and its words 40 kB: neither an ASR pool nor its engines hold one.
"""

import pickle
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

from asr.engines.process import child_environment
from asr.errors import EngineFailedError
from asr.rescoring.candidates import Candidate, SoundAlikes
from net.errors import ZhenyanError


class AlikesInForce:
    """SoundAlikes that are the words themselves where an engine's process unpickles them.

    Read once, when they are first pickled or asked: an engine that is started again listens for the same words.
    """

    def __init__(self, data_dir: Path, policy_dir: Path | None) -> None:
        """`policy_dir`: the policy; None: the one in force in this data folder."""
        self._from = data_dir, policy_dir

    def __reduce__(self) -> tuple[Callable[[bytes], SoundAlikes], tuple[bytes]]:
        """The words themselves. Raises EngineFailedError where the policy can't be read."""
        return pickle.loads, (self._pickled,)

    def find(self, text: str) -> Sequence[Candidate]:
        """What the words themselves find."""
        return self._words.find(text)

    @cached_property
    def _words(self) -> SoundAlikes:
        words: SoundAlikes = pickle.loads(self._pickled)
        return words

    @cached_property
    def _pickled(self) -> bytes:
        data_dir, policy_dir = self._from
        read = subprocess.run(
            [sys.executable, "-m", "cluster.live.alikes", str(data_dir), *([] if policy_dir is None else [policy_dir])],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=child_environment(),
            check=False,
        )
        if read.returncode:
            last = read.stderr.decode(errors="replace").strip().rsplit("\n", 1)[-1]
            raise EngineFailedError(f"words to listen for once more: {last or f'exit status {read.returncode}'}")
        return read.stdout


def _main() -> None:
    from cluster.stages.asr import read_alikes
    from review.policies.folders import in_force_folder

    data_dir, *named = map(Path, sys.argv[1:])
    try:
        words = read_alikes(named[0] if named else in_force_folder(data_dir))
    except ZhenyanError as error:
        sys.exit(str(error))
    sys.stdout.buffer.write(pickle.dumps(words))


if __name__ == "__main__":
    _main()
