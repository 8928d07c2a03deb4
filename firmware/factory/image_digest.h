/* SPDX-License-Identifier: Apache-2.0 */
/* Which image runs on the board: computed by that image over the flash that it runs from. */
#ifndef IMPRINT_FIRMWARE_FACTORY_IMAGE_DIGEST_H
#define IMPRINT_FIRMWARE_FACTORY_IMAGE_DIGEST_H

#include <stddef.h>

#include "base/error.h"

/* Bytes of the image; 0: the port does not say where it is. */
size_t image_digest_len(void);

/* Sends the frame `image`. False with a reason. */
bool image_digest_show(struct error *err);

#endif
