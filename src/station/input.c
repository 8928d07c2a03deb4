/* SPDX-License-Identifier: Apache-2.0 */
/* Reading without stdio, so that no buffer of the C library keeps a copy of a secret. */
#include "station/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "base/error_format.h"
#include "base/hex.h"

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

/* What a chip answered to Info(Revision), which a record and `info` have beside the config zone. */
struct json_revision {
    bool is_there;
    uint8_t bytes[CHIP_REVISION_BYTES];
};

static struct json_revision revision_of(const json_t *object)
{
    const char *hex = json_string_value(json_object_get(object, "revision"));
    struct json_revision revision = {.is_there = false};
    struct bytes_out out = {.data = revision.bytes, .cap = sizeof revision.bytes};

    revision.is_there = hex != NULL && hex_decode(hex, strlen(hex), &out, NULL) && out.len == sizeof revision.bytes;
    return revision;
}

/*
 * Puts the text of the member "config" in place of a JSON object that has one: a record, or what --json printed, of
 * which the first line that has it counts. False if the file is JSON without it.
 */
static bool take_json_config(struct input *input, struct json_revision *revision)
{
    const char *text = (const char *)input->data;
    const char *config = NULL;
    json_t *object = NULL;
    size_t at = strspn(text, " \t\r\n");

    if (text[at] != '{')
        return true;
    while (config == NULL && at < input->len) {
        json_error_t where;

        json_decref(object);
        object = json_loadb(text + at, input->len - at, JSON_DISABLE_EOF_CHECK, &where);
        config = json_string_value(json_object_get(object, "config"));
        if (object == NULL)
            break;
        at += (size_t)where.position; /* with this flag: the bytes that were read */
        at += strspn(text + at, " \t\r\n");
    }
    *revision = revision_of(object);
    if (config != NULL) { /* shorter than the object that it was in */
        input->len = strlen(config);
        memcpy(input->data, config, input->len + 1);
    }
    json_decref(object);
    return config != NULL;
}

bool input_read_dump(struct dump *dump, const char *path, struct error *err)
{
    const char *cause = NULL;
    struct json_revision revision = {.is_there = false};
    struct input input;
    bool ok;

    if (!input_read(&input, path, DUMP_MAX, err))
        return false;
    ok = take_json_config(&input, &revision) || failed(err, "the JSON object has no \"config\"", path, 0);
    ok = ok && dump_parse(dump, input.data, input.len, err);
    cause = ok ? dump_why_no_zone(dump) : NULL;
    if (cause != NULL)
        ok = failed(err, cause, path, 0);
    if (ok && revision.is_there)
        chip_config_set_revision(&dump->config, revision.bytes);
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
    return dump.first == 0 ||
           failed(err, "the dump has only bytes 16 to 127; a part also needs bytes 0 to 15: serial number and revision",
                  path, 0);
}
