"""The client of Nummervoorziening, the service that issues stampseudonyms and ECK iDs (domain facts 2.4 to 2.7).

Owns: its operations, its faults, the ECK iDs that are asked for while somebody logs in.
Must not know: citizen numbers. The first level hash of one is made at the school, and asked for by nobody here.
"""
