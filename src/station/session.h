/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything a verb that works with keys stands on: device, key records of that device, driver, and PSA on top. Opened
 * in that order and closed in reverse on every path. Looking sessions leave no trace on chip or disk.
 */
#ifndef IMPRINT_STATION_SESSION_H
#define IMPRINT_STATION_SESSION_H

#include <psa/crypto.h>

#include <jansson.h>

#include "station/station.h"
#include "station/device.h"
#include "station/store.h"
#include "psa/driver.h"
#include "storage/memory.h"
#include "psa/start.h"

enum session_purpose {
    SESSION_RECORDS,  /* the records, for reading; where --storage names them, without asking the device */
    SESSION_LOOK,     /* device and records, for reading */
    SESSION_LOOK_PSA, /* with PSA, still leaving no trace; session_allow_changes() may follow */
    SESSION_USE,      /* PSA with the records that are there; a device without any stays so */
};

/* Zero-initialised: closed. Must not move while open. */
struct session {
    const struct station *station;
    struct device device;
    struct store store;
    struct driver driver;
    struct its its;
    json_t *record; /* of the last provisioning; NULL: none, or none that can be read */
    bool record_is_damaged;
    /* Private. */
    bool psa_started;
    char image[PATH_MAX], folder[PATH_MAX], record_path[PATH_MAX];
};

/* `settings` NULL: all zero. False with a reason, and nothing held; error subjects point into `session`. */
bool session_open(struct session *session, const struct station *station, enum session_purpose purpose,
                  const struct driver_settings *settings, struct error *err);

/*
 * Opens the records of the device with this serial number, for reading; the device itself need not be there and is not
 * asked. False with a reason, and nothing held.
 */
bool session_open_records(struct session *session, const struct station *station,
                          const uint8_t serial[static CHIP_SERIAL_BYTES], struct error *err);

/* Key records that nothing keeps. `room` holds one key's and what the driver notes beside it. */
struct session_memory {
    struct storage_memory memory;
    struct storage storage;
    uint8_t room[4096];
};

/*
 * In a session that looks (SESSION_LOOK): starts PSA on an empty store in memory, so that a key in the chip can be used
 * which has no record. Neither chip nor disk is written. `memory` must not move until session_stop_in_memory(), which
 * the caller calls before session_close(). False with a reason.
 */
bool session_start_in_memory(struct session *session, struct session_memory *memory, struct error *err);
void session_stop_in_memory(struct session *session, struct session_memory *memory);

/* From now on the chip may be written and records are kept. */
bool session_allow_changes(struct session *session, struct error *err);

void session_close(struct session *session);

/* Notes why a PSA call failed (psa/keys.h), and on which chip. Always false, for returning it. */
bool session_psa_failed(struct session *session, psa_status_t status, const char *doing, struct error *err);

#endif
