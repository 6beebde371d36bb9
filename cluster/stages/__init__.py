"""The stages of one stream as objects with a memory: capture, decode, ASR, OCR, products, judging, recorder.

Each takes values and gives values, and can be saved and loaded (`state`, `checkpoint`). Knows no Ray. May import the
stages' packages and `review`'s storage.
"""
