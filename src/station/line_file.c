/* SPDX-License-Identifier: Apache-2.0 */
#include "station/line_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error_format.h"
#include "issuer/input_file.h"
#include "issuer/settings_file.h"
#include "station/folder.h"

#define TIMEOUT_S 5
#define TIMEOUT_S_MAX 60

struct ledger_values {
    char server[LINE_FILE_TEXT], password_file[PATH_MAX];
    uint32_t timeout, without; /* seconds, enum line_file_without */
};

struct document {
    uint32_t version; /* cppcheck-suppress unusedStructMember ; the schema reads it */
    struct ledger_values ledger;
    bool leases_by_hand;
};

/* ---- what a file can have ---- */

#define VALUE(type, member) .at = offsetof(type, member), .size = sizeof(((type *)0)->member)

static const struct profile_word without_words[] = {
    {"stop", LINE_FILE_STOP}, {"continue", LINE_FILE_CONTINUE}, {NULL, 0}};

static const struct schema_field schema_ledger[] = {
    {.key = "server",
     .kind = SCHEMA_TEXT,
     .required = true,
     VALUE(struct document, ledger.server),
     .help = "PostgreSQL's connection settings, without a password",
     .example = "server: 'host=db.example dbname=line user=st-01 sslmode=verify-full'"},
    {.key = "password-file",
     .kind = SCHEMA_FILE,
     VALUE(struct document, ledger.password_file),
     .help = "the file with the role's password, on one line",
     .example = "password-file: line-password"},
    {.key = "timeout",
     .kind = SCHEMA_NUMBER,
     VALUE(struct document, ledger.timeout),
     .min = 1,
     .max = TIMEOUT_S_MAX,
     .otherwise = TIMEOUT_S,
     .help = "seconds for a connection, and for each answer",
     .example = "timeout: 5"},
    {.key = "without-server",
     .kind = SCHEMA_WORD,
     VALUE(struct document, ledger.without),
     .otherwise = LINE_FILE_STOP,
     .words = without_words,
     .help = "what to do with a device while the server cannot be asked",
     .example = "without-server: stop"},
    {.key = NULL},
};

static const struct schema_field schema_orders[] = {
    {.key = "leases-by-hand",
     .kind = SCHEMA_FLAG,
     VALUE(struct document, leases_by_hand),
     .help = "whether runs take no further share of an order when theirs comes to its end",
     .example = "leases-by-hand: true"},
    {.key = NULL},
};

static const struct schema_field schema_line[] = {
    SETTINGS_VERSION(struct document),
    {.key = "ledger",
     .kind = SCHEMA_MAPPING,
     .required = true,
     .fields = schema_ledger,
     .help = "the server that has the ledger of the line",
     .example = "ledger: {server: 'host=db.example dbname=line user=st-01'}"},
    {.key = "orders",
     .kind = SCHEMA_MAPPING,
     .fields = schema_orders,
     .help = "how this station works on the line's orders",
     .example = "orders: {leases-by-hand: true}"},
    {.key = NULL},
};

/* ---- reading ---- */

/* Wrong settings are told when the file is read, with their place, and not when a device waits. */
static bool check_server(const void *context, const void *values, const struct tree_node *root,
                         struct profile_complaint *complaint)
{
    const struct document *document = values;
    const struct complain_path path = {.key = "ledger"};
    char room[ERROR_ROOM], what[PROFILE_MESSAGE_MAX];
    struct error err = ERROR_IN(room);

    (void)context;
    if (database_check_settings(document->ledger.server, &err))
        return true;
    (void)snprintf(what, sizeof what, "cannot be used: %s", err.cause);
    return settings_file_refuse(complaint, schema_ledger, tree_get(root, "ledger"), &path, "server", what);
}

static const struct settings_kind line_file_kind = {
    .help = "a line file",
    .doing = "read the line file",
    .next = "correct the line file at that place: docs/reference/line.md",
    .most = (size_t)64 * 1024,
    .fields = schema_line,
    .check = check_server,
};

bool line_file_read(const struct station_config *config, struct line_file *file, bool *is_there, struct error *err)
{
    struct document document = {.version = 0};
    struct stat found;
    char path[PATH_MAX];

    *is_there = false;
    file->shared = config->line;
    if (!folder_in_state(config, "line.yaml", path, err))
        return false;
    *is_there = lstat(path, &found) == 0 || (errno != ENOENT && errno != ENOTDIR);
    if (!*is_there)
        return true;
    if (!settings_file_read(&line_file_kind, path, &document, err) ||
        !settings_file_complete(document.ledger.password_file, sizeof document.ledger.password_file, path, err))
        return false;
    memcpy(file->server, document.ledger.server, sizeof file->server);
    memcpy(file->password_file, document.ledger.password_file, sizeof file->password_file);
    file->timeout_s = document.ledger.timeout;
    file->leases_by_hand = document.leases_by_hand;
    file->without_server = (enum line_file_without)document.ledger.without;
    return true;
}

static bool read_password(const char *path, char secret[static INPUT_FILE_SECRET_MAX], struct error *err)
{
    if (input_file_read_secret(path, secret, err))
        return true;
    error_doing(err, "read the password for the line's server");
    if (err->system_errno == ENOENT)
        err->next = "put the file with this station's password there, or correct password-file in line.yaml";
    return false;
}

static struct database_server server_of(const struct line_file *file)
{
    return (struct database_server){.settings = file->server,
                                    .connect_ms = file->timeout_s * 1000,
                                    .answer_ms = (file->answer_s != 0 ? file->answer_s : file->timeout_s) * 1000};
}

bool line_file_connect(const struct line_file *file, const struct database_kind *kind, enum database_mode mode,
                       struct database *database, struct error *err)
{
    char secret[INPUT_FILE_SECRET_MAX] = "";
    struct database_server server = server_of(file);
    bool ok;

    if (file->shared != 0 && mode == DATABASE_JOIN && database_connect_shared(database, file->shared, &server, kind))
        return true;
    if (file->password_file[0] != '\0') {
        if (!read_password(file->password_file, secret, err))
            return false;
        server.password = secret;
    }
    ok = database_connect(database, &server, kind, mode, err);
    bytes_wipe(secret, sizeof secret);
    if (!ok && err->system_errno == ENOENT && err->reason == ERROR_STORAGE_FAILED)
        err->next = "have the administrator make it: imprint line init --server SETTINGS";
    return ok;
}

void line_file_share(const struct line_file *file, struct database *database, int from, unsigned most_ms)
{
    const struct database_server server = server_of(file);

    database_share(database, from, &server, most_ms);
}
