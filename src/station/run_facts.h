/* SPDX-License-Identifier: Apache-2.0 */
/* Who ran what, where and when: the part of a record that no chip can tell. All of it is this station's word. */
#ifndef IMPRINT_STATION_RUN_FACTS_H
#define IMPRINT_STATION_RUN_FACTS_H

#include <stdbool.h>

#include <jansson.h>

#include "base/error.h"

#define RUN_FACTS_TIME_SIZE 32 /* "2026-01-31T12:00:00Z" and to spare */
#define RUN_FACTS_HOST_SIZE 256
#define RUN_FACTS_TRIES_MAX 100
#define RUN_FACTS_OPERATOR_MAX 64 /* bytes of UTF-8 */

/* The texts that are pointers are the caller's and must outlive the struct. */
struct run_facts {
    const char *verb;          /* "provision" */
    const char *device;        /* DEVICE, or the port of a board's console, as given */
    const char *operator_name; /* --operator; NULL: not given */
    const char *socket;        /* --socket: where in the station the device was; NULL: not given */
    unsigned tries;            /* --tries: how often this station lets a board fail; 0: not given */
    bool is_console;           /* `device` is a console */
    bool is_virtual;           /* the station knows that a virtual chip is behind it */
    char host[RUN_FACTS_HOST_SIZE];
    char started[RUN_FACTS_TIME_SIZE], ended[RUN_FACTS_TIME_SIZE]; /* UTC, RFC 3339; `ended` empty: it goes on */
};

/* This host's time now, UTC, as RFC 3339 writes it; "unknown" without a clock. */
void run_facts_time(char text[static RUN_FACTS_TIME_SIZE]);

/*
 * Notes host name and time at the start of a run. The other members are set already. False with ERROR_USAGE where a
 * name (the operator's, the socket's) is empty, longer than RUN_FACTS_OPERATOR_MAX bytes, not UTF-8 or has control
 * characters.
 */
bool run_facts_start(struct run_facts *facts, struct error *err);

/* Reads --tries (NULL: not given) into `tries`. False with ERROR_USAGE. */
bool run_facts_read_tries(const char *text, unsigned *tries, struct error *err);

/* The same check of a name alone; NULL is none. */
bool run_facts_check_operator(const char *name, struct error *err);

/* Whether it is UTF-8 without control characters. */
bool run_facts_is_plain(const char *text);

/* Notes the time at the end, once: a second call changes nothing. */
void run_facts_end(struct run_facts *facts);

/* As a JSON object: docs/reference/record.md, `run`. The caller's reference; NULL without memory. */
json_t *run_facts_value(const struct run_facts *facts);

#endif
