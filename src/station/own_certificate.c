/* SPDX-License-Identifier: Apache-2.0 */
#include "station/own_certificate.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <mbedtls/x509_crt.h>

#include "base/error_format.h"
#include "cert/check_certificate.h"
#include "station/input.h"

#define ENDING ".crt"
#define FILE_MAX 65536

static bool is_for_key(const char *path, const uint8_t point[static P256_POINT_BYTES])
{
    struct error ignored = {.reason = ERROR_NONE};
    uint8_t found[P256_POINT_BYTES];
    mbedtls_x509_crt certificate;
    struct input input;
    bool is = false;

    if (!input_read(&input, path, FILE_MAX, &ignored))
        return false;
    mbedtls_x509_crt_init(&certificate);
    if (mbedtls_x509_crt_parse(&certificate, input.data, input.len + 1) == 0)
        is = cert_check_read_key(bytes_of(certificate.raw.p, certificate.raw.len), found) &&
             memcmp(found, point, sizeof found) == 0;
    mbedtls_x509_crt_free(&certificate);
    input_release(&input);
    return is;
}

static bool has_ending(const char *name)
{
    const size_t len = strlen(name);

    return len > strlen(ENDING) && strcmp(name + len - strlen(ENDING), ENDING) == 0;
}

/* Goes through the folder; false where a second one is for the key. */
static bool search(DIR *entries, const char *folder, const uint8_t point[static P256_POINT_BYTES],
                   char path[static PATH_MAX], struct error *err)
{
    const struct dirent *entry;
    char candidate[PATH_MAX];

    while ((entry = readdir(entries)) != NULL) {
        const int n = snprintf(candidate, sizeof candidate, "%s/%s", folder, entry->d_name);

        if (!has_ending(entry->d_name) || n < 0 || n >= PATH_MAX || !is_for_key(candidate, point))
            continue;
        if (path[0] != '\0') {
            error_set(err, ERROR_USAGE, error_keep_format(err, "%s is for the same key", candidate),
                      "say which certificate to use: --certificate FILE");
            error_with_subject(err, path);
            return false;
        }
        memcpy(path, candidate, (size_t)n + 1);
    }
    return true;
}

bool own_certificate_find(const struct station_config *config, const uint8_t serial[static CHIP_SERIAL_BYTES],
                          const uint8_t point[static P256_POINT_BYTES], char path[static PATH_MAX], struct error *err)
{
    char folder[PATH_MAX];
    DIR *entries;
    bool ok;

    path[0] = '\0';
    if (!folder_of_device(config, serial, "", folder, err))
        return false;
    entries = opendir(folder);
    if (entries == NULL && errno == ENOENT)
        return true;
    if (entries == NULL) {
        error_set(err, ERROR_INPUT_FILE, "the device's folder cannot be read", NULL);
        error_with_errno(err, errno);
        error_with_subject(err, folder);
        return false;
    }
    ok = search(entries, folder, point, path, err);
    (void)closedir(entries);
    return ok;
}
