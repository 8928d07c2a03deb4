/* SPDX-License-Identifier: Apache-2.0 */
/* `imprint station --check`: the panel of a station file, looked at and not run. */
#include "panel/slot.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/error_format.h"
#include "panel/check.h"
#include "panel/ready.h"
#include "panel/state_lock.h"

/* Waits for the worker that looks at the bus. */
static void wait_for_worker(struct slot *slot)
{
    while (worker_is_running(&slot->worker)) {
        struct pollfd polled[] = {{.fd = slot->worker.out, .events = POLLIN},
                                  {.fd = slot->worker.pidfd, .events = POLLIN}};

        (void)poll(polled, 2, PANEL_TEND_MS);
        worker_read(&slot->worker, slot_take_object, slot);
        if (polled[1].revents != 0)
            return;
        worker_tend(&slot->worker);
    }
}

/* What a look into a socket has shown. */
struct look {
    bool is_there;  /* a chip, or a board */
    bool is_in_use; /* a station has the socket: it was not looked into */
};

/* Whether a station runs with this state folder. */
static bool has_station(const struct slot *slot)
{
    struct error why = {.reason = ERROR_NONE};
    int lock;
    const bool has = !state_lock_try(slot->panel->settings->state, &lock, &why) && why.reason == ERROR_DATABASE_BUSY;

    if (lock >= 0)
        (void)close(lock);
    return has;
}

/* What the bus of a socket answers. False with a reason. */
static bool check_bus(struct slot *slot, struct look *look, struct error *err)
{
    const char *device = slot_settings(slot)->device, *console = panel_console(device);
    enum socket_event event;
    struct worker_end end;

    if (!slot_start_worker(slot, COMMAND_SCAN)) {
        error_set(err, ERROR_UNEXPECTED, "no worker can be started", NULL);
        return false;
    }
    wait_for_worker(slot);
    end = worker_finish(&slot->worker, slot_take_object, slot);
    look->is_there = presence_of_scan(&end, &slot->scan, "", &event) && event == SOCKET_CHIP;
    look->is_in_use = !look->is_there && strcmp(slot->scan.reason, "device-busy") == 0 && has_station(slot);
    if (look->is_there || look->is_in_use || strcmp(slot->scan.reason, "device-silent") == 0 || end.code == 0 ||
        (console != NULL && strcmp(slot->scan.reason, "device-missing") == 0))
        return true;
    error_set(err, ERROR_DEVICE_MISSING,
              error_keep_format(err, "the socket's bus cannot be used (%s)",
                                slot->scan.reason[0] != '\0' ? slot->scan.reason : "no answer"),
              console != NULL ? error_keep_format(err, "see why: imprint board info --console %s", console)
                              : error_keep_format(err, "see why: imprint --device %s scan", device));
    return false;
}

/* Runs a power command to its end. POWER_FAILED with a reason. */
static enum power_result run_power(struct slot *slot, enum power_command command, struct error *err)
{
    const struct panel_power_settings *settings = &slot_settings(slot)->power;
    enum power_result result = POWER_FAILED;

    if (power_start(&slot->power, settings, command, &slot->worker, false)) {
        wait_for_worker(slot);
        result = power_finish(&slot->power, settings, &slot->worker, false);
    }
    if (result == POWER_FAILED)
        error_set(err, ERROR_DEVICE_MISSING, error_keep(err, slot->power.fault),
                  "run the command of the station file by hand");
    return result;
}

/* The bus of a socket that has to be switched on, and off afterwards. An open fixture counts as empty. */
static bool switch_on_and_check(struct slot *slot, struct look *look, struct error *err)
{
    const struct panel_power_settings *settings = &slot_settings(slot)->power;
    enum power_result result = POWER_DONE;

    if (settings->closed[0] != '\0')
        result = run_power(slot, POWER_CLOSED, err);
    if (result != POWER_DONE)
        return result == POWER_OPEN;
    slot->power.is_closed = true;
    const bool ok = run_power(slot, POWER_ON, err) == POWER_DONE && check_bus(slot, look, err);
    return run_power(slot, POWER_OFF, err) == POWER_DONE && ok;
}

/* While a station runs the power is its own: a board may be at work. None can start meanwhile. */
static bool check_powered_bus(struct slot *slot, struct look *look, struct error *err)
{
    int lock;
    bool ok;

    if (!state_lock_try(slot->panel->settings->state, &lock, err)) {
        look->is_in_use = err->reason == ERROR_DATABASE_BUSY;
        return look->is_in_use;
    }
    ok = switch_on_and_check(slot, look, err);
    if (lock >= 0)
        (void)close(lock);
    return ok;
}

static bool look_into(struct slot *slot, struct look *look, struct error *err)
{
    const struct panel_socket_settings *settings = slot_settings(slot);
    const char *file = panel_virtual_file(settings->device);

    if (!power_check(&settings->power, err))
        return false;
    if (file != NULL)
        return check_virtual_file(file, &look->is_there, err);
    return power_is_given(&settings->power) ? check_powered_bus(slot, look, err) : check_bus(slot, look, err);
}

static void check_socket(struct check *check, struct slot *slot)
{
    const struct panel_socket_settings *settings = slot_settings(slot);
    char room[ERROR_ROOM];
    struct error why = ERROR_IN(room);
    struct look look = {.is_there = false};
    const bool ok = look_into(slot, &look, &why);
    const char *found = check_found(settings->device, &slot->scan, ok, look.is_there);

    check_tell_finding(check, (struct panel_finding){.item = "socket",
                                                     .name = settings->name,
                                                     .found = ok && look.is_in_use ? "in-use" : found,
                                                     .serial = slot->scan.serial[0] != '\0' ? slot->scan.serial : NULL,
                                                     .why = ok ? NULL : &why});
}

bool panel_check(const char *path, void (*report)(void *context, const struct panel_finding *finding), void *context,
                 struct error *err)
{
    struct panel *panel = panel_read(path, err);
    const bool ok = panel != NULL && fork_server_start(&panel->workers, PANEL_PROGRAM, err);
    struct check check = {.report = report, .context = context, .err = err, .is_good = ok};

    /* One bad thing does not hide the others. */
    if (ok) {
        check.settings = panel->settings;
        check_files(&check);
        ready_check(&check);
        check_page(&check);
        check_labels(&check);
    }
    for (size_t i = 0; i < (ok ? panel->count : 0); i++)
        check_socket(&check, &panel->slots[i]);
    panel_close(panel);
    return check.is_good;
}
