/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The certificate request (PKCS#10) for an issuer that builds certificates itself: signed once by the device's key,
 * kept as NAME.p10, and sent as the same bytes however often it takes, so that the issuer can tell that it is one
 * request.
 *
 * It asks for the extensions that the profile's certificate has, but for the issuer's key identifier (extensionRequest,
 * RFC 2985, 5.4.2). It is no proof to the station: it holds nothing fresh. An attribute that could hold the challenge,
 * challengePassword, means something else to EST servers (RFC 7030, 3.5).
 */
#ifndef IMPRINT_STATION_CERTIFICATE_REQUEST_H
#define IMPRINT_STATION_CERTIFICATE_REQUEST_H

#include <psa/crypto.h>

#include "cert/request.h"
#include "station/certificate_check.h"

/* Has a key sign. */
struct certificate_signer {
    void *context;
    /* As cert_make_request_with(), with a reason in every case. */
    bool (*sign)(void *context, psa_key_id_t key_id, const char *subject, struct bytes attributes,
                 struct bytes_out *der, struct error *err);
};

/* Whether the file at `path` holds the request for this key and certificate; it is then appended to `der`. */
bool certificate_request_load(const struct certificate_wanted *wanted, const char *path, struct bytes_out *der);

/* Has the key sign the request, checks it, keeps it at `path`, and appends it to `der`. False with a reason. */
bool certificate_request_make(const struct certificate_wanted *wanted, psa_key_id_t key_id,
                              const struct certificate_signer *signer, const char *path, struct bytes_out *der,
                              struct error *err);

#endif
