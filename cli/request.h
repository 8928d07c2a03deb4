/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate requests as files for people and certificate authorities: PEM. */
#ifndef IMPRINT_CLI_REQUEST_H
#define IMPRINT_CLI_REQUEST_H

#include "bytes/bytes.h"
#include "cert/request.h"
#include "error/error.h"

/* Base64 takes four characters for three bytes; then its lines' ends, and its first and last line. */
#define REQUEST_PEM_MAX (CERT_REQUEST_MAX * 3 / 2 + 128)

bool request_to_pem(struct bytes der, char pem[static REQUEST_PEM_MAX], struct error *err);

#endif
