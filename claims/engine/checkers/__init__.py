"""Symbolic judgement: each file holds one way to hold a claim against passport, certificates, prices or facts."""
