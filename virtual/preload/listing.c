/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bus in lists: in /dev, behind the entries that are really there, and in /proc/bus/i2c, which i2cdetect -l reads
 * first (kernels have had no such file since 2.6, so it hides nothing but the real adapters). Its state is the
 * process's: which open folders are /dev.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "virtual/preload/setting.h"

#define EXPORTED __attribute__((visibility("default")))
#define FOLDERS_MAX 16

static struct folder {
    DIR *dir;  /* NULL: free */
    bool over; /* the bus has been listed, or is really there */
    struct dirent64 entry;
} folders[FOLDERS_MAX];
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

/* The C library's own. */
static void *real(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);

    if (found == NULL)
        abort();
    return found;
}

/* ISO C has no conversion from object to function pointer; POSIX has, for dlsym(). */
#define CALL(type, name) ((type)(uintptr_t)real(name))

/* Notes the folder if it is /dev. */
static DIR *note(DIR *dir)
{
    struct preload_setting setting;
    struct stat found, dev;
    const int fd = dir == NULL ? -1 : dirfd(dir);

    if (fd < 0 || !preload_read_setting(&setting) || fstat(fd, &found) != 0 || stat("/dev", &dev) != 0 ||
        found.st_dev != dev.st_dev || found.st_ino != dev.st_ino)
        return dir;
    (void)pthread_mutex_lock(&turn);
    for (size_t i = 0; i < FOLDERS_MAX; i++) {
        if (folders[i].dir == NULL) {
            folders[i] = (struct folder){.dir = dir};
            break;
        }
    }
    (void)pthread_mutex_unlock(&turn);
    return dir;
}

EXPORTED DIR *opendir(const char *name)
{
    return note(CALL(DIR * (*)(const char *), "opendir")(name));
}

EXPORTED DIR *fdopendir(int fd)
{
    return note(CALL(DIR * (*)(int), "fdopendir")(fd));
}

/* The entry that follows the last real one: the bus, once; `entry` as it is in all other cases. */
static struct dirent64 *add_bus(const DIR *dir, struct dirent64 *entry)
{
    struct preload_setting setting;
    char name[40];

    if (!preload_read_setting(&setting))
        return entry;
    snprintf(name, sizeof name, "i2c-%ld", setting.number);
    (void)pthread_mutex_lock(&turn);
    for (size_t i = 0; i < FOLDERS_MAX; i++) {
        struct folder *folder = &folders[i];

        if (folder->dir != dir || folder->over)
            continue;
        folder->over = entry == NULL || strcmp(entry->d_name, name) == 0;
        if (entry != NULL)
            continue;
        folder->entry = (struct dirent64){.d_ino = 1, .d_type = DT_CHR, .d_reclen = sizeof folder->entry};
        memcpy(folder->entry.d_name, name, sizeof name);
        entry = &folder->entry;
    }
    (void)pthread_mutex_unlock(&turn);
    return entry;
}

EXPORTED struct dirent64 *readdir64(DIR *dir)
{
    return add_bus(dir, CALL(struct dirent64 * (*)(DIR *), "readdir64")(dir));
}

/* On the 64-bit machines that Debian has, struct dirent and struct dirent64 have the same layout. */
_Static_assert(sizeof(struct dirent) == sizeof(struct dirent64), "one layout for both");

EXPORTED struct dirent *readdir(DIR *dir)
{
    void *entry = readdir64(dir);

    return entry;
}

/* `closed`: the folder is no more; else it is read from its beginning again. */
static void begin_again(DIR *dir, bool closed)
{
    (void)pthread_mutex_lock(&turn);
    for (size_t i = 0; i < FOLDERS_MAX; i++) {
        if (folders[i].dir == dir)
            folders[i] = (struct folder){.dir = closed ? NULL : dir};
    }
    (void)pthread_mutex_unlock(&turn);
}

EXPORTED void rewinddir(DIR *dir)
{
    begin_again(dir, false);
    CALL(void (*)(DIR *), "rewinddir")(dir);
}

EXPORTED int closedir(DIR *dir)
{
    begin_again(dir, true);
    return CALL(int (*)(DIR *), "closedir")(dir);
}

/* /proc/bus/i2c as Linux 2.4 had it: bus, kind, name, algorithm. NULL: some other file. */
static FILE *open_list(const char *name, const char *mode)
{
    struct preload_setting setting;
    char line[120];
    FILE *file;

    if (strcmp(name, "/proc/bus/i2c") != 0 || mode[0] != 'r' || !preload_read_setting(&setting))
        return NULL;
    snprintf(line, sizeof line, "i2c-%ld\ti2c       \timprint virtual bus             \tVirtual chips\n",
             setting.number);
    file = tmpfile();
    if (file != NULL) {
        (void)fputs(line, file);
        (void)fseek(file, 0, SEEK_SET);
    }
    return file;
}

EXPORTED FILE *fopen64(const char *name, const char *mode)
{
    FILE *list = open_list(name, mode);

    return list != NULL ? list : CALL(FILE * (*)(const char *, const char *), "fopen64")(name, mode);
}

EXPORTED FILE *fopen(const char *name, const char *mode)
{
    return fopen64(name, mode);
}
