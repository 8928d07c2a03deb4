/* SPDX-License-Identifier: Apache-2.0 */
/* imprint virtual serve: virtual chips for other programs. */
#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/device.h"
#include "cli/virtual_bus.h"
#include "serve/listen.h"
#include "serve/pty.h"
#include "serve/server.h"

enum serve_option { OPTION_UNIX, OPTION_TCP, OPTION_KIT_PTY, OPTION_REMOTE, OPTION_REAL_TIME, OPTION_COUNT };
static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_UNIX] = {"unix", 0, "PATH", "listen at a Unix socket, for --device unix:PATH"},
    [OPTION_TCP] = {"tcp", 0, "HOST:PORT", "listen at a TCP port, for --device tcp:HOST:PORT; port 0 picks one"},
    [OPTION_KIT_PTY] = {"kit-pty", 0, NULL, "be a kit at a pseudo terminal, for --device kit:FILE; real time"},
    [OPTION_REMOTE] = {"remote", 0, NULL, "let --tcp listen beyond this machine: there is no password"},
    [OPTION_REAL_TIME] = {"real-time", 0, NULL, "let the chips' time pass with the clock on the wall"},
};

static bool check_places(const struct cli *cli, struct error *err)
{
    int places =
        (cli->values[OPTION_UNIX] != NULL) + (cli->values[OPTION_TCP] != NULL) + (cli->values[OPTION_KIT_PTY] != NULL);

    if (places != 1)
        error_set(err, ERROR_USAGE, "one of --unix, --tcp and --kit-pty says where to serve",
                  "imprint virtual serve --unix PATH FILE");
    return places == 1;
}

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
        if (!device_split_host(&host, &port)) {
            error_set(err, ERROR_USAGE, "--tcp wants HOST:PORT", "127.0.0.1:0 picks a free port");
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
static bool announce(const struct cli *cli, const struct virtual_bus *bus, const char *device, struct error *err)
{
    output_result(&cli->output, "%s\n", device);
    output_object(&cli->output,
                  json_pack("{s:s, s:s, s:i}", "event", "serving", "device", device, "chips", (int)bus->bus.count));
    return output_flush(err);
}

static bool run_kit(struct cli *cli, struct virtual_bus *bus, struct error *err)
{
    struct serve_kit kit = {.bus = &bus->bus};
    struct serve_pty pty;
    char device[sizeof pty.name + 8];
    int stop_fd;
    bool served;

    if (!serve_pty_open(&pty, err))
        return false;
    snprintf(device, sizeof device, "kit:%s", pty.name);
    stop_fd = virtual_bus_signals(false);
    served = stop_fd >= 0 && announce(cli, bus, device, err) && serve_pty_run(&pty, &kit, stop_fd);
    if (!served) {
        error_set(err, ERROR_UNEXPECTED, "the system does not let the terminal be served", NULL);
        error_with_errno(err, errno);
    }
    serve_pty_close(&pty);
    if (stop_fd >= 0)
        (void)close(stop_fd);
    return served;
}

static bool run_server(struct cli *cli, struct virtual_bus *bus, const struct serve_listener *listener,
                       struct error *err)
{
    struct serve_server server = {
        .bus = &bus->bus, .listen_fd = listener->fd, .callbacks = {.refused = say_refused, .context = cli}};
    bool served;

    server.stop_fd = virtual_bus_signals(false);
    served = server.stop_fd >= 0;
    if (served)
        served = announce(cli, bus, listener->device, err) && serve_run(&server);
    if (!served) {
        error_set(err, ERROR_UNEXPECTED, "the system does not let the server wait for clients", NULL);
        error_with_errno(err, errno);
    }
    serve_close(&server);
    if (server.stop_fd >= 0)
        (void)close(server.stop_fd);
    return served;
}

static enum cli_exit run_virtual_serve(struct cli *cli)
{
    struct error err = {.reason = ERROR_NONE};
    struct serve_listener listener = {.fd = -1};
    struct virtual_bus bus = {.bus = {.count = 0}};
    const bool as_kit = cli->values[OPTION_KIT_PTY] != NULL;
    bool served = check_places(cli, &err) && virtual_bus_open(&bus, cli, cli->arguments, (size_t)cli->argument_count,
                                                              as_kit || cli->values[OPTION_REAL_TIME] != NULL, &err);

    if (served) {
        if (as_kit)
            served = run_kit(cli, &bus, &err);
        else
            served = listen_there(cli, &listener, &err) && run_server(cli, &bus, &listener, &err);
        serve_listener_close(&listener);
        virtual_bus_close(&bus);
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
    .description = "Puts the virtual chips in the files on one bus and serves it to any number of\n"
                   "clients, one transaction at a time, until SIGINT or SIGTERM. When it listens it\n"
                   "prints the DEVICE to use, on a line of its own. Opening is applying power, so the\n"
                   "chips are as after power-up. --fault is armed on the first.\n",
    .examples = "  imprint virtual serve --unix /tmp/chip.sock /tmp/chip.virtual\n"
                "  imprint --device unix:/tmp/chip.sock info\n"
                "  imprint virtual serve --tcp 127.0.0.1:0 a.virtual b.virtual\n"
                "  imprint --device tcp:127.0.0.1:40001@0x35 info\n",
    .options = options,
    .option_count = OPTION_COUNT,
    .least = 1,
    .most = BUS_CHIPS_MAX,
    .run = run_virtual_serve,
};
