/* SPDX-License-Identifier: Apache-2.0 */
/* What the pages that are made of the ledger have in common. */
#ifndef IMPRINT_WEB_PAGES_H
#define IMPRINT_WEB_PAGES_H

#include <jansson.h>

#include "ledger/ledger.h"
#include "web/answers.h"

/* The frame of a page of this call; `title` is that of the link that leads to it, where one does. */
struct frame pages_frame(const struct desk *desk, const struct call *call, const char *title);

/* Opens the station's ledger. Where that fails, the reply says why: a page that goes into `frame`. */
bool pages_open_ledger(const struct desk *desk, const struct frame *frame, enum ledger_mode mode, struct ledger *ledger,
                       struct reply *reply);

/*
 * Opens the station's ledger for reading and begins the page that is made of it, in `frame`; pages_end() ends both.
 * NULL where that fails: the reply says why, and there is nothing to end.
 */
FILE *pages_begin(const struct desk *desk, const struct frame *frame, struct ledger *ledger, struct reply *reply);
void pages_end(struct ledger *ledger, struct reply *reply);

/* An entry as JSON: the caller's reference. NULL with a reason. */
json_t *pages_read_entry(struct ledger *ledger, uint64_t seq, struct error *err);

/* The member's text; "" where it has none. */
const char *pages_text(const json_t *object, const char *member);

/* Answers a script with the object, whose reference is given away. */
void pages_reply_json(struct reply *reply, json_t *object);

/* "<td>TEXT</td>" */
void pages_put_cell(FILE *out, const char *text);

/* A link to the device with this serial number. */
void pages_put_device(FILE *out, const char *serial);

/* The heading of a table of entries, and one row of it, of `entry` with its number; the table ends with </table></div>.
 */
void pages_begin_entries(FILE *out);
void pages_put_entry(FILE *out, uint64_t seq, const json_t *entry);

#endif
