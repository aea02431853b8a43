// Shared by both preloaded libraries: which descriptors are files of the database, and the real calls.
//
// SQLite reaches the system through libc's symbols, so a library that is loaded before libc stands between the two.
// The -shm file is left alone: it is rebuilt from the WAL after every crash, and never synced.
#ifndef INTERPOSE_H
#define INTERPOSE_H

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define MAX_DESCRIPTORS 65536

#define REAL(result, name, ...) \
    static result (*real_##name)(__VA_ARGS__); \
    __attribute__((constructor(101))) static void find_##name(void) { *(void **)&real_##name = dlsym(RTLD_NEXT, #name); }

REAL(int, open, const char *, int, ...)
REAL(int, openat, int, const char *, int, ...)
REAL(int, close, int)
REAL(ssize_t, write, int, const void *, size_t)
REAL(ssize_t, pwrite, int, const void *, size_t, off_t)
REAL(ssize_t, writev, int, const struct iovec *, int)
REAL(int, ftruncate, int, off_t)
REAL(int, fsync, int)
REAL(int, fdatasync, int)
REAL(int, unlink, const char *)
REAL(int, rename, const char *, const char *)

__attribute__((unused)) static pthread_mutex_t interpose_lock = PTHREAD_MUTEX_INITIALIZER;

/// The folder of the database, from FAULT_FOLDER; without it nothing is interposed.
static char watched_folder[PATH_MAX];
static size_t watched_length;

__attribute__((constructor(102))) static void find_folder(void) {
    const char *folder = getenv("FAULT_FOLDER");
    if (folder && realpath(folder, watched_folder)) watched_length = strlen(watched_folder);
}

static bool ends_with(const char *text, const char *end) {
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

/// The name of a watched file; NULL for any other path.
static const char *watched_name(const char *path) {
    if (!watched_length || !path || path[0] != '/') return NULL;
    if (strncmp(path, watched_folder, watched_length) != 0 || path[watched_length] != '/') return NULL;
    const char *name = path + watched_length + 1;
    if (!*name || strchr(name, '/') || strlen(name) > 200) return NULL;
    return ends_with(name, "-shm") || ends_with(name, ".lock") || ends_with(name, "log") ? NULL : name;
}

__attribute__((unused)) static bool is_watched_folder(const char *path) {
    if (!watched_length || !path || strncmp(path, watched_folder, watched_length) != 0) return false;
    const char *rest = path + watched_length;
    return !*rest || strcmp(rest, "/") == 0 || strcmp(rest, "/.") == 0;
}

static mode_t mode_argument(int flags, va_list arguments) {
    return flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
}

#endif
