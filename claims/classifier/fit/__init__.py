"""Fits what decisions teach over a shipped reader: its gate and its calibration, in minutes on a CPU."""
