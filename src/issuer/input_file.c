/* SPDX-License-Identifier: Apache-2.0 */
/* Reading without stdio, so that no buffer of the C library keeps a copy of a secret. */
#include "issuer/input_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error_format.h"

static bool refuse(const char *cause, const char *next, const char *path, int system_errno, struct error *err)
{
    error_set(err, ERROR_INPUT_FILE, cause, next);
    error_with_subject(err, path);
    error_with_errno(err, system_errno);
    return false;
}

/* Asked of the open file, so that it is the one that is read. */
static bool may_be_read(int fd, const char *path, enum input_file_privacy privacy, struct error *err)
{
    struct stat status;

    if (fstat(fd, &status) != 0)
        return refuse("the file cannot be read", NULL, path, errno, err);
    if (S_ISDIR(status.st_mode))
        return refuse("this is a folder, not a file", NULL, path, 0, err);
    if (privacy == INPUT_FILE_SECRET && S_ISREG(status.st_mode) && (status.st_mode & (S_IROTH | S_IWOTH)) != 0)
        return refuse("every user of this machine can read or write this secret file",
                      error_keep_format(err, "chmod 600 '%s'; if others may have read it, replace the secret", path),
                      path, 0, err);
    if (privacy == INPUT_FILE_TRUSTED && S_ISREG(status.st_mode) && (status.st_mode & S_IWOTH) != 0)
        return refuse("every user of this machine can write this file, which says whom to trust",
                      error_keep_format(err, "chmod o-w '%s', and check what is in it", path), path, 0, err);
    return true;
}

static bool read_all(int fd, struct input_file *file, size_t most, const char *path, struct error *err)
{
    ssize_t n = 1;

    while (n != 0 && file->len <= most) {
        n = read(fd, file->data + file->len, most + 1 - file->len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return refuse("the file cannot be read", NULL, path, errno, err);
        file->len += (size_t)n;
    }
    if (file->len > most)
        return refuse(error_keep_format(err, "file too large (limit %zu bytes)", most), NULL, path, 0, err);
    file->data[file->len] = 0;
    return true;
}

bool input_file_read(struct input_file *file, const char *path, size_t most, enum input_file_privacy privacy,
                     struct error *err)
{
    int fd;
    bool ok;

    *file = (struct input_file){.data = NULL};
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return refuse("the file cannot be opened", NULL, path, errno, err);
    /* One byte more than allowed shows a file that is too long; one more for the NUL. realloc() would leave copies. */
    file->data = malloc(most + 2);
    if (file->data == NULL)
        ok = refuse("not enough memory for the file", NULL, path, ENOMEM, err);
    else
        ok = may_be_read(fd, path, privacy, err) && read_all(fd, file, most, path, err);
    close(fd);
    if (!ok)
        input_file_release(file);
    return ok;
}

/* Whose file it is decides the reason: the person's input, or an issuer that cannot be used. */
static bool blame_issuer(struct error *failure, struct error *err)
{
    failure->reason = ERROR_ISSUER_INVALID;
    error_pass(err, failure);
    return false;
}

bool input_file_read_for_issuer(struct input_file *file, const char *path, size_t most, enum input_file_privacy privacy,
                                struct error *err)
{
    char room[ERROR_ROOM];
    struct error failure = ERROR_IN(room);

    return input_file_read(file, path, most, privacy, &failure) || blame_issuer(&failure, err);
}

void input_file_release(struct input_file *file)
{
    if (file->data != NULL)
        bytes_wipe(file->data, file->len);
    free(file->data);
    *file = (struct input_file){.data = NULL};
}

/* Editors end a line, and some with CR LF; neither belongs to the secret. */
static size_t line_length(const struct input_file *file)
{
    size_t len = file->len;

    if (len > 0 && file->data[len - 1] == '\n')
        len--;
    if (len > 0 && file->data[len - 1] == '\r')
        len--;
    return len;
}

static bool take_line(const struct input_file *file, const char *path, char secret[static INPUT_FILE_SECRET_MAX],
                      struct error *err)
{
    const size_t len = line_length(file);

    if (len == 0)
        return refuse("the file with the secret is empty", "write the passphrase or PIN into it, in one line", path, 0,
                      err);
    if (memchr(file->data, '\n', len) != NULL || memchr(file->data, '\0', len) != NULL)
        return refuse("the file with the secret has more than one line", "leave one line in it: the passphrase or PIN",
                      path, 0, err);
    if (len >= INPUT_FILE_SECRET_MAX)
        return refuse(error_keep_format(err, "the secret is too long (limit %d bytes)", INPUT_FILE_SECRET_MAX - 1),
                      NULL, path, 0, err);
    memcpy(secret, file->data, len);
    secret[len] = '\0';
    return true;
}

bool input_file_read_secret(const char *path, char secret[static INPUT_FILE_SECRET_MAX], struct error *err)
{
    struct input_file file;
    bool ok = input_file_read(&file, path, 2 * INPUT_FILE_SECRET_MAX, INPUT_FILE_SECRET, err) &&
              take_line(&file, path, secret, err);

    input_file_release(&file);
    return ok;
}

bool input_file_ask_secret(const struct issuer_prompt *prompt, const char *what,
                           char secret[static INPUT_FILE_SECRET_MAX], struct error *err)
{
    struct bytes_out typed = {.data = (uint8_t *)secret, .cap = INPUT_FILE_SECRET_MAX - 1};

    if (!prompt->ask(prompt->context, what, &typed, err))
        return false;
    secret[typed.len] = '\0';
    return true;
}

bool input_file_get_secret_for_issuer(const char *path, const struct issuer_prompt *prompt, const char *what,
                                      char secret[static INPUT_FILE_SECRET_MAX], struct error *err)
{
    char room[ERROR_ROOM];
    struct error failure = ERROR_IN(room);

    if (path != NULL)
        return input_file_read_secret(path, secret, &failure) || blame_issuer(&failure, err);
    if (prompt->ask != NULL)
        return input_file_ask_secret(prompt, what, secret, err);
    error_set(err, ERROR_ISSUER_LOGIN, error_keep_format(err, "%s is needed, and no file with it is named", what),
              "name the file in the issuers file, or run the command on a terminal");
    return false;
}
