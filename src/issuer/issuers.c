/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/issuers.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error_format.h"
#include "base/suggest.h"
#include "issuer/settings_file.h"

#define FILE_MAX ((size_t)64 * 1024)
#define TEXT_MAX 1024 /* of a setting, with the NUL */

/* One entry as it is read; a setting that is not there is empty. */
struct entry {
    char name[PROFILE_NAME_MAX];
    uint32_t kind;
    char certificate[TEXT_MAX], key[TEXT_MAX], passphrase_file[TEXT_MAX];
    char module[TEXT_MAX], uri[TEXT_MAX], pin_file[TEXT_MAX];
    char url[TEXT_MAX], label[TEXT_MAX], server_ca[TEXT_MAX], client_certificate[TEXT_MAX], client_key[TEXT_MAX];
};

struct document {
    uint32_t version; /* cppcheck-suppress unusedStructMember ; the schema reads it */
    size_t count;
    struct entry entries[ISSUERS_MAX];
};

/* --- what a file can have --- */

#define VALUE(type, member) .at = offsetof(type, member), .size = sizeof(((type *)0)->member)

static const struct profile_word kind_words[] = {
    {"file", ISSUER_FILE},
    {"pkcs11", ISSUER_PKCS11},
    {"est", ISSUER_EST},
    {NULL, 0},
};

static const struct schema_field schema_entry[] = {
    {.key = "name",
     .kind = SCHEMA_NAME,
     .required = true,
     VALUE(struct entry, name),
     .help = "the issuer's name, by which profiles call it",
     .example = "name: line"},
    {.key = "kind",
     .kind = SCHEMA_WORD,
     .required = true,
     VALUE(struct entry, kind),
     .words = kind_words,
     .help = "where the issuer's key is",
     .example = "kind: file"},
    {.key = "certificate",
     .kind = SCHEMA_FILE,
     VALUE(struct entry, certificate),
     .help = "the PEM file with the issuer's certificate and those above it",
     .example = "certificate: ca.pem"},
    {.key = "key",
     .kind = SCHEMA_FILE,
     VALUE(struct entry, key),
     .help = "the file with the issuer's private key",
     .example = "key: ca.key"},
    {.key = "passphrase-file",
     .kind = SCHEMA_FILE,
     VALUE(struct entry, passphrase_file),
     .help = "the file with the passphrase of the key",
     .example = "passphrase-file: ca.pass"},
    {.key = "module",
     .kind = SCHEMA_FILE,
     VALUE(struct entry, module),
     .help = "the PKCS#11 module, a shared library",
     .example = "module: /usr/lib/softhsm/libsofthsm2.so"},
    {.key = "uri",
     .kind = SCHEMA_TEXT,
     VALUE(struct entry, uri),
     .help = "the PKCS#11 URI of the key",
     .example = "uri: 'pkcs11:token=line;object=ca'"},
    {.key = "pin-file",
     .kind = SCHEMA_FILE,
     VALUE(struct entry, pin_file),
     .help = "the file with the PIN of the token",
     .example = "pin-file: pin"},
    {.key = "url",
     .kind = SCHEMA_TEXT,
     VALUE(struct entry, url),
     .help = "the address of the EST server",
     .example = "url: https://ca.example:8443"},
    {.key = "label",
     .kind = SCHEMA_TEXT,
     VALUE(struct entry, label),
     .help = "the CA or profile that the EST server is to use",
     .example = "label: boards"},
    {.key = "server-ca",
     .kind = SCHEMA_FILE,
     VALUE(struct entry, server_ca),
     .help = "the PEM file with the certificates that vouch for the EST server",
     .example = "server-ca: est-root.pem"},
    {.key = "client-certificate",
     .kind = SCHEMA_FILE,
     VALUE(struct entry, client_certificate),
     .help = "the PEM file with this station's TLS client certificate",
     .example = "client-certificate: station.pem"},
    {.key = "client-key",
     .kind = SCHEMA_FILE,
     VALUE(struct entry, client_key),
     .help = "the PEM file with the private key of the client certificate",
     .example = "client-key: station.key"},
    {.key = NULL},
};

static const struct schema_field schema_document_fields[] = {
    SETTINGS_VERSION(struct document),
    {.key = "issuers",
     .kind = SCHEMA_ENTRIES,
     .required = true,
     .at = offsetof(struct document, entries),
     .size = sizeof(struct entry),
     .min = 1,
     .max = ISSUERS_MAX,
     .fields = schema_entry,
     .count_at = offsetof(struct document, count),
     .line_at = SCHEMA_NOWHERE,
     .help = "the issuers of this station",
     .example = "issuers: [{name: line, kind: file, certificate: ca.pem, key: ca.key}]"},
    {.key = NULL},
};

#define OF(kind) (1u << (kind))

/* Sets of kinds. */
enum { FILES = OF(ISSUER_FILE), TOKENS = OF(ISSUER_PKCS11), SERVERS = OF(ISSUER_EST) };

/* The settings that not every kind has: which must have it, which may, and where it goes. */
static const struct setting {
    const char *key;
    unsigned needed_by, known_to;
    bool is_path;   /* relative to the file's folder */
    size_t from;    /* in struct entry */
    size_t pointer; /* in struct issuer_config */
} settings[] = {
#define SETTING(key, needed, known, path, member)                                                                      \
    {key, needed, known, path, offsetof(struct entry, member), offsetof(struct issuer_config, member)}
    SETTING("certificate", FILES | TOKENS, FILES | TOKENS | SERVERS, true, certificate),
    SETTING("key", FILES, FILES, true, key),
    SETTING("passphrase-file", 0, FILES | SERVERS, true, passphrase_file),
    SETTING("module", 0, TOKENS, true, module),
    SETTING("uri", TOKENS, TOKENS, false, uri),
    SETTING("pin-file", 0, TOKENS, true, pin_file),
    SETTING("url", SERVERS, SERVERS, false, url),
    SETTING("label", 0, SERVERS, false, label),
    SETTING("server-ca", SERVERS, SERVERS, true, server_ca),
    SETTING("client-certificate", SERVERS, SERVERS, true, client_certificate),
    SETTING("client-key", SERVERS, SERVERS, true, client_key),
#undef SETTING
};
#define SETTINGS (sizeof settings / sizeof settings[0])

/* What was read, for callers; `texts` owns what the settings point to. */
struct issuers {
    size_t count;
    struct issuer_config configs[ISSUERS_MAX];
    char *texts[ISSUERS_MAX][1 + SETTINGS];
};

/* --- rules that no single setting breaks --- */

static const char *text_of(const struct entry *entry, const struct setting *setting)
{
    return (const char *)entry + setting->from;
}

/* Whether the entry has what its kind needs and nothing that its kind does not know. */
static bool check_settings(const struct entry *entry, const struct tree_node *node, const struct complain_path *path,
                           struct profile_complaint *complaint)
{
    for (size_t i = 0; i < SETTINGS; i++) {
        const bool given = text_of(entry, &settings[i])[0] != '\0';

        if (!given && (settings[i].needed_by & OF(entry->kind)) != 0)
            return complain_missing(complaint, settings_file_row(schema_entry, settings[i].key), node, path);
        if (given && (settings[i].known_to & OF(entry->kind)) == 0) {
            char what[64];

            (void)snprintf(what, sizeof what, "is not a setting of kind %s", issuer_kind_name(entry->kind));
            return settings_file_refuse(complaint, schema_entry, node, path, settings[i].key, what);
        }
    }
    return true;
}

static bool check_name(const struct document *document, size_t index, const struct tree_node *node,
                       const struct complain_path *path, struct profile_complaint *complaint)
{
    for (size_t i = 0; i < index; i++) {
        if (strcmp(document->entries[i].name, document->entries[index].name) == 0)
            return settings_file_refuse(complaint, schema_entry, node, path, "name",
                                        "is the name of an issuer above, too");
    }
    return true;
}

static bool check_entries(const void *context, const void *parsed, const struct tree_node *root,
                          struct profile_complaint *complaint)
{
    const struct document *document = parsed;
    const struct complain_path list = {.key = "issuers"};

    (void)context;
    for (size_t i = 0; i < document->count; i++) {
        const struct complain_path path = {.outer = &list, .index = i};
        const struct tree_node *node = tree_item(tree_get(root, "issuers"), i);

        if (!check_name(document, i, node, &path, complaint) ||
            !check_settings(&document->entries[i], node, &path, complaint))
            return false;
    }
    return true;
}

/* --- from the text to settings --- */

static const struct settings_kind issuers_file = {
    .help = "an issuers file",
    .doing = "read the issuers file",
    .missing = "write one (docs/reference/issuers.md), or make one to rehearse with: imprint ca new",
    .next = "correct the issuers file at that place: docs/reference/issuers.md",
    .most = FILE_MAX,
    .fields = schema_document_fields,
    .check = check_entries,
};

/* The text, or the path that it means. */
static char *make_text(const char *text, bool is_path, const char *file)
{
    const char *slash = strrchr(file, '/');
    char *made = NULL;

    if (!is_path || text[0] == '/' || slash == NULL)
        return strdup(text);
    if (asprintf(&made, "%.*s/%s", (int)(slash - file), file, text) < 0)
        return NULL;
    return made;
}

/* An empty text is no setting, and gives NULL. */
static bool take_text(char **owned, const char *text, bool is_path, const char *file, struct error *err)
{
    *owned = text[0] != '\0' ? make_text(text, is_path, file) : NULL;
    if (*owned == NULL && text[0] != '\0')
        error_set(err, ERROR_UNEXPECTED, "out of memory", NULL);
    return *owned != NULL || text[0] == '\0';
}

static bool take_entry(struct issuers *issuers, const struct entry *entry, const char *file, struct error *err)
{
    struct issuer_config *config = &issuers->configs[issuers->count];
    char **texts = issuers->texts[issuers->count];
    bool ok = take_text(&texts[SETTINGS], entry->name, false, file, err);

    issuers->count++;
    config->name = texts[SETTINGS];
    config->kind = (enum issuer_kind)entry->kind;
    for (size_t i = 0; i < SETTINGS && ok; i++) {
        ok = take_text(&texts[i], text_of(entry, &settings[i]), settings[i].is_path, file, err);
        memcpy((char *)config + settings[i].pointer, (const void *)&texts[i], sizeof texts[i]);
    }
    return ok;
}

bool issuers_read(const char *path, struct issuers **issuers, struct error *err)
{
    struct document *document = calloc(1, sizeof *document);
    bool ok = document != NULL;

    *issuers = calloc(1, sizeof **issuers);
    if (!ok || *issuers == NULL)
        error_set(err, ERROR_UNEXPECTED, "out of memory", NULL);
    ok = ok && *issuers != NULL && settings_file_read(&issuers_file, path, document, err);
    for (size_t i = 0; ok && i < document->count; i++)
        ok = take_entry(*issuers, &document->entries[i], path, err);
    free(document);
    if (!ok) {
        error_doing(err, "read the issuers file");
        error_with_subject(err, path);
        issuers_free(*issuers);
        *issuers = NULL;
    }
    return ok;
}

void issuers_free(struct issuers *issuers)
{
    for (size_t i = 0; issuers != NULL && i < issuers->count; i++)
        for (size_t text = 0; text < 1 + SETTINGS; text++)
            free(issuers->texts[i][text]);
    free(issuers);
}

size_t issuers_count(const struct issuers *issuers)
{
    return issuers->count;
}

const struct issuer_config *issuers_at(const struct issuers *issuers, size_t index)
{
    return &issuers->configs[index];
}

const struct issuer_config *issuers_find(const struct issuers *issuers, const char *name, struct error *err)
{
    struct suggestion guess = {.word = NULL};

    for (size_t i = 0; i < issuers->count; i++) {
        if (strcmp(issuers->configs[i].name, name) == 0)
            return &issuers->configs[i];
        suggest_consider(&guess, name, strlen(name), issuers->configs[i].name);
    }
    error_set(err, ERROR_ISSUER_INVALID, "the issuers file has no issuer of this name",
              guess.word != NULL
                  ? error_keep_format(err, "did you mean '%s'? list them with: imprint issuers", guess.word)
                  : "list them with: imprint issuers");
    error_with_subject(err, name);
    return NULL;
}
