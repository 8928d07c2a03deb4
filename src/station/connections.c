/* SPDX-License-Identifier: Apache-2.0 */
#include "station/connections.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error_format.h"
#include "base/suggest.h"
#include "issuer/settings_file.h"
#include "station/folder.h"

#define FILE_MAX ((size_t)64 * 1024)
#define TIMEOUT_S 30
#define TIMEOUT_S_MAX 3600
#define NEXT "correct the connections file at that place: docs/reference/connections.md"

/* One entry as it is read; a text that is not there is empty. */
struct entry {
    char name[PROFILE_NAME_MAX];
    char server[CONNECTIONS_TEXT], server_name[CONNECTIONS_TEXT], ca[CONNECTIONS_TEXT];
    char alpn[CONNECTIONS_TEXT], send[CONNECTIONS_TEXT];
    uint32_t tls, ask, timeout; /* enum tls_version, enum tls_protocol, seconds */
};

struct document {
    uint32_t version; /* cppcheck-suppress unusedStructMember ; the schema reads it */
    size_t count;
    struct entry entries[CONNECTIONS_MAX];
};

/* ---- what a file can have ---- */

#define VALUE(type, member) .at = offsetof(type, member), .size = sizeof(((type *)0)->member)

static const struct profile_word tls_words[] = {{"any", TLS_ANY}, {"1.2", TLS_1_2}, {"1.3", TLS_1_3}, {NULL, 0}};
static const struct profile_word ask_words[] = {{"http", TLS_HTTP}, {"mqtt", TLS_MQTT}, {NULL, 0}};

static const struct schema_field schema_entry[] = {
    {.key = "name",
     .kind = SCHEMA_NAME,
     .required = true,
     VALUE(struct entry, name),
     .help = "the connection's name, by which profiles call it",
     .example = "name: broker"},
    {.key = "server",
     .kind = SCHEMA_TEXT,
     .required = true,
     VALUE(struct entry, server),
     .help = "the server's host and port",
     .example = "server: 'broker.example:8883'"},
    {.key = "server-name",
     .kind = SCHEMA_TEXT,
     VALUE(struct entry, server_name),
     .help = "the name in the server's certificate, if it is not the host",
     .example = "server-name: broker.example"},
    {.key = "ca",
     .kind = SCHEMA_FILE,
     VALUE(struct entry, ca),
     .help = "the file with the certificates that vouch for the server",
     .example = "ca: server-ca.pem"},
    {.key = "tls",
     .kind = SCHEMA_WORD,
     VALUE(struct entry, tls),
     .otherwise = TLS_ANY,
     .words = tls_words,
     .help = "the only version to offer",
     .example = "tls: 1.3"},
    {.key = "alpn",
     .kind = SCHEMA_TEXT,
     VALUE(struct entry, alpn),
     .help = "application protocols to offer, at most four, separated by commas",
     .example = "alpn: x-amzn-mqtt-ca"},
    {.key = "ask",
     .kind = SCHEMA_WORD,
     VALUE(struct entry, ask),
     .otherwise = TLS_HTTP,
     .words = ask_words,
     .help = "what the application is asked",
     .example = "ask: mqtt"},
    {.key = "send",
     .kind = SCHEMA_TEXT,
     VALUE(struct entry, send),
     .help = "a text to send instead, with \\r, \\n, \\t, \\\\ and \\xHH",
     .example = "send: 'HELO\\n'"},
    {.key = "timeout",
     .kind = SCHEMA_NUMBER,
     VALUE(struct entry, timeout),
     .min = 1,
     .max = TIMEOUT_S_MAX,
     .otherwise = TIMEOUT_S,
     .help = "seconds for all of it",
     .example = "timeout: 30"},
    {.key = NULL},
};

static const struct schema_field schema_connections[] = {
    SETTINGS_VERSION(struct document),
    {.key = "connections",
     .kind = SCHEMA_ENTRIES,
     .required = true,
     .at = offsetof(struct document, entries),
     .size = sizeof(struct entry),
     .min = 1,
     .max = CONNECTIONS_MAX,
     .fields = schema_entry,
     .count_at = offsetof(struct document, count),
     .line_at = SCHEMA_NOWHERE,
     .help = "the servers that devices must be accepted by",
     .example = "connections: [{name: broker, server: 'broker.example:8883', ca: server-ca.pem, ask: mqtt}]"},
    {.key = NULL},
};

/* ---- from an entry to settings ---- */

static bool choose_question(const struct entry *entry, struct tls_settings *settings, struct error *err)
{
    if (entry->send[0] != '\0')
        return tls_question_text(&settings->question, entry->send, err);
    if (entry->ask == TLS_MQTT)
        settings->question = (struct tls_question){.protocol = TLS_MQTT};
    else
        tls_question_http(&settings->question, settings->name);
    return true;
}

/* False with the reason, and `*field`: the setting that is to blame. */
static bool take_entry(const struct entry *entry, const char *file, struct connection *connection, const char **field,
                       struct error *err)
{
    struct tls_settings *settings = &connection->settings;

    *connection =
        (struct connection){.settings = {.version = (enum tls_version)entry->tls, .timeout_s = entry->timeout}};
    memcpy(connection->name, entry->name, sizeof connection->name);
    *field = "server";
    if (!net_read_place(entry->server, &settings->place, err))
        return false;
    *field = "server-name";
    (void)snprintf(connection->server_name, sizeof connection->server_name, "%.255s", entry->server_name);
    if (!tls_settings_name(entry->server_name[0] != '\0' ? entry->server_name : NULL, settings, err))
        return false;
    if (entry->server_name[0] != '\0')
        settings->name = connection->server_name;
    *field = "ca";
    memcpy(connection->ca, entry->ca, sizeof entry->ca);
    if (!settings_file_complete(connection->ca, sizeof connection->ca, file, err))
        return false;
    settings->ca = entry->ca[0] != '\0' ? connection->ca : NULL;
    *field = "alpn";
    if (entry->alpn[0] != '\0' && !tls_settings_alpn(entry->alpn, connection->alpn, settings, err))
        return false;
    *field = "send";
    return choose_question(entry, settings, err);
}

static bool check_name(const struct document *document, size_t index, const struct tree_node *node,
                       const struct complain_path *path, struct profile_complaint *complaint)
{
    for (size_t i = 0; i < index; i++) {
        if (strcmp(document->entries[i].name, document->entries[index].name) == 0)
            return settings_file_refuse(complaint, schema_entry, node, path, "name",
                                        "is the name of a connection above, too");
    }
    return true;
}

/* Every entry is checked, not only the one that is asked for: so a mistake is told before a device depends on it. */
static bool check_entries(const void *file, const void *parsed, const struct tree_node *root,
                          struct profile_complaint *complaint)
{
    const struct document *document = parsed;
    const struct complain_path list = {.key = "connections"};
    struct connection ignored;

    for (size_t i = 0; i < document->count; i++) {
        const struct complain_path path = {.outer = &list, .index = i};
        const struct tree_node *node = tree_item(tree_get(root, "connections"), i);
        const char *field;
        char room[ERROR_ROOM], what[PROFILE_MESSAGE_MAX];
        struct error err = ERROR_IN(room);

        if (!check_name(document, i, node, &path, complaint))
            return false;
        if (take_entry(&document->entries[i], file, &ignored, &field, &err))
            continue;
        (void)snprintf(what, sizeof what, "cannot be used: %s", err.cause);
        return settings_file_refuse(complaint, schema_entry, node, &path, field, what);
    }
    return true;
}

/* ---- the file ---- */

bool connections_find_file(const struct station_config *config, char path[static PATH_MAX], struct error *err)
{
    if (config->connections == NULL)
        return folder_in_state(config, "connections.yaml", path, err);
    if (snprintf(path, PATH_MAX, "%s", config->connections) < PATH_MAX)
        return true;
    error_set(err, ERROR_INPUT_FILE, "the path to the connections file is too long", NULL);
    return false;
}

static bool read_document(const char *path, struct document *document, struct error *err)
{
    const struct settings_kind connections_file = {
        .help = "a connections file",
        .doing = "read the connections file",
        .missing = "write one (docs/reference/connections.md), or name it with --connections FILE",
        .next = NEXT,
        .most = FILE_MAX,
        .fields = schema_connections,
        .check = check_entries,
        .context = path,
    };

    return settings_file_read(&connections_file, path, document, err);
}

static bool take_named(const struct document *document, const char *name, const char *path,
                       struct connection *connection, struct error *err)
{
    struct suggestion guess = {.word = NULL};
    const char *field;

    for (size_t i = 0; i < document->count; i++) {
        if (strcmp(document->entries[i].name, name) == 0)
            return take_entry(&document->entries[i], path, connection, &field, err);
        suggest_consider(&guess, name, strlen(name), document->entries[i].name);
    }
    error_set(err, ERROR_INPUT_FILE,
              error_keep_format(err, "the connections file has no connection '%s', which the profile names", name),
              guess.word != NULL
                  ? error_keep_format(err, "did you mean '%s'? correct the profile or the file", guess.word)
                  : "add it to the file: docs/reference/connections.md");
    return false;
}

bool connections_read(const struct station_config *config, const char *name, struct connection *connection,
                      struct error *err)
{
    struct document *document = calloc(1, sizeof *document);
    char path[PATH_MAX];
    bool ok = document != NULL;

    if (!ok)
        error_set(err, ERROR_UNEXPECTED, "out of memory", NULL);
    if (!ok || !connections_find_file(config, path, err)) {
        free(document);
        return false;
    }
    ok = read_document(path, document, err) && take_named(document, name, path, connection, err);
    free(document);
    if (ok)
        return true;
    error_doing(err, "read the connections file");
    error_replace_subject(err, path);
    return false;
}
