#!/bin/sh
# What the tests need of the system: ffmpeg; a browser; open CJK fonts for pages and pictures; Pango for notices on paper;
# real servers to capture from (nginx with RTMP, GStreamer's RTSP server); bubblewrap for the processes that parse media;
# PostgreSQL; Prometheus for the dashboards' queries. Installs what is missing where it may (root or sudo, apt); else says what is missing: tests that need it are
# skipped, and say so.
# `system-packages.sh --required`: ends with 1 where something stays missing, as where every test must run.
set -eu
required="${1:-}"
missing=""
need() { # need <test> <package>…
  if ! sh -c "$1" >/dev/null 2>&1; then shift; missing="$missing $*"; fi
}
need 'command -v ffmpeg' ffmpeg
# The headless build takes half the processor time for the same pages; where apt has none, the whole browser serves.
need 'command -v chromium-headless-shell || { command -v chromium && ! command -v apt-get; }' chromium-headless-shell
need 'fc-list | grep -qi "noto.*cjk" && fc-list | grep -qi wqy && fc-list | grep -qi ukai && fc-list | grep -qi smiley' fonts-noto-cjk fonts-wqy-zenhei fonts-arphic-ukai fonts-smiley-sans fontconfig
need '/sbin/ldconfig -p | grep -q libpangoft2 && /sbin/ldconfig -p | grep -q libharfbuzz-subset' libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0
need 'command -v nginx && ls /usr/lib/nginx/modules/ngx_rtmp_module.so' nginx libnginx-mod-rtmp
need 'command -v openssl' openssl
need 'command -v bwrap' bubblewrap
need 'ls /usr/lib/postgresql/*/bin/initdb' postgresql
need 'command -v prometheus' prometheus
need '/usr/bin/python3 -c "
import gi
gi.require_version(\"GstRtspServer\", \"1.0\")
from gi.repository import Gst
Gst.init(None)
assert all(Gst.ElementFactory.find(n) for n in (\"qtdemux\", \"rtph264pay\", \"h264parse\"))"' \
  python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad
[ -z "$missing" ] && exit 0
run=""
left() {
  echo "$1:$missing" >&2
  if [ "$required" = --required ]; then exit 1; fi
  echo "tests that need them are skipped; install them with your system's package manager to run all" >&2
  exit 0
}
[ "$(id -u)" = 0 ] || { command -v sudo >/dev/null 2>&1 && run="sudo"; } || true
if command -v apt-get >/dev/null 2>&1 && { [ "$(id -u)" = 0 ] || [ -n "$run" ]; }; then
  $run apt-get update -qq || left "system packages could not be installed"
  apt-cache show chromium-headless-shell >/dev/null 2>&1 || missing=$(echo "$missing" | sed 's/chromium-headless-shell/chromium/')
  # shellcheck disable=SC2086
  { $run env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    $missing >/dev/null; } || left "system packages could not be installed"
else
  left "system packages are missing"
fi
