/* SPDX-License-Identifier: Apache-2.0 */
/* Reading without stdio, so that no buffer of the C library keeps a copy of a secret. */
#include "station/input.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hex.h"

/* Comments make a dump longer than its 256 digits; this much of them is enough for anybody. */
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
    /* One byte more than allowed tells a file that is too long; one more for the NUL. No realloc(): it leaves copies.
     */
    input->data = malloc(most + 2);
    if (input->data == NULL) {
        failed(err, "there is no memory for the file", path, ENOMEM);
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
        failed(err, "the file is longer than anything it could rightly be", path, 0);
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

static bool is_text(const struct input *input)
{
    for (size_t i = 0; i < input->len; i++) {
        if (input->data[i] >= 0x7f || (input->data[i] < 0x20 && !isspace(input->data[i])))
            return false;
    }
    return true;
}

/* Blanks out comments, keeping every place where it is. Comments may hold any letters, so they go before anything else.
 */
static void blank_comments(struct input *input)
{
    bool comment = false;

    for (size_t i = 0; i < input->len; i++) {
        if (input->data[i] == '#')
            comment = true;
        if (input->data[i] == '\n')
            comment = false;
        if (comment)
            input->data[i] = ' ';
    }
}

static void note_place(const struct input *input, size_t at, struct error *err)
{
    err->line = 1;
    err->column = 1;
    for (size_t i = 0; i < at && i < input->len; i++) {
        err->column++;
        if (input->data[i] == '\n') {
            err->line++;
            err->column = 1;
        }
    }
}

static bool wrong_length(struct error *err, const char *path, size_t found)
{
    failed(err, "a config zone dump has 128 bytes", path, 0);
    if (err != NULL) {
        err->expected = CHIP_CONFIG_BYTES;
        err->found = (uint32_t)found;
    }
    return false;
}

bool input_read_config(struct chip_config *config, const char *path, struct error *err)
{
    struct input input;
    uint8_t *decoded = NULL;
    struct bytes_out out;
    size_t stopped = 0;
    bool ok = false;

    if (!input_read(&input, path, DUMP_MAX, err))
        return false;
    /* 128 bytes of a config zone are never all text: the serial number starts with 01 23. Comments may be UTF-8. */
    if (input.len == CHIP_CONFIG_BYTES && !is_text(&input)) {
        memcpy(config->zone, input.data, CHIP_CONFIG_BYTES);
        ok = true;
        goto out;
    }
    if (memchr(input.data, '#', input.len) == NULL && !is_text(&input)) {
        wrong_length(err, path, input.len);
        goto out;
    }
    blank_comments(&input);
    decoded = malloc(input.len / 2 + 1);
    if (decoded == NULL) {
        failed(err, "there is no memory for the file", path, ENOMEM);
        goto out;
    }
    out = (struct bytes_out){.data = decoded, .cap = input.len / 2 + 1};
    if (!hex_decode((const char *)input.data, input.len, &out, &stopped)) {
        failed(err, stopped >= input.len ? "the last byte has only one hex digit" : "this is not a hex digit", path, 0);
        if (err != NULL)
            note_place(&input, stopped, err);
        goto out;
    }
    if (out.len != CHIP_CONFIG_BYTES) {
        wrong_length(err, path, out.len);
        goto out;
    }
    memcpy(config->zone, decoded, CHIP_CONFIG_BYTES);
    ok = true;
out:
    free(decoded);
    input_release(&input);
    return ok;
}
