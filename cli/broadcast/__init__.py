"""Makes a demo broadcast from a script, and plays a media file as a live HLS stream."""
