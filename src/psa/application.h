/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by what implements imprint/psa.h. */
#ifndef IMPRINT_PSA_APPLICATION_H
#define IMPRINT_PSA_APPLICATION_H

#include <imprint/psa.h>

#include "psa/start.h"

/* imprint_psa_start() with the shell that the caller has chosen, which must outlive PSA. */
psa_status_t application_start(struct imprint_psa *psa, const struct imprint_transport *transport,
                               struct imprint_store *store, const struct imprint_psa_settings *settings,
                               const struct driver_shell *shell);

#endif
