"""What C libraries hold in this process, to the octet: what of it the system was asked for says much less."""

import ctypes


class _Counted(ctypes.Structure):
    """`struct mallinfo2` of glibc 2.33 and later (mallinfo(3))."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
            *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
        )
    ]


def held_octets() -> int | None:
    """What `malloc` gave out and nobody gave back, on the main thread; None where the C library does not say."""
    counts = getattr(ctypes.CDLL(None), "mallinfo2", None)
    if counts is None:
        return None
    counts.restype = _Counted
    found = counts()
    return int(found.uordblks + found.hblkhd)
