/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The station: devices, their key records, the evidence of runs, and boards that provision themselves. A library. It
 * takes its settings as a struct, reports through callbacks, and returns failures as struct error. It prints nothing,
 * reads no command line and knows no exit codes: the program (src/cli/) does, and another front end may.
 */
#ifndef IMPRINT_STATION_STATION_H
#define IMPRINT_STATION_STATION_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STATION_FAULTS_MAX 8

/* Settings of one device's place. Pointers must stay valid as long as the station is used. */
struct station_config {
    char state[PATH_MAX]; /* the state folder; may not exist yet; empty: unknown */
    const char *device;   /* DEVICE: how the chip is reached, "i2c:/dev/i2c-1@0x60" */
    uint8_t also_at;      /* 7-bit I2C address where the chip may be as well; 0: nowhere */
    bool only_there;      /* no other address of the bus is read from, not even for advice */
    const char *storage;  /* where the key records lie, as --storage says; NULL: in the state folder */
    const char *faults[STATION_FAULTS_MAX]; /* for rehearsals: what the virtual chip does wrong */
    size_t fault_count;
    const char *trace;       /* file for the traffic of the virtual chip's bus; NULL: none */
    bool trace_secrets;      /* do not hide keys in it */
    int *trace_failure;      /* gets the errno when the trace could not be written completely; may be NULL */
    const char *issuers;     /* the issuers file, as --issuers says; NULL: in the state folder */
    const char *connections; /* the connections file, as --connections says; NULL: in the state folder */
    int line;         /* socket to who keeps the station's connection to the line (station/line_keeper.h); 0: none */
    const char *user; /* who opens the key records, "imprint keys": whoever finds them in use is told */
};

/* What the station says on the way. Failures are not among it: they are returned. */
enum station_message {
    STATION_WARNING, /* the result is good, but something deserves attention */
    STATION_NOTICE,  /* what happens now */
    STATION_DETAIL,  /* for whoever looks for a fault */
};

/* Called from within the station's functions. `message` NULL: messages are dropped. */
struct station_events {
    void *context;
    /* `text` is one line without a line feed, valid during the call. */
    void (*message)(void *context, enum station_message kind, const char *text);
};

struct station {
    struct station_config config;
    struct station_events events;
};

/* Passes one message on, formatted as by printf(). */
void station_say(const struct station *station, enum station_message kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
