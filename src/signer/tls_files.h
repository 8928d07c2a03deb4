/* SPDX-License-Identifier: Apache-2.0 */
/* The files by which stations and a signer know each other. */
#ifndef IMPRINT_SIGNER_TLS_FILES_H
#define IMPRINT_SIGNER_TLS_FILES_H

#include <gnutls/x509.h>

#include "issuer/input_file.h"
#include "signer/rules.h"

/* Each is text that ends with NUL. Zero-initialised: nothing. */
struct tls_files {
    struct input_file certificate, key, clients;
    gnutls_x509_trust_list_t anchors; /* of `clients` */
};

/*
 * Reads the files that the rules name and checks them: key and certificate belong together, the certificate is valid
 * now, `clients` holds certificates. tls_files_release() is needed in either case. False with ERROR_INPUT_FILE.
 */
bool tls_files_read(struct tls_files *files, const struct signer_rules *rules, struct error *err);

/* Wipes and frees. */
void tls_files_release(struct tls_files *files);

#endif
