/* SPDX-License-Identifier: Apache-2.0 */
#include "panel/taught.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error_format.h"
#include "issuer/settings_file.h"
#include "profile/check.h"
#include "station/file.h"
#include "station/run_facts.h"

#define FILE_MAX ((size_t)128 * 1024)

/* The file as it is. */
struct taught {
    uint32_t version; /* cppcheck-suppress unusedStructMember ; the schema reads it */
    size_t count;
    struct panel_socket_settings sockets[PANEL_SOCKETS_MAX];
};

#define VALUE(type, member) .at = offsetof(type, member), .size = sizeof(((type *)0)->member)

static const struct schema_field schema_socket[] = {
    {.key = "name",
     .kind = SCHEMA_NAME,
     .required = true,
     VALUE(struct panel_socket_settings, name),
     .help = "the socket's name",
     .example = "name: A1"},
    {.key = "device",
     .kind = SCHEMA_TEXT,
     .required = true,
     VALUE(struct panel_socket_settings, device),
     .help = "how a chip in this socket is reached",
     .example = "device: 'kit:hid:0123'"},
    {.key = NULL},
};

static const struct schema_field schema_taught[] = {
    SETTINGS_VERSION(struct taught),
    {.key = "sockets",
     .kind = SCHEMA_ENTRIES,
     .required = true,
     .at = offsetof(struct taught, sockets),
     .size = sizeof(struct panel_socket_settings),
     .min = 1,
     .max = PANEL_SOCKETS_MAX,
     .fields = schema_socket,
     .count_at = offsetof(struct taught, count),
     .line_at = SCHEMA_NOWHERE,
     .help = "the sockets that were taught",
     .example = "sockets: [{name: A1, device: 'kit:hid:0123'}]"},
    {.key = NULL},
};

static const struct settings_kind taught_file = {
    .help = "a file of taught sockets",
    .doing = "read the sockets that were taught",
    .missing = "teach a socket at the page Set-up",
    .next = "correct the file at that place, or delete it and teach the sockets again",
    .most = FILE_MAX,
    .fields = schema_taught,
};

static bool refuse(const char *name, const char *cause, const char *next, enum error_reason reason, struct error *err)
{
    error_set(err, reason, cause, next);
    error_with_subject(err, name);
    return false;
}

/* False where the state folder's name is too long. */
static bool name_file(const struct panel_settings *settings, char path[static PANEL_PATH_MAX])
{
    return snprintf(path, PANEL_PATH_MAX, "%s/sockets.yaml", settings->state) < PANEL_PATH_MAX;
}

/* --- reading --- */

/* What keeps the socket from being one more; NULL: nothing. */
static const char *find_conflict(const struct panel_settings *settings, const char *name, const char *device)
{
    for (size_t i = 0; i < settings->socket_count; i++) {
        if (strcmp(settings->sockets[i].name, name) == 0)
            return "another socket has this name";
        if (strcmp(settings->sockets[i].device, device) == 0)
            return "another socket has this device";
    }
    return settings->socket_count == PANEL_SOCKETS_MAX ? "the station has as many sockets as it can have" : NULL;
}

static bool is_there(const struct panel_settings *settings, const struct panel_socket_settings *socket)
{
    for (size_t i = 0; i < settings->socket_count; i++)
        if (settings->sockets[i].is_taught && strcmp(settings->sockets[i].name, socket->name) == 0 &&
            strcmp(settings->sockets[i].device, socket->device) == 0)
            return true;
    return false;
}

static bool append(struct panel_settings *settings, const struct panel_socket_settings *socket, const char *path,
                   struct error *err)
{
    const char *fault = panel_device_fault(socket->device);

    if (is_there(settings, socket))
        return true;
    if (fault == NULL)
        fault = find_conflict(settings, socket->name, socket->device);
    if (fault != NULL) {
        error_doing(err, taught_file.doing);
        return refuse(path, error_keep_format(err, "socket %s: %s", socket->name, fault),
                      "correct the station file or this one", ERROR_INPUT_FILE, err);
    }
    settings->sockets[settings->socket_count] = *socket;
    settings->sockets[settings->socket_count++].is_taught = true;
    return true;
}

bool taught_add_all(struct panel_settings *settings, struct error *err)
{
    struct taught *taught = calloc(1, sizeof *taught);
    char path[PANEL_PATH_MAX];
    bool ok = taught != NULL && name_file(settings, path), all = true;

    if (ok && access(path, F_OK) == 0)
        ok = settings_file_read(&taught_file, path, taught, err);
    for (size_t i = 0; ok && i < taught->count; i++)
        all = append(settings, &taught->sockets[i], path, err) && all;
    free(taught);
    if (!ok)
        error_set(err, ERROR_INPUT_FILE, "no memory for the sockets that were taught", NULL);
    return ok && all;
}

/* --- writing --- */

/* In single quotes, where YAML has one escape. */
static void put_quoted(FILE *out, const char *text)
{
    fputc('\'', out);
    for (; *text != '\0'; text++)
        fputs(*text == '\'' ? "''" : (const char[]){*text, '\0'}, out);
    fputc('\'', out);
}

static void put_socket(FILE *out, const char *name, const char *device)
{
    fputs("  - {name: ", out);
    put_quoted(out, name);
    fputs(", device: ", out);
    put_quoted(out, device);
    fputs("}\n", out);
}

/* All that were taught, but not the one of the name `without`, and `name` with `device`; NULL: none. */
static bool write_file(const struct panel_settings *settings, const char *without, const char *name, const char *device,
                       const struct page_noting *noting, struct error *err)
{
    char path[PANEL_PATH_MAX], *text = NULL;
    size_t len = 0, count = name != NULL ? 1 : 0;
    FILE *out = open_memstream(&text, &len);
    bool ok = out != NULL && name_file(settings, path);

    if (out != NULL) {
        fputs(
            "# The sockets that were taught at the page Set-up; the station writes this file.\nimprint: 1\nsockets:\n",
            out);
        for (size_t i = 0; i < settings->socket_count; i++) {
            const struct panel_socket_settings *socket = &settings->sockets[i];

            if (!socket->is_taught || (without != NULL && strcmp(socket->name, without) == 0))
                continue;
            put_socket(out, socket->name, socket->device);
            count++;
        }
        if (name != NULL)
            put_socket(out, name, device);
        ok = fclose(out) == 0 && ok;
    }
    if (!ok)
        error_set(err, ERROR_UNEXPECTED, "no memory for the sockets", NULL);
    else
        ok = file_replace_noted(path, count > 0 ? bytes_of(text, len) : BYTES_NONE, 0600, ERROR_STORAGE_FAILED,
                                noting->note, noting->context, err);
    free(text);
    return ok;
}

static bool name_is_valid(const char *name)
{
    char room[PROFILE_NAME_MAX] = "";

    if (strlen(name) >= sizeof room)
        return false;
    memcpy(room, name, strlen(name));
    return profile_name_valid(room);
}

bool taught_add(const struct panel_settings *settings, const char *name, const char *device,
                const struct page_noting *noting, struct error *err)
{
    const char *fault = panel_device_fault(device);

    error_doing(err, "add the socket");
    if (!name_is_valid(name))
        return refuse(name, "not a name of a socket", "write a letter, then letters, digits, - and _, as in A1",
                      ERROR_USAGE, err);
    if (fault != NULL || strlen(device) >= PANEL_PATH_MAX || !run_facts_is_plain(device))
        return refuse(device, fault != NULL ? fault : "the device's name is too long, or cannot be printed", NULL,
                      ERROR_USAGE, err);
    fault = find_conflict(settings, name, device);
    if (fault != NULL)
        return refuse(name, fault, "choose another name, or another device", ERROR_USAGE, err);
    return write_file(settings, NULL, name, device, noting, err);
}

bool taught_remove(const struct panel_settings *settings, const char *name, const struct page_noting *noting,
                   struct error *err)
{
    error_doing(err, "remove the socket");
    for (size_t i = 0; i < settings->socket_count; i++)
        if (settings->sockets[i].is_taught && strcmp(settings->sockets[i].name, name) == 0)
            return write_file(settings, name, NULL, NULL, noting, err);
    return refuse(name, "no socket of this name was taught",
                  "sockets of the station file are removed there, by whoever writes it", ERROR_USAGE, err);
}
