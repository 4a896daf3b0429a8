"""Dialects: what an identity provider sends -> canonical attributes -> what a service reads.

Owns: raw and canonical attributes, the dialect files, and the door at which citizen numbers are dropped.
Must not know: protocols, agreements, or who may have what.
"""
