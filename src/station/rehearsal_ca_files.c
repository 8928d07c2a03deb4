/* SPDX-License-Identifier: Apache-2.0 */
#include "station/rehearsal_ca_files.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "issuer/rehearsal_ca.h"
#include "station/file.h"
#include "station/folder.h"

static const char issuers_text[] = "imprint: 1\n"
                                   "issuers:\n"
                                   "  - name: " REHEARSAL_CA_ISSUER "\n"
                                   "    kind: file\n"
                                   "    certificate: ca/signer.pem\n"
                                   "    key: ca/signer.key\n";

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

/* An authority that is there is kept: certificates may stand on it. Only an issuers file may be missing. */
static bool make_files(struct rehearsal_ca_files *files, const char *key, const char *state, struct error *err)
{
    const bool has_key = is_there(key), has_issuers = is_there(files->issuers);

    if (has_key && has_issuers) {
        error_set(err, ERROR_USAGE, "there is one already", "use it: imprint issuers " REHEARSAL_CA_ISSUER);
        error_with_subject(err, key);
        return false;
    }
    if (!has_key && !make_authority(files->folder, err))
        return false;
    files->made_issuers = !has_issuers;
    return has_issuers || write_text(state, "issuers.yaml", issuers_text, err);
}

bool rehearsal_ca_files_make(const struct station_config *config, struct rehearsal_ca_files *files, struct error *err)
{
    char key[PATH_MAX];
    bool ok;

    files->made_issuers = false;
    ok = folder_in_state(config, "ca", files->folder, err) && folder_in_state(config, "ca/signer.key", key, err) &&
         folder_in_state(config, "issuers.yaml", files->issuers, err) && make_files(files, key, config->state, err);
    if (!ok)
        error_doing(err, "make a certificate authority for rehearsals");
    return ok;
}
