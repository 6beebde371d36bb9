"""How much of one segment is read at most; a broadcast stays far below each."""

MAX_PIXELS = 4096 * 2304
MAX_SIDE_PX = 8192
MAX_FRAMES = 256
MAX_PACKETS = 20_000
MAX_PACKET_MS = 30_000
MAX_SEGMENT_BYTES = 256 << 20
MAX_SAMPLES = 16_000 * 900
MAX_SPANS = 4_096
# Of one decoded segment: fifteen minutes of sound and a dozen of the largest frames.
MAX_DECODED_BYTES = 400 << 20
# Damaged times can put sound and pictures anywhere; this far outside of their segments they are not believed.
MAX_ASTRAY_MS = 10_000
FAR_MS = 1 << 53
