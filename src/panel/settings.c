/* SPDX-License-Identifier: Apache-2.0 */
#include "panel/settings.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "issuer/settings_file.h"
#include "panel/label_settings.h"
#include "panel/power.h"
#include "panel/taught.h"
#include "station/device.h"
#include "station/quarantine.h"
#include "transport/kinds.h"
#include "web/page.h"

#define FILE_MAX ((size_t)64 * 1024)
#define GOLDEN_H_USUAL 12 /* a long shift */
#define GOLDEN_H_MAX 168  /* a week */
#define LOOK_MS_USUAL 1000
#define LOOK_MS_LEAST 100
#define LOOK_MS_MAX 60000
#define WORKER_S_USUAL 300
#define WORKER_S_MAX 3600
#define SESSION_H_USUAL 12
#define SESSION_H_MAX 24
#define VIRTUAL "virtual:"
#define CONSOLE "board:"

/* --- what a file can have --- */

#define VALUE(type, member) .at = offsetof(type, member), .size = sizeof(((type *)0)->member)

static const struct schema_field schema_power[] = {
    {.key = "on",
     .kind = SCHEMA_TEXT,
     .required = true,
     VALUE(struct panel_socket_settings, power.on),
     .help = "the command that switches the board on: a program and its words, which no shell reads",
     .example = "on: /usr/sbin/uhubctl -l 1-1 -p 2 -a on"},
    {.key = "off",
     .kind = SCHEMA_TEXT,
     .required = true,
     VALUE(struct panel_socket_settings, power.off),
     .help = "the command that switches it off",
     .example = "off: /usr/sbin/uhubctl -l 1-1 -p 2 -a off"},
    {.key = "closed",
     .kind = SCHEMA_TEXT,
     VALUE(struct panel_socket_settings, power.closed),
     .help = "a command that ends with 0 while the fixture is closed, and with 1 while it is open",
     .example = "closed: /usr/local/bin/lid-closed A1"},
    {.key = "seconds",
     .kind = SCHEMA_NUMBER,
     VALUE(struct panel_socket_settings, power.seconds),
     .min = 1,
     .max = POWER_SECONDS_MAX,
     .otherwise = POWER_SECONDS_USUAL,
     .help = "seconds that each of these commands may take",
     .example = "seconds: 10"},
    {.key = NULL},
};

static const struct schema_field schema_socket[] = {
    {.key = "name",
     .kind = SCHEMA_NAME,
     .required = true,
     VALUE(struct panel_socket_settings, name),
     .help = "the socket's name, as it is written on the fixture",
     .example = "name: A1"},
    {.key = "device",
     .kind = SCHEMA_TEXT,
     .required = true,
     VALUE(struct panel_socket_settings, device),
     .help = "how a chip in this socket is reached, as --device says it; or board:PORT for a board with a console",
     .example = "device: 'i2c:/dev/i2c-1@0x35'"},
    {.key = "power",
     .kind = SCHEMA_MAPPING,
     .fields = schema_power,
     .help = "the commands that switch the board in this socket on and off",
     .example = "power: {on: /usr/local/bin/relay 1 on, off: /usr/local/bin/relay 1 off}"},
    {.key = NULL},
};

static const struct profile_word selectors[] = {
    {"operator", PAGE_SELECT_OPERATOR}, {"lead", PAGE_SELECT_LEAD}, {NULL, 0}};

static const struct schema_field schema_bus[] = {
    {.key = "bus",
     .kind = SCHEMA_FILE,
     .required = true,
     VALUE(struct panel_teach_bus, path),
     .help = "an I2C bus that has nothing but chips of sockets",
     .example = "bus: /dev/i2c-1"},
    {.key = NULL},
};

static const struct schema_field schema_teach[] = {
    {.key = "serial",
     .kind = SCHEMA_FILE,
     VALUE(struct panel_settings, teach.serial),
     .help = "a folder with stable names of serial ports",
     .example = "serial: /dev/serial/by-path"},
    {.key = "hid",
     .kind = SCHEMA_FILE,
     VALUE(struct panel_settings, teach.hid),
     .help = "the kernel's folder of HID devices, for kits",
     .example = "hid: /sys/class/hidraw"},
    {.key = "virtual",
     .kind = SCHEMA_FILE,
     VALUE(struct panel_settings, teach.virtuals),
     .help = "a folder in which files of virtual chips appear",
     .example = "virtual: fixture"},
    {.key = "i2c",
     .kind = SCHEMA_ENTRIES,
     .at = offsetof(struct panel_settings, teach.buses),
     .size = sizeof(struct panel_teach_bus),
     .min = 1,
     .max = PANEL_TEACH_BUSES_MAX,
     .fields = schema_bus,
     .count_at = offsetof(struct panel_settings, teach.bus_count),
     .line_at = SCHEMA_NOWHERE,
     .help = "the I2C buses on which chips are looked for",
     .example = "i2c: [{bus: /dev/i2c-1}]"},
    {.key = NULL},
};

static const struct schema_field schema_settings[] = {
    SETTINGS_VERSION(struct panel_settings),
    {.key = "name",
     .kind = SCHEMA_NAME,
     .required = true,
     VALUE(struct panel_settings, name),
     .help = "the station's name, for the page",
     .example = "name: st-01"},
    {.key = "profile",
     .kind = SCHEMA_FILE,
     .required = true,
     VALUE(struct panel_settings, profile),
     .help = "the profile that the boards are brought to",
     .example = "profile: board.yaml"},
    {.key = "firmware",
     .kind = SCHEMA_FILE,
     VALUE(struct panel_settings, firmware),
     .help = "the image that must run on boards with a console",
     .example = "firmware: factory.bin"},
    {.key = "state",
     .kind = SCHEMA_FILE,
     .required = true,
     VALUE(struct panel_settings, state),
     .help = "the state folder, with records and ledger; it is made where there is none",
     .example = "state: state"},
    {.key = "issuers",
     .kind = SCHEMA_FILE,
     VALUE(struct panel_settings, issuers),
     .help = "the issuers file, if it is not issuers.yaml in the state folder",
     .example = "issuers: issuers.yaml"},
    {.key = "connections",
     .kind = SCHEMA_FILE,
     VALUE(struct panel_settings, connections),
     .help = "the connections file, if it is not connections.yaml in the state folder",
     .example = "connections: connections.yaml"},
    {.key = "operator",
     .kind = SCHEMA_TEXT,
     VALUE(struct panel_settings, operator_name),
     .help = "whom the records name while no operator is logged in",
     .example = "operator: '17'"},
    {.key = "order",
     .kind = SCHEMA_NAME,
     VALUE(struct panel_settings, order),
     .help = "the work order of which each board takes a unit",
     .example = "order: WO-1042"},
    {.key = "select_order",
     .kind = SCHEMA_WORD,
     VALUE(struct panel_settings, select_order),
     .words = selectors,
     .help = "who selects another work order by scanning it at the page",
     .example = "select_order: lead"},
    {.key = "scan_board",
     .kind = SCHEMA_FLAG,
     VALUE(struct panel_settings, scan_board),
     .help = "whether the number of each board is scanned at the page before it is worked on",
     .example = "scan_board: true"},
    {.key = "irreversible",
     .kind = SCHEMA_FLAG,
     VALUE(struct panel_settings, irreversible),
     .help = "whether steps that cannot be undone are armed for each board",
     .example = "irreversible: true"},
    {.key = "rehearsal",
     .kind = SCHEMA_FLAG,
     VALUE(struct panel_settings, rehearsal),
     .help = "whether virtual chips and published TEST keys are allowed",
     .example = "rehearsal: true"},
    {.key = "golden",
     .kind = SCHEMA_TEXT,
     VALUE(struct panel_settings, golden),
     .help = "the serial number of a finished device that must be confirmed before the first board of a shift",
     .example = "golden: 0123A1B2C3D4E5F601"},
    {.key = "golden_hours",
     .kind = SCHEMA_NUMBER,
     VALUE(struct panel_settings, golden_h),
     .min = 1,
     .max = GOLDEN_H_MAX,
     .otherwise = GOLDEN_H_USUAL,
     .help = "hours until the golden device must be confirmed again",
     .example = "golden_hours: 12"},
    {.key = "tries",
     .kind = SCHEMA_NUMBER,
     VALUE(struct panel_settings, tries),
     .min = 1,
     .max = QUARANTINE_TRIES_MAX,
     .otherwise = QUARANTINE_TRIES_USUAL,
     .help = "how often a board may fail, through its own fault, before it is in quarantine",
     .example = "tries: 2"},
    {.key = "look",
     .kind = SCHEMA_NUMBER,
     VALUE(struct panel_settings, look_ms),
     .min = LOOK_MS_LEAST,
     .max = LOOK_MS_MAX,
     .otherwise = LOOK_MS_USUAL,
     .help = "milliseconds between two looks at the bus of a socket where nothing happens",
     .example = "look: 1000"},
    {.key = "patience",
     .kind = SCHEMA_NUMBER,
     VALUE(struct panel_settings, worker_s),
     .min = 1,
     .max = WORKER_S_MAX,
     .otherwise = WORKER_S_USUAL,
     .help = "seconds that one board may take, waiting for issuers included",
     .example = "patience: 300"},
    {.key = "page",
     .kind = SCHEMA_TEXT,
     VALUE(struct panel_settings, page),
     .help = "the loopback address and port of the operator's page",
     .example = "page: '127.0.0.1:8080'"},
    {.key = "users",
     .kind = SCHEMA_FILE,
     VALUE(struct panel_settings, users),
     .help = "the file of those who can log in, if it is not users in the state folder",
     .example = "users: users"},
    {.key = "tls",
     .kind = SCHEMA_FLAG,
     VALUE(struct panel_settings, has_tls),
     .help = "whether the page is served by TLS, so that other machines can see it",
     .example = "tls: true"},
    {.key = "tls_certificate",
     .kind = SCHEMA_FILE,
     VALUE(struct panel_settings, tls_certificate),
     .help = "the page's certificate, if none is to be made in the state folder",
     .example = "tls_certificate: /etc/imprint/page.crt"},
    {.key = "tls_key",
     .kind = SCHEMA_FILE,
     VALUE(struct panel_settings, tls_key),
     .help = "the key of that certificate",
     .example = "tls_key: /etc/imprint/page.key"},
    {.key = "open_tiles",
     .kind = SCHEMA_FLAG,
     VALUE(struct panel_settings, open_tiles),
     .help = "whether the sockets can be seen at this machine without a login",
     .example = "open_tiles: true"},
    {.key = "session",
     .kind = SCHEMA_NUMBER,
     VALUE(struct panel_settings, session_h),
     .min = 1,
     .max = SESSION_H_MAX,
     .otherwise = SESSION_H_USUAL,
     .help = "hours after which whoever is logged in has to log in again",
     .example = "session: 12"},
    {.key = "labels",
     .kind = SCHEMA_MAPPING,
     .fields = label_settings_fields,
     .help = "what becomes of a label when a board passes",
     .example = "labels: {to: 'zpl:printer.local:9100'}"},
    {.key = "teach",
     .kind = SCHEMA_MAPPING,
     .fields = schema_teach,
     .help = "where the page Set-up looks for devices that a lead makes sockets of",
     .example = "teach: {serial: /dev/serial/by-path, hid: /sys/class/hidraw}"},
    {.key = "sockets",
     .kind = SCHEMA_ENTRIES,
     .at = offsetof(struct panel_settings, sockets),
     .size = sizeof(struct panel_socket_settings),
     .min = 1,
     .max = PANEL_SOCKETS_MAX,
     .fields = schema_socket,
     .count_at = offsetof(struct panel_settings, socket_count),
     .line_at = SCHEMA_NOWHERE,
     .help = "the sockets of this station",
     .example = "sockets: [{name: A1, device: 'kit:hid:0123'}]"},
    {.key = NULL},
};

/* --- rules that no single setting breaks --- */

const char *panel_virtual_file(const char *device)
{
    return strncmp(device, VIRTUAL, strlen(VIRTUAL)) == 0 ? device + strlen(VIRTUAL) : NULL;
}

const char *panel_console(const char *device)
{
    return strncmp(device, CONSOLE, strlen(CONSOLE)) == 0 ? device + strlen(CONSOLE) : NULL;
}

const char *panel_device_fault(const char *device)
{
    const char *file = panel_virtual_file(device), *console = panel_console(device);

    if (strcmp(device, "virtual") == 0 || (file != NULL && file[0] == '\0'))
        return "needs the name of a file: virtual:FILE";
    if (console != NULL && console[0] != '/')
        return "needs the full name of a serial port: board:/dev/serial/by-path/...";
    if (file == NULL && console == NULL && transport_kind_of(device) == NULL)
        return "is no kind of device that a socket can have: virtual:FILE, board:, i2c:, swi:, kit:, unix: or tcp:";
    return NULL;
}

static bool check_power(const struct panel_power_settings *power, const struct tree_node *node,
                        const struct complain_path *path, struct profile_complaint *complaint)
{
    const char *const texts[] = {power->on, power->off, power->closed};
    static const char *const keys[] = {"on", "off", "closed"};
    const struct complain_path mapping = {.outer = path, .key = "power"};

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const char *fault = texts[i][0] != '\0' ? power_find_fault(texts[i]) : NULL;

        if (fault != NULL)
            return settings_file_refuse(complaint, schema_power, node, &mapping, keys[i], fault);
    }
    return true;
}

static bool check_socket(const struct panel_settings *settings, size_t index, const struct tree_node *node,
                         const struct complain_path *path, struct profile_complaint *complaint)
{
    const struct panel_socket_settings *own = &settings->sockets[index];
    const char *fault = panel_device_fault(own->device);

    if (fault != NULL)
        return settings_file_refuse(complaint, schema_socket, node, path, "device", fault);
    for (size_t i = 0; i < index; i++) {
        if (strcmp(settings->sockets[i].name, own->name) == 0)
            return settings_file_refuse(complaint, schema_socket, node, path, "name",
                                        "is the name of a socket above, too");
        if (strcmp(settings->sockets[i].device, own->device) == 0)
            return settings_file_refuse(complaint, schema_socket, node, path, "device",
                                        "is the device of a socket above, too");
    }
    return check_power(&own->power, tree_get(node, "power"), path, complaint);
}

static bool check_golden(const struct panel_settings *settings, const struct tree_node *root,
                         struct profile_complaint *complaint)
{
    static const struct schema_field field = {
        .key = "golden", .kind = SCHEMA_TEXT, .example = "golden: 0123A1B2C3D4E5F601"};
    const struct complain_path path = {.key = "golden"};
    uint8_t serial[CHIP_SERIAL_BYTES];

    return settings->golden[0] == '\0' || device_read_serial(settings->golden, strlen(settings->golden), serial) ||
           complain_value(complaint, &field, tree_get(root, "golden"), &path,
                          "is no serial number of a chip: 18 hex digits");
}

/* A certificate without its key, or the other way round, would be completed by files of the state folder. */
static bool check_tls(const struct panel_settings *settings, const struct tree_node *root,
                      struct profile_complaint *complaint)
{
    const bool has_certificate = settings->tls_certificate[0] != '\0', has_key = settings->tls_key[0] != '\0';
    const char *key = has_certificate ? "tls_certificate" : "tls_key";

    return has_certificate == has_key ||
           settings_file_refuse(complaint, schema_settings, root, NULL, key, "needs tls_key and tls_certificate, both");
}

bool panel_teaches(const struct panel_settings *settings)
{
    const struct panel_teach_settings *teach = &settings->teach;

    return teach->serial[0] != '\0' || teach->hid[0] != '\0' || teach->virtuals[0] != '\0' || teach->bus_count > 0;
}

/* What is wrong with the buses; NULL: nothing. */
static const char *find_bus_fault(const struct panel_teach_settings *teach)
{
    for (size_t i = 0; i < teach->bus_count; i++) {
        if (strchr(teach->buses[i].path, '@') != NULL)
            return "names an address on a bus: write the bus alone, as in /dev/i2c-1";
        for (size_t k = 0; k < i; k++)
            if (strcmp(teach->buses[i].path, teach->buses[k].path) == 0)
                return "names a bus twice";
    }
    return NULL;
}

/* Without a socket in the file, others must be able to come. */
static bool check_teach(const struct panel_settings *settings, const struct tree_node *root,
                        struct profile_complaint *complaint)
{
    const bool is_on = panel_teaches(settings);
    const char *fault = find_bus_fault(&settings->teach);

    if (fault != NULL)
        return settings_file_refuse(complaint, schema_settings, root, NULL, "teach", fault);
    if (tree_get(root, "teach") != NULL && !is_on)
        return settings_file_refuse(complaint, schema_settings, root, NULL, "teach", "names no folder and no bus");
    if (is_on && settings->page[0] == '\0')
        return settings_file_refuse(complaint, schema_settings, root, NULL, "teach",
                                    "needs a page to teach at: page: '127.0.0.1:8080'");
    return is_on || settings->socket_count > 0 ||
           complain_missing(complaint, settings_file_row(schema_settings, "sockets"), root, NULL);
}

/* What is scanned is scanned at the page. */
static bool check_scans(const struct panel_settings *settings, const struct tree_node *root,
                        struct profile_complaint *complaint)
{
    const char *key = settings->scan_board ? "scan_board" : "select_order";

    return settings->page[0] != '\0' || (!settings->scan_board && settings->select_order == PAGE_SELECT_NOBODY) ||
           settings_file_refuse(complaint, schema_settings, root, NULL, key,
                                "needs a page to scan at: page: '127.0.0.1:8080'");
}

static bool check_settings(const void *context, const void *document, const struct tree_node *root,
                           struct profile_complaint *complaint)
{
    const struct panel_settings *settings = document;
    const struct complain_path list = {.key = "sockets"};

    (void)context;
    for (size_t i = 0; i < settings->socket_count; i++) {
        const struct complain_path path = {.outer = &list, .index = i};

        if (!check_socket(settings, i, tree_item(tree_get(root, "sockets"), i), &path, complaint))
            return false;
    }
    return check_teach(settings, root, complaint) && check_scans(settings, root, complaint) &&
           check_tls(settings, root, complaint) && check_golden(settings, root, complaint) &&
           label_settings_check(settings, root, complaint);
}

static const struct settings_kind station_file = {
    .help = "a station file",
    .doing = "read the station file",
    .missing = "write one: docs/guide/station.md",
    .next = "correct the station file at that place: docs/reference/station.md",
    .most = FILE_MAX,
    .fields = schema_settings,
    .check = check_settings,
};

/* --- from the text to settings --- */

static bool complete_device(char device[static PANEL_PATH_MAX], const char *path, struct error *err)
{
    if (panel_virtual_file(device) == NULL)
        return true;
    return settings_file_complete(device + strlen(VIRTUAL), PANEL_PATH_MAX - strlen(VIRTUAL), path, err);
}

/* In the state folder, unless the file says otherwise. */
static bool name_file(char name[static PANEL_PATH_MAX], const struct panel_settings *settings, const char *usual,
                      struct error *err)
{
    if (name[0] != '\0' || snprintf(name, PANEL_PATH_MAX, "%s/%s", settings->state, usual) < PANEL_PATH_MAX)
        return true;
    error_set(err, ERROR_INPUT_FILE, "the name of the state folder is too long", NULL);
    return false;
}

static bool name_files(struct panel_settings *settings, struct error *err)
{
    settings->makes_certificate = settings->tls_certificate[0] == '\0';
    settings->has_tls = settings->has_tls || !settings->makes_certificate;
    return name_file(settings->users, settings, "users", err) &&
           name_file(settings->tls_certificate, settings, "page.crt", err) &&
           name_file(settings->tls_key, settings, "page.key", err);
}

static bool complete_all(struct panel_settings *settings, const char *path, struct error *err)
{
    char *const names[] = {settings->profile,         settings->state,         settings->issuers,
                           settings->connections,     settings->firmware,      settings->users,
                           settings->tls_certificate, settings->tls_key,       settings->teach.serial,
                           settings->teach.hid,       settings->teach.virtuals};
    bool ok = true;

    for (size_t i = 0; i < sizeof names / sizeof names[0] && ok; i++)
        ok = settings_file_complete(names[i], PANEL_PATH_MAX, path, err);
    for (size_t i = 0; i < settings->teach.bus_count && ok; i++)
        ok = settings_file_complete(settings->teach.buses[i].path, PANEL_PATH_MAX, path, err);
    for (size_t i = 0; i < settings->socket_count && ok; i++)
        ok = complete_device(settings->sockets[i].device, path, err);
    memcpy(settings->operator_in_file, settings->operator_name, sizeof settings->operator_in_file);
    return ok && label_settings_complete(&settings->labels, path, err) && name_files(settings, err);
}

bool panel_settings_read(const char *path, struct panel_settings **settings, struct error *err)
{
    *settings = calloc(1, sizeof **settings);
    if (*settings == NULL) {
        error_set(err, ERROR_UNEXPECTED, "out of memory", NULL);
        return false;
    }
    if (settings_file_read(&station_file, path, *settings, err) && complete_all(*settings, path, err) &&
        taught_add_all(*settings, err))
        return true;
    free(*settings);
    *settings = NULL;
    return false;
}
