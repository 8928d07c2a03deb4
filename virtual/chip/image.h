/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The virtual chip's file: format, lock and crash safety. It does not know what the bytes mean.
 * docs/internals/virtual-chip.md describes the format.
 */
#ifndef IMPRINT_VIRTUAL_IMAGE_H
#define IMPRINT_VIRTUAL_IMAGE_H

#include "virtual/chip/model.h"

/*
 * Writes a new file (0600) with `memory` in both halves: first under a temporary name, then linked to `path`. So
 * no program sees an incomplete file, and an existing one is never replaced. `image` gives seed, revision and sequence;
 * its fd is not used. VIRTUAL_OK, _EXISTS, _SYSTEM.
 */
enum virtual_status virtual_image_create(const char *path, const struct virtual_image *image,
                                         const struct virtual_memory *memory, struct virtual_problem *problem);

/* Opens and locks the file and reads its newest good half. On success `image->fd` is open. */
enum virtual_status virtual_image_open(const char *path, struct virtual_image *image, struct virtual_memory *memory,
                                       struct virtual_problem *problem);

/*
 * Writes `memory` to the older half with one write, which makes it the newest. 0, or the errno (ENOSPC for a short
 * write): then the other half still holds the state before.
 */
int virtual_image_commit(struct virtual_image *image, const struct virtual_memory *memory);

/* Unlocks and closes. */
void virtual_image_close(struct virtual_image *image);

#endif
