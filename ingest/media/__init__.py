"""Opens untrusted bytes as media: containers, packets, the ffmpeg program.

May import `errors` and `types`.
"""
