/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The IO protection key of the profile: the engine makes, writes and proves it; this tells the station how it proved
 * itself. The key is in the chip and in the board's flash, and crosses no console.
 *
 * The table of a profile with such a key refers to these functions and has the memory; other images have neither.
 */
#ifndef IMPRINT_FIRMWARE_FACTORY_DATA_H
#define IMPRINT_FIRMWARE_FACTORY_DATA_H

#include "provision/provision.h"
#include "provision/steps/datum.h"

struct factory;

/* In the table: the functions. The rest is factory_serve()'s. */
struct factory_data {
    struct provision_contents engine;
    void (*report)(const struct factory *factory);
    struct provision_datum_evidence evidence; /* of the last run */
};

/* For the engine: notes what the key has just shown. `context` is the struct factory_data. */
void factory_data_proven(void *context, size_t index, const struct provision_datum_evidence *evidence);

/* Sends what it has shown, after a run that has succeeded. */
void factory_data_report(const struct factory *factory);

#endif
