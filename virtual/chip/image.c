/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file in three parts of 2048 bytes: a header written once, and two halves. Each half is whole: sequence, seed,
 * memory, zeros, and a SHA-256 over all of that. A change is written to the older half with a single pwrite. A process
 * that is killed in the middle leaves a half with a wrong checksum, and the other one is valid. No fsync: the file
 * survives any process, but not a crash of the machine.
 */
#define _POSIX_C_SOURCE 200809L /* pwrite, O_CLOEXEC, link */
#include "virtual/chip/image.h"
#include "virtual/chip/crypto.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PART_BYTES 2048
#define FILE_BYTES (3 * PART_BYTES)
#define VERSION 1

/* Header: text, version and its complement (so that one damaged bit is not taken for a later version), zeros. */
#define TEXT_BYTES 96
static const char header_text[TEXT_BYTES] =
    "imprint virtual secure element, not a real device: private keys lie here in clear\n";
#define AT_VERSION TEXT_BYTES
#define AT_VERSION_COMPLEMENT (TEXT_BYTES + 4)

/* Half. */
#define AT_SEQUENCE 0
#define AT_HAS_SEED 8
#define AT_HAS_REVISION 9
#define AT_SEED 16
#define AT_REVISION 24
#define AT_MEMORY 32
#define AT_CHECKSUM (PART_BYTES - 32)

_Static_assert(sizeof(struct virtual_memory) == VIRTUAL_CONFIG_BYTES + VIRTUAL_OTP_BYTES + VIRTUAL_DATA_BYTES,
               "memory is written to the file as it lies");
_Static_assert(AT_MEMORY + sizeof(struct virtual_memory) <= AT_CHECKSUM, "a half holds all memory");

static void put64(uint8_t *at, uint64_t value)
{
    for (unsigned i = 0; i < 8; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

static uint64_t get64(const uint8_t *at)
{
    uint64_t value = 0;

    for (unsigned i = 8; i-- > 0;)
        value = value << 8 | at[i];
    return value;
}

static void put32(uint8_t *at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

static uint32_t get32(const uint8_t *at)
{
    return (uint32_t)(at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24);
}

static void make_header(uint8_t header[static PART_BYTES])
{
    memset(header, 0, PART_BYTES);
    memcpy(header, header_text, TEXT_BYTES);
    put32(header + AT_VERSION, VERSION);
    put32(header + AT_VERSION_COMPLEMENT, ~(uint32_t)VERSION);
}

static void make_half(const struct virtual_image *image, uint64_t sequence, const struct virtual_memory *memory,
                      uint8_t half[static PART_BYTES])
{
    memset(half, 0, PART_BYTES);
    put64(half + AT_SEQUENCE, sequence);
    half[AT_HAS_SEED] = image->has_seed;
    half[AT_HAS_REVISION] = image->has_revision;
    put64(half + AT_SEED, image->seed);
    memcpy(half + AT_REVISION, image->revision, sizeof image->revision);
    memcpy(half + AT_MEMORY, memory, sizeof *memory);
    virtual_sha256(half, AT_CHECKSUM, half + AT_CHECKSUM);
}

static bool half_is_good(const uint8_t half[static PART_BYTES])
{
    uint8_t checksum[32];

    virtual_sha256(half, AT_CHECKSUM, checksum);
    return memcmp(checksum, half + AT_CHECKSUM, sizeof checksum) == 0;
}

/* One write, at `offset`. 0 or an errno. */
static int write_once(int fd, const uint8_t *data, size_t len, off_t offset)
{
    ssize_t written = -1;

    do
        written = pwrite(fd, data, len, offset);
    while (written < 0 && errno == EINTR);
    if (written < 0)
        return errno;
    return (size_t)written == len ? 0 : ENOSPC;
}

static enum virtual_status refuse(struct virtual_problem *problem, enum virtual_status status, const char *cause)
{
    problem->cause = cause;
    return status;
}

static enum virtual_status system_failed(struct virtual_problem *problem, int system_errno, const char *cause)
{
    problem->system_errno = system_errno;
    problem->cause = cause;
    return VIRTUAL_SYSTEM;
}

enum virtual_status virtual_image_create(const char *path, const struct virtual_image *image,
                                         const struct virtual_memory *memory, struct virtual_problem *problem)
{
    enum virtual_status status = VIRTUAL_OK;
    const size_t temp_size = strlen(path) + 32;
    char *temp = malloc(temp_size);
    uint8_t *content = malloc(FILE_BYTES);
    int fd = -1;
    int failed = 0;

    if (temp == NULL || content == NULL) {
        status = system_failed(problem, ENOMEM, "out of memory");
        goto out;
    }
    (void)snprintf(temp, temp_size, "%s.new-%ld", path, (long)getpid());
    make_header(content);
    make_half(image, image->sequence, memory, content + PART_BYTES);
    make_half(image, image->sequence, memory, content + 2 * (size_t)PART_BYTES);
    (void)unlink(temp); /* of an earlier process with this id, which was killed */
    fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd < 0) {
        status = system_failed(problem, errno, "the file cannot be created");
        goto out;
    }
    failed = write_once(fd, content, FILE_BYTES, 0);
    if (failed != 0)
        status = system_failed(problem, failed, "the file cannot be written");
    else if (link(temp, path) != 0)
        status = errno == EEXIST ? refuse(problem, VIRTUAL_EXISTS, "a file of this name exists already")
                                 : system_failed(problem, errno, "the file cannot be linked to its name");
    (void)unlink(temp);
    (void)close(fd);
out:
    if (content != NULL)
        virtual_wipe(content, FILE_BYTES);
    free(content);
    free(temp);
    return status;
}

/*
 * flock() is the lock, because it also refuses a second chip of this process. The record lock tells who holds the file.
 */
static enum virtual_status take_lock(int fd, struct virtual_problem *problem)
{
    struct flock record = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fcntl(fd, F_SETLK, &record) == 0)
        return VIRTUAL_OK;
    if (errno != EWOULDBLOCK && errno != EAGAIN && errno != EACCES)
        return system_failed(problem, errno, "the file cannot be locked");
    problem->cause = "another program is using this virtual chip";
    record.l_type = F_WRLCK;
    if (fcntl(fd, F_GETLK, &record) == 0 && record.l_type != F_UNLCK)
        problem->holder_pid = record.l_pid;
    return VIRTUAL_IN_USE;
}

/* Is this the beginning of our header? `len` bytes are there. */
static bool begins_like_ours(const uint8_t *content, size_t len)
{
    const size_t text_len = len < TEXT_BYTES ? len : TEXT_BYTES;

    return len > 0 && memcmp(content, header_text, text_len) == 0;
}

bool virtual_is_chip_file(const char *path)
{
    uint8_t content[TEXT_BYTES];
    struct stat found;
    /* Not a pipe: opening it would wake a process that waits for a reader. */
    int fd = stat(path, &found) == 0 && S_ISREG(found.st_mode) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    bool is_chip = fd >= 0 && read(fd, content, sizeof content) == (ssize_t)sizeof content &&
                   begins_like_ours(content, sizeof content);

    if (fd >= 0)
        (void)close(fd);
    return is_chip;
}

static enum virtual_status parse(const uint8_t *content, size_t len, struct virtual_image *image,
                                 struct virtual_memory *memory, struct virtual_problem *problem)
{
    uint8_t header[PART_BYTES];
    const uint8_t *halves[2] = {content + PART_BYTES, content + 2 * (size_t)PART_BYTES};
    const uint8_t *newest = NULL;

    if (!begins_like_ours(content, len))
        return refuse(problem, VIRTUAL_NOT_CHIP, len == 0 ? "the file is empty" : "this is not a virtual chip's file");
    if (len >= AT_VERSION_COMPLEMENT + 4 && get32(content + AT_VERSION) > VERSION &&
        get32(content + AT_VERSION) == ~get32(content + AT_VERSION_COMPLEMENT))
        return refuse(problem, VIRTUAL_VERSION, "the file was made by a later imprint");
    if (len < FILE_BYTES)
        return refuse(problem, VIRTUAL_DAMAGED, "the file is cut short");
    make_header(header);
    if (len > FILE_BYTES || memcmp(content, header, PART_BYTES) != 0)
        return refuse(problem, VIRTUAL_DAMAGED, "the file's header is damaged");
    for (unsigned i = 0; i < 2; i++)
        if (half_is_good(halves[i]) &&
            (newest == NULL || get64(halves[i] + AT_SEQUENCE) > get64(newest + AT_SEQUENCE))) {
            newest = halves[i];
            image->newest_half = i;
        }
    if (newest == NULL)
        return refuse(problem, VIRTUAL_DAMAGED, "neither half of the file has a right checksum");
    image->sequence = get64(newest + AT_SEQUENCE);
    image->has_seed = newest[AT_HAS_SEED] != 0;
    image->seed = get64(newest + AT_SEED);
    image->has_revision = newest[AT_HAS_REVISION] != 0;
    memcpy(image->revision, newest + AT_REVISION, sizeof image->revision);
    memcpy(memory, newest + AT_MEMORY, sizeof *memory);
    return VIRTUAL_OK;
}

/* Reads up to one byte more than a good file has. */
static enum virtual_status read_all(int fd, uint8_t *content, size_t *len, struct virtual_problem *problem)
{
    *len = 0;
    while (*len < FILE_BYTES + 1) {
        const ssize_t got = pread(fd, content + *len, FILE_BYTES + 1 - *len, (off_t)*len);

        if (got == 0)
            break;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return system_failed(problem, errno, "the file cannot be read");
        *len += (size_t)got;
    }
    return VIRTUAL_OK;
}

enum virtual_status virtual_image_open(const char *path, struct virtual_image *image, struct virtual_memory *memory,
                                       struct virtual_problem *problem)
{
    enum virtual_status status = VIRTUAL_OK;
    struct stat about;
    uint8_t *content = NULL;
    size_t len = 0;

    /* O_NONBLOCK and O_NOCTTY: opening a pipe or a terminal by mistake must not block. */
    image->fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (image->fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return refuse(problem, VIRTUAL_NO_FILE, "there is no such file");
    if (image->fd < 0 && errno == EISDIR)
        return refuse(problem, VIRTUAL_NOT_CHIP, "this is a directory");
    if (image->fd < 0)
        return system_failed(problem, errno, "the file cannot be opened for reading and writing");
    if (fstat(image->fd, &about) != 0) {
        status = system_failed(problem, errno, "the file cannot be looked at");
        goto out;
    }
    if (!S_ISREG(about.st_mode)) {
        status = refuse(problem, VIRTUAL_NOT_CHIP, "this is not a regular file");
        goto out;
    }
    status = take_lock(image->fd, problem);
    if (status != VIRTUAL_OK)
        goto out;
    content = malloc(FILE_BYTES + 1);
    if (content == NULL) {
        status = system_failed(problem, ENOMEM, "out of memory");
        goto out;
    }
    status = read_all(image->fd, content, &len, problem);
    if (status == VIRTUAL_OK)
        status = parse(content, len, image, memory, problem);
out:
    if (content != NULL)
        virtual_wipe(content, FILE_BYTES + 1);
    free(content);
    if (status != VIRTUAL_OK)
        virtual_image_close(image);
    return status;
}

int virtual_image_commit(struct virtual_image *image, const struct virtual_memory *memory)
{
    const unsigned older = 1 - image->newest_half;
    uint8_t half[PART_BYTES];
    int failed = 0;

    make_half(image, image->sequence + 1, memory, half);
    failed = write_once(image->fd, half, PART_BYTES, (off_t)PART_BYTES * (1 + (off_t)older));
    if (failed == 0) {
        image->sequence++;
        image->newest_half = older;
    }
    virtual_wipe(half, sizeof half);
    return failed;
}

void virtual_image_close(struct virtual_image *image)
{
    if (image->fd >= 0)
        (void)close(image->fd);
    image->fd = -1;
}
