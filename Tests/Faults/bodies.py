"""The bodies of stored events, read by libzstd itself and not by the code that stored them."""

import ctypes
import ctypes.util

from subject import Failure

zstd = ctypes.CDLL(ctypes.util.find_library("zstd"))
zstd.ZSTD_createDCtx.restype = ctypes.c_void_p
zstd.ZSTD_freeDCtx.argtypes = [ctypes.c_void_p]
zstd.ZSTD_decompress_usingDict.restype = ctypes.c_size_t
zstd.ZSTD_decompress_usingDict.argtypes = [ctypes.c_void_p] + [ctypes.c_char_p, ctypes.c_size_t] * 3


def body(stored, size, dictionary):
    """-> the bytes that were received. Fails for a stored body that cannot be read"""
    if len(stored) == size or not stored:
        return stored
    context, target = zstd.ZSTD_createDCtx(), ctypes.create_string_buffer(size + 1)
    written = zstd.ZSTD_decompress_usingDict(
        context, target, size + 1, stored, len(stored), dictionary, len(dictionary)
    )  # fmt: skip
    zstd.ZSTD_freeDCtx(context)
    if written != size:
        raise Failure("a stored body cannot be read")
    return target.raw[:written]
