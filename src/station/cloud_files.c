/* SPDX-License-Identifier: Apache-2.0 */
#include "station/cloud_files.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>
#include <mbedtls/x509_crt.h>

#include "base/hex.h"
#include "station/file.h"
#include "station/folder.h"
#include "station/input.h"
#include "station/pem.h"
#include "station/x509_words.h"

#define NAME_SIZE 65 /* a commonName has at most 64 characters: RFC 5280, A.1 */

/*
 * AWS IoT's provisioning template (AWS IoT Core developer guide, "Provisioning templates"): the parameters are the
 * members of SERIAL.thing.json. The policy, which every account names differently, is a parameter with a default.
 */
static const char aws_template[] = "{\n"
                                   "  \"Parameters\": {\n"
                                   "    \"ThingName\": {\"Type\": \"String\"},\n"
                                   "    \"SerialNumber\": {\"Type\": \"String\"},\n"
                                   "    \"CertificatePem\": {\"Type\": \"String\"},\n"
                                   "    \"CACertificatePem\": {\"Type\": \"String\"},\n"
                                   "    \"PolicyName\": {\"Type\": \"String\", \"Default\": \"device\"}\n"
                                   "  },\n"
                                   "  \"Resources\": {\n"
                                   "    \"thing\": {\n"
                                   "      \"Type\": \"AWS::IoT::Thing\",\n"
                                   "      \"Properties\": {\n"
                                   "        \"ThingName\": {\"Ref\": \"ThingName\"},\n"
                                   "        \"AttributePayload\": {\"serialNumber\": {\"Ref\": \"SerialNumber\"}}\n"
                                   "      }\n"
                                   "    },\n"
                                   "    \"certificate\": {\n"
                                   "      \"Type\": \"AWS::IoT::Certificate\",\n"
                                   "      \"Properties\": {\n"
                                   "        \"CertificatePem\": {\"Ref\": \"CertificatePem\"},\n"
                                   "        \"CACertificatePem\": {\"Ref\": \"CACertificatePem\"},\n"
                                   "        \"Status\": \"ACTIVE\"\n"
                                   "      }\n"
                                   "    },\n"
                                   "    \"policy\": {\n"
                                   "      \"Type\": \"AWS::IoT::Policy\",\n"
                                   "      \"Properties\": {\"PolicyName\": {\"Ref\": \"PolicyName\"}}\n"
                                   "    }\n"
                                   "  }\n"
                                   "}\n";

/* What the files are made of. */
struct parts {
    char serial[HEX_SIZE(CHIP_SERIAL_BYTES)];
    char device_name[NAME_SIZE]; /* the commonName of the device's certificate */
    char signer_id[NAME_SIZE];   /* of the signer's certificate, for the name of its file */
    size_t count;                /* certificates */
    bool has_root;               /* the last one is a root */
    char pem[DEVICE_CHAIN_MAX][PEM_CERTIFICATE_MAX];
};

const char *cloud_files_kind_name(enum cloud_kind kind)
{
    static const char *const names[CLOUD_KINDS] = {[CLOUD_PEM] = "pem", [CLOUD_AWS] = "aws", [CLOUD_AZURE] = "azure"};

    return names[kind];
}

static bool read_name(struct bytes der, char name[static NAME_SIZE])
{
    mbedtls_x509_crt certificate;
    bool ok;

    mbedtls_x509_crt_init(&certificate);
    ok = mbedtls_x509_crt_parse_der(&certificate, der.data, der.len) == 0;
    if (ok)
        x509_words_common_name(&certificate, name, NAME_SIZE);
    mbedtls_x509_crt_free(&certificate);
    return ok && name[0] != '\0';
}

/*
 * It becomes a part of a file's name: "2C00" of the maker's "Crypto Authentication Signer 2C00", the whole name of
 * another signer, with - for all that is no letter and no digit.
 */
static void find_signer_id(struct parts *parts, const char *name, bool is_makers)
{
    const char *last = is_makers && strrchr(name, ' ') != NULL ? strrchr(name, ' ') + 1 : name;

    (void)snprintf(parts->signer_id, sizeof parts->signer_id, "%s", last);
    for (char *at = parts->signer_id; *at != '\0'; at++) {
        if (isalnum((unsigned char)*at) == 0)
            *at = '-';
    }
}

static bool read_parts(const struct device_chain *chain, const uint8_t serial[static CHIP_SERIAL_BYTES],
                       struct parts *parts, struct error *err)
{
    char signer[NAME_SIZE];

    if (chain->count < 2) {
        error_set(err, ERROR_INPUT_FILE, "the file has the device's certificate alone: its issuer's must follow", NULL);
        error_with_subject(err, chain->links[DEVICE_CHAIN_DEVICE].where);
        return false;
    }
    hex_encode(bytes_of(serial, CHIP_SERIAL_BYTES), parts->serial);
    if (!read_name(device_chain_der(chain, DEVICE_CHAIN_DEVICE), parts->device_name) ||
        !read_name(device_chain_der(chain, DEVICE_CHAIN_SIGNER), signer)) {
        error_set(err, ERROR_NO_CERTIFICATE, "a certificate of the chain has no commonName to call its file by", NULL);
        return false;
    }
    find_signer_id(parts, signer, chain->part != NULL);
    parts->count = chain->count;
    parts->has_root = strcmp(chain->links[chain->count - 1].role, "root") == 0;
    for (size_t i = 0; i < chain->count; i++) {
        if (!pem_of_certificate(device_chain_der(chain, (enum device_chain_role)i), parts->pem[i], err))
            return false;
    }
    return true;
}

/* ---- names that a cloud accepts ---- */

/*
 * A registration id of Azure's Device Provisioning Service: letters, digits and - . _ : , the last one a letter, a
 * digit or "-" (Azure, "DPS terminology"). It is the certificate's commonName, compared without case; a device id is
 * compared with it, so that lower case is the form to write.
 */
static bool azure_name(const char *name, char id[static NAME_SIZE])
{
    const size_t len = strlen(name);

    for (size_t i = 0; i < len; i++) {
        if (isalnum((unsigned char)name[i]) == 0 && strchr("-._:", name[i]) == NULL)
            return false;
        id[i] = (char)tolower((unsigned char)name[i]);
    }
    id[len] = '\0';
    return len > 0 && (isalnum((unsigned char)id[len - 1]) != 0 || id[len - 1] == '-');
}

/* A thing's name: a-zA-Z0-9:_- (AWS IoT API reference, CreateThing). */
static bool aws_name(const char *name)
{
    return name[0] != '\0' &&
           name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:_-")] == '\0';
}

static bool refuse_name(const char *cloud, const char *name, struct error *err)
{
    error_set(err, ERROR_NO_CERTIFICATE,
              "the commonName of the device's certificate is no name that this cloud accepts",
              "issue a certificate of your own for a key of this device, with a name of letters and digits");
    error_with_subject(err, name);
    error_doing(err, cloud);
    return false;
}

/* ---- writing ---- */

enum fit { FIT_NEW, FIT_SAME, FIT_OTHER };

/* What is at `path` beside `content`. */
static enum fit compare(const char *path, const char *content)
{
    struct error ignored = {.reason = ERROR_NONE};
    struct input input;
    enum fit fit;

    if (access(path, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR))
        return FIT_NEW;
    if (!input_read(&input, path, 65536, &ignored))
        return FIT_OTHER;
    fit = input.len == strlen(content) && memcmp(input.data, content, input.len) == 0 ? FIT_SAME : FIT_OTHER;
    input_release(&input);
    return fit;
}

struct file {
    char name[NAME_SIZE + 32];
    char *content; /* malloc()ed */
};

struct set {
    struct file files[CLOUD_FILES_MAX];
    size_t count;
};

/* Takes `content` over, NULL included: release() and write_all() notice it. */
static void add(struct set *set, const char *stem, const char *rest, char *content)
{
    struct file *file = &set->files[set->count++];

    (void)snprintf(file->name, sizeof file->name, "%s%s", stem, rest);
    file->content = content;
}

static void add_text(struct set *set, const char *stem, const char *rest, const char *first, const char *second)
{
    char *content = malloc(strlen(first) + strlen(second) + 1);

    if (content != NULL)
        (void)sprintf(content, "%s%s", first, second);
    add(set, stem, rest, content);
}

/* What a TLS client sends: all but the root, which the server has. */
static void add_chain(struct set *set, const struct parts *parts)
{
    const size_t count = parts->has_root ? parts->count - 1 : parts->count;
    char *content = calloc(DEVICE_CHAIN_MAX, PEM_CERTIFICATE_MAX);
    size_t n = 0;

    for (size_t i = 0; content != NULL && i < count; i++) {
        memcpy(content + n, parts->pem[i], strlen(parts->pem[i]));
        n += strlen(parts->pem[i]);
    }
    add(set, parts->serial, "-chain.pem", content);
}

static void add_signer(struct set *set, const struct parts *parts)
{
    char name[NAME_SIZE + 16];

    (void)snprintf(name, sizeof name, "signer-%s", parts->signer_id);
    add_text(set, name, ".pem", parts->pem[DEVICE_CHAIN_SIGNER], "");
}

/* One line: many of them in one file are the input of a bulk registration. */
static void add_thing(struct set *set, const struct parts *parts)
{
    json_t *thing = json_pack("{s:s, s:s, s:s, s:s}", "ThingName", parts->device_name, "SerialNumber", parts->serial,
                              "CertificatePem", parts->pem[DEVICE_CHAIN_DEVICE], "CACertificatePem",
                              parts->pem[DEVICE_CHAIN_SIGNER]);
    char *line = thing != NULL ? json_dumps(thing, JSON_COMPACT) : NULL;

    if (line != NULL)
        add_text(set, parts->serial, ".thing.json", line, "\n");
    else
        add(set, parts->serial, ".thing.json", NULL);
    free(line);
    json_decref(thing);
}

static bool fill(enum cloud_kind kind, const struct parts *parts, struct set *set, struct error *err)
{
    char id[NAME_SIZE];

    if (kind == CLOUD_AZURE && !azure_name(parts->device_name, id))
        return refuse_name("write the files for Azure", parts->device_name, err);
    if (kind == CLOUD_AWS && !aws_name(parts->device_name))
        return refuse_name("write the files for AWS", parts->device_name, err);
    add_text(set, parts->serial, ".pem", parts->pem[DEVICE_CHAIN_DEVICE], "");
    if (kind == CLOUD_PEM)
        add_chain(set, parts);
    else if (kind == CLOUD_AWS)
        add_thing(set, parts);
    else
        add_text(set, parts->serial, ".registration-id", id, "\n");
    add_signer(set, parts);
    if (kind == CLOUD_AWS)
        add_text(set, "template", ".json", aws_template, "");
    else if (parts->has_root)
        add_text(set, "root", ".pem", parts->pem[parts->count - 1], "");
    return true;
}

/* Gives each file its path and finds out whether it may be written. */
static bool check_all(const struct set *set, const char *folder, struct cloud_files *files, struct error *err)
{
    for (size_t i = 0; i < set->count; i++) {
        char *path = files->paths[files->count];
        const int n = snprintf(path, PATH_MAX, "%s/%s", folder, set->files[i].name);
        enum fit fit;

        if (set->files[i].content == NULL || n < 0 || n >= PATH_MAX) {
            error_set(err, n >= PATH_MAX ? ERROR_USAGE : ERROR_UNEXPECTED,
                      n >= PATH_MAX ? "the name of the folder is too long" : "out of memory", NULL);
            return false;
        }
        fit = compare(path, set->files[i].content);
        if (fit == FIT_OTHER) {
            error_set(err, ERROR_INPUT_FILE, "the file is there with other content, and is never replaced",
                      "name another folder, or remove that file");
            error_with_subject(err, path);
            return false;
        }
        files->is_new[files->count++] = fit == FIT_NEW;
    }
    return true;
}

static bool write_all(const struct set *set, const char *folder, struct cloud_files *files, struct error *err)
{
    bool ok = folder_make(folder, err);

    for (size_t i = 0; i < set->count && ok; i++) {
        const char *content = set->files[i].content;

        ok = !files->is_new[i] || file_replace(files->paths[i], bytes_of((const uint8_t *)content, strlen(content)),
                                               0666, ERROR_INPUT_FILE, err);
    }
    return ok;
}

bool cloud_files_write(enum cloud_kind kind, const struct device_chain *chain,
                       const uint8_t serial[static CHIP_SERIAL_BYTES], const char *folder, struct cloud_files *files,
                       struct error *err)
{
    struct parts parts;
    struct set set = {.count = 0};
    bool ok;

    files->count = 0;
    ok = read_parts(chain, serial, &parts, err) && fill(kind, &parts, &set, err) &&
         check_all(&set, folder, files, err) && write_all(&set, folder, files, err);
    for (size_t i = 0; i < CLOUD_FILES_MAX; i++)
        free(set.files[i].content); /* NULL beyond `count` */
    if (!ok)
        error_doing(err, "write the files");
    return ok;
}
