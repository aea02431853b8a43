// Tells ThreadSanitizer about the contended half of `Synchronization.Mutex`.
//
// The uncontended half is an atomic exchange that the compiler puts into our own code, where the sanitizer sees
// it. Where two threads meet, the standard library, which is not instrumented, lets the kernel pass the lock on,
// and of that the sanitizer sees nothing: it reports as a race what the lock has kept apart. Preloaded, these
// two take the place of the library's functions, call them, and say what has happened.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

// Weak: the test runner's parent process has no sanitizer in it.
void __tsan_acquire(void *address) __attribute__((weak));
void __tsan_release(void *address) __attribute__((weak));

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *self
#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

SWIFT void lock_slow(uint32_t thread, SELF) __asm__(LOCK_SLOW);
SWIFT void unlock_slow(SELF) __asm__(UNLOCK_SLOW);

typedef SWIFT void (*lock_function)(uint32_t, SELF);
typedef SWIFT void (*unlock_function)(SELF);

SWIFT void lock_slow(uint32_t thread, SELF) {
    static lock_function original;
    if (!original) original = (lock_function)dlsym(RTLD_NEXT, LOCK_SLOW);
    original(thread, self);
    if (__tsan_acquire) __tsan_acquire(self);
}

SWIFT void unlock_slow(SELF) {
    static unlock_function original;
    if (!original) original = (unlock_function)dlsym(RTLD_NEXT, UNLOCK_SLOW);
    if (__tsan_release) __tsan_release(self);
    original(self);
}
