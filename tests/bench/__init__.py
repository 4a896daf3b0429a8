"""Measurements: CPU milliseconds of the gateway per login, and ratios within one run. Not a test."""
