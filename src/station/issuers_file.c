/* SPDX-License-Identifier: Apache-2.0 */
#include "station/issuers_file.h"

#include <stdio.h>

#include "station/folder.h"

bool issuers_file_find(const struct station_config *config, char path[static PATH_MAX], struct error *err)
{
    if (config->issuers == NULL)
        return folder_in_state(config, "issuers.yaml", path, err);
    if (snprintf(path, PATH_MAX, "%s", config->issuers) < PATH_MAX)
        return true;
    error_set(err, ERROR_INPUT_FILE, "the path to the issuers file is too long", NULL);
    return false;
}

bool issuers_file_open(const struct station_config *config, const char *name, const struct issuer_prompt *prompt,
                       struct issuer **issuer, struct error *err)
{
    char path[PATH_MAX];
    struct issuers *issuers = NULL;
    const struct issuer_config *found = NULL;
    bool ok;

    *issuer = NULL;
    ok = issuers_file_find(config, path, err) && issuers_read(path, &issuers, err);
    if (ok)
        found = issuers_find(issuers, name, err);
    ok = found != NULL;
    if (ok) {
        struct issuer_config settings = *found;

        settings.prompt = *prompt;
        ok = issuer_open(&settings, issuer, err);
    }
    if (issuers != NULL)
        issuers_free(issuers);
    return ok;
}
