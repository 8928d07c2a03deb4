/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The elements of a manifest, one after the other: a manifest is a JSON array of any length, so it is never in memory
 * as a whole. Where an element begins and ends is told by its brackets and strings alone; what is in it is for
 * manifest/element.h. So an element that is no JSON, or is too long, costs none of the others.
 */
#ifndef IMPRINT_MANIFEST_READER_H
#define IMPRINT_MANIFEST_READER_H

#include <stdio.h>

#include "base/bytes.h"
#include "base/error.h"

/* Bytes of an element, at most. Those of real parts have 4 KiB; with all zones of a chip in it one has 8. */
#define MANIFEST_ELEMENT_MAX ((size_t)64 * 1024)

/* Zero-initialised but for `file`, which is the caller's and is read from where it is. */
struct manifest_reader {
    FILE *file;
    uint64_t count; /* of elements that were read: the newest has the index count - 1 */
    /* Private. */
    uint8_t *element; /* MANIFEST_ELEMENT_MAX bytes */
    size_t len;
    bool is_begun, is_ended;
};

enum manifest_reading {
    MANIFEST_READ,     /* an element */
    MANIFEST_TOO_LONG, /* one that is longer than MANIFEST_ELEMENT_MAX, and was passed over */
    MANIFEST_END,      /* no more, and nothing behind them */
    MANIFEST_BROKEN,   /* with ERROR_INPUT_FILE: no array, or it does not end; what comes after cannot be told */
};

/* `*text` is valid until the next call. The caller adds the file's name to an error. */
enum manifest_reading manifest_read(struct manifest_reader *reader, struct bytes *text, struct error *err);

void manifest_reader_release(struct manifest_reader *reader);

#endif
