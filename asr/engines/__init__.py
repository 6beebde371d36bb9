"""Recognisers: Whisper, SenseVoice and Paraformer, their weights, their processes, and sharing them.

`registry` opens one by its name. May import every other room of `asr` but `segmentation`.
"""
