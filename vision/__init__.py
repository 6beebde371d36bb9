"""Turns key frames into the text that stood on screen, with first and last sight."""
