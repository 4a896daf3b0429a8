"""What operators see: log, reference of a login, metrics, health.

Owns: what may be logged at all. Nothing of a person is: keys are on a list, values that look like one are masked.
Must not know: what the events mean.
"""
