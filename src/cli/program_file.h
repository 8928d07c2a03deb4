/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program's file says about whether imprint-run.so can be loaded into it (LD_PRELOAD), before it is started.
 * Only programs that load the C library of this system, for this processor, can be served.
 */
#ifndef IMPRINT_CLI_PROGRAM_FILE_H
#define IMPRINT_CLI_PROGRAM_FILE_H

#include <stdbool.h>

/* What keeps a program from being served. */
enum program_file_kind {
    PROGRAM_FILE_PLAIN,     /* nothing; or the file cannot be read or found, which starting it will tell */
    PROGRAM_FILE_SANITIZED, /* nothing, if AddressSanitizer is told to accept a library before its own */
    PROGRAM_FILE_STATIC,    /* it loads no library; the programs that it starts may */
    PROGRAM_FILE_GO,        /* it calls the kernel itself; the programs that it starts may not */
    PROGRAM_FILE_OTHER_C,   /* another C library (musl): it would not start with our library */
    PROGRAM_FILE_OTHER_CPU, /* another word size or processor */
    PROGRAM_FILE_DAMAGED,   /* cut off: execvp() would hand it to the shell, which takes its bytes for commands */
    PROGRAM_FILE_SET_ID,    /* set-user-ID, set-group-ID or file capabilities: the system loads no library into it */
};

/*
 * Looks at the file that execvp(`program`) would start; of a script, at its interpreter's. Never fails: what cannot be
 * found out counts as PROGRAM_FILE_PLAIN.
 */
enum program_file_kind program_file_look(const char *program);

#endif
