/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checkpoints that a witness cosigned (C2SP tlog-witness): what is sent to it, and what is kept of its answers. Of each
 * witness the newest cosignature of each day stays.
 */
#ifndef IMPRINT_LEDGER_COSIGNED_H
#define IMPRINT_LEDGER_COSIGNED_H

#include "ledger/ledger.h"

/* A witness, as this station knows it. */
struct cosigned_witness {
    char name[NOTE_NAME_SIZE];
    struct note_public key; /* NOTE_COSIGNED */
};

#define COSIGNED_REQUEST_MAX 8192 /* bytes: 63 hashes and a checkpoint */
#define COSIGNED_NOTE_MAX (NOTE_MAX + NOTE_LINE_MAX)

/* The newest cosignature of a witness. */
struct cosigned_newest {
    uint64_t size; /* entries that it cosigned; 0 also where there is none */
    uint64_t time; /* when: seconds since 1970; 0: never */
};

/* False with a reason. */
bool cosigned_newest(struct ledger *ledger, const char *witness, struct cosigned_newest *newest, struct error *err);

/*
 * The body of add-checkpoint for the checkpoint in `head`, with the proof that the log goes on from `old` entries, at
 * most those of `head`. False with a reason.
 */
bool cosigned_request(struct ledger *ledger, const struct ledger_head *head, const char *witness, uint64_t old,
                      struct bytes_out *body, struct error *err);

/*
 * Verifies the lines that a witness answered, and keeps its cosignature of the checkpoint in `head`; `*time` is when it
 * was made. False with ERROR_SERVER_UNTRUSTED where it has not cosigned this checkpoint, or with another reason.
 */
bool cosigned_keep(struct ledger *ledger, const struct ledger_head *head, const struct cosigned_witness *witness,
                   struct bytes lines, uint64_t *time, struct error *err);

/* One that is kept. */
struct cosigned_row {
    struct cosigned_witness witness;
    uint64_t size;
    struct bytes note; /* the checkpoint, the log's signature and the witness's; valid until the next step */
};

bool cosigned_is_any(struct ledger *ledger, bool *is_any, struct error *err);

/* All that are kept, by size; the newest of each witness, by name. The caller finishes the statement. */
bool cosigned_select(struct ledger *ledger, struct statement *rows, struct error *err);
bool cosigned_select_newest(struct ledger *ledger, struct statement *rows, struct error *err);

/* The next: STATEMENT_ROW, STATEMENT_DONE or STATEMENT_FAILED with a reason. */
enum statement_result cosigned_next(struct statement *rows, struct cosigned_row *row, struct error *err);

#endif
