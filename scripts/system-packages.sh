#!/bin/sh
# What the tests need of the system: ffmpeg; a browser and an open CJK font for the pages; real servers to capture from
# (nginx with RTMP, GStreamer's RTSP server); bubblewrap for the processes that parse media; PostgreSQL.
# Installs what is missing where it may (root or sudo, apt); else says what is missing.
set -eu
missing=""
need() { # need <test> <package>…
  if ! sh -c "$1" >/dev/null 2>&1; then shift; missing="$missing $*"; fi
}
need 'command -v ffmpeg' ffmpeg
need 'command -v chromium' chromium
need 'fc-list | grep -qi "noto.*cjk" && fc-list | grep -qi wqy && fc-list | grep -qi ukai && fc-list | grep -qi smiley' fonts-noto-cjk fonts-wqy-zenhei fonts-arphic-ukai fonts-smiley-sans fontconfig
need 'command -v nginx && ls /usr/lib/nginx/modules/ngx_rtmp_module.so' nginx libnginx-mod-rtmp
need 'command -v openssl' openssl
need 'command -v bwrap' bubblewrap
need 'ls /usr/lib/postgresql/*/bin/initdb' postgresql
need '/usr/bin/python3 -c "
import gi
gi.require_version(\"GstRtspServer\", \"1.0\")
from gi.repository import Gst
Gst.init(None)
assert all(Gst.ElementFactory.find(n) for n in (\"qtdemux\", \"rtph264pay\", \"h264parse\"))"' \
  python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad
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
