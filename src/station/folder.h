/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state folder:
 *
 *     STATE/chip.virtual                  the virtual chip of DEVICE "virtual"
 *     STATE/issuers.yaml                  who signs certificates, written by the user (issuer/issuers.h)
 *     STATE/connections.yaml              which servers must accept a device (station/connections.h)
 *     STATE/ca/                           a certificate authority for rehearsals (station/rehearsal_ca_files.h)
 *     STATE/ledger/                       every attempt at every device (ledger/ledger.h)
 *     STATE/labels/                       labels that a station still owes (station/label_mark.h)
 *     STATE/manifests/                    the list of parts that may come in (manifest/parts.h)
 *     STATE/devices/SERIAL/psa/           key records of the device with this serial number (storage/file.h)
 *     STATE/devices/SERIAL/record.json    evidence of its last successful provisioning (station/evidence.h)
 *     STATE/devices/SERIAL/history.jsonl  every run, failed ones too, a line each (station/history.h)
 *
 * Nothing here is made by looking: only folder_make() creates.
 */
#ifndef IMPRINT_STATION_FOLDER_H
#define IMPRINT_STATION_FOLDER_H

#include "chip/chip.h"
#include "station/station.h"

/* Unless --state gave it: from $IMPRINT_STATE, $XDG_STATE_HOME or $HOME. Leaves `config->state` empty when none is set.
 */
void folder_find_state(struct station_config *config);

/* STATE/NAME. False with a reason when there is no state folder to be found or the path is too long. */
bool folder_in_state(const struct station_config *config, const char *name, char path[static PATH_MAX],
                     struct error *err);

/* STATE/devices/SERIAL/NAME; the folder itself for NAME "". */
bool folder_of_device(const struct station_config *config, const uint8_t serial[static CHIP_SERIAL_BYTES],
                      const char *name, char path[static PATH_MAX], struct error *err);

/* Makes the folder and those above it, mode 0700, durably. Existing ones stay as they are. */
bool folder_make(const char *path, struct error *err);

/*
 * Whether `files` new files of `size` bytes each fit where the folder is, or will be: where the nearest folder above it
 * is that there is. Makes nothing. True also where it cannot be found out: the writing itself then says why.
 */
bool folder_has_room(const char *path, size_t files, size_t size);

/*
 * Whether the user may name this file for output: false with ERROR_USAGE for what imprint keeps in the state folder
 * itself, records, ledger, keys and settings. Names are followed to the files that they lead to.
 */
bool folder_check_output(const struct station_config *config, const char *output, struct error *err);

/* Makes what was renamed, made or removed in the folder durable. */
bool folder_sync(const char *path);

/* The folder a file lies in, "." for none. */
void folder_above(const char *path, char above[static PATH_MAX]);

#endif
