/* SPDX-License-Identifier: Apache-2.0 */
#include "station/tracing.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "station/file.h"
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
        return -1; /* what others may have open or may read is not written */
    return open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

bool tracing_open(struct tracing *tracing, const struct station_config *config, struct error *err)
{
    int fd;

    *tracing = (struct tracing){.trace = NULL};
    if (config->trace == NULL)
        return true;
    if (!file_may_be_written(config->trace, ERROR_INPUT_FILE, err))
        return false;
    tracing->failure = config->trace_failure;
    fd = create_file(config->trace);
    tracing->file = fd < 0 ? NULL : fdopen(fd, "w");
    if (tracing->file == NULL) {
        error_set(err, ERROR_INPUT_FILE, "the trace's file cannot be written", NULL);
        error_with_errno(err, errno);
        error_with_subject(err, config->trace);
        if (fd >= 0)
            (void)close(fd); /* cppcheck-suppress doubleFree ; fdopen() failed, so it is still ours */
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
    bool ok = true;
    int why = 0;

    if (tracing->file != NULL) {
        ok = ferror(tracing->file) == 0;
        if (!ok) /* says so in the trace, or meets the reason again */
            (void)fputs("# cut short: an earlier line could not be written\n", tracing->file);
        why = EIO; /* where an earlier line failed and the rest did not */
        if (fclose(tracing->file) != 0) {
            why = errno;
            ok = false;
        }
    }
    if (!ok && why != EPIPE && tracing->failure != NULL) /* a reader may have had enough */
        *tracing->failure = why;
    free(tracing->trace);
    *tracing = (struct tracing){.trace = NULL};
}
