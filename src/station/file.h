/* SPDX-License-Identifier: Apache-2.0 */
/* Files the program writes for the user: whole, or not at all. */
#ifndef IMPRINT_STATION_FILE_H
#define IMPRINT_STATION_FILE_H

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
