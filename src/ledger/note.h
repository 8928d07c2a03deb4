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
 * The key is Ed25519. Its file in the station's folder is PKCS#8, PEM.
 */
#ifndef IMPRINT_LEDGER_NOTE_H
#define IMPRINT_LEDGER_NOTE_H

#include <gnutls/abstract.h>

#include "base/bytes.h"
#include "base/error.h"
#include "ledger/entry.h"
#include "ledger/merkle.h"

#define NOTE_KEY_BYTES 32
#define NOTE_MAX 1024      /* characters of a checkpoint with its signature, with a NUL */
#define NOTE_MOST 65536    /* of one with the cosignatures of others */
#define NOTE_VKEY_SIZE 256 /* a public key as text: NAME+KEYID+BASE64 */
#define NOTE_PEM_SIZE 256

struct checkpoint {
    char log[ENTRY_LOG_SIZE];
    uint64_t size;
    uint8_t root[MERKLE_BYTES];
};

/* The key that signs. Zero-initialised: none. */
struct note_key {
    gnutls_privkey_t handle;
    uint8_t public_key[NOTE_KEY_BYTES];
};

/* Makes a key, and its file's text: the caller's, for gnutls_free() after wiping. False with a reason. */
bool note_key_make(struct note_key *key, gnutls_datum_t *pem, struct error *err);

/* Reads a key file's text. False with a reason. */
bool note_key_read(struct note_key *key, struct bytes pem, struct error *err);
void note_key_forget(struct note_key *key);

/* Signs the checkpoint: its text. False with a reason. */
bool note_sign(const struct note_key *key, const struct checkpoint *checkpoint, char text[static NOTE_MAX],
               struct error *err);

/*
 * Reads a checkpoint and verifies its signature by the log's own key; other signatures are passed over. False with
 * ERROR_RECORD_REFUTED (no signature of this key, or a wrong one) or ERROR_INPUT_FILE (no checkpoint).
 */
bool note_open(struct bytes text, const uint8_t public_key[static NOTE_KEY_BYTES], struct checkpoint *checkpoint,
               struct error *err);

/* A public key as others want it. False with a reason. */
bool note_vkey(const char *log, const uint8_t public_key[static NOTE_KEY_BYTES], char text[static NOTE_VKEY_SIZE],
               struct error *err);
bool note_public_pem(const uint8_t public_key[static NOTE_KEY_BYTES], char pem[static NOTE_PEM_SIZE],
                     struct error *err);

/* Base64 of a hash, with a NUL. */
#define NOTE_HASH_SIZE 45
void note_hash_text(const uint8_t hash[static MERKLE_BYTES], char text[static NOTE_HASH_SIZE]);

#endif
