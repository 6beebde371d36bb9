#!/bin/sh
# What `pip install zhenyan` gives without any extra: builds the wheel, installs it alone into a new environment, and from
# a folder outside the checkout runs what must work there. Ends with 0 only if all of it does.
set -eu
here="$(cd "$(dirname "$0")/.." && pwd)"
away="$(mktemp -d)"
trap 'rm -rf "$away"' EXIT
unset PYTHONPATH
python3 -m venv "$away/venv"
pip="$away/venv/bin/python -m pip --quiet --disable-pip-version-check"
$pip wheel --no-deps --wheel-dir "$away/wheel" "$here"
$pip install --constraint "$here/constraints.txt" "$away"/wheel/zhenyan-*.whl
cp "$here/configs/demo/passports.yaml" "$away/passports.yaml"
cd "$away"
export ZHENYAN_DATA_DIR="$away/data"
zhenyan="$away/venv/bin/zhenyan"

fail() {
  echo "bare wheel: $1" >&2
  for file in out err; do [ -s "$file" ] && sed "s/^/  $file: /" "$file" >&2; done
  exit 1
}
run() { # run <status> <argument>…: the output goes to out and err
  want="$1"
  shift
  status=0
  "$zhenyan" "$@" <in >out 2>err || status=$?
  [ "$status" = "$want" ] || fail "zhenyan $* ended with $status, not $want"
}
has() { grep -q -- "$2" "$1" || fail "zhenyan: $1 has no $2"; }

echo '{"stream_id":"s1","id":"u1","start_ms":0,"end_ms":3000,"text":"这款是全网最好的充电头，总功率一百瓦"}' >in
"$away/venv/bin/python" -m zipfile -l wheel/zhenyan-*.whl >out
! grep -E '^(tests|scripts|docs|bench|demo_film|training)/' out || fail "the wheel holds what is not the product's"
for package in net ingest asr claims vision cluster review cli configs; do
  grep -q "^$package/py.typed" out || fail "the wheel has no $package/py.typed"
done
for file in LICENSE NOTICE; do
  grep -q "\.dist-info/licenses/$file" out || fail "the wheel has no $file"
done
size="$(cat wheel/zhenyan-*.whl | wc -c)"
[ "$size" -le 20000000 ] || fail "the wheel has $size bytes, more than 20 MB"
run 0 check --passports passports.yaml --products urn:demo:passport:01 --at 2026-11-24T20:00:00+08:00
has out '"class": "ABS_SUPERLATIVE"'
has out "\"passport_path\": \"specs.total_output_power\""
has err 'until then only the rules judge'
[ "$(wc -l <err)" -eq 1 ] || fail "check says more than one line on standard error"
run 0 policy explain 这款是全网最好的充电头 --passports passports.yaml --at 2026-11-24T20:00:00+08:00
has out ABS_SUPERLATIVE
run 0 policy validate
has out 'classes'
run 0 passports import passports.yaml
has out '洋槐蜜'
run 0 --help
for command in $(sed -n 's/^  \([a-z]*\)  .*/\1/p' out); do
  run 0 "$command" --help
  has out "^Usage: zhenyan $command"
done
for command in serve worker demo 'screen a.mp4 --passports passports.yaml'; do
  # shellcheck disable=SC2086
  run 2 $command
  has err "pip install 'zhenyan\[worker,server\]'"
done
for command in bench 'bench asr'; do
  # shellcheck disable=SC2086
  run 2 $command
  has err 'pip install -e ./bench'
done
echo "bare wheel: $size bytes; check, policy explain, policy validate and every --help work without any extra"
