"""Kinds of source by their scheme: the port of each, object stores, and ports that no media server stands on."""

DEFAULT_PORTS = {
    "http": 80,
    "https": 443,
    "rtmp": 1935,
    "rtmps": 443,
    "rtsp": 554,
    "rtsps": 322,
    "srt": 9000,
}

# The first rows are the ports that browsers block for every scheme (Fetch standard, "bad port"), less RTSP's 554 and
# 10080, a common one of SRT; the last rows are databases, caches, queues and control planes whose protocols a crafted
# request can speak.
REFUSED_PORTS = frozenset(
    {
        *(1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104),
        *(109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515),
        *(526, 530, 531, 532, 540, 548, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659),
        *(4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697),
        *(445, 873, 1433, 1521, 2181, 2375, 2376, 2379, 2380, 3306, 3389, 4369, 5432, 5672, 5900, 5984, 6379, 6380),
        *(6443, 8500, 9042, 9092, 9200, 9300, 10250, 11211, 25672, 27017, 27018, 50070),
    }
)

# Scheme to the package that fsspec needs for it. Only an operator names such a source: it is read with the operator's
# own credentials.
OBJECT_STORES = {
    "s3": "s3fs",
    "s3a": "s3fs",
    "gs": "gcsfs",
    "gcs": "gcsfs",
    "az": "adlfs",
    "abfs": "adlfs",
    "abfss": "adlfs",
    "oss": "ossfs",
}


def is_object(source: str) -> bool:
    """Whether the source is named as an object of a store."""
    scheme, separator, _ = source.partition("://")
    return bool(separator) and scheme.lower() in OBJECT_STORES
