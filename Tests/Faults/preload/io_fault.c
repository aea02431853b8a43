// A disk that fails on command: the harness says which call, from when on, and with what.
//
//   FAULT_FOLDER   the folder of the database
//   FAULT_CONTROL  a file that holds `struct control`, which the harness changes while we run
#include "interpose.h"

#include <sys/mman.h>

enum kind { WRITE = 1, SYNC = 2, TRUNCATE = 4, OPEN = 8, UNLINK = 16 };
enum place { DATABASE = 1, WAL = 2, OTHER = 4 };

struct control {
    int32_t is_armed;
    /// How many calls that match are let pass before the first that fails.
    int32_t passes;
    int32_t error;
    /// 0: one call fails; 1: that one and all that match after it.
    int32_t persists;
    int32_t kinds;
    int32_t places;
    /// Counted by us: calls that matched since the harness last wrote 0, and those that failed.
    int32_t calls;
    int32_t failed;
};

static volatile struct control *control;
static unsigned char place_of[MAX_DESCRIPTORS];

__attribute__((constructor(103))) static void begin(void) {
    const char *path = getenv("FAULT_CONTROL");
    if (!watched_length || !path) return;
    int descriptor = real_open(path, O_RDWR | O_CLOEXEC);
    void *memory = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (memory == MAP_FAILED) {
        fprintf(stderr, "io_fault: the control file cannot be used\n");
        _exit(99);
    }
    real_close(descriptor);
    control = memory;
}

static enum place place(const char *name) {
    if (ends_with(name, "-wal")) return WAL;
    return ends_with(name, ".sqlite") ? DATABASE : OTHER;
}

/// - Returns: Whether this call is to fail; `errno` is set then.
static bool fails(enum kind kind, int where) {
    if (!control || !where || !control->is_armed || !(control->kinds & kind) || !(control->places & where)) return false;
    int call = __atomic_fetch_add(&control->calls, 1, __ATOMIC_SEQ_CST);
    if (call < control->passes || (call > control->passes && !control->persists)) return false;
    __atomic_add_fetch(&control->failed, 1, __ATOMIC_SEQ_CST);
    errno = control->error;
    return true;
}

static int where(int descriptor) {
    return descriptor >= 0 && descriptor < MAX_DESCRIPTORS ? place_of[descriptor] : 0;
}

static int opened(int descriptor, const char *path) {
    const char *name = descriptor >= 0 && descriptor < MAX_DESCRIPTORS ? watched_name(path) : NULL;
    if (name) place_of[descriptor] = (unsigned char)place(name);
    return descriptor;
}

static bool opening_fails(const char *path, int flags) {
    const char *name = control ? watched_name(path) : NULL;
    return name && (flags & O_ACCMODE) != O_RDONLY && fails(OPEN, place(name));
}

int open(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_argument(flags, arguments);
    va_end(arguments);
    return opening_fails(path, flags) ? -1 : opened(real_open(path, flags, mode), path);
}

int open64(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_argument(flags, arguments);
    va_end(arguments);
    return opening_fails(path, flags) ? -1 : opened(real_open(path, flags, mode), path);
}

int openat(int folder, const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_argument(flags, arguments);
    va_end(arguments);
    return opening_fails(path, flags) ? -1 : opened(real_openat(folder, path, flags, mode), path);
}

int close(int descriptor) {
    if (descriptor >= 0 && descriptor < MAX_DESCRIPTORS) place_of[descriptor] = 0;
    return real_close(descriptor);
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
    return fails(WRITE, where(descriptor)) ? -1 : real_write(descriptor, bytes, count);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) {
    return fails(WRITE, where(descriptor)) ? -1 : real_pwrite(descriptor, bytes, count, offset);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off_t offset) {
    return pwrite(descriptor, bytes, count, offset);
}

ssize_t writev(int descriptor, const struct iovec *parts, int count) {
    return fails(WRITE, where(descriptor)) ? -1 : real_writev(descriptor, parts, count);
}

int ftruncate(int descriptor, off_t length) {
    return fails(TRUNCATE, where(descriptor)) ? -1 : real_ftruncate(descriptor, length);
}

int ftruncate64(int descriptor, off_t length) { return ftruncate(descriptor, length); }

int fsync(int descriptor) { return fails(SYNC, where(descriptor)) ? -1 : real_fsync(descriptor); }

int fdatasync(int descriptor) { return fails(SYNC, where(descriptor)) ? -1 : real_fdatasync(descriptor); }

int unlink(const char *path) {
    const char *name = control ? watched_name(path) : NULL;
    return name && fails(UNLINK, place(name)) ? -1 : real_unlink(path);
}
