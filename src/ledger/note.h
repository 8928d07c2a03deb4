/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checkpoints: how large a log is and what its root is, signed (C2SP signed-note and tlog-checkpoint). The text:
 *
 *     station/0123456789abcdef        the log's name
 *     4711                            how many entries
 *     CsUYapGGPo4dkMgIAUqom/...       the root, base64
 *
 *     — station/0123456789abcdef BASE64(key id, signature)
 *
 * Witnesses add lines: that the checkpoint continues all that they have seen of the log, and when they saw it (C2SP
 * tlog-cosignature, Ed25519).
 */
#ifndef IMPRINT_LEDGER_NOTE_H
#define IMPRINT_LEDGER_NOTE_H

#include "base/bytes.h"
#include "base/error.h"
#include "ledger/entry.h"
#include "ledger/merkle.h"
#include "ledger/note_key.h"

#define NOTE_MAX 1024     /* characters of a checkpoint with its signature, with a NUL */
#define NOTE_LINE_MAX 384 /* of a line with a signature, with its line feed and a NUL */
#define NOTE_MOST 65536   /* of one with the cosignatures of others */

struct checkpoint {
    char log[ENTRY_LOG_SIZE];
    uint64_t size;
    uint8_t root[MERKLE_BYTES];
};

/* Signs the checkpoint: its text. False with a reason. */
bool note_sign(const struct note_key *key, const struct checkpoint *checkpoint, char text[static NOTE_MAX],
               struct error *err);

/* Reads a checkpoint and verifies nothing: who has signed it? `body` is the text that is signed, within `text`. */
bool note_read(struct bytes text, struct checkpoint *checkpoint, struct bytes *body, struct error *err);

/*
 * Reads a checkpoint and verifies its signature by the log's own key; other signatures are passed over. False with
 * ERROR_RECORD_REFUTED (no signature of this key, or a wrong one) or ERROR_INPUT_FILE (no checkpoint).
 */
bool note_open(struct bytes text, const struct note_public *key, struct checkpoint *checkpoint, struct error *err);

/* As a witness of this name: the line that says so at `time` (seconds since 1970). False with a reason. */
bool note_cosign(const struct note_key *key, const char *name, struct bytes body, uint64_t time,
                 char line[static NOTE_LINE_MAX], struct error *err);

/* The same as note_open() for a witness's cosignature (`key` is NOTE_COSIGNED): `*time` is when it was made. */
bool note_open_cosigned(struct bytes text, const char *name, const struct note_public *key,
                        struct checkpoint *checkpoint, uint64_t *time, struct error *err);

/* Base64 of a hash, with a NUL. */
#define NOTE_HASH_SIZE 45
void note_hash_text(const uint8_t hash[static MERKLE_BYTES], char text[static NOTE_HASH_SIZE]);

#endif
