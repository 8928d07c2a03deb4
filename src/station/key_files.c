/* SPDX-License-Identifier: Apache-2.0 */
/* Mbed TLS parses PEM; nothing is kept. */
#include "station/key_files.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <mbedtls/ecp.h>
#include <mbedtls/error.h>
#include <mbedtls/pk.h>
#include <mbedtls/psa_util.h>

#include "base/hex.h"
#include "base/error_format.h"
#include "station/file.h"
#include "station/folder.h"
#include "station/input.h"
#include "station/published_keys.h"

/* A P-256 key takes 250 bytes of PEM; anything beyond this is another file. */
#define KEY_FILE_MAX ((size_t)64 * 1024)
#define WRITE_KEY_BYTES 32

void key_files_init(struct key_files *source, const char *profile_path)
{
    folder_above(profile_path, source->folder);
    source->path[0] = '\0';
}

bool key_files_find(struct key_files *source, const char *name, struct error *err)
{
    int n = name[0] == '/' ? snprintf(source->path, sizeof source->path, "%s", name)
                           : snprintf(source->path, sizeof source->path, "%s/%s", source->folder, name);

    if (n > 0 && (size_t)n < sizeof source->path)
        return true;
    error_set(err, ERROR_INPUT_FILE, "the path to the key file is too long", NULL);
    error_with_subject(err, name);
    return false;
}

static bool refuse(struct key_files *source, const char *cause, const char *next, struct error *err)
{
    error_set(err, ERROR_INPUT_FILE, cause, next);
    error_with_subject(err, source->path);
    return false;
}

bool key_files_is_private(struct key_files *source, struct bytes secret, struct error *err)
{
    struct stat file;

    if (stat(source->path, &file) != 0 || !S_ISREG(file.st_mode) || (file.st_mode & (S_IROTH | S_IWOTH)) == 0 ||
        published_keys_name(secret) != NULL)
        return true;
    return refuse(source, "every user of this machine can read or write this secret key file",
                  error_keep_format(err, "chmod 600 '%s'; if others may have read it, make a new key", source->path),
                  err);
}

static bool parse_failed(struct key_files *source, bool private_key, int status, struct error *err)
{
    if (status == MBEDTLS_ERR_PK_PASSWORD_REQUIRED || status == MBEDTLS_ERR_PK_PASSWORD_MISMATCH)
        return refuse(source, "the key file is encrypted", "decrypt it first: openssl pkey -in FILE -out PLAIN", err);
    if (private_key)
        return refuse(source, "the file holds no private key in PEM (PKCS#8 or SEC1)",
                      "make one with: openssl ecparam -name prime256v1 -genkey -noout", err);
    return refuse(source, "the file holds no public key in PEM (SubjectPublicKeyInfo)",
                  "make one with: openssl pkey -in PRIVATE -pubout", err);
}

/* Reads the PEM text of the key into `pk`: a P-256 key, or false with a reason. */
static bool parse_key(struct key_files *source, struct bytes pem, bool private_key, mbedtls_pk_context *pk,
                      struct error *err)
{
    /* The PEM parser needs the closing NUL, counted in the length. */
    const int status = private_key ? mbedtls_pk_parse_key(pk, pem.data, pem.len + 1, NULL, 0, mbedtls_psa_get_random,
                                                          MBEDTLS_PSA_RANDOM_STATE)
                                   : mbedtls_pk_parse_public_key(pk, pem.data, pem.len + 1);

    if (status != 0)
        return parse_failed(source, private_key, status, err);
    return (mbedtls_pk_get_type(pk) == MBEDTLS_PK_ECKEY &&
            mbedtls_ecp_keypair_get_group_id(mbedtls_pk_ec(*pk)) == MBEDTLS_ECP_DP_SECP256R1) ||
           refuse(source, "the key in the file is not on the curve P-256", NULL, err);
}

/* Writes the scalar, or the point as 04, X, Y. False when the key is none: off the curve, or its halves differ. */
static bool write_key(const mbedtls_pk_context *pk, bool private_key, struct bytes_out *out)
{
    mbedtls_ecp_keypair *pair = mbedtls_pk_ec(*pk);
    size_t len = 0;
    int status;

    if (private_key) {
        status = mbedtls_ecp_check_pub_priv(pair, pair, mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE);
        if (status == 0)
            status = mbedtls_ecp_write_key_ext(pair, &len, out->data, out->cap);
    } else {
        status = mbedtls_ecp_write_public_key(pair, MBEDTLS_ECP_PF_UNCOMPRESSED, &len, out->data, out->cap);
    }
    out->len = status == 0 ? len : 0;
    return status == 0;
}

bool key_files_read_key(struct key_files *source, const struct profile_key *key, struct bytes_out *out,
                        struct error *err)
{
    const bool private_key = PSA_KEY_TYPE_IS_KEY_PAIR(key->type);
    struct input input = {.data = NULL};
    mbedtls_pk_context pk;
    bool ok;

    mbedtls_pk_init(&pk);
    ok = key_files_find(source, key->source, err) && input_read(&input, source->path, KEY_FILE_MAX, err) &&
         parse_key(source, bytes_of(input.data, input.len), private_key, &pk, err) &&
         (write_key(&pk, private_key, out) || refuse(source, "the key in the file is not valid", NULL, err)) &&
         (!private_key || key_files_is_private(source, bytes_written(out), err));
    if (!ok) {
        bytes_wipe(out->data, out->cap);
        out->len = 0;
        error_doing(err, "read the key to import");
        error_with_key(err, key->id);
    }
    mbedtls_pk_free(&pk);
    input_release(&input);
    return ok;
}

bool key_files_read_write_keys(struct key_files *source, const struct profile *profile,
                               struct imprint_write_key keys[static CHIP_SLOTS], size_t *count, struct error *err)
{
    *count = 0;
    for (size_t i = 0; i < profile->write_key_count && i < CHIP_SLOTS; i++) {
        struct imprint_write_key *key = &keys[*count];
        struct bytes_out out = {.data = key->secret, .cap = sizeof key->secret};
        char room[ERROR_ROOM];
        struct error failure = ERROR_IN(room);
        struct input input;
        bool ok;

        if (!key_files_find(source, profile->write_keys[i].source, err))
            return false;
        if (!input_read(&input, source->path, KEY_FILE_MAX, &failure)) {
            if (failure.system_errno == ENOENT)
                continue;
            error_pass(err, &failure);
            error_with_subject(err, source->path);
            error_doing(err, "read a write key");
            return false;
        }
        ok = hex_decode((const char *)input.data, input.len, &out, NULL) && out.len == WRITE_KEY_BYTES;
        input_release(&input);
        if (!ok) {
            error_at_slot(err, profile->write_keys[i].slot);
            refuse(source, "a write key is 64 hex digits", NULL, err);
            error_doing(err, "read a write key");
            return false;
        }
        key->slot = profile->write_keys[i].slot;
        if (!key_files_is_private(source, bytes_of(key->secret, sizeof key->secret), err)) {
            error_at_slot(err, key->slot);
            error_doing(err, "read a write key");
            return false;
        }
        *count += 1;
    }
    return true;
}

bool key_files_check_output(struct key_files *source, const struct profile *profile, const char *output,
                            struct error *err)
{
    bool ok = true;

    for (size_t i = 0; output != NULL && i < profile->key_count && ok; i++)
        if (profile->keys[i].method == PROFILE_IMPORT)
            ok = key_files_find(source, profile->keys[i].source, err) && file_check_output(output, source->path, err);
    for (size_t i = 0; output != NULL && i < profile->write_key_count && ok; i++)
        ok = key_files_find(source, profile->write_keys[i].source, err) && file_check_output(output, source->path, err);
    /* A file for each device has a name that is not known yet; the pattern itself is no file. */
    for (size_t i = 0; output != NULL && i < profile->data_count && ok; i++)
        if (profile->data[i].form == PROFILE_DATUM_FILE)
            ok = key_files_find(source, profile->data[i].source, err) && file_check_output(output, source->path, err);
    return ok;
}
