// Shows a process another time of day than it is, by what a file says, so that its clock can be stepped and stopped.
//
// Preloaded. Clocks that only count, such as CLOCK_MONOTONIC, continue unchanged, as when an operator sets the time.

#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/// The contents of the file. Both are written whole by the test, and read here at every call.
struct shift {
    volatile int64_t offset_nanoseconds;
    /// The time that it stays to be; 0 when the clock goes.
    volatile int64_t standing_nanoseconds;
};

static const struct shift *shift;

__attribute__((constructor)) static void map_file(void) {
    const char *path = getenv("CLOCK_SHIFT_FILE");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *mapped = mmap(NULL, sizeof(struct shift), PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (mapped != MAP_FAILED) shift = mapped;
}

/// By the system call and not by libc, whose function this one stands in for.
static int64_t shown_now(clockid_t clock) {
    struct timespec now;
    syscall(SYS_clock_gettime, clock, &now);
    int64_t nanoseconds = now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
    if (!shift) return nanoseconds;
    return shift->standing_nanoseconds ? shift->standing_nanoseconds : nanoseconds + shift->offset_nanoseconds;
}

int clock_gettime(clockid_t clock, struct timespec *answer) {
    if (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE) {
        return (int)syscall(SYS_clock_gettime, clock, answer);
    }
    int64_t now = shown_now(clock);
    answer->tv_sec = now / 1000000000;
    answer->tv_nsec = now % 1000000000;
    return 0;
}

int timespec_get(struct timespec *answer, int base) {
    if (base != TIME_UTC) return 0;
    clock_gettime(CLOCK_REALTIME, answer);
    return base;
}

int gettimeofday(struct timeval *restrict answer, void *restrict zone) {
    (void)zone;
    int64_t now = shown_now(CLOCK_REALTIME);
    answer->tv_sec = now / 1000000000;
    answer->tv_usec = now % 1000000000 / 1000;
    return 0;
}

time_t time(time_t *answer) {
    time_t now = (time_t)(shown_now(CLOCK_REALTIME) / 1000000000);
    if (answer) *answer = now;
    return now;
}
