/* SPDX-License-Identifier: Apache-2.0 */
/* `imprint station --check`: the panel of a station file, looked at and not run. */
#include "panel/slot.h"

#include <poll.h>
#include <string.h>

#include "base/error_format.h"
#include "panel/check.h"
#include "panel/ready.h"

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

/* What the bus of a socket answers. False with a reason. */
static bool check_bus(struct slot *slot, bool *is_there, struct error *err)
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
    *is_there = presence_of_scan(&end, &slot->scan, "", &event) && event == SOCKET_CHIP;
    if (*is_there || strcmp(slot->scan.reason, "device-silent") == 0 || end.code == 0 ||
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
static bool check_powered_bus(struct slot *slot, bool *is_there, struct error *err)
{
    const struct panel_power_settings *settings = &slot_settings(slot)->power;
    enum power_result result = POWER_DONE;

    if (settings->closed[0] != '\0')
        result = run_power(slot, POWER_CLOSED, err);
    if (result != POWER_DONE)
        return result == POWER_OPEN;
    slot->power.is_closed = true;
    const bool ok = run_power(slot, POWER_ON, err) == POWER_DONE && check_bus(slot, is_there, err);
    return run_power(slot, POWER_OFF, err) == POWER_DONE && ok;
}

static void check_socket(struct check *check, struct slot *slot)
{
    const char *file = panel_virtual_file(slot_settings(slot)->device);
    char room[ERROR_ROOM];
    struct error why = ERROR_IN(room);
    bool is_there = false;
    const bool is_powered = slot_settings(slot)->power.on[0] != '\0';
    const bool ok =
        power_check(&slot_settings(slot)->power, &why) && (file != NULL ? check_virtual_file(file, &is_there, &why)
                                                           : is_powered ? check_powered_bus(slot, &is_there, &why)
                                                                        : check_bus(slot, &is_there, &why));

    check_tell_finding(
        check, (struct panel_finding){.item = "socket",
                                      .name = slot_settings(slot)->name,
                                      .found = check_found(slot_settings(slot)->device, &slot->scan, ok, is_there),
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
