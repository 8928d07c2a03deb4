/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a part is in the list that manifests made (station/manifest_files.h), and what that says of its keys. */
#ifndef IMPRINT_STATION_PARTS_LISTED_H
#define IMPRINT_STATION_PARTS_LISTED_H

#include <jansson.h>

#include "chip/chip.h"
#include "chip/config.h"
#include "manifest/parts.h"
#include "profile/profile.h"
#include "provision/provision.h"
#include "station/station.h"

enum parts_listed_result {
    PARTS_UNCHECKED,  /* nobody asked */
    PARTS_LISTED,     /* it is in the list */
    PARTS_NOT_LISTED, /* it is not, or there is no list */
    PARTS_OTHER_KEY,  /* it is, and `slot` holds another key, or does not show it */
};

/* Zero-initialised: nobody asked. */
struct parts_listed {
    enum parts_listed_result result; /* as the profile asks for it */
    bool is_found;                   /* whether or not anybody asked */
    struct manifest_part part;       /* where it was found */
    char manifest[PARTS_NAME_SIZE];
    uint8_t slot;
};

/*
 * Looks the part up. False with ERROR_NOT_LISTED where the profile requires it and it is not there, or with the reason
 * why the list cannot be read.
 */
bool parts_listed_find(struct parts_listed *listed, const struct station_config *config, const struct profile *profile,
                       const uint8_t serial[static CHIP_SERIAL_BYTES], struct error *err);

/*
 * Compares the key in slot 0, and those that the profile registers, with the manifest's, where the profile asks for it.
 * Sends commands that change nothing. False with ERROR_NOT_LISTED where the profile requires it, or if the chip cannot
 * be reached.
 */
bool parts_listed_check_keys(struct parts_listed *listed, struct chip *chip, const struct chip_config *config,
                             const struct profile *profile, struct error *err);

/* Notes in the plan's steps which keys that will be lost are the maker's. */
void parts_listed_note(const struct parts_listed *listed, struct provision_plan *plan);

/* As a JSON object: result, manifest, slot. The caller's reference. */
json_t *parts_listed_object(const struct parts_listed *listed);

/* For people: "by delivery-17.json". */
#define PARTS_LISTED_TEXT_SIZE (PARTS_NAME_SIZE + 64)
void parts_listed_text(const struct parts_listed *listed, char text[static PARTS_LISTED_TEXT_SIZE]);

#endif
