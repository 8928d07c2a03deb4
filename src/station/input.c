/* SPDX-License-Identifier: Apache-2.0 */
/* Reading without stdio, so that no buffer of the C library keeps a copy of a secret. */
#include "station/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error_format.h"

/* Comments make a dump longer than its 256 digits, and an XML describes the data zone as well. */
#define DUMP_MAX ((size_t)64 * 1024)

static bool failed(struct error *err, const char *cause, const char *path, int system_errno)
{
    error_set(err, ERROR_INPUT_FILE, cause, NULL);
    error_with_subject(err, strcmp(path, "-") == 0 ? "stdin" : path);
    error_with_errno(err, system_errno);
    return false;
}

int input_open(const char *path, struct error *err)
{
    int fd;

    if (path == NULL || strcmp(path, "-") == 0)
        return STDIN_FILENO;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        failed(err, "the file cannot be opened", path, errno);
    return fd;
}

void input_close(int fd)
{
    if (fd > STDIN_FILENO)
        close(fd);
}

bool input_read(struct input *input, const char *path, size_t most, struct error *err)
{
    int fd = input_open(path, err);
    bool ok = false;
    ssize_t n = 1;

    *input = (struct input){.data = NULL};
    if (fd < 0)
        return false;
    /* One byte more than allowed shows a file that is too long; one more for the NUL. realloc() would leave copies. */
    input->data = malloc(most + 2);
    if (input->data == NULL) {
        failed(err, "not enough memory for the file", path, ENOMEM);
        goto out;
    }
    while (n != 0 && input->len <= most) {
        n = read(fd, input->data + input->len, most + 1 - input->len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            failed(err, "the file cannot be read", path, errno);
            goto out;
        }
        input->len += (size_t)n;
    }
    if (input->len > most) {
        failed(err, error_keep_format(err, "file too large (limit %zu KiB)", (most + 1023) / 1024), path, 0);
        goto out;
    }
    input->data[input->len] = 0;
    ok = true;
out:
    input_close(fd);
    if (!ok)
        input_release(input);
    return ok;
}

void input_release(struct input *input)
{
    if (input->data != NULL)
        bytes_wipe(input->data, input->len);
    free(input->data);
    *input = (struct input){.data = NULL};
}

bool input_read_dump(struct dump *dump, const char *path, struct error *err)
{
    struct input input;
    bool ok;

    if (!input_read(&input, path, DUMP_MAX, err))
        return false;
    ok = dump_parse(dump, input.data, input.len, err);
    if (!ok)
        error_with_subject(err, strcmp(path, "-") == 0 ? "stdin" : path);
    input_release(&input);
    return ok;
}

bool input_read_config(struct chip_config *config, const char *path, struct error *err)
{
    struct dump dump;

    if (!input_read_dump(&dump, path, err))
        return false;
    *config = dump.config;
    return dump.first == 0 || failed(err, "the dump has only bytes 16 to 127: a part needs its identity too", path, 0);
}
