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

/* The issuer's settings, which stay valid until issuers_free(); NULL with a reason. The caller frees `*issuers`, also
 * then. */
static const struct issuer_config *find(const struct station_config *config, const char *name, struct issuers **issuers,
                                        struct error *err)
{
    char path[PATH_MAX];

    *issuers = NULL;
    return issuers_file_find(config, path, err) && issuers_read(path, issuers, err) ? issuers_find(*issuers, name, err)
                                                                                    : NULL;
}

typedef bool open_issuer(const struct issuer_config *settings, struct issuer **issuer, struct error *err);

static bool open_by(open_issuer *open, const struct station_config *config, const char *name,
                    const struct issuer_prompt *prompt, struct issuer **issuer, struct error *err)
{
    struct issuers *issuers;
    const struct issuer_config *found = find(config, name, &issuers, err);
    bool ok = found != NULL;

    *issuer = NULL;
    if (ok) {
        struct issuer_config settings = *found;

        settings.prompt = *prompt;
        ok = open(&settings, issuer, err);
    }
    issuers_free(issuers);
    return ok;
}

bool issuers_file_open(const struct station_config *config, const char *name, const struct issuer_prompt *prompt,
                       struct issuer **issuer, struct error *err)
{
    return open_by(issuer_open, config, name, prompt, issuer, err);
}

static bool open_for_manifests(const struct issuer_config *settings, struct issuer **issuer, struct error *err)
{
    struct issuer_config wanted = *settings;

    wanted.purpose = ISSUER_FOR_MANIFESTS;
    return issuer_open(&wanted, issuer, err);
}

bool issuers_file_open_for_manifests(const struct station_config *config, const char *name,
                                     const struct issuer_prompt *prompt, struct issuer **issuer, struct error *err)
{
    const bool is_open = open_by(open_for_manifests, config, name, prompt, issuer, err);

    if (!is_open)
        return false;
    if (issuer_signs(*issuer))
        return true;
    issuer_close(*issuer);
    *issuer = NULL;
    error_set(err, ERROR_ISSUER_INVALID, "an EST server signs no manifests",
              "name an issuer whose key is in a file or in a token");
    error_with_subject(err, name);
    return false;
}

bool issuers_file_open_certificates(const struct station_config *config, const char *name, struct issuer **issuer,
                                    struct error *err)
{
    const struct issuer_prompt nobody = {.ask = NULL};

    return open_by(issuer_open_certificates, config, name, &nobody, issuer, err);
}

bool issuers_file_kind(const struct station_config *config, const char *name, enum issuer_kind *kind, struct error *err)
{
    struct issuers *issuers;
    const struct issuer_config *found = find(config, name, &issuers, err);

    if (found != NULL)
        *kind = found->kind;
    issuers_free(issuers);
    return found != NULL;
}
