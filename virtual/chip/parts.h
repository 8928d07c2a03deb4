/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parts as they leave their maker: the memory of a new virtual chip.
 */
#ifndef IMPRINT_VIRTUAL_PARTS_H
#define IMPRINT_VIRTUAL_PARTS_H

#include "virtual/chip/model.h"

/* Fills `memory`. NULL, or a string literal: why no part can have this config image or revision. */
const char *virtual_make_part(const struct virtual_making *making, const struct virtual_image *image,
                              struct virtual_crypto *crypto, struct virtual_memory *memory);

#endif
