"""XML that comes from strangers: safe parsing, signatures, the algorithm allow-list.

Owns: the only code that parses a message, and the only code that makes or checks an XML signature.
Must not know: what a message means.
"""
