/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An entry of a log: an attempt at a device, or another thing worth keeping, as canonical JSON.
 * docs/reference/ledger.md has the fields. This reads what every entry has; what else is in it is the station's matter.
 */
#ifndef IMPRINT_LEDGER_ENTRY_H
#define IMPRINT_LEDGER_ENTRY_H

#include <jansson.h>

#include "base/bytes.h"
#include "base/error.h"

#define ENTRY_MAX 60000    /* bytes; tlog-tiles allows 65,535 */
#define ENTRY_TIME_SIZE 25 /* "2026-01-31T12:00:00.000Z" and a NUL: as text in the order of time */
#define ENTRY_LOG_SIZE 144 /* the log's name, with a NUL */
#define ENTRY_FORMAT "imprint-entry"
#define ENTRY_VERSION 1

/* What every entry says of its own place. */
struct entry {
    char log[ENTRY_LOG_SIZE];
    char time[ENTRY_TIME_SIZE];
    uint64_t seq;    /* its number in the log, from 0 */
    bool clock_back; /* it admits that the clock was behind that of the entry before */
};

/*
 * Reads it. False, with `*why` a literal, when it is not canonical JSON, of another format or version, or lacks one of
 * these.
 */
bool entry_read(struct bytes text, struct entry *entry, const char **why);

/* This host's time now, UTC, in milliseconds. */
void entry_time_now(char time[static ENTRY_TIME_SIZE]);

#endif
