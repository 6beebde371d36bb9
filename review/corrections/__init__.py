"""Corrections of transcripts: the claim is judged anew, and its findings and case follow.

May import `replays`, `policies`, `enforcement`, `cases` and `streams`.
"""
