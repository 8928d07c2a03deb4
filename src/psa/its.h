/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PSA Internal Trusted Storage, as the PSA core calls it (psa_its_set() and the rest are defined in its.c), over one
 * store (storage/storage.h). There is one core per process and it passes no context to its storage, so one store is
 * mounted at a time. The pointer to it is one of imprint's two mutable globals (the other is in psa/driver.h).
 */
#ifndef IMPRINT_PSA_ITS_H
#define IMPRINT_PSA_ITS_H

#include "psa/se_session.h"
#include "storage/storage.h"

/* Private: state of the core's work on the mounted store. */
struct its {
    struct se_session session;
};

/*
 * Mounts `storage`: from now on the core reads and writes there. `its` and `storage` must outlive the mount. Replaces
 * an earlier mount.
 */
void its_mount(struct its *its, const struct storage *storage);

/* Every psa_its_*() call fails with PSA_ERROR_STORAGE_FAILURE from now on. */
void its_unmount(void);

/* For the SE_C shell: the session of the mounted store, or NULL when none is mounted. */
struct se_session *its_session(void);

#endif
