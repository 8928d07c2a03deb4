/* SPDX-License-Identifier: Apache-2.0 */
#include "panel/teaching.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "panel/plugged.h"
#include "panel/taught.h"
#include "profile/data.h"
#include "station/profile_file.h"

_Static_assert(PAGE_NAME_SIZE == PROFILE_NAME_MAX && PAGE_SOCKETS_MAX == PANEL_SOCKETS_MAX &&
                   PAGE_TAUGHT_SIZE == PANEL_PATH_MAX,
               "the page shows what a station file can have");

/* How the device of a socket begins that is made of each kind. */
static const struct {
    enum page_device_kind kind;
    const char *word;
} uses[] = {
    {PAGE_DEVICE_PORT, "board"}, {PAGE_DEVICE_PORT, "swi"},        {PAGE_DEVICE_PORT, "kit"},
    {PAGE_DEVICE_KIT, "kit"},    {PAGE_DEVICE_VIRTUAL, "virtual"}, {PAGE_DEVICE_I2C, "i2c"},
};

static bool look(const char *path, const struct page_running *running, struct page_plugged *plugged, struct error *err)
{
    struct panel_settings *settings;

    *plugged = (struct page_plugged){.device_count = 0};
    if (!panel_settings_read(path, &settings, err))
        return false;
    plugged->device_count = plugged_list(settings, running, plugged->devices);
    for (size_t i = 0; i < settings->socket_count; i++)
        if (settings->sockets[i].is_taught)
            memcpy(plugged->taught[plugged->taught_count++], settings->sockets[i].name, PAGE_NAME_SIZE);
    free(settings);
    return true;
}

static bool refuse(const char *name, const char *cause, struct error *err)
{
    error_set(err, ERROR_USAGE, cause, "look again at what is plugged in, and choose from the list");
    error_with_subject(err, name);
    error_doing(err, "add the socket");
    return false;
}

/* Only what is plugged in and free can be taught, in a way that its kind can be used. */
static bool make_device(const struct panel_settings *settings, const struct page_running *running, const char *found,
                        const char *use, char device[static PANEL_PATH_MAX], struct error *err)
{
    struct page_device *devices = calloc(PAGE_DEVICES_MAX, sizeof *devices);
    const struct page_device *one = NULL;
    const size_t count = devices != NULL ? plugged_list(settings, running, devices) : 0;
    const char *cause = NULL;
    bool fits = false;

    for (size_t i = 0; i < count; i++)
        if (strcmp(devices[i].name, found) == 0)
            one = &devices[i];
    for (size_t i = 0; one != NULL && i < sizeof uses / sizeof uses[0]; i++)
        fits = fits || (uses[i].kind == one->kind && strcmp(uses[i].word, use) == 0);
    if (one == NULL)
        cause = "this device is not plugged in any more";
    else if (one->socket[0] != '\0')
        cause = "this device is in use by another socket";
    else if (!fits)
        cause = "this device cannot be used so";
    free(devices);
    if (cause != NULL)
        return refuse(found, cause, err);
    return snprintf(device, PANEL_PATH_MAX, "%s:%s", use, found) < PANEL_PATH_MAX ||
           refuse(found, "the device's name is too long", err);
}

/* A station would keep the IO protection key of a chip on its own bus, and the board would not get it. */
static bool check_io_key(const struct panel_settings *settings, const char *device, struct error *err)
{
    struct profile *profile = panel_console(device) == NULL ? calloc(1, sizeof *profile) : NULL;
    bool ok = panel_console(device) != NULL || (profile != NULL && profile_file_read(settings->profile, profile, err));

    if (ok && profile != NULL && profile_has_io_key(profile)) {
        error_set(err, ERROR_USAGE,
                  "the profile gives each board an IO protection key, and only a board with a console makes it itself",
                  "teach the board's console");
        error_with_subject(err, error_keep(err, device));
        ok = false;
    }
    free(profile);
    if (!ok)
        error_set(err, ERROR_UNEXPECTED, "no memory for the profile", NULL);
    return ok;
}

static bool add(const char *path, const struct page_running *running, const char *name, const char *found,
                const char *use, const struct page_noting *noting, struct error *err)
{
    struct panel_settings *settings;
    char device[PANEL_PATH_MAX];
    bool ok;

    if (!panel_settings_read(path, &settings, err))
        return false;
    ok = make_device(settings, running, found, use, device, err) && check_io_key(settings, device, err) &&
         taught_add(settings, name, device, noting, err);
    free(settings);
    return ok;
}

static bool remove_socket(const char *path, const char *name, const struct page_noting *noting, struct error *err)
{
    struct panel_settings *settings;
    bool ok;

    if (!panel_settings_read(path, &settings, err))
        return false;
    ok = taught_remove(settings, name, noting, err);
    free(settings);
    return ok;
}

struct page_teaching teaching_of(const char *path, uint8_t also_at)
{
    return (struct page_teaching){.path = path, .also_at = also_at, .look = look, .add = add, .remove = remove_socket};
}
