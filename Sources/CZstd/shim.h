// Only the stable API: nothing here needs ZSTD_STATIC_LINKING_ONLY.
#include <zstd.h>
#include <zstd_errors.h>
