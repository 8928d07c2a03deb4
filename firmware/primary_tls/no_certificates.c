/* SPDX-License-Identifier: Apache-2.0 */
/* For an image that was built without --certificates: it reads certificates from the key store alone. */
#include "firmware/primary_tls/primary_tls.h"

const struct cert_slot_source primary_tls_certificates[1] = {{.key_id = 0}};
const size_t primary_tls_certificates_count = 0;
