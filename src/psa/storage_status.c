/* SPDX-License-Identifier: Apache-2.0 */
#include "psa/storage_status.h"

psa_status_t driver_status_of_storage(enum storage_status status)
{
    /* DATA_INVALID is PSA's status for intact data that this implementation cannot use. */
    static const psa_status_t statuses[] = {
        [STORAGE_OK] = PSA_SUCCESS,
        [STORAGE_ABSENT] = PSA_ERROR_DOES_NOT_EXIST,
        [STORAGE_FULL] = PSA_ERROR_INSUFFICIENT_STORAGE,
        [STORAGE_READ_ONLY] = PSA_ERROR_STORAGE_FAILURE,
        [STORAGE_PERMANENT] = PSA_ERROR_NOT_PERMITTED,
        [STORAGE_CORRUPT] = PSA_ERROR_DATA_CORRUPT,
        [STORAGE_FUTURE] = PSA_ERROR_DATA_INVALID,
        [STORAGE_FAILED] = PSA_ERROR_STORAGE_FAILURE,
        [STORAGE_REFUSED] = PSA_ERROR_NOT_SUPPORTED,
    };
    if ((unsigned)status >= sizeof statuses / sizeof statuses[0])
        return PSA_ERROR_GENERIC_ERROR;
    return statuses[status];
}
