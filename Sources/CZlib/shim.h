#include <zlib.h>

// deflateInit2 is a macro, which Swift does not see.
static inline int czlib_deflate_init_gzip(z_stream *stream, int level) {
    // A window of 32 KiB, and 16 added to it for gzip's own header and trailer.
    return deflateInit2(stream, level, Z_DEFLATED, MAX_WBITS + 16, MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY);
}
