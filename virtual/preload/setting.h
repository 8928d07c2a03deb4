/* SPDX-License-Identifier: Apache-2.0 */
/* What `imprint virtual run` tells imprint-run.so: IMPRINT_RUN is "N:ERRNO:SOCKET". */
#ifndef IMPRINT_PRELOAD_SETTING_H
#define IMPRINT_PRELOAD_SETTING_H

#include <stdbool.h>

struct preload_setting {
    long number;             /* of the bus */
    int nack;                /* errno of a NACK; 0: i2c_dev's own */
    const char *socket_path; /* valid until the environment changes */
};

/* False if the program was not started by `imprint virtual run`. */
bool preload_read_setting(struct preload_setting *setting);

#endif
