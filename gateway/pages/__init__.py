"""What people see: discovery, consent and links, their own page, logout, errors, status, the front page.

Owns: templates, texts in every language, style, and the step from a login's `Step` to a response.
Must not know: a protocol's messages, or why something is released.
"""
