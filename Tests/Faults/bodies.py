"""The bodies of stored events, read by libzstd itself and not by the code that stored them."""

import ctypes
import ctypes.util

from subject import Failure

zstd = ctypes.CDLL(ctypes.util.find_library("zstd"))
zstd.ZSTD_createDCtx.restype = ctypes.c_void_p
zstd.ZSTD_freeDCtx.argtypes = [ctypes.c_void_p]
zstd.ZSTD_getDictID_fromFrame.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
zstd.ZSTD_decompress_usingDict.restype = ctypes.c_size_t
zstd.ZSTD_decompress_usingDict.argtypes = [ctypes.c_void_p] + [ctypes.c_char_p, ctypes.c_size_t] * 3


def body(stored, size, dictionaries):
    """-> the bytes that were received. Fails for a stored body that cannot be read

    dictionaries: the rows of the table, (id, content)
    """
    if len(stored) == size or not stored:
        return stored
    dictionary = dict(dictionaries).get(zstd.ZSTD_getDictID_fromFrame(stored, len(stored)))
    if dictionary is None:
        raise Failure("a stored body names no dictionary of the database")
    context, target = zstd.ZSTD_createDCtx(), ctypes.create_string_buffer(size + 1)
    written = zstd.ZSTD_decompress_usingDict(
        context, target, size + 1, stored, len(stored), dictionary, len(dictionary)
    )  # fmt: skip
    zstd.ZSTD_freeDCtx(context)
    if written != size:
        raise Failure("a stored body cannot be read")
    return target.raw[:written]
