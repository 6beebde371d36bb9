#!/bin/sh
# What the tests need of the system: ffmpeg, a browser for the pages, an open CJK font for recomposed broadcasts.
# Installs them where it may (root or sudo, apt); else says what is missing.
set -eu
missing=""
command -v ffmpeg >/dev/null 2>&1 || missing="$missing ffmpeg"
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
fc-list 2>/dev/null | grep -qi "noto.*cjk" || missing="$missing fonts-noto-cjk"
[ -z "$missing" ] && exit 0
run=""
[ "$(id -u)" = 0 ] || { command -v sudo >/dev/null 2>&1 && run="sudo"; } || true
if command -v apt-get >/dev/null 2>&1 && { [ "$(id -u)" = 0 ] || [ -n "$run" ]; }; then
  $run apt-get update -qq
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive $run apt-get install -y -qq --no-install-recommends $missing >/dev/null
else
  echo "make test needs:$missing (install them with your system's package manager)" >&2
  exit 1
fi
