/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PSA Internal Trusted Storage, as the PSA core calls it (psa_its_set() and the rest are defined in its.c), over one
 * store (storage/storage.h). The core is one per process and passes its storage no context, so one store is mounted at
 * a time: the pointer to it is one of imprint's two mutable globals (the other is the driver's, psa/driver.h).
 */
#ifndef IMPRINT_PSA_ITS_H
#define IMPRINT_PSA_ITS_H

#include "psa/se_c/se_session.h"
#include "storage/storage.h"

/* Private. What is remembered of the core's work on the mounted store. */
struct its {
    struct se_session session;
};

/*
 * Mounts `storage`: the core reads and writes there from now on. `its` and `storage` must outlive the mount. What was
 * mounted before is forgotten.
 */
void its_mount(struct its *its, const struct storage *storage);

/* Every psa_its_*() call fails with PSA_ERROR_STORAGE_FAILURE from now on. */
void its_unmount(void);

/* For the SE_C shell: what is mounted; NULL: nothing is. */
struct se_session *its_session(void);

#endif
