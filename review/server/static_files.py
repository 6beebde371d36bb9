"""The files that pages load: under names that hold their hash a year in the browser's own store, compressed."""

import gzip
from functools import cache
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from review.server.assets import STATIC_DIR, bundle

_YEAR = "public, max-age=31536000, immutable"
_COMPRESSED = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


class HashedFiles(StaticFiles):
    """`/static/HASH/name` is kept for a year, since another content has another hash; `/static/name` is not kept."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file; an old hash gives the file as it is now, kept by nobody."""
        first, _, rest = path.partition("/")
        is_hashed = first == bundle()
        if is_hashed or (len(first) == len(bundle()) and rest and not (STATIC_DIR / first).exists()):
            path = rest
        response = await super().get_response(path, scope)
        if response.status_code != 200:
            return response
        response.headers["Cache-Control"] = _YEAR if is_hashed else "no-cache"
        file = STATIC_DIR / path
        if file.suffix in _COMPRESSED and "gzip" in Headers(scope=scope).get("accept-encoding", ""):
            kept = {"Cache-Control": response.headers["Cache-Control"], "ETag": response.headers["etag"]}
            kept |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
            return Response(_gzipped(file, file.stat().st_mtime_ns), media_type=_COMPRESSED[file.suffix], headers=kept)
        response.headers["Vary"] = "Accept-Encoding"
        return response


@cache
def _gzipped(file: Path, _changed_ns: int) -> bytes:
    return gzip.compress(file.read_bytes(), 9, mtime=0)
