/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of imprint/psa.h. */
#include <imprint/psa.h>

#include "chip/words.h"
#include "psa/keys.h"
#include "psa/reason.h"

const char *imprint_psa_reason(psa_status_t status)
{
    struct driver *driver = driver_bound();
    struct error err = {.reason = ERROR_NONE};

    if (status != PSA_SUCCESS && driver != NULL)
        keys_explain(driver, status, &err);
    else if (status != PSA_SUCCESS)
        reason_of_core(status, &err);
    else if (driver != NULL)
        keys_forget_reason(driver);
    chip_words_for_failure(&err);
    chip_words_for_rule(&err);
    return err.cause;
}
