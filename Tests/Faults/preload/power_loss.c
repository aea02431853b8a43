// A disk that forgets: keeps, beside the database, what would be left of it if the power went now.
//
// Each file has a shadow, which a write does not reach until the file is synced; a file's name is in the shadow
// folder's list only after the folder was synced. The harness kills the process, replaces the files by their shadows
// (or by a random mixture of the two, since a disk may write unsynced blocks in any order) and starts it again.
//
//   FAULT_FOLDER   the folder of the database
//   FAULT_SHADOW   where the shadows are: `durable` and `current` list "name id", `i<id>` hold bytes
//   FAULT_LIE      1: syncs of the WAL pretend success, but for the one before a checkpoint: synchronous=NORMAL
//   FAULT_SYNC_US  how long a sync takes
//   FAULT_CONTROL  a file of three 32-bit numbers, changed while we run: which sync from now fails with EIO, how many
//                  did, and of which file: 1 the WAL, 2 the database. Data that the sync should have written are dropped,
//                  as Linux does
#include "interpose.h"

#include <sys/mman.h>

#define SECTOR 512
#define MAX_FILES 256

struct file {
    bool is_used;
    dev_t device;
    ino_t inode;
    int id;
    char name[208];
    int descriptor;
    unsigned char *dirty;
    size_t sectors;
    off_t shortest;
    bool owes_sync;
};

static struct file files[MAX_FILES];
static int next_id = 1;
static struct file *by_descriptor[MAX_DESCRIPTORS];
static bool is_folder[MAX_DESCRIPTORS];
static char shadow_folder[PATH_MAX];
static bool is_lying;
static useconds_t sync_time;
static volatile int32_t *control;

static void give_up(const char *why) {
    fprintf(stderr, "power_loss: %s: %s\n", why, strerror(errno));
    _exit(99);
}

static int open_shadow(const struct file *file) {
    char path[PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/i%d", shadow_folder, file->id);
    int descriptor = real_open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) give_up("the shadow of a file");
    return descriptor;
}

/// Writes down which file each name stands for.
static void list_names(const char *list) {
    char partial[PATH_MAX + 32], path[PATH_MAX + 32], text[MAX_FILES * 224];
    snprintf(partial, sizeof partial, "%s/%s.partial", shadow_folder, list);
    snprintf(path, sizeof path, "%s/%s", shadow_folder, list);
    int length = 0;
    for (int i = 0; i < MAX_FILES; i++)
        if (files[i].is_used && files[i].name[0])
            length += snprintf(text + length, sizeof text - (size_t)length, "%s %d\n", files[i].name, files[i].id);
    int descriptor = real_open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (descriptor < 0 || real_write(descriptor, text, (size_t)length) != length) give_up("a list of names");
    real_close(descriptor);
    if (real_rename(partial, path) != 0) give_up("a list of names");
}

static struct file *new_file(const char *name, const struct stat *status, int id) {
    for (int i = 0; i < MAX_FILES; i++) {
        struct file *file = &files[i];
        if (file->is_used) continue;
        memset(file, 0, sizeof *file);
        file->is_used = true;
        file->device = status->st_dev;
        file->inode = status->st_ino;
        file->id = id;
        file->descriptor = -1;
        file->shortest = -1;
        snprintf(file->name, sizeof file->name, "%s", name);
        if (id >= next_id) next_id = id + 1;
        return file;
    }
    give_up("too many files");
    return NULL;
}

/// Data that existed when the process began have reached the disk: the harness wrote the lists and the shadows.
__attribute__((constructor(103))) static void begin(void) {
    const char *shadow = getenv("FAULT_SHADOW");
    if (!watched_length || !shadow) return;
    snprintf(shadow_folder, sizeof shadow_folder, "%s", shadow);
    is_lying = getenv("FAULT_LIE") != NULL;
    const char *microseconds = getenv("FAULT_SYNC_US");
    sync_time = microseconds ? (useconds_t)atoi(microseconds) : 0;
    const char *path = getenv("FAULT_CONTROL");
    if (path) {
        int descriptor = real_open(path, O_RDWR | O_CLOEXEC);
        control = mmap(NULL, 12, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
        if (control == MAP_FAILED) give_up("the control file");
        real_close(descriptor);
    }
    char list[PATH_MAX + 32], line[300], name[208], full[PATH_MAX + 256];
    snprintf(list, sizeof list, "%s/durable", shadow_folder);
    FILE *names = fopen(list, "re");
    int id;
    struct stat status;
    while (names && fgets(line, sizeof line, names)) {
        if (sscanf(line, "%207s %d", name, &id) != 2) continue;
        snprintf(full, sizeof full, "%s/%s", watched_folder, name);
        if (stat(full, &status) == 0) new_file(name, &status, id);
    }
    if (names) fclose(names);
    list_names("current");
}

static struct file *file_of(int descriptor) {
    return descriptor >= 0 && descriptor < MAX_DESCRIPTORS ? __atomic_load_n(&by_descriptor[descriptor], __ATOMIC_ACQUIRE) : NULL;
}

static void opened(int descriptor, const char *path, int flags) {
    if (descriptor < 0 || descriptor >= MAX_DESCRIPTORS || !shadow_folder[0]) return;
    if (is_watched_folder(path)) {
        is_folder[descriptor] = true;
        return;
    }
    const char *name = watched_name(path);
    struct stat status;
    if (!name || fstat(descriptor, &status) != 0) return;
    pthread_mutex_lock(&interpose_lock);
    struct file *file = NULL;
    for (int i = 0; i < MAX_FILES && !file; i++)
        if (files[i].is_used && files[i].name[0] && files[i].inode == status.st_ino && files[i].device == status.st_dev)
            file = &files[i];
    if (!file) {
        file = new_file(name, &status, next_id);
        real_close(open_shadow(file));
        list_names("current");
    }
    if (flags & O_TRUNC) file->shortest = 0;
    if ((flags & O_ACCMODE) != O_RDONLY || file->descriptor < 0) file->descriptor = descriptor;
    __atomic_store_n(&by_descriptor[descriptor], file, __ATOMIC_RELEASE);
    pthread_mutex_unlock(&interpose_lock);
}

static void mark(struct file *file, off_t offset, size_t length) {
    size_t first = (size_t)offset / SECTOR, last = ((size_t)offset + length - 1) / SECTOR;
    if (last >= file->sectors) {
        size_t count = (last + 1) * 2;
        file->dirty = realloc(file->dirty, count);
        if (!file->dirty) give_up("memory");
        memset(file->dirty + file->sectors, 0, count - file->sectors);
        file->sectors = count;
    }
    memset(file->dirty + first, 1, last - first + 1);
}

/// Brings the shadow up to the file as it is.
static void persist(struct file *file, int descriptor) {
    struct stat status;
    if (fstat(descriptor, &status) != 0) give_up("a size");
    int shadow = open_shadow(file);
    if (file->shortest >= 0 && ftruncate(shadow, file->shortest) != 0) give_up("cutting a shadow");
    static unsigned char bytes[1 << 20];
    for (size_t sector = 0; sector < file->sectors;) {
        if (!file->dirty[sector]) { sector++; continue; }
        size_t end = sector;
        while (end < file->sectors && file->dirty[end] && (end - sector) * SECTOR < sizeof bytes) end++;
        off_t offset = (off_t)(sector * SECTOR);
        ssize_t count = pread(descriptor, bytes, (end - sector) * SECTOR, offset);
        if (count > 0 && real_pwrite(shadow, bytes, (size_t)count, offset) != count) give_up("a shadow");
        sector = end;
    }
    if (real_ftruncate(shadow, status.st_size) != 0) give_up("cutting a shadow");
    real_close(shadow);
    if (file->sectors) memset(file->dirty, 0, file->sectors);
    file->shortest = -1;
    file->owes_sync = false;
}

/// NORMAL syncs the WAL before a checkpoint writes its pages to the database.
static void pay_debts(const struct file *writing) {
    for (int i = 0; i < MAX_FILES; i++)
        if (files[i].is_used && files[i].owes_sync && &files[i] != writing && files[i].descriptor >= 0)
            persist(&files[i], files[i].descriptor);
}

static int synced(int descriptor, int (*sync)(int)) {
    struct file *file = file_of(descriptor);
    if (file) {
        if (sync_time) usleep(sync_time);
        pthread_mutex_lock(&interpose_lock);
        int where = ends_with(file->name, "-wal") ? 1 : ends_with(file->name, ".sqlite") ? 2 : 0;
        bool fails = control && control[0] > 0 && control[2] == where && __atomic_sub_fetch(&control[0], 1, __ATOMIC_SEQ_CST) == 0;
        if (fails) {
            __atomic_add_fetch(&control[1], 1, __ATOMIC_SEQ_CST);
            if (file->sectors) memset(file->dirty, 0, file->sectors);
        } else if (is_lying && ends_with(file->name, "-wal")) {
            file->owes_sync = true;
        } else {
            persist(file, descriptor);
        }
        pthread_mutex_unlock(&interpose_lock);
        if (fails) errno = EIO;
        return fails ? -1 : 0;
    }
    if (descriptor >= 0 && descriptor < MAX_DESCRIPTORS && is_folder[descriptor]) {
        pthread_mutex_lock(&interpose_lock);
        list_names("durable");
        pthread_mutex_unlock(&interpose_lock);
        return 0;
    }
    return sync(descriptor);
}

int fsync(int descriptor) { return synced(descriptor, real_fsync); }
int fdatasync(int descriptor) { return synced(descriptor, real_fdatasync); }

int open(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    int descriptor = real_open(path, flags, mode_argument(flags, arguments));
    va_end(arguments);
    opened(descriptor, path, flags);
    return descriptor;
}

int open64(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    int descriptor = real_open(path, flags, mode_argument(flags, arguments));
    va_end(arguments);
    opened(descriptor, path, flags);
    return descriptor;
}

int openat(int folder, const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    int descriptor = real_openat(folder, path, flags, mode_argument(flags, arguments));
    va_end(arguments);
    opened(descriptor, path, flags);
    return descriptor;
}

int creat(const char *path, mode_t mode) {
    int descriptor = real_open(path, O_CREAT | O_WRONLY | O_TRUNC, mode);
    opened(descriptor, path, O_CREAT | O_WRONLY | O_TRUNC);
    return descriptor;
}

int close(int descriptor) {
    struct file *file = file_of(descriptor);
    if (descriptor >= 0 && descriptor < MAX_DESCRIPTORS) {
        if (file) {
            pthread_mutex_lock(&interpose_lock);
            if (file->descriptor == descriptor) file->descriptor = -1;
            by_descriptor[descriptor] = NULL;
            pthread_mutex_unlock(&interpose_lock);
        }
        is_folder[descriptor] = false;
    }
    return real_close(descriptor);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) {
    struct file *file = file_of(descriptor);
    if (!file) return real_pwrite(descriptor, bytes, count, offset);
    pthread_mutex_lock(&interpose_lock);
    if (is_lying && !ends_with(file->name, "-wal")) pay_debts(file);
    ssize_t written = real_pwrite(descriptor, bytes, count, offset);
    if (written > 0) mark(file, offset, (size_t)written);
    pthread_mutex_unlock(&interpose_lock);
    return written;
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off_t offset) {
    return pwrite(descriptor, bytes, count, offset);
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
    struct file *file = file_of(descriptor);
    if (!file) return real_write(descriptor, bytes, count);
    pthread_mutex_lock(&interpose_lock);
    off_t offset = lseek(descriptor, 0, SEEK_CUR);
    ssize_t written = real_write(descriptor, bytes, count);
    if (written > 0) mark(file, offset, (size_t)written);
    pthread_mutex_unlock(&interpose_lock);
    return written;
}

ssize_t writev(int descriptor, const struct iovec *parts, int count) {
    struct file *file = file_of(descriptor);
    if (!file) return real_writev(descriptor, parts, count);
    pthread_mutex_lock(&interpose_lock);
    off_t offset = lseek(descriptor, 0, SEEK_CUR);
    ssize_t written = real_writev(descriptor, parts, count);
    if (written > 0) mark(file, offset, (size_t)written);
    pthread_mutex_unlock(&interpose_lock);
    return written;
}

int ftruncate(int descriptor, off_t length) {
    struct file *file = file_of(descriptor);
    if (!file) return real_ftruncate(descriptor, length);
    pthread_mutex_lock(&interpose_lock);
    int result = real_ftruncate(descriptor, length);
    if (result == 0 && (file->shortest < 0 || length < file->shortest)) file->shortest = length;
    pthread_mutex_unlock(&interpose_lock);
    return result;
}

int ftruncate64(int descriptor, off_t length) { return ftruncate(descriptor, length); }

int unlink(const char *path) {
    const char *name = shadow_folder[0] ? watched_name(path) : NULL;
    int result = real_unlink(path);
    if (!name || result != 0) return result;
    pthread_mutex_lock(&interpose_lock);
    for (int i = 0; i < MAX_FILES; i++) {
        if (!files[i].is_used || strcmp(files[i].name, name) != 0) continue;
        files[i].name[0] = '\0';
        if (files[i].descriptor < 0) {
            free(files[i].dirty);
            files[i].is_used = false;
        }
    }
    list_names("current");
    pthread_mutex_unlock(&interpose_lock);
    return result;
}

int rename(const char *from, const char *to) {
    const char *old = shadow_folder[0] ? watched_name(from) : NULL;
    const char *new = shadow_folder[0] ? watched_name(to) : NULL;
    int result = real_rename(from, to);
    if (result != 0 || (!old && !new)) return result;
    pthread_mutex_lock(&interpose_lock);
    for (int i = 0; i < MAX_FILES; i++)
        if (files[i].is_used && new && strcmp(files[i].name, new) == 0) files[i].name[0] = '\0';
    for (int i = 0; i < MAX_FILES; i++)
        if (files[i].is_used && old && strcmp(files[i].name, old) == 0)
            snprintf(files[i].name, sizeof files[i].name, "%s", new ? new : "");
    list_names("current");
    pthread_mutex_unlock(&interpose_lock);
    return result;
}
