/* SPDX-License-Identifier: Apache-2.0 */
/* imprint virtual serve: virtual chips for other programs. */
#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/hex.h"
#include "station/device.h"
#include "transport/socket.h"
#include "cli/virtual_bus.h"
#include "virtual/serve/kit.h"
#include "virtual/serve/listen.h"
#include "virtual/serve/pty.h"
#include "virtual/serve/server.h"
#include "virtual/serve/stream.h"
#include "virtual/serve/swi.h"
#include "virtual/serve/uhid.h"
#include "station/value.h"

enum serve_option {
    OPTION_UNIX,
    OPTION_TCP,
    OPTION_SWI_PTY,
    OPTION_SWI_UNIX,
    OPTION_KIT_PTY,
    OPTION_KIT_HID,
    OPTION_REMOTE,
    OPTION_REAL_TIME,
    OPTION_TYPICAL,
    OPTION_MAXIMUM,
    OPTION_MESSAGE_LIMIT,
    OPTION_COUNT
};
static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_UNIX] = {"unix", 0, "PATH", "serve at a Unix socket that only its owner may use, for --device unix:PATH",
                     NULL},
    [OPTION_TCP] = {"tcp", 0, "HOST:PORT", "serve at a TCP port, for --device tcp:HOST:PORT; port 0 picks a free one",
                    "127.0.0.1:0"},
    [OPTION_SWI_PTY] = {"swi-pty", 0, NULL, "be a chip on a single wire at a pseudo terminal, for --device swi:FILE",
                        NULL},
    [OPTION_SWI_UNIX] = {"swi-unix", 0, "PATH", "the same at a Unix socket, for emulators and for --device swi:PATH",
                         NULL},
    [OPTION_KIT_PTY] = {"kit-pty", 0, NULL, "be a kit at a pseudo terminal, for --device kit:FILE; in real time", NULL},
    [OPTION_KIT_HID] = {"kit-hid", 0, NULL,
                        "be a kit on USB HID, for --device kit:hid; in real time; needs access to /dev/uhid", NULL},
    [OPTION_REMOTE] =
        {"remote", 0, NULL,
         "let --tcp listen beyond this machine: there is no password, anyone who reaches the port can use the chips",
         NULL},
    [OPTION_REAL_TIME] = {"real-time", 0, NULL, "let the chips' time follow the wall clock", NULL},
    [OPTION_TYPICAL] = {"typical", 0, NULL,
                        "let commands take their typical times; the default where time follows the wall clock", NULL},
    [OPTION_MAXIMUM] = {"maximum", 0, NULL, "let commands take the longest published times: the worst case for a host",
                        NULL},
    [OPTION_MESSAGE_LIMIT] = {"message-limit", 0, "BYTES",
                              "with --unix and --tcp: refuse longer messages, as adapters do that carry 32 or 61 bytes",
                              "32 61"},
};

/* What serves, and how to end it. */
struct serving {
    struct cli *cli;
    struct virtual_bus bus;
    int stop_fd;
};

static bool listen_there(const struct cli *cli, struct serve_listener *listener, struct error *err)
{
    const char *path = cli->values[OPTION_UNIX], *tcp = cli->values[OPTION_TCP];
    char copy[256] = "", *host = copy, *port;
    bool listening;

    if (path != NULL) {
        listening = serve_listen_unix(listener, path, err);
    } else {
        if (strlen(tcp) < sizeof copy)
            (void)snprintf(copy, sizeof copy, "%s", tcp);
        if (!transport_socket_split_host(&host, &port)) {
            error_set(err, ERROR_USAGE, "--tcp needs HOST:PORT", "use --tcp 127.0.0.1:0 for a free port");
            error_with_subject(err, tcp);
            return false;
        }
        listening = serve_listen_tcp(listener, host, port, cli->values[OPTION_REMOTE] != NULL, err);
    }
    if (!listening)
        error_with_subject(err, path != NULL ? path : tcp);
    return listening;
}

static void say_refused(void *context, const char *cause)
{
    const struct cli *cli = context;

    output_say(&cli->output, "imprint: a client was closed: %s", cause);
}

/* Says where, for people and for scripts that wait for it. */
static bool announce(const struct serving *serving, const char *device, struct error *err)
{
    const struct output *output = &serving->cli->output;

    output_result(output, "%s\n", device);
    output_object(output, json_pack("{s:s, s:o, s:i}", "event", "serving", "device", value_text(device), "chips",
                                    (int)serving->bus.bus.count));
    return output_flush(err);
}

static bool refused_by_system(struct error *err)
{
    error_set(err, ERROR_UNEXPECTED, "the system does not let the server wait for clients", NULL);
    error_with_errno(err, errno);
    return false;
}

static bool run_pty(const struct serving *serving, const struct serve_peer *peer, const char *kind, struct error *err)
{
    struct serve_pty pty;
    char device[sizeof pty.name + 8];
    bool served;

    if (!serve_pty_open(&pty, err))
        return false;
    snprintf(device, sizeof device, "%s:%s", kind, pty.name);
    served = announce(serving, device, err) && (serve_pty_run(&pty, peer, serving->stop_fd) || refused_by_system(err));
    serve_pty_close(&pty);
    return served;
}

static bool run_kit_pty(struct serving *serving, struct error *err)
{
    struct serve_kit kit = {.bus = &serving->bus.bus};
    const struct serve_peer peer = serve_kit_peer(&kit);

    return run_pty(serving, &peer, "kit", err);
}

/* The first chip's serial number is the kit's. */
static bool run_kit_hid(struct serving *serving, struct error *err)
{
    struct serve_kit kit = {.bus = &serving->bus.bus};
    const struct serve_peer peer = serve_kit_peer(&kit);
    uint8_t serial[SERVE_BUS_SERIAL_BYTES];
    char device[16 + HEX_SIZE(SERVE_BUS_SERIAL_BYTES)], *digits = device + strlen("kit:hid:");
    int fd;
    bool served;

    serve_bus_serial(&serving->bus.bus, 0, serial);
    snprintf(device, sizeof device, "kit:hid:");
    hex_encode(bytes_of(serial, sizeof serial), digits);
    fd = serve_uhid_open(digits, err);
    if (fd < 0)
        return false;
    served = announce(serving, device, err) && (serve_uhid_run(fd, &peer, serving->stop_fd) || refused_by_system(err));
    (void)close(fd);
    return served;
}

/* One chip, and one that has the wire. */
static bool start_wire(struct serving *serving, struct serve_swi *swi, struct serve_peer *peer, struct error *err)
{
    const struct serve_bus *bus = &serving->bus.bus;

    if (bus->count != 1) {
        error_set(err, ERROR_USAGE, "a single wire has one chip", "name one FILE");
        return false;
    }
    if (!serve_bus_is_single_wire(bus, 0)) {
        error_set(err, ERROR_INPUT_FILE, "this part has I2C and no single wire (bit 0 of byte 14 of its config zone)",
                  "make one with: imprint virtual new --bus swi FILE; or serve this one with --unix PATH");
        error_with_subject(err, serving->cli->arguments[0]);
        return false;
    }
    *peer = serve_swi_init(swi, &serving->bus.bus, serving->cli->values[OPTION_REAL_TIME] != NULL);
    return true;
}

static bool run_swi_pty(struct serving *serving, struct error *err)
{
    struct serve_swi swi;
    struct serve_peer peer;

    return start_wire(serving, &swi, &peer, err) && run_pty(serving, &peer, "swi", err);
}

static bool run_swi_unix(struct serving *serving, struct error *err)
{
    const char *path = serving->cli->values[OPTION_SWI_UNIX];
    char device[PATH_MAX + 8];
    struct serve_listener listener;
    struct serve_stream stream = {.stop_fd = serving->stop_fd,
                                  .callbacks = {.refused = say_refused, .context = serving->cli}};
    struct serve_swi swi;
    struct serve_peer peer;
    bool served;

    if (!start_wire(serving, &swi, &peer, err))
        return false;
    if (!serve_listen_unix(&listener, path, err)) {
        error_with_subject(err, path);
        return false;
    }
    snprintf(device, sizeof device, "swi:%s", path);
    stream.listen_fd = listener.fd;
    served = announce(serving, device, err) && (serve_stream_run(&stream, &peer) || refused_by_system(err));
    serve_listener_close(&listener);
    return served;
}

static bool run_bus(struct serving *serving, struct error *err)
{
    struct serve_listener listener = {.fd = -1};
    struct serve_server server = {.bus = &serving->bus.bus,
                                  .stop_fd = serving->stop_fd,
                                  .callbacks = {.refused = say_refused, .context = serving->cli}};
    bool served = listen_there(serving->cli, &listener, err);

    server.listen_fd = listener.fd;
    served = served && announce(serving, listener.device, err) && (serve_run(&server) || refused_by_system(err));
    serve_close(&server);
    serve_listener_close(&listener);
    return served;
}

/* Where it can be served, one row each. */
static const struct place {
    enum serve_option option;
    bool real_time; /* always */
    bool (*run)(struct serving *serving, struct error *err);
} places[] = {
    {OPTION_UNIX, false, run_bus},          {OPTION_TCP, false, run_bus},        {OPTION_SWI_PTY, false, run_swi_pty},
    {OPTION_SWI_UNIX, false, run_swi_unix}, {OPTION_KIT_PTY, true, run_kit_pty}, {OPTION_KIT_HID, true, run_kit_hid},
};

static const struct place *find_place(const struct cli *cli, struct error *err)
{
    const struct place *found = NULL;
    unsigned given = 0;

    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (cli->values[places[i].option] != NULL) {
            found = &places[i];
            given++;
        }
    }
    if (given == 1 && found->run != run_bus && cli->values[OPTION_MESSAGE_LIMIT] != NULL) {
        error_set(err, ERROR_USAGE, "--message-limit is a limit of I2C adapters: a kit and a single wire have none",
                  "use it with --unix or --tcp");
        return NULL;
    }
    if (given == 1)
        return found;
    error_set(err, ERROR_USAGE,
              "one of --unix, --tcp, --swi-pty, --swi-unix, --kit-pty and --kit-hid says where to serve",
              "imprint virtual serve --unix PATH FILE");
    return NULL;
}

static enum cli_exit run_virtual_serve(struct cli *cli)
{
    struct error err = ERROR_IN(cli->error_room);
    struct serving serving = {.cli = cli, .bus = {.bus = {.count = 0}}, .stop_fd = -1};
    const struct place *place = find_place(cli, &err);
    const struct virtual_bus_options how = {cli->values[OPTION_TYPICAL], cli->values[OPTION_MAXIMUM],
                                            cli->values[OPTION_MESSAGE_LIMIT]};
    struct virtual_bus_manner manner;
    bool served =
        place != NULL &&
        virtual_bus_read_manner(&manner, place->real_time || cli->values[OPTION_REAL_TIME] != NULL, how, &err) &&
        virtual_bus_open(&serving.bus, cli, cli->arguments, (size_t)cli->argument_count, manner, &err);

    if (served) {
        serving.stop_fd = virtual_bus_signals(false);
        served = (serving.stop_fd >= 0 || refused_by_system(&err)) && place->run(&serving, &err);
        if (serving.stop_fd >= 0)
            (void)close(serving.stop_fd);
        virtual_bus_close(&serving.bus);
    }
    if (served)
        return CLI_DONE;
    error_doing(&err, "serve virtual chips");
    return output_error(&cli->output, &err);
}

const struct cli_verb cli_verb_virtual_serve = {
    .name = "virtual serve",
    .arguments = "FILE...",
    .summary = "Let other programs use virtual chips",
    .description = "Puts the virtual chips in these files on one bus and serves it to any number of\n"
                   "clients, one transaction at a time, until SIGINT or SIGTERM. When it listens it\n"
                   "prints the DEVICE to use on a line of its own. Choose one place to serve.\n"
                   "--fault applies to the first chip.\n"
                   "\n"
                   "The chips start as after power-up. Commands are answered at once; the chip's own\n"
                   "clock advances by the longest published time of each. With --real-time, and as\n"
                   "a kit, a command takes its typical time, or the longest with --maximum.\n"
                   "\n"
                   "When a host gives up on a busy chip, a line names the command, how long the host\n"
                   "waited and how long the chip needed.\n",
    .examples = "  imprint virtual serve --unix /tmp/chip.sock /tmp/chip.virtual\n"
                "  imprint --device unix:/tmp/chip.sock info\n"
                "  imprint virtual serve --tcp 127.0.0.1:0 a.virtual b.virtual\n"
                "  imprint --device tcp:127.0.0.1:40001@0x35 info\n"
                "  imprint virtual serve --swi-pty wire.virtual\n",
    .options = options,
    .option_count = OPTION_COUNT,
    .least = 1,
    .most = BUS_CHIPS_MAX,
    .run = run_virtual_serve,
};
