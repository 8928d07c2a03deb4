/* SPDX-License-Identifier: Apache-2.0 */
/* An issuer whose key is a file: PKCS#8 or SEC1, PEM or DER, encrypted or not. */
#include <string.h>
#include <time.h>

#include "base/error_format.h"
#include "issuer/input_file.h"
#include "issuer/kinds.h"
#include "issuer/signing.h"

#define KEY_FILE_MAX ((size_t)64 * 1024) /* a P-256 key takes some 300 bytes; anything beyond this is another file */

static bool refuse(enum error_reason reason, const char *cause, const char *next, struct error *err)
{
    error_set(err, reason, cause, next);
    return false;
}

static bool contains(struct bytes text, const void *part, size_t len)
{
    return memmem(text.data, text.len, part, len) != NULL;
}

static gnutls_x509_crt_fmt_t format_of(const struct input_file *file)
{
    return contains(bytes_of(file->data, file->len), "-----BEGIN ", 11) ? GNUTLS_X509_FMT_PEM : GNUTLS_X509_FMT_DER;
}

/* GnuTLS reads no PKCS#8 whose key is derived with scrypt (RFC 7914, section 7: 1.3.6.1.4.1.11591.4.11). */
static bool has_scrypt(const struct input_file *file)
{
    static const uint8_t scrypt[] = {0x06, 0x09, 0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x04, 0x0b};
    const gnutls_datum_t text = {file->data, (unsigned)file->len};
    gnutls_datum_t der = {.data = NULL};
    bool found;

    if (format_of(file) == GNUTLS_X509_FMT_DER)
        return contains(bytes_of(file->data, file->len), scrypt, sizeof scrypt);
    found = gnutls_pem_base64_decode2("ENCRYPTED PRIVATE KEY", &text, &der) == GNUTLS_E_SUCCESS &&
            contains(bytes_of(der.data, der.size), scrypt, sizeof scrypt);
    gnutls_free(der.data);
    return found;
}

static int import_key(struct issuer *issuer, const struct input_file *file, const char *passphrase)
{
    const gnutls_datum_t data = {file->data, (unsigned)file->len};

    gnutls_privkey_deinit(issuer->key);
    issuer->key = NULL;
    if (gnutls_privkey_init(&issuer->key) != GNUTLS_E_SUCCESS)
        return GNUTLS_E_MEMORY_ERROR;
    return gnutls_privkey_import_x509_raw(issuer->key, &data, format_of(file), passphrase, 0);
}

/* One try: who does not know the passphrase must not find it by trying. */
static bool import_encrypted(struct issuer *issuer, const struct issuer_config *config, const struct input_file *file,
                             struct error *err)
{
    char passphrase[INPUT_FILE_SECRET_MAX];
    const char *what = error_keep_format(err, "the passphrase of %s", config->key);
    bool ok = input_file_get_secret_for_issuer(config->passphrase_file, &config->prompt,
                                               what != NULL ? what : "the passphrase", passphrase, err) &&
              (import_key(issuer, file, passphrase) == GNUTLS_E_SUCCESS ||
               refuse(ERROR_ISSUER_LOGIN, "wrong passphrase for the issuer's key file", NULL, err));

    bytes_wipe(passphrase, sizeof passphrase);
    return ok;
}

static bool read_key(struct issuer *issuer, const struct issuer_config *config, const struct input_file *file,
                     struct error *err)
{
    int status;

    if (has_scrypt(file))
        return refuse(ERROR_ISSUER_INVALID, "the key file is encrypted with scrypt, which is not supported (PBKDF2 is)",
                      "encrypt it again: openssl pkcs8 -topk8 -v2 aes-256-cbc -in FILE -out NEW-FILE", err);
    status = import_key(issuer, file, NULL);
    if (status == GNUTLS_E_SUCCESS)
        return true;
    if (status == GNUTLS_E_DECRYPTION_FAILED)
        return import_encrypted(issuer, config, file, err);
    return refuse(ERROR_ISSUER_INVALID,
                  error_keep_format(err, "the file holds no private key that GnuTLS can read (PKCS#8 or SEC1): %s",
                                    gnutls_strerror(status)),
                  "name the key file of the issuer; see what a file holds with: openssl pkey -noout -text -in FILE",
                  err);
}

static bool open_file(struct issuer *issuer, const struct issuer_config *config, struct error *err)
{
    struct input_file file;
    bool ok;

    if (!chain_read(&issuer->chain, config->certificate, time(NULL), err))
        return false;
    ok = input_file_read_for_issuer(&file, config->key, KEY_FILE_MAX, INPUT_FILE_SECRET, err) &&
         read_key(issuer, config, &file, err) && signing_try(issuer->key, issuer->chain.key, err);
    input_file_release(&file);
    if (!ok) {
        error_doing(err, "open the issuer's key");
        error_with_subject(err, config->key);
    }
    return ok;
}

const struct issuer_operations issuer_file = {.open = open_file, .word = "file"};
