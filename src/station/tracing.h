/* SPDX-License-Identifier: Apache-2.0 */
/* The file of --trace. */
#ifndef IMPRINT_STATION_TRACING_H
#define IMPRINT_STATION_TRACING_H

#include <stdio.h>

#include "base/error.h"
#include "station/station.h"

struct trace;

/* Zero-initialised: no trace. */
struct tracing {
    struct trace *trace; /* NULL where none was asked for */
    FILE *file;
    int *failure; /* the configuration's */
};

/* Makes the file, only its owner's to read, where --trace asks for one. False with a reason, and nothing held. */
bool tracing_open(struct tracing *tracing, const struct station_config *config, struct error *err);

/* Ends it. A trace that could not be written whole is noted where the configuration says. */
void tracing_close(struct tracing *tracing);

#endif
