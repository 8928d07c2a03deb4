/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/tls_files.h"

#include "service/tls_pair.h"

#define FILE_MAX ((size_t)64 * 1024)

static bool refuse(const char *cause, const char *next, const char *path, struct error *err)
{
    error_set(err, ERROR_INPUT_FILE, cause, next);
    error_with_subject(err, path);
    return false;
}

static gnutls_datum_t text_of(const struct input_file *file)
{
    return (gnutls_datum_t){file->data, (unsigned)file->len};
}

static bool check_pair(const struct tls_files *files, const struct signer_rules *rules, struct error *err)
{
    const struct tls_pair pair = {.certificate = bytes_of(files->certificate.data, files->certificate.len),
                                  .key = bytes_of(files->key.data, files->key.len),
                                  .certificate_file = rules->tls_certificate,
                                  .key_file = rules->tls_key};

    return tls_pair_check(&pair, "every station", err);
}

static bool read_anchors(struct tls_files *files, const struct signer_rules *rules, struct error *err)
{
    const gnutls_datum_t text = text_of(&files->clients);

    return (gnutls_x509_trust_list_init(&files->anchors, 0) == GNUTLS_E_SUCCESS &&
            gnutls_x509_trust_list_add_trust_mem(files->anchors, &text, NULL, GNUTLS_X509_FMT_PEM, 0, 0) > 0) ||
           refuse("the file holds no certificate in PEM",
                  "name the file with the certificates that vouch for the stations", rules->tls_clients, err);
}

bool tls_files_read(struct tls_files *files, const struct signer_rules *rules, struct error *err)
{
    if (input_file_read(&files->certificate, rules->tls_certificate, FILE_MAX, INPUT_FILE_TRUSTED, err) &&
        input_file_read(&files->key, rules->tls_key, FILE_MAX, INPUT_FILE_SECRET, err) &&
        input_file_read(&files->clients, rules->tls_clients, FILE_MAX, INPUT_FILE_TRUSTED, err) &&
        check_pair(files, rules, err) && read_anchors(files, rules, err))
        return true;
    error_doing(err, "prepare the server");
    return false;
}

void tls_files_release(struct tls_files *files)
{
    input_file_release(&files->certificate);
    input_file_release(&files->key);
    input_file_release(&files->clients);
    if (files->anchors != NULL)
        gnutls_x509_trust_list_deinit(files->anchors, 1);
    files->anchors = NULL;
}
