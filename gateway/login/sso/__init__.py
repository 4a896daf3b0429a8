"""Sessions of browsers: one login at a school that serves several services, and what it gave to whom.

Owns: the session that the browser's cookie opens, the registry of logins, and how both end.
Must not know: a protocol's messages, or what is released.
"""
