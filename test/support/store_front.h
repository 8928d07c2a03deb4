/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stands in front of a store and lets calls fail that the test chooses. A judge sees each call before it is done, and
 * says what it is to answer.
 */
#ifndef IMPRINT_TEST_SUPPORT_STORE_FRONT_H
#define IMPRINT_TEST_SUPPORT_STORE_FRONT_H

#include "storage/storage.h"

enum store_call { STORE_SET, STORE_GET, STORE_REMOVE, STORE_NEXT, STORE_RESERVE };

/* STORAGE_OK: the store does the call. Anything else is what the call answers. `uid` is 0 for NEXT and RESERVE. */
typedef enum storage_status store_judge(enum store_call call, uint64_t uid);

struct store_front {
    struct storage behind;
    store_judge *judge;
    bool late; /* a call that fails is done all the same */
};

/* From now on `storage` is the front, and what it was is behind it. `front` must outlive its use. */
void store_front_put(struct store_front *front, struct storage *storage, store_judge *judge);

#endif
