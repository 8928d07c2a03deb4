/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a message says to do next, as it can be pasted: the command names the state folder, the device and the storage
 * that the user named for this run. Whoever writes an advice writes `imprint VERB ...` without them.
 */
#ifndef IMPRINT_CLI_ADVICE_H
#define IMPRINT_CLI_ADVICE_H

/* What the user named, as typed; NULL: not named. The strings are the program's arguments. */
struct advice_given {
    const char *state, *device, *storage, *issuers, *connections;
    const char *verb;    /* "virtual new"; NULL: none was named, or none that there is */
    const char *profile; /* the verb's argument */
};

/*
 * `next` with the options of `given` behind each verb of a command that it contains, as far as the verb uses them, and
 * with the profile and the verb in the places of the words PROFILE and VERB; quoted for a shell where needed. The
 * caller frees the text. NULL without memory.
 */
char *advice_complete(const struct advice_given *given, const char *next);

#endif
