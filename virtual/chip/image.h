/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The virtual chip's file: format, lock and crash safety. It knows nothing of what the bytes mean.
 * docs/internals/virtual-chip.md draws the format.
 */
#ifndef IMPRINT_VIRTUAL_IMAGE_H
#define IMPRINT_VIRTUAL_IMAGE_H

#include "virtual/chip/model.h"

/*
 * Writes a new file (0600) with `memory` in both halves: first under a temporary name, then linked to `path`, so that
 * `path` is never seen incomplete and never replaced. `image` gives seed, revision and sequence; its fd is not used.
 * VIRTUAL_OK, _EXISTS, _SYSTEM.
 */
enum virtual_status virtual_image_create(const char *path, const struct virtual_image *image,
                                         const struct virtual_memory *memory, struct virtual_problem *problem);

/* Opens and locks the file and reads its newest good half. On success `image->fd` is open. */
enum virtual_status virtual_image_open(const char *path, struct virtual_image *image, struct virtual_memory *memory,
                                       struct virtual_problem *problem);

/*
 * Writes `memory` to the older half with one write; it is the newest one then. 0, or the errno (ENOSPC for a write cut
 * short): the other half, and with it the state before, is as it was.
 */
int virtual_image_commit(struct virtual_image *image, const struct virtual_memory *memory);

/* Unlocks and closes. */
void virtual_image_close(struct virtual_image *image);

#endif
