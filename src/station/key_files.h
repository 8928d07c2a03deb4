/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Key files that a profile names: PEM for keys to import, hex for the secrets that encrypt imports. The only place of
 * the program that sees a private key; each is wiped before the call that read it returns, but for the caller's buffer.
 */
#ifndef IMPRINT_STATION_KEY_FILES_H
#define IMPRINT_STATION_KEY_FILES_H

#include <limits.h>

#include "psa/driver.h"
#include "profile/profile.h"

/* Where relative names start: the profile's folder. Errors' subjects point into it. */
struct key_files {
    char folder[PATH_MAX];
    char path[PATH_MAX];
};

void key_files_init(struct key_files *source, const char *profile_path);

/* Puts the path of the file that the profile calls `name` into `source->path`. False with ERROR_INPUT_FILE. */
bool key_files_find(struct key_files *source, const char *name, struct error *err);

/*
 * Whether the file at `source->path`, which holds `secret`, is the users' of this line alone. A secret that every user
 * of this machine can read is none, and one that every user can write may be theirs. A group may share it: that is how
 * the users of one line do. Published keys are another matter (station/rehearsal.h). False with ERROR_INPUT_FILE.
 */
bool key_files_is_private(struct key_files *source, struct bytes secret, struct error *err);

/*
 * The key to import in PSA's format: 32-byte scalar for a key pair (PKCS#8 or SEC1 PEM, not encrypted), 65-byte point
 * for a public key (SubjectPublicKeyInfo PEM). False with ERROR_INPUT_FILE, also for a private key that is not
 * published and whose file all users can read or write.
 */
bool key_files_read_key(struct key_files *source, const struct profile_key *key, struct bytes_out *out,
                        struct error *err);

/*
 * The profile's write keys; `*count` gets how many there are. A file that does not exist is passed over: a finished
 * device needs none, and an import that does says so. Files that all users can read or write are refused, as above.
 * The caller wipes `keys`.
 */
bool key_files_read_write_keys(struct key_files *source, const struct profile *profile,
                               struct imprint_write_key keys[static CHIP_SLOTS], size_t *count, struct error *err);

/*
 * Whether a run with this profile may write `output`, NULL for none: false with ERROR_USAGE for one of the profile's
 * key files.
 */
bool key_files_check_output(struct key_files *source, const struct profile *profile, const char *output,
                            struct error *err);

#endif
