/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Spans of memory, each a pointer with its length: `struct bytes` to read from, `struct bytes_out` to write to. A span
 * does not own its memory, which must stay valid as long as the span is used.
 */
#ifndef IMPRINT_BYTES_BYTES_H
#define IMPRINT_BYTES_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Memory to read. `data` may be NULL only when `len` is 0. */
struct bytes {
    const uint8_t *data;
    size_t len;
};

/* Memory to fill: `len` of `cap` bytes are in use. `len` never exceeds `cap`. */
struct bytes_out {
    uint8_t *data;
    size_t cap;
    size_t len;
};

#define BYTES_NONE ((struct bytes){.data = NULL, .len = 0})

/* A span over `len` bytes at `data`. */
static inline struct bytes bytes_of(const void *data, size_t len)
{
    return (struct bytes){.data = data, .len = len};
}

/* The bytes written to `out` so far, as a span to read. */
static inline struct bytes bytes_written(const struct bytes_out *out)
{
    return (struct bytes){.data = out->data, .len = out->len};
}

/* True when both spans hold the same bytes. Not for secrets: it stops at the first difference. */
bool bytes_equal(struct bytes a, struct bytes b);

/* True when every byte of the span is `value`; true for an empty span. */
bool bytes_all(struct bytes span, uint8_t value);

/* Appends `in` to `out`. False, with `out` unchanged, when it does not fit. */
bool bytes_append(struct bytes_out *out, struct bytes in);

/* Appends one byte. False, with `out` unchanged, when it is full. */
bool bytes_append_byte(struct bytes_out *out, uint8_t value);

/* Overwrites `len` bytes at `data` with zeros; the compiler cannot remove this. */
void bytes_wipe(void *data, size_t len);

#endif
