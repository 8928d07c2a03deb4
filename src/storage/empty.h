/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A store without records that refuses new ones: what PSA may look at where no store has been made yet. Writing to it
 * is READ_ONLY. It has no state: one serves for all.
 */
#ifndef IMPRINT_STORAGE_EMPTY_H
#define IMPRINT_STORAGE_EMPTY_H

#include "storage/storage.h"

void storage_empty_open(struct storage *storage);

#endif
