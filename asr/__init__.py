"""Turns recorded speech into utterances with words, times and confidence.

Rooms from the top: `engines` use `rescoring`, `transcript` and `batching`; `segmentation` cuts what they are given; all
use `recogniser`, `errors` and `types`. Imports `ingest` and `net`; nothing of Ray, pages or databases.
"""
