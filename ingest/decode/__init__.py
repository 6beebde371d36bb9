"""Turns recorded segments into speech-rate audio and pictures, each at its moment on the stream clock.

`decoder` does it in this process, `pool` in sandboxed children (`child`); `shedding` says what is left out under load.
May import `media` and `sandbox`.
"""
