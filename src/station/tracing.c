/* SPDX-License-Identifier: Apache-2.0 */
#include "station/tracing.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "virtual/trace/trace.h"

/*
 * A new file that only its owner can read, whatever permissions an old one had; a symbolic link is replaced, not
 * followed. Terminals and pipes are written as they are.
 */
static int create_file(const char *path)
{
    struct stat found;

    if (stat(path, &found) == 0 && !S_ISREG(found.st_mode))
        return open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (unlink(path) != 0 && errno != ENOENT)
        return open(path, O_WRONLY | O_TRUNC | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY); /* a folder that cannot be changed */
    return open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

bool tracing_open(struct tracing *tracing, const struct station_config *config, struct error *err)
{
    int fd;

    *tracing = (struct tracing){.trace = NULL};
    if (config->trace == NULL)
        return true;
    fd = create_file(config->trace);
    tracing->file = fd < 0 ? NULL : fdopen(fd, "w");
    if (tracing->file == NULL) {
        error_set(err, ERROR_INPUT_FILE, "the trace's file cannot be written", NULL);
        error_with_errno(err, errno);
        error_with_subject(err, config->trace);
        if (fd >= 0)
            (void)close(fd);
        return false;
    }
    tracing->trace = malloc(sizeof *tracing->trace);
    if (tracing->trace == NULL) {
        error_set(err, ERROR_UNEXPECTED, "no memory for a trace", NULL);
        tracing_close(tracing);
        return false;
    }
    trace_init(tracing->trace, tracing->file, config->trace_secrets);
    return true;
}

void tracing_close(struct tracing *tracing)
{
    if (tracing->file != NULL)
        (void)fclose(tracing->file);
    free(tracing->trace);
    *tracing = (struct tracing){.trace = NULL};
}
