/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/note_key.h"

#include <stdio.h>
#include <string.h>

#include <gnutls/crypto.h>
#include <gnutls/x509.h>

#include "ledger/base64_text.h"
#include "ledger/datum.h"
#include "ledger/merkle.h"

#define SPKI_MAX 128    /* bytes: 91 of P-256 */
#define KEY_ID_DIGITS 8 /* in NAME+KEYID+BASE64 */

static bool failed(const char *cause, struct error *err)
{
    error_set(err, ERROR_UNEXPECTED, cause, NULL);
    return false;
}

static bool is_ed25519(enum note_type type)
{
    return type == NOTE_ED25519 || type == NOTE_COSIGNED;
}

/* --- GnuTLS's public key --- */

/* For gnutls_pubkey_deinit(); NULL: it is no key. */
static gnutls_pubkey_t make_public(const struct note_public *key)
{
    const bool is_edwards = is_ed25519(key->type);
    const size_t half = is_edwards ? NOTE_ED25519_BYTES : P256_BYTES;
    const uint8_t *start = is_edwards ? key->data : key->data + 1;
    const gnutls_datum_t x = datum_of(start, half), y = datum_of(start + half, half);
    gnutls_pubkey_t made;

    if (gnutls_pubkey_init(&made) != 0)
        return NULL;
    if (gnutls_pubkey_import_ecc_raw(made, is_edwards ? GNUTLS_ECC_CURVE_ED25519 : GNUTLS_ECC_CURVE_SECP256R1, &x,
                                     is_edwards ? NULL : &y) == 0)
        return made;
    gnutls_pubkey_deinit(made);
    return NULL;
}

/* SubjectPublicKeyInfo, DER. */
static bool export_spki(const struct note_public *key, struct bytes_out *out)
{
    gnutls_pubkey_t handle = make_public(key);
    gnutls_datum_t der = {NULL, 0};
    bool ok = handle != NULL && gnutls_pubkey_export2(handle, GNUTLS_X509_FMT_DER, &der) == 0 &&
              bytes_append(out, bytes_of(der.data, der.size));

    gnutls_free(der.data);
    if (handle != NULL)
        gnutls_pubkey_deinit(handle);
    return ok;
}

/* X and Y of a curve as GnuTLS gives them: without leading zeros. */
static bool put_point(const gnutls_datum_t *x, const gnutls_datum_t *y, struct note_public *key)
{
    const size_t skip = x->size > P256_BYTES ? x->size - P256_BYTES : 0,
                 skip_y = y->size > P256_BYTES ? y->size - P256_BYTES : 0;

    if (x->size - skip > P256_BYTES || y->size - skip_y > P256_BYTES)
        return false;
    *key = (struct note_public){.type = NOTE_ECDSA, .len = P256_POINT_BYTES};
    key->data[0] = P256_UNCOMPRESSED;
    memcpy(key->data + 1 + P256_BYTES - (x->size - skip), x->data + skip, x->size - skip);
    memcpy(key->data + 1 + 2 * P256_BYTES - (y->size - skip_y), y->data + skip_y, y->size - skip_y);
    return true;
}

static bool read_public(gnutls_pubkey_t handle, struct note_public *key)
{
    gnutls_datum_t x = {NULL, 0}, y = {NULL, 0};
    gnutls_ecc_curve_t curve = GNUTLS_ECC_CURVE_INVALID;
    bool ok = gnutls_pubkey_export_ecc_raw2(handle, &curve, &x, &y, 0) == 0;

    if (ok && curve == GNUTLS_ECC_CURVE_ED25519)
        ok = note_key_load(key, bytes_of(x.data, x.size));
    else
        ok = ok && curve == GNUTLS_ECC_CURVE_SECP256R1 && put_point(&x, &y, key);
    gnutls_free(x.data);
    gnutls_free(y.data);
    return ok;
}

/* --- keys that sign --- */

static bool take_public(struct note_key *key)
{
    gnutls_pubkey_t handle;
    bool ok;

    if (gnutls_pubkey_init(&handle) != 0)
        return false;
    ok = gnutls_pubkey_import_privkey(handle, key->handle, 0, 0) == 0 && read_public(handle, &key->public_key);
    gnutls_pubkey_deinit(handle);
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

bool note_key_make(struct note_key *key, enum note_type type, gnutls_datum_t *pem, struct error *err)
{
    const bool is_edwards = is_ed25519(type);
    int code = gnutls_privkey_init(&key->handle);

    if (code == 0)
        code = gnutls_privkey_generate(
            key->handle, is_edwards ? GNUTLS_PK_EDDSA_ED25519 : GNUTLS_PK_ECDSA,
            GNUTLS_CURVE_TO_BITS(is_edwards ? GNUTLS_ECC_CURVE_ED25519 : GNUTLS_ECC_CURVE_SECP256R1), 0);
    if (code == 0 && take_public(key) && export_pem(key, pem))
        return true;
    note_key_forget(key);
    return failed("GnuTLS cannot make a key", err);
}

bool note_key_read(struct note_key *key, struct bytes pem, struct error *err)
{
    const gnutls_datum_t text = datum_of(pem.data, pem.len);
    int code = gnutls_privkey_init(&key->handle);

    if (code == 0)
        code = gnutls_privkey_import_x509_raw(key->handle, &text, GNUTLS_X509_FMT_PEM, NULL, 0);
    if (code == 0 && take_public(key))
        return true;
    note_key_forget(key);
    error_set(err, ERROR_DATABASE_DAMAGED, "the key file holds no Ed25519 key and no P-256 key", NULL);
    return false;
}

bool note_key_hold(struct note_key *key, const struct note_keeper *keeper, struct error *err)
{
    uint8_t point[P256_POINT_BYTES];

    if (!keeper->read(keeper->context, point, err))
        return false;
    if (!note_key_load(&key->public_key, bytes_of(point, sizeof point))) {
        memset(key, 0, sizeof *key);
        return failed("what the key's keeper gave is no public key", err);
    }
    key->keeper = keeper;
    return true;
}

bool note_key_is_there(const struct note_key *key)
{
    return key->handle != NULL || key->keeper != NULL;
}

void note_key_forget(struct note_key *key)
{
    if (key->handle != NULL)
        gnutls_privkey_deinit(key->handle);
    memset(key, 0, sizeof *key);
}

/* --- public keys --- */

bool note_key_load(struct note_public *key, struct bytes data)
{
    *key = (struct note_public){.type = data.len == P256_POINT_BYTES ? NOTE_ECDSA : NOTE_ED25519, .len = data.len};
    if (data.len != NOTE_ED25519_BYTES && data.len != P256_POINT_BYTES)
        return false;
    memcpy(key->data, data.data, data.len);
    return data.len == NOTE_ED25519_BYTES || (key->data[0] == P256_UNCOMPRESSED && p256_curve_has_point(key->data + 1));
}

bool note_key_equal(const struct note_public *one, const struct note_public *other)
{
    return one->type == other->type && one->len == other->len && memcmp(one->data, other->data, one->len) == 0;
}

/* C2SP signed-note, section "Signatures". That of an ECDSA key does not depend on the name. */
bool note_key_id(const char *name, const struct note_public *key, uint8_t id[static NOTE_KEY_ID_BYTES])
{
    uint8_t text[NOTE_NAME_SIZE + SPKI_MAX], hash[MERKLE_BYTES];
    struct bytes_out out = {.data = text, .cap = sizeof text};
    bool ok;

    if (key->type == NOTE_ECDSA)
        ok = export_spki(key, &out);
    else
        ok = bytes_append(&out, bytes_of(name, strlen(name))) && bytes_append_byte(&out, '\n') &&
             bytes_append_byte(&out, (uint8_t)key->type) && bytes_append(&out, bytes_of(key->data, key->len));
    if (!ok || gnutls_hash_fast(GNUTLS_DIG_SHA256, text, out.len, hash) != 0)
        return false;
    memcpy(id, hash, NOTE_KEY_ID_BYTES);
    return true;
}

static gnutls_sign_algorithm_t algorithm_of(enum note_type type)
{
    return is_ed25519(type) ? GNUTLS_SIGN_EDDSA_ED25519 : GNUTLS_SIGN_ECDSA_SHA256;
}

/* r and s as DER. What does not verify is never given out: somebody else's key may be in that place now. */
static bool sign_elsewhere(const struct note_key *key, struct bytes text, struct bytes_out *signature,
                           struct error *err)
{
    uint8_t digest[NOTE_DIGEST_BYTES], raw[NOTE_RAW_BYTES];
    const gnutls_datum_t r = datum_of(raw, P256_BYTES), s = datum_of(raw + P256_BYTES, P256_BYTES);
    gnutls_datum_t der = {NULL, 0};
    bool ok = gnutls_hash_fast(GNUTLS_DIG_SHA256, text.data, text.len, digest) == 0 &&
              key->keeper->sign(key->keeper->context, digest, raw, err) && gnutls_encode_rs_value(&der, &r, &s) == 0;

    if (ok && !note_key_verify(&key->public_key, text, bytes_of(der.data, der.size))) {
        error_set(err, ERROR_RECORD_FAILED, "what signed is not the log's key",
                  "put the chip that has the log's key back in its place");
        ok = false;
    }
    ok = ok && bytes_append(signature, bytes_of(der.data, der.size));
    gnutls_free(der.data);
    return ok;
}

bool note_key_sign(const struct note_key *key, struct bytes text, struct bytes_out *signature, struct error *err)
{
    const gnutls_datum_t data = datum_of(text.data, text.len);
    gnutls_datum_t out = {NULL, 0};
    bool ok;

    if (key->keeper != NULL)
        return sign_elsewhere(key, text, signature, err);
    ok = gnutls_privkey_sign_data2(key->handle, algorithm_of(key->public_key.type), 0, &data, &out) == 0 &&
         bytes_append(signature, bytes_of(out.data, out.size));

    gnutls_free(out.data);
    return ok;
}

bool note_key_verify(const struct note_public *key, struct bytes text, struct bytes signature)
{
    const gnutls_datum_t data = datum_of(text.data, text.len);
    const gnutls_datum_t sig = datum_of(signature.data, signature.len);
    gnutls_pubkey_t handle = make_public(key);
    bool ok;

    if (handle == NULL)
        return false;
    ok = gnutls_pubkey_verify_data2(handle, algorithm_of(key->type), 0, &data, &sig) >= 0;
    gnutls_pubkey_deinit(handle);
    return ok;
}

bool note_key_pem(const struct note_public *key, char pem[static NOTE_PEM_SIZE], struct error *err)
{
    gnutls_datum_t out = {NULL, 0};
    gnutls_pubkey_t handle = make_public(key);
    bool ok =
        handle != NULL && gnutls_pubkey_export2(handle, GNUTLS_X509_FMT_PEM, &out) == 0 && out.size < NOTE_PEM_SIZE;

    if (ok) {
        memcpy(pem, out.data, out.size);
        pem[out.size] = '\0';
    }
    gnutls_free(out.data);
    if (handle != NULL)
        gnutls_pubkey_deinit(handle);
    return ok || failed("GnuTLS cannot write the public key", err);
}

/* --- NAME+KEYID+BASE64 --- */

/* What BASE64 stands for: the type's number, and the key. */
static bool write_typed(const struct note_public *key, struct bytes_out *out)
{
    return bytes_append_byte(out, (uint8_t)key->type) &&
           (key->type == NOTE_ECDSA ? export_spki(key, out) : bytes_append(out, bytes_of(key->data, key->len)));
}

bool note_key_text(const char *name, const struct note_public *key, char text[static NOTE_VKEY_SIZE], struct error *err)
{
    uint8_t typed[1 + SPKI_MAX], id[NOTE_KEY_ID_BYTES];
    struct bytes_out out = {.data = typed, .cap = sizeof typed};
    char coded[sizeof typed * 2];
    int n = -1;

    if (write_typed(key, &out) && note_key_id(name, key, id) &&
        base64_text_write(bytes_written(&out), coded, sizeof coded))
        n = snprintf(text, NOTE_VKEY_SIZE, "%s+%02x%02x%02x%02x+%s", name, id[0], id[1], id[2], id[3], coded);
    if (n > 0 && n < NOTE_VKEY_SIZE)
        return true;
    return failed("GnuTLS cannot write the public key", err);
}

bool note_key_name_is_good(struct bytes name)
{
    if (name.len == 0 || name.len >= NOTE_NAME_SIZE)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        if (name.data[i] <= ' ' || name.data[i] >= 0x7F || name.data[i] == '+')
            return false;
    }
    return true;
}

static bool read_spki(struct bytes der, struct note_public *key)
{
    const gnutls_datum_t data = datum_of(der.data, der.len);
    gnutls_pubkey_t handle;
    bool ok;

    if (gnutls_pubkey_init(&handle) != 0)
        return false;
    ok = gnutls_pubkey_import(handle, &data, GNUTLS_X509_FMT_DER) == 0 && read_public(handle, key) &&
         key->type == NOTE_ECDSA;
    gnutls_pubkey_deinit(handle);
    return ok;
}

static bool read_typed(struct bytes typed, struct note_public *key)
{
    const struct bytes rest = typed.len == 0 ? BYTES_NONE : bytes_of(typed.data + 1, typed.len - 1);

    if (typed.len == 0)
        return false;
    if (typed.data[0] == NOTE_ECDSA)
        return read_spki(rest, key);
    if ((typed.data[0] != NOTE_ED25519 && typed.data[0] != NOTE_COSIGNED) || rest.len != NOTE_ED25519_BYTES ||
        !note_key_load(key, rest))
        return false;
    key->type = (enum note_type)typed.data[0];
    return true;
}

/* Splits at the first plus sign: a name has none, base64 may. */
static bool split(struct bytes text, char name[static NOTE_NAME_SIZE], struct bytes *digits, struct bytes *coded)
{
    const uint8_t *plus = text.len == 0 ? NULL : memchr(text.data, '+', text.len);
    const size_t len = plus == NULL ? 0 : (size_t)(plus - text.data);

    if (plus == NULL || !note_key_name_is_good(bytes_of(text.data, len)) || text.len < len + 1 + KEY_ID_DIGITS + 1 ||
        plus[1 + KEY_ID_DIGITS] != '+')
        return false;
    memcpy(name, text.data, len);
    name[len] = '\0';
    *digits = bytes_of(plus + 1, KEY_ID_DIGITS);
    *coded = bytes_of(plus + 1 + KEY_ID_DIGITS + 1, text.len - len - 1 - KEY_ID_DIGITS - 1);
    return true;
}

bool note_key_from_text(struct bytes text, char name[static NOTE_NAME_SIZE], struct note_public *key, struct error *err)
{
    uint8_t typed[1 + SPKI_MAX];
    struct bytes_out out = {.data = typed, .cap = sizeof typed};
    struct bytes digits, coded;
    char again[NOTE_VKEY_SIZE];

    while (text.len > 0 && (text.data[text.len - 1] == '\n' || text.data[text.len - 1] == '\r'))
        text.len--;
    if (split(text, name, &digits, &coded) && base64_text_read(coded, &out) && read_typed(bytes_written(&out), key) &&
        note_key_text(name, key, again, err) && bytes_equal(text, bytes_of(again, strlen(again))))
        return true;
    error_set(err, ERROR_INPUT_FILE, "not a public key as C2SP writes it: expected NAME+KEYID+BASE64",
              "take the file key.vkey of ledger export, or what witness new prints");
    return false;
}
