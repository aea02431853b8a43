// Loaded before a program (LD_PRELOAD), makes its syncs slower, as on a disk that honours them for real.
//
// SLOW_SYNC_MICROSECONDS says by how much (4000). With SLOW_SYNC_COUNTER set, that file holds the number
// of syncs so far (64 bits, little-endian), to tell how many events shared one.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

typedef int (*sync_function)(int);

static atomic_ulong own_counter;
static atomic_ulong *counter = &own_counter;
static struct timespec delay;
static sync_function real_fsync, real_fdatasync;

static void share_counter(const char *path) {
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) return;
    if (ftruncate(file, sizeof *counter) == 0) {
        void *shared = mmap(NULL, sizeof *counter, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        if (shared != MAP_FAILED) counter = shared;
    }
    close(file);
}

__attribute__((constructor)) static void prepare(void) {
    const char *text = getenv("SLOW_SYNC_MICROSECONDS");
    long microseconds = text ? atol(text) : 4000;
    delay.tv_sec = microseconds / 1000000;
    delay.tv_nsec = microseconds % 1000000 * 1000;
    real_fsync = (sync_function)dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = (sync_function)dlsym(RTLD_NEXT, "fdatasync");
    const char *path = getenv("SLOW_SYNC_COUNTER");
    if (path) share_counter(path);
}

static int slowly(sync_function sync, int file) {
    atomic_fetch_add(counter, 1);
    nanosleep(&delay, NULL);
    return sync(file);
}

int fsync(int file) { return slowly(real_fsync, file); }
int fdatasync(int file) { return slowly(real_fdatasync, file); }
