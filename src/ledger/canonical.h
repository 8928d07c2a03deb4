/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Canonical JSON (RFC 8785): one text for one value, so that equal facts have equal hashes. Narrower than the RFC:
 * numbers are integers within 2^53, names need no escapes, values are nested at most CANONICAL_DEPTH deep.
 */
#ifndef IMPRINT_LEDGER_CANONICAL_H
#define IMPRINT_LEDGER_CANONICAL_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "base/bytes.h"

#define CANONICAL_DEPTH 24

/*
 * Writes `value` to `out`. False, with `*why` a literal, when it does not fit, when it has a number or name that this
 * form does not have, or without memory; `out` is then undefined.
 */
bool canonical_write(json_t *value, struct bytes_out *out, const char **why);

/* Called for each member of the outermost object, in the text's order. `value` is its text: "\"a\"", "12", "{...}". */
typedef void canonical_member(void *context, struct bytes name, struct bytes value);

/*
 * Whether `text` is an object in this form and nothing else. `member` may be NULL. False with `*at`, the offset at
 * which it is not; members before that have been passed on.
 */
bool canonical_check(struct bytes text, canonical_member *member, void *context, size_t *at);

#endif
