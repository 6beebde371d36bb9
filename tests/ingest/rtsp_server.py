"""A small RTSP server, run by the system's Python: `rtsp_server.py PORT FILE.mp4 [USER:PASSWORD]`."""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

_LAUNCH = (
    "( filesrc location={path} ! qtdemux name=d "
    "d. ! queue ! h264parse config-interval=-1 ! rtph264pay name=pay0 pt=96 "
    "d. ! queue ! aacparse ! rtpmp4gpay name=pay1 pt=97 )"
)


def main(port: str, path: str, account: str = "") -> None:
    """Serves the file at /show until it is killed."""
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(port)
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(_LAUNCH.format(path=path))
    if account:
        user, _, password = account.partition(":")
        auth = GstRtspServer.RTSPAuth()
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        token = GstRtspServer.RTSPToken()
        token.set_string("media.factory.role", "viewer")
        auth.add_digest(user, password, token)
        permissions = GstRtspServer.RTSPPermissions()
        permissions.add_permission_for_role("viewer", "media.factory.access", True)
        permissions.add_permission_for_role("viewer", "media.factory.construct", True)
        factory.set_permissions(permissions)
        server.set_auth(auth)
    server.get_mount_points().add_factory("/show", factory)
    server.attach(None)
    GLib.MainLoop().run()


main(*sys.argv[1:])
