/* SPDX-License-Identifier: Apache-2.0 */
#include "station/rehearsal_ca_files.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "issuer/rehearsal_ca.h"
#include "profile/check.h"
#include "station/file.h"
#include "station/folder.h"

#define ISSUERS_FORMAT                                                                                                 \
    "imprint: 1\n"                                                                                                     \
    "issuers:\n"                                                                                                       \
    "  - name: %s\n"                                                                                                   \
    "    kind: file\n"                                                                                                 \
    "    certificate: ca/signer.pem\n"                                                                                 \
    "    key: ca/signer.key\n"

static bool write_text(const char *folder, const char *name, const char *text, struct error *err)
{
    char path[PATH_MAX];

    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path) {
        error_set(err, ERROR_USAGE, "the path to the state folder is too long", NULL);
        return false;
    }
    return file_replace(path, bytes_of(text, strlen(text)), 0600, ERROR_OUTPUT_FAILED, err);
}

static bool write_authority(const char *folder, const struct rehearsal_ca *ca, struct error *err)
{
    return folder_make(folder, err) && write_text(folder, "root.pem", ca->root, err) &&
           write_text(folder, "root.key", ca->root_key, err) && write_text(folder, "signer.pem", ca->chain, err) &&
           write_text(folder, "signer.key", ca->signer_key, err);
}

static bool make_authority(const char *folder, struct error *err)
{
    struct rehearsal_ca ca;
    bool ok = rehearsal_ca_make(&ca, time(NULL), err) && write_authority(folder, &ca, err);

    bytes_wipe(&ca, sizeof ca);
    return ok;
}

static bool is_there(const char *path)
{
    return access(path, F_OK) == 0;
}

static bool write_issuers(const char *state, const char *name, struct error *err)
{
    char text[sizeof ISSUERS_FORMAT + PROFILE_NAME_MAX];

    snprintf(text, sizeof text, ISSUERS_FORMAT, name);
    return write_text(state, "issuers.yaml", text, err);
}

/* An authority that is there is kept: certificates may stand on it. Only an issuers file may be missing. */
static bool make_files(struct rehearsal_ca_files *files, const char *name, const char *key, const char *state,
                       struct error *err)
{
    const bool has_key = is_there(key), has_issuers = is_there(files->issuers);

    if (has_key && has_issuers) {
        error_set(err, ERROR_USAGE, "there is one already", "use it; its name is in the issuers file: imprint issuers");
        error_with_subject(err, key);
        return false;
    }
    if (!has_key && !make_authority(files->folder, err))
        return false;
    files->made_issuers = !has_issuers;
    return has_issuers || write_issuers(state, name, err);
}

static bool check_name(const char *name, struct error *err)
{
    char copy[PROFILE_NAME_MAX] = "";

    if (strlen(name) < sizeof copy) {
        memcpy(copy, name, strlen(name));
        if (profile_name_valid(copy))
            return true;
    }
    error_set(err, ERROR_USAGE, "not a name for an issuer",
              "write a letter, then letters, digits, - and _, at most 63 characters");
    error_with_subject(err, name);
    return false;
}

bool rehearsal_ca_files_make(const struct station_config *config, const char *name, struct rehearsal_ca_files *files,
                             struct error *err)
{
    char key[PATH_MAX];
    bool ok;

    files->made_issuers = false;
    ok = check_name(name, err) && folder_in_state(config, "ca", files->folder, err) &&
         folder_in_state(config, "ca/signer.key", key, err) &&
         folder_in_state(config, "issuers.yaml", files->issuers, err) &&
         make_files(files, name, key, config->state, err);
    if (!ok)
        error_doing(err, "make a certificate authority for rehearsals");
    return ok;
}
