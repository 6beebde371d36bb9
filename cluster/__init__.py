"""Carries the stages across processes and machines; knows no rule of its own."""
