/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys, certificates and certificate requests as files for people and certificate authorities. */
#ifndef IMPRINT_STATION_PEM_H
#define IMPRINT_STATION_PEM_H

#include "base/bytes.h"
#include "base/error.h"
#include "base/p256.h"
#include "cert/request.h"

/* Base64 takes four characters for three bytes; then its lines' ends, and its first and last line. */
#define PEM_MAX (CERT_REQUEST_MAX * 3 / 2 + 128)

bool pem_of_request(struct bytes der, char pem[static PEM_MAX], struct error *err);
/* Of a certificate of at most PEM_CERTIFICATE_DER bytes; false for a longer one. */
#define PEM_CERTIFICATE_DER 3072
#define PEM_CERTIFICATE_MAX (PEM_CERTIFICATE_DER * 3 / 2 + 128)
bool pem_of_certificate(struct bytes der, char pem[static PEM_CERTIFICATE_MAX], struct error *err);
bool pem_of_point(const uint8_t point[static P256_POINT_BYTES], char pem[static PEM_MAX], struct error *err);

#endif
