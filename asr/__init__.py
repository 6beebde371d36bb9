"""Turns recorded speech into utterances with words, times and confidence."""
