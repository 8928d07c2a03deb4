/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys of notes (C2SP signed-note): of a log, which signs its checkpoints, and of a witness, which cosigns them. A
 * log's key is Ed25519, or P-256 where its station's policy asks for that; a witness's is Ed25519. Its file is PKCS#8,
 * PEM. A P-256 key may be kept elsewhere, in a secure element: then there is no file.
 */
#ifndef IMPRINT_LEDGER_NOTE_KEY_H
#define IMPRINT_LEDGER_NOTE_KEY_H

#include <gnutls/abstract.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/p256.h"

#define NOTE_ED25519_BYTES 32
#define NOTE_PUBLIC_MAX P256_POINT_BYTES
#define NOTE_KEY_ID_BYTES 4
#define NOTE_SIGNATURE_MAX 72 /* ECDSA over P-256 as DER: two INTEGERs of at most 33 bytes */
#define NOTE_NAME_SIZE 144    /* of a key, with a NUL: as long as a log's name (ledger/entry.h) */
#define NOTE_VKEY_SIZE 384    /* a public key as text, with a NUL: NAME+KEYID+BASE64 */
#define NOTE_PEM_SIZE 256

/* C2SP signed-note, "Signature types"; the number is in each key's id. */
enum note_type {
    NOTE_ED25519 = 1,
    NOTE_ECDSA = 2,    /* P-256 with SHA-256, the signature as DER */
    NOTE_COSIGNED = 4, /* Ed25519 over time and checkpoint: C2SP tlog-cosignature */
};

/* A public key. Zero-initialised: none. */
struct note_public {
    enum note_type type;
    uint8_t data[NOTE_PUBLIC_MAX]; /* Ed25519: 32 bytes; P-256: the uncompressed point */
    size_t len;
};

#define NOTE_DIGEST_BYTES 32
#define NOTE_RAW_BYTES 64 /* r and s of P-256, big-endian */

/*
 * Who keeps a P-256 key that is in no file, and signs with it. Each call is false with a reason. Zero-initialised:
 * there is none.
 */
struct note_keeper {
    void *context;
    bool (*read)(void *context, uint8_t point[static P256_POINT_BYTES], struct error *err);
    bool (*sign)(void *context, const uint8_t digest[static NOTE_DIGEST_BYTES],
                 uint8_t signature[static NOTE_RAW_BYTES], struct error *err);
    void (*release)(void *context);
};

/* A key that signs. Zero-initialised: none. */
struct note_key {
    gnutls_privkey_t handle;          /* of a key in a file */
    const struct note_keeper *keeper; /* of one that is kept elsewhere; else NULL */
    struct note_public public_key;    /* `type` is NOTE_ED25519 or NOTE_ECDSA */
};

/* Makes a key, and its file's text: the caller's, for gnutls_free() after wiping. False with a reason. */
bool note_key_make(struct note_key *key, enum note_type type, gnutls_datum_t *pem, struct error *err);

/* Reads a key file's text. False with a reason. */
bool note_key_read(struct note_key *key, struct bytes pem, struct error *err);

/* The key that `keeper` has, which must outlive it. False with a reason. */
bool note_key_hold(struct note_key *key, const struct note_keeper *keeper, struct error *err);

/* Whether there is a key to sign with. */
bool note_key_is_there(const struct note_key *key);
void note_key_forget(struct note_key *key);

/* The public key whose stored form is `data`: its length tells Ed25519 and P-256 apart. False: it is neither. */
bool note_key_load(struct note_public *key, struct bytes data);
bool note_key_equal(const struct note_public *one, const struct note_public *other);

/* Binds the name to the key. False: GnuTLS failed. */
bool note_key_id(const char *name, const struct note_public *key, uint8_t id[static NOTE_KEY_ID_BYTES]);

/*
 * The signature's bytes into `signature` (at least NOTE_SIGNATURE_MAX). False, with a reason where the key's keeper
 * failed or signed with another key; else GnuTLS failed.
 */
bool note_key_sign(const struct note_key *key, struct bytes text, struct bytes_out *signature, struct error *err);

/* Whether the key made the signature over the text. */
bool note_key_verify(const struct note_public *key, struct bytes text, struct bytes signature);

/* A public key as others want it. False with a reason. */
bool note_key_text(const char *name, const struct note_public *key, char text[static NOTE_VKEY_SIZE],
                   struct error *err);
bool note_key_pem(const struct note_public *key, char pem[static NOTE_PEM_SIZE], struct error *err);

/* Reads NAME+KEYID+BASE64. False with ERROR_INPUT_FILE: what is wrong with it. */
bool note_key_from_text(struct bytes text, char name[static NOTE_NAME_SIZE], struct note_public *key,
                        struct error *err);

/* Whether a key can have this name: not empty, no blank, no plus sign, no control character. */
bool note_key_name_is_good(struct bytes name);

#endif
