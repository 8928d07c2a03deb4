/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/note.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <gnutls/crypto.h>
#include <gnutls/x509.h>

#define TYPE_ED25519 1 /* C2SP signed-note, signature types */
#define KEY_ID_BYTES 4
#define SIGNATURE_BYTES 64
#define SIGNED_BYTES (KEY_ID_BYTES + SIGNATURE_BYTES)
#define DASH "\xe2\x80\x94 " /* U+2014 */

static bool failed(const char *cause, struct error *err)
{
    error_set(err, ERROR_UNEXPECTED, cause, NULL);
    return false;
}

/* The same memory. GnuTLS asks for memory that it could write, and does not write what it is given to read. */
static gnutls_datum_t datum_of(const void *data, size_t len)
{
    gnutls_datum_t datum = {.size = (unsigned)len};

    memcpy((void *)&datum.data, (const void *)&data, sizeof datum.data);
    return datum;
}

/* --- keys --- */

static bool read_public(struct note_key *key)
{
    gnutls_pubkey_t public_key;
    gnutls_datum_t x = {NULL, 0};
    gnutls_ecc_curve_t curve = GNUTLS_ECC_CURVE_INVALID;
    bool ok;

    if (gnutls_pubkey_init(&public_key) != 0)
        return false;
    ok = gnutls_pubkey_import_privkey(public_key, key->handle, 0, 0) == 0 &&
         gnutls_pubkey_export_ecc_raw2(public_key, &curve, &x, NULL, 0) == 0 && curve == GNUTLS_ECC_CURVE_ED25519 &&
         x.size == NOTE_KEY_BYTES;
    if (ok)
        memcpy(key->public_key, x.data, NOTE_KEY_BYTES);
    gnutls_free(x.data);
    gnutls_pubkey_deinit(public_key);
    return ok;
}

static bool export_pem(const struct note_key *key, gnutls_datum_t *pem)
{
    gnutls_x509_privkey_t file_key = NULL;
    bool ok = gnutls_privkey_export_x509(key->handle, &file_key) == 0 &&
              gnutls_x509_privkey_export2_pkcs8(file_key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, pem) == 0;

    if (file_key != NULL)
        gnutls_x509_privkey_deinit(file_key);
    return ok;
}

bool note_key_make(struct note_key *key, gnutls_datum_t *pem, struct error *err)
{
    int code = gnutls_privkey_init(&key->handle);

    if (code == 0)
        code = gnutls_privkey_generate(key->handle, GNUTLS_PK_EDDSA_ED25519,
                                       GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_ED25519), 0);
    if (code == 0 && read_public(key) && export_pem(key, pem))
        return true;
    note_key_forget(key);
    return failed("GnuTLS cannot make an Ed25519 key", err);
}

bool note_key_read(struct note_key *key, struct bytes pem, struct error *err)
{
    const gnutls_datum_t text = datum_of(pem.data, pem.len);
    int code = gnutls_privkey_init(&key->handle);

    if (code == 0)
        code = gnutls_privkey_import_x509_raw(key->handle, &text, GNUTLS_X509_FMT_PEM, NULL, 0);
    if (code == 0 && read_public(key))
        return true;
    note_key_forget(key);
    error_set(err, ERROR_DATABASE_DAMAGED, "the key file holds no Ed25519 key", NULL);
    return false;
}

void note_key_forget(struct note_key *key)
{
    if (key->handle != NULL)
        gnutls_privkey_deinit(key->handle);
    memset(key, 0, sizeof *key);
}

/* Binds the name to the key: C2SP signed-note, section "Signatures". */
static bool key_id_of(const char *log, const uint8_t public_key[static NOTE_KEY_BYTES], uint8_t id[static KEY_ID_BYTES])
{
    uint8_t text[ENTRY_LOG_SIZE + 2 + NOTE_KEY_BYTES], hash[MERKLE_BYTES];
    struct bytes_out out = {.data = text, .cap = sizeof text};

    if (!bytes_append(&out, bytes_of(log, strlen(log))) || !bytes_append_byte(&out, '\n') ||
        !bytes_append_byte(&out, TYPE_ED25519) || !bytes_append(&out, bytes_of(public_key, NOTE_KEY_BYTES)) ||
        gnutls_hash_fast(GNUTLS_DIG_SHA256, text, out.len, hash) != 0)
        return false;
    memcpy(id, hash, KEY_ID_BYTES);
    return true;
}

/* --- base64 --- */

static bool encode(struct bytes data, char *text, size_t size)
{
    const gnutls_datum_t in = datum_of(data.data, data.len);
    gnutls_datum_t out = {NULL, 0};
    bool ok = gnutls_base64_encode2(&in, &out) == 0 && out.size < size;

    if (ok) {
        memcpy(text, out.data, out.size);
        text[out.size] = '\0';
    }
    gnutls_free(out.data);
    return ok;
}

/* Exactly `len` bytes, and the one text that encodes them. */
static bool decode(struct bytes text, uint8_t *data, size_t len)
{
    const gnutls_datum_t in = datum_of(text.data, text.len);
    gnutls_datum_t out = {NULL, 0};
    char again[SIGNED_BYTES * 2];
    bool ok = text.len > 0 && gnutls_base64_decode2(&in, &out) == 0 && out.size == len &&
              encode(bytes_of(out.data, out.size), again, sizeof again) &&
              bytes_equal(text, bytes_of(again, strlen(again)));

    if (ok)
        memcpy(data, out.data, len);
    gnutls_free(out.data);
    return ok;
}

void note_hash_text(const uint8_t hash[static MERKLE_BYTES], char text[static NOTE_HASH_SIZE])
{
    if (!encode(bytes_of(hash, MERKLE_BYTES), text, NOTE_HASH_SIZE))
        text[0] = '\0';
}

/* --- signing --- */

static bool sign(const struct note_key *key, struct bytes text, uint8_t signature[static SIGNATURE_BYTES])
{
    const gnutls_datum_t data = datum_of(text.data, text.len);
    gnutls_datum_t out = {NULL, 0};
    bool ok = gnutls_privkey_sign_data2(key->handle, GNUTLS_SIGN_EDDSA_ED25519, 0, &data, &out) == 0 &&
              out.size == SIGNATURE_BYTES;

    if (ok)
        memcpy(signature, out.data, SIGNATURE_BYTES);
    gnutls_free(out.data);
    return ok;
}

bool note_sign(const struct note_key *key, const struct checkpoint *checkpoint, char text[static NOTE_MAX],
               struct error *err)
{
    char root[NOTE_HASH_SIZE], line[SIGNED_BYTES * 2];
    uint8_t signature[SIGNED_BYTES];
    int len, more;

    note_hash_text(checkpoint->root, root);
    len = snprintf(text, NOTE_MAX, "%s\n%" PRIu64 "\n%s\n", checkpoint->log, checkpoint->size, root);
    if (len <= 0 || len >= NOTE_MAX || !key_id_of(checkpoint->log, key->public_key, signature) ||
        !sign(key, bytes_of(text, (size_t)len), signature + KEY_ID_BYTES) ||
        !encode(bytes_of(signature, sizeof signature), line, sizeof line))
        return failed("GnuTLS cannot sign the checkpoint", err);
    more = snprintf(text + len, (size_t)(NOTE_MAX - len), "\n" DASH "%s %s\n", checkpoint->log, line);
    if (more > 0 && more < NOTE_MAX - len)
        return true;
    return failed("the checkpoint is too long", err);
}

static bool verify(struct bytes text, const uint8_t public_key[static NOTE_KEY_BYTES],
                   const uint8_t signature[static SIGNATURE_BYTES])
{
    const gnutls_datum_t x = datum_of(public_key, NOTE_KEY_BYTES);
    const gnutls_datum_t data = datum_of(text.data, text.len);
    const gnutls_datum_t sig = datum_of(signature, SIGNATURE_BYTES);
    gnutls_pubkey_t key;
    bool ok;

    if (gnutls_pubkey_init(&key) != 0)
        return false;
    ok = gnutls_pubkey_import_ecc_raw(key, GNUTLS_ECC_CURVE_ED25519, &x, NULL) == 0 &&
         gnutls_pubkey_verify_data2(key, GNUTLS_SIGN_EDDSA_ED25519, 0, &data, &sig) >= 0;
    gnutls_pubkey_deinit(key);
    return ok;
}

/* --- reading --- */

/* Takes a line off the front of `rest`, without its line feed. False when there is none. */
static bool take_line(struct bytes *rest, struct bytes *line)
{
    const uint8_t *end = rest->len == 0 ? NULL : memchr(rest->data, '\n', rest->len);

    if (end == NULL)
        return false;
    *line = bytes_of(rest->data, (size_t)(end - rest->data));
    *rest = bytes_of(end + 1, rest->len - line->len - 1);
    return true;
}

static bool read_size(struct bytes line, uint64_t *size)
{
    *size = 0;
    if (line.len == 0 || line.len > 19 || (line.data[0] == '0' && line.len > 1)) /* 19 digits are below 2^64 */
        return false;
    for (size_t i = 0; i < line.len; i++) {
        if (line.data[i] < '0' || line.data[i] > '9')
            return false;
        *size = *size * 10 + (line.data[i] - '0');
    }
    return true;
}

/* The three lines of a checkpoint, the empty line after them, and no others before it. */
static bool read_body(struct bytes *rest, struct checkpoint *checkpoint)
{
    struct bytes line;

    if (!take_line(rest, &line) || line.len == 0 || line.len >= sizeof checkpoint->log ||
        memchr(line.data, '\0', line.len) != NULL)
        return false;
    memcpy(checkpoint->log, line.data, line.len);
    checkpoint->log[line.len] = '\0';
    return take_line(rest, &line) && read_size(line, &checkpoint->size) && take_line(rest, &line) &&
           decode(line, checkpoint->root, MERKLE_BYTES) && take_line(rest, &line) && line.len == 0;
}

/* The signature on `line`, if it is by this name and key id. */
static bool is_signature_of(struct bytes line, const char *log, const uint8_t id[static KEY_ID_BYTES],
                            uint8_t signature[static SIGNED_BYTES])
{
    const size_t dash = strlen(DASH), name = strlen(log), before = dash + name + 1;

    return line.len > before && memcmp(line.data, DASH, dash) == 0 && memcmp(line.data + dash, log, name) == 0 &&
           line.data[dash + name] == ' ' &&
           decode(bytes_of(line.data + before, line.len - before), signature, SIGNED_BYTES) &&
           memcmp(signature, id, KEY_ID_BYTES) == 0;
}

bool note_open(struct bytes text, const uint8_t public_key[static NOTE_KEY_BYTES], struct checkpoint *checkpoint,
               struct error *err)
{
    uint8_t id[KEY_ID_BYTES], signature[SIGNED_BYTES];
    struct bytes rest = text, line, body;

    memset(checkpoint, 0, sizeof *checkpoint);
    if (text.len > NOTE_MOST || !read_body(&rest, checkpoint)) {
        error_set(err, ERROR_INPUT_FILE, "it is not a checkpoint", NULL);
        return false;
    }
    body = bytes_of(text.data, text.len - rest.len - 1);
    if (!key_id_of(checkpoint->log, public_key, id))
        return failed("GnuTLS cannot compute the key's id", err);
    while (take_line(&rest, &line)) {
        if (!is_signature_of(line, checkpoint->log, id, signature))
            continue;
        if (verify(body, public_key, signature + KEY_ID_BYTES))
            return true;
        error_set(err, ERROR_RECORD_REFUTED, "the checkpoint's signature does not verify", NULL);
        return false;
    }
    error_set(err, ERROR_RECORD_REFUTED, "the log's key has not signed the checkpoint", NULL);
    return false;
}

/* --- public keys for others --- */

bool note_vkey(const char *log, const uint8_t public_key[static NOTE_KEY_BYTES], char text[static NOTE_VKEY_SIZE],
               struct error *err)
{
    uint8_t typed[1 + NOTE_KEY_BYTES] = {TYPE_ED25519}, id[KEY_ID_BYTES];
    char coded[sizeof typed * 2];
    int n = -1;

    memcpy(typed + 1, public_key, NOTE_KEY_BYTES);
    if (key_id_of(log, public_key, id) && encode(bytes_of(typed, sizeof typed), coded, sizeof coded))
        n = snprintf(text, NOTE_VKEY_SIZE, "%s+%02x%02x%02x%02x+%s", log, id[0], id[1], id[2], id[3], coded);
    if (n > 0 && n < NOTE_VKEY_SIZE)
        return true;
    return failed("GnuTLS cannot write the public key", err);
}

bool note_public_pem(const uint8_t public_key[static NOTE_KEY_BYTES], char pem[static NOTE_PEM_SIZE], struct error *err)
{
    const gnutls_datum_t x = datum_of(public_key, NOTE_KEY_BYTES);
    gnutls_datum_t out = {NULL, 0};
    gnutls_pubkey_t key = NULL;
    bool ok = gnutls_pubkey_init(&key) == 0 &&
              gnutls_pubkey_import_ecc_raw(key, GNUTLS_ECC_CURVE_ED25519, &x, NULL) == 0 &&
              gnutls_pubkey_export2(key, GNUTLS_X509_FMT_PEM, &out) == 0 && out.size < NOTE_PEM_SIZE;

    if (ok) {
        memcpy(pem, out.data, out.size);
        pem[out.size] = '\0';
    }
    gnutls_free(out.data);
    if (key != NULL)
        gnutls_pubkey_deinit(key);
    return ok || failed("GnuTLS cannot write the public key", err);
}
