/* SPDX-License-Identifier: Apache-2.0 */
/*
 * imprint-run.so: is loaded before the C library in a program that `imprint virtual run` has started, and turns calls
 * on /dev/i2c-N into calls of virtual/preload/i2c_dev.c. All other calls reach the C library unchanged. An open adapter
 * is one process's at a time; a descriptor inherited over exec() is not known any more.
 *
 * Its state is the process's: which descriptors are adapters, and where the C library's functions are.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "virtual/preload/i2c_dev.h"
#include "virtual/preload/paths.h"
#include "virtual/preload/setting.h"

#define EXPORTED __attribute__((visibility("default")))
#define FILES_MAX 1024
#define I2C_MAJOR 89 /* Documentation/admin-guide/devices.txt */
#define OPEN_TAKES_MODE (O_CREAT | __O_TMPFILE)

enum real {
    REAL_OPEN,
    REAL_OPENAT,
    REAL_CLOSE,
    REAL_DUP,
    REAL_DUP2,
    REAL_DUP3,
    REAL_FCNTL,
    REAL_IOCTL,
    REAL_READ,
    REAL_WRITE,
    REAL_ACCESS,
    REAL_FACCESSAT,
    REAL_STAT,
    REAL_LSTAT,
    REAL_FSTAT,
    REAL_FSTATAT,
    REAL_STATX,
    REAL_COUNT
};

/* The 64-bit forms: if both exist, they are the same, or accept larger numbers. */
static const char *const names[REAL_COUNT] = {
    [REAL_OPEN] = "open64", [REAL_OPENAT] = "openat64", [REAL_CLOSE] = "close",   [REAL_DUP] = "dup",
    [REAL_DUP2] = "dup2",   [REAL_DUP3] = "dup3",       [REAL_FCNTL] = "fcntl64", [REAL_IOCTL] = "ioctl",
    [REAL_READ] = "read",   [REAL_WRITE] = "write",     [REAL_ACCESS] = "access", [REAL_FACCESSAT] = "faccessat",
    [REAL_STAT] = "stat64", [REAL_LSTAT] = "lstat64",   [REAL_FSTAT] = "fstat64", [REAL_FSTATAT] = "fstatat64",
    [REAL_STATX] = "statx",
};

typedef int open_function(const char *, int, ...);
typedef int openat_function(int, const char *, int, ...);
typedef int fcntl_function(int, int, ...);
typedef int ioctl_function(int, unsigned long, ...);

static _Atomic(void *) functions[REAL_COUNT];
static struct {
    atomic_bool open;
    struct i2c_dev_file file;
} files[FILES_MAX];
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static atomic_flag said_gone = ATOMIC_FLAG_INIT;

/* The C library's own function. It exists, or the program could not have called it. */
static void *function_of(enum real which)
{
    void *found = atomic_load_explicit(&functions[which], memory_order_relaxed);

    if (found == NULL) {
        found = dlsym(RTLD_NEXT, names[which]);
        if (found == NULL)
            abort();
        atomic_store_explicit(&functions[which], found, memory_order_relaxed);
    }
    return found;
}

/* ISO C has no conversion from object to function pointer; POSIX has, for dlsym(). */
#define CALL(type, which) ((type)(uintptr_t)function_of(which))

static bool is_adapter(int fd)
{
    return fd >= 0 && fd < FILES_MAX && atomic_load_explicit(&files[fd].open, memory_order_relaxed);
}

/* Is this the adapter's name? With `follow` also the name of a link to it. */
static bool is_bus(int folder, const char *name, bool follow)
{
    struct preload_setting setting;

    return name != NULL && preload_read_setting(&setting) && preload_names_bus(folder, name, setting.number, follow);
}

/* Says once why every call on the bus fails from now on; `result` is passed through, as errno is. */
static ssize_t check_gone(ssize_t result)
{
    const int number = errno;
    struct preload_setting setting;

    if (result < 0 && number == ENODEV && preload_read_setting(&setting) && !atomic_flag_test_and_set(&said_gone))
        dprintf(STDERR_FILENO,
                "imprint-run.so: /dev/i2c-%ld is gone: imprint virtual run has ended, closed this connection, or its "
                "socket %s was removed\n",
                setting.number, setting.socket_path);
    errno = number;
    return result;
}

static void note(int fd, const struct i2c_dev_file *file)
{
    files[fd].file = *file;
    atomic_store(&files[fd].open, true);
}

static int open_bus(int flags)
{
    struct preload_setting setting = {.socket_path = ""};
    struct i2c_dev_file fresh = {.address = 0};
    int fd;

    (void)preload_read_setting(&setting);
    fresh.nack = setting.nack;
    fd = (int)check_gone(i2c_dev_open(setting.socket_path));
    if (fd < 0)
        return -1;
    if (fd >= FILES_MAX) {
        (void)CALL(int (*)(int), REAL_CLOSE)(fd);
        errno = EMFILE;
        return -1;
    }
    if ((flags & O_CLOEXEC) == 0)
        (void)CALL(fcntl_function *, REAL_FCNTL)(fd, F_SETFD, 0);
    note(fd, &fresh);
    return fd;
}

static int open_any(const char *name, int flags, mode_t mode)
{
    if (is_bus(AT_FDCWD, name, (flags & O_NOFOLLOW) == 0))
        return open_bus(flags);
    return CALL(open_function *, REAL_OPEN)(name, flags, mode);
}

static int openat_any(int folder, const char *name, int flags, mode_t mode)
{
    if (is_bus(folder, name, (flags & O_NOFOLLOW) == 0))
        return open_bus(flags);
    return CALL(openat_function *, REAL_OPENAT)(folder, name, flags, mode);
}

/* The mode is passed only if the flags say so. */
static mode_t take_mode(int flags, va_list more)
{
    return (flags & OPEN_TAKES_MODE) != 0 ? va_arg(more, mode_t) : 0;
}

EXPORTED int open(const char *name, int flags, ...)
{
    va_list more;
    mode_t mode;

    va_start(more, flags);
    mode = take_mode(flags, more);
    va_end(more);
    return open_any(name, flags, mode);
}

EXPORTED int open64(const char *name, int flags, ...)
{
    va_list more;
    mode_t mode;

    va_start(more, flags);
    mode = take_mode(flags, more);
    va_end(more);
    return open_any(name, flags | O_LARGEFILE, mode);
}

EXPORTED int openat(int folder, const char *name, int flags, ...)
{
    va_list more;
    mode_t mode;

    va_start(more, flags);
    mode = take_mode(flags, more);
    va_end(more);
    return openat_any(folder, name, flags, mode);
}

EXPORTED int openat64(int folder, const char *name, int flags, ...)
{
    va_list more;
    mode_t mode;

    va_start(more, flags);
    mode = take_mode(flags, more);
    va_end(more);
    return openat_any(folder, name, flags | O_LARGEFILE, mode);
}

/* The names of open() and the like in programs compiled with _FORTIFY_SOURCE. */
EXPORTED int __open_2(const char *name, int flags);
EXPORTED int __open64_2(const char *name, int flags);
EXPORTED int __openat_2(int folder, const char *name, int flags);
EXPORTED int __openat64_2(int folder, const char *name, int flags);
EXPORTED ssize_t __read_chk(int fd, void *data, size_t len, size_t room);

int __open_2(const char *name, int flags)
{
    return open_any(name, flags, 0);
}

int __open64_2(const char *name, int flags)
{
    return open_any(name, flags | O_LARGEFILE, 0);
}

int __openat_2(int folder, const char *name, int flags)
{
    return openat_any(folder, name, flags, 0);
}

int __openat64_2(int folder, const char *name, int flags)
{
    return openat_any(folder, name, flags | O_LARGEFILE, 0);
}

EXPORTED int close(int fd)
{
    if (is_adapter(fd))
        atomic_store(&files[fd].open, false);
    return CALL(int (*)(int), REAL_CLOSE)(fd);
}

/* After dup() of `from`: `to` is the new descriptor, or -1 if it failed. */
static int follow(int from, int to)
{
    if (to >= 0 && to < FILES_MAX && from != to) {
        atomic_store(&files[to].open, false);
        if (is_adapter(from))
            note(to, &files[from].file);
    }
    return to;
}

EXPORTED int dup(int fd)
{
    return follow(fd, CALL(int (*)(int), REAL_DUP)(fd));
}

EXPORTED int dup2(int fd, int to)
{
    return follow(fd, CALL(int (*)(int, int), REAL_DUP2)(fd, to));
}

EXPORTED int dup3(int fd, int to, int flags)
{
    return follow(fd, CALL(int (*)(int, int, int), REAL_DUP3)(fd, to, flags));
}

static int fcntl_any(int fd, int command, void *argument)
{
    int result = CALL(fcntl_function *, REAL_FCNTL)(fd, command, argument);

    return command == F_DUPFD || command == F_DUPFD_CLOEXEC ? follow(fd, result) : result;
}

/* An int argument is passed in a register of its own, as a pointer is: reading a pointer reads it too. */
EXPORTED int fcntl(int fd, int command, ...)
{
    va_list more;
    void *argument;

    va_start(more, command);
    argument = va_arg(more, void *);
    va_end(more);
    return fcntl_any(fd, command, argument);
}

EXPORTED int fcntl64(int fd, int command, ...)
{
    va_list more;
    void *argument;

    va_start(more, command);
    argument = va_arg(more, void *);
    va_end(more);
    return fcntl_any(fd, command, argument);
}

EXPORTED int ioctl(int fd, unsigned long request, ...)
{
    va_list more;
    void *argument;
    int result;

    va_start(more, request);
    argument = va_arg(more, void *);
    va_end(more);
    if (!is_adapter(fd))
        return CALL(ioctl_function *, REAL_IOCTL)(fd, request, argument);
    (void)pthread_mutex_lock(&turn);
    result = (int)check_gone(i2c_dev_ioctl(fd, &files[fd].file, request, argument));
    (void)pthread_mutex_unlock(&turn);
    return result;
}

EXPORTED ssize_t read(int fd, void *data, size_t len)
{
    ssize_t result;

    if (!is_adapter(fd))
        return CALL(ssize_t(*)(int, void *, size_t), REAL_READ)(fd, data, len);
    (void)pthread_mutex_lock(&turn);
    result = check_gone(i2c_dev_read(fd, &files[fd].file, data, len));
    (void)pthread_mutex_unlock(&turn);
    return result;
}

ssize_t __read_chk(int fd, void *data, size_t len, size_t room)
{
    if (len > room)
        abort();
    return read(fd, data, len);
}

EXPORTED ssize_t write(int fd, const void *data, size_t len)
{
    ssize_t result;

    if (!is_adapter(fd))
        return CALL(ssize_t(*)(int, const void *, size_t), REAL_WRITE)(fd, data, len);
    (void)pthread_mutex_lock(&turn);
    result = check_gone(i2c_dev_write(fd, &files[fd].file, data, len));
    (void)pthread_mutex_unlock(&turn);
    return result;
}

static dev_t bus_device(void)
{
    struct preload_setting setting = {.number = 0};

    (void)preload_read_setting(&setting);
    return makedev(I2C_MAJOR, (unsigned)setting.number);
}

/* What access() gives for the adapter. */
static int access_bus(int mode)
{
    if ((mode & X_OK) == 0)
        return 0;
    errno = EACCES;
    return -1;
}

EXPORTED int access(const char *name, int mode)
{
    if (!is_bus(AT_FDCWD, name, true))
        return CALL(int (*)(const char *, int), REAL_ACCESS)(name, mode);
    return access_bus(mode);
}

EXPORTED int faccessat(int folder, const char *name, int mode, int flags)
{
    if (is_bus(folder, name, (flags & AT_SYMLINK_NOFOLLOW) == 0))
        return access_bus(mode);
    return CALL(int (*)(int, const char *, int, int), REAL_FACCESSAT)(folder, name, mode, flags);
}

static int describe(struct stat64 *found)
{
    memset(found, 0, sizeof *found);
    found->st_mode = S_IFCHR | 0660;
    found->st_nlink = 1;
    found->st_uid = geteuid();
    found->st_gid = getegid();
    found->st_rdev = bus_device();
    found->st_blksize = 4096;
    return 0;
}

/* On the 64-bit machines that Debian has, struct stat and struct stat64 have the same layout. */
_Static_assert(sizeof(struct stat) == sizeof(struct stat64), "one layout for both");

EXPORTED int stat64(const char *name, struct stat64 *found)
{
    if (is_bus(AT_FDCWD, name, true))
        return describe(found);
    return CALL(int (*)(const char *, struct stat64 *), REAL_STAT)(name, found);
}

EXPORTED int lstat64(const char *name, struct stat64 *found)
{
    if (is_bus(AT_FDCWD, name, false))
        return describe(found);
    return CALL(int (*)(const char *, struct stat64 *), REAL_LSTAT)(name, found);
}

EXPORTED int fstat64(int fd, struct stat64 *found)
{
    if (is_adapter(fd))
        return describe(found);
    return CALL(int (*)(int, struct stat64 *), REAL_FSTAT)(fd, found);
}

EXPORTED int fstatat64(int folder, const char *name, struct stat64 *found, int flags)
{
    if (is_bus(folder, name, (flags & AT_SYMLINK_NOFOLLOW) == 0) ||
        ((flags & AT_EMPTY_PATH) != 0 && is_adapter(folder) && name[0] == '\0'))
        return describe(found);
    return CALL(int (*)(int, const char *, struct stat64 *, int), REAL_FSTATAT)(folder, name, found, flags);
}

EXPORTED int stat(const char *name, struct stat *found)
{
    void *wide = found; /* the same layout: see the assertion above */

    return stat64(name, wide);
}

EXPORTED int lstat(const char *name, struct stat *found)
{
    void *wide = found; /* the same layout: see the assertion above */

    return lstat64(name, wide);
}

EXPORTED int fstat(int fd, struct stat *found)
{
    void *wide = found; /* the same layout: see the assertion above */

    return fstat64(fd, wide);
}

EXPORTED int fstatat(int folder, const char *name, struct stat *found, int flags)
{
    void *wide = found;

    return fstatat64(folder, name, wide, flags);
}

EXPORTED int statx(int folder, const char *name, int flags, unsigned mask, struct statx *found)
{
    if (!is_bus(folder, name, (flags & AT_SYMLINK_NOFOLLOW) == 0) &&
        !((flags & AT_EMPTY_PATH) != 0 && is_adapter(folder) && name[0] == '\0'))
        return CALL(int (*)(int, const char *, int, unsigned, struct statx *), REAL_STATX)(folder, name, flags, mask,
                                                                                           found);
    memset(found, 0, sizeof *found);
    found->stx_mask = STATX_TYPE | STATX_MODE | STATX_NLINK | STATX_UID | STATX_GID;
    found->stx_mode = S_IFCHR | 0660;
    found->stx_nlink = 1;
    found->stx_uid = geteuid();
    found->stx_gid = getegid();
    found->stx_rdev_major = major(bus_device());
    found->stx_rdev_minor = minor(bus_device());
    found->stx_blksize = 4096;
    return 0;
}
