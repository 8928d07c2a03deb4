/* SPDX-License-Identifier: Apache-2.0 */
/* Files the program writes for the user: whole, or not at all. */
#ifndef IMPRINT_STATION_FILE_H
#define IMPRINT_STATION_FILE_H

#include <limits.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "base/error.h"

/*
 * Puts `content` in place of what is at `path`: written to a temporary file, synced, renamed, the folder synced. The
 * permissions of a new file are 0600, those of one that is replaced what both that file and `mode` allow; owner and
 * group are kept where this user may set them. What is no regular file (a pipe, a terminal) is simply written to. What
 * interrupted writes of this file have left is deleted. False with `reason`: the old content is still there, or the new
 * one is and may not survive a power cut.
 */
bool file_replace(const char *path, struct bytes content, mode_t mode, enum error_reason reason, struct error *err);

/* Notes a change durably, such as in the ledger, before it is made. False with a reason: it must not be made. */
typedef bool file_note(void *context, struct error *err);

#define FILE_NEXT_SUFFIX ".next"

/*
 * The same for a change that the ledger has to name: the new content is durable at `path`.next, then `note` is called,
 * then it takes effect by being renamed. No content (`data` NULL): the file is deleted after the note. So a full disk
 * is found before the note, and no change takes effect that was not noted. A process that is killed may leave a note of
 * a change that did not take effect, with `path`.next; the next change replaces that. False with a reason: the old
 * content is still there, and what `note` refused leaves no `path`.next, or `reason` and the name of that file say that
 * it does.
 */
bool file_replace_noted(const char *path, struct bytes content, mode_t mode, enum error_reason reason, file_note *note,
                        void *context, struct error *err);

/* `path`.next takes effect. False with `reason`. */
bool file_take_next(const char *path, enum error_reason reason, struct error *err);

/* The name of `path`.next. False: it is too long. */
bool file_name_next(const char *path, char next[static PATH_MAX]);

/* Writes all of `content`, also where the system takes it in pieces. False with errno. */
bool file_write_all(int fd, struct bytes content);

/*
 * Whether `output` may be written by a run that reads `input`: false with ERROR_USAGE when both names lead to the same
 * regular file. A name that leads to no file is no obstacle.
 */
bool file_check_output(const char *output, const char *input, struct error *err);

/* Whether the user may name this file for output: false with `reason` for a virtual chip's file and for a disk. */
bool file_may_be_written(const char *path, enum error_reason reason, struct error *err);

#endif
