/* SPDX-License-Identifier: Apache-2.0 */
/*
 * imprint virtual run: another program, with virtual chips on its /dev/i2c-N. The program is our child, with
 * imprint-run.so before its C library; we serve the bus, at a socket that only this user can reach, until it ends.
 */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/number.h"
#include "station/folder.h"
#include "cli/program_file.h"
#include "cli/virtual_bus.h"
#include "virtual/serve/listen.h"
#include "virtual/serve/server.h"

#define LIBRARY "imprint-run.so"
#define BUS_DEFAULT 1
#define BUS_HIGHEST 0xfffff /* a device's minor number has 20 bits */
#define ENDED_BY_SIGNAL 128 /* as shells have it */

enum run_option { OPTION_BUS, OPTION_TYPICAL, OPTION_MAXIMUM, OPTION_MESSAGE_LIMIT, OPTION_NACK, OPTION_COUNT };
static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_BUS] = {"bus", 'b', "N", "the chips are on /dev/i2c-N (default: 1)", NULL},
    [OPTION_TYPICAL] = {"typical", 0, NULL, "let commands take their typical times (the default)", NULL},
    [OPTION_MAXIMUM] = {"maximum", 0, NULL, "let commands take the longest published times: the worst case for a host",
                        NULL},
    [OPTION_MESSAGE_LIMIT] = {"message-limit", 0, "BYTES",
                              "refuse longer messages, as adapters do that carry 32 or 61 bytes", "32 61"},
    [OPTION_NACK] = {"nack", 0, "ERRNO",
                     "errno of a NACK: ENXIO, EREMOTEIO (as on a Raspberry Pi) or EIO (default: ENXIO for an address, "
                     "EREMOTEIO for a byte)",
                     "ENXIO EREMOTEIO EIO"},
};

/* What --nack knows. */
static const struct {
    const char *name;
    int number;
} nacks[] = {{"ENXIO", ENXIO}, {"EREMOTEIO", EREMOTEIO}, {"EIO", EIO}};

/* What is done about a program that cannot be served, or not without help. No row: it is started. */
static const struct {
    enum program_file_kind kind;
    bool refused; /* else a warning */
    const char *cause, *next;
} unservable[] = {
    {PROGRAM_FILE_STATIC, false,
     "this program is statically linked: it cannot use the virtual chips, only programs that it starts can", NULL},
    {PROGRAM_FILE_GO, false,
     "this program is written in Go and calls the kernel itself: it cannot use the virtual chips, only programs that it "
     "starts can",
     NULL},
    {PROGRAM_FILE_OTHER_C, true, "this program uses another C library (musl) and cannot load imprint-run.so",
     "build it for this system's C library, or use imprint virtual serve"},
    {PROGRAM_FILE_OTHER_CPU, true, "this program is built for another word size or processor than imprint-run.so",
     "build it for this system, or use imprint virtual serve"},
    {PROGRAM_FILE_DAMAGED, true, "this program's file is cut off", "build or copy the program again"},
    {PROGRAM_FILE_SET_ID, true,
     "this program runs with rights of its own (set-user-ID, set-group-ID or file capabilities), so the system loads "
     "no imprint-run.so into it",
     "run a copy without these rights"},
};

struct run {
    struct virtual_bus bus;
    struct serve_listener listener;
    char in_state[PATH_MAX]; /* the chip's file where none is named */
    char folder[PATH_MAX];   /* "": not made */
    char socket[PATH_MAX + 8], library[PATH_MAX + 64], link[PATH_MAX + 64];
    char setting[PATH_MAX + 32], preload[2 * PATH_MAX];
    uint64_t number;
    int nack; /* errno; 0: by what was not acknowledged */
    int signals;
};

static bool failed(struct error *err, enum error_reason reason, int number, const char *cause, const char *next)
{
    error_set(err, reason, cause, next);
    error_with_errno(err, number);
    return false;
}

/* The library lies beside the program where that was built, else where both were installed. */
static bool find_library(struct run *run, struct error *err)
{
    static const char *const places[] = {"", IMPRINT_RUN_FOLDER};
    char self[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);

    self[len < 0 ? 0 : len] = '\0';
    if (strrchr(self, '/') != NULL)
        strrchr(self, '/')[1] = '\0';
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        int written = snprintf(run->library, sizeof run->library, "%s%s" LIBRARY, self, places[i]);

        if (written > 0 && (size_t)written < sizeof run->library && access(run->library, R_OK) == 0)
            return true;
    }
    error_with_subject(err, LIBRARY);
    return failed(err, ERROR_INPUT_FILE, 0, "imprint-run.so not found beside imprint or in its library folder",
                  "install imprint again, with its library");
}

/* A folder of our own, with the socket and a name for the library that LD_PRELOAD takes: no blanks, no colons. */
static bool make_folder(struct run *run, struct error *err)
{
    const char *base = getenv("TMPDIR");

    if (base == NULL || base[0] != '/' || strlen(base) > 60 || strpbrk(base, " :") != NULL)
        base = "/tmp";
    snprintf(run->folder, sizeof run->folder, "%s/imprint-run-XXXXXX", base);
    if (mkdtemp(run->folder) == NULL) {
        run->folder[0] = '\0';
        return failed(err, ERROR_STORAGE_FAILED, errno, "cannot create a folder for the bus", "check TMPDIR");
    }
    snprintf(run->socket, sizeof run->socket, "%s/bus", run->folder);
    snprintf(run->link, sizeof run->link, "%s/" LIBRARY, run->folder);
    if (symlink(run->library, run->link) != 0)
        return failed(err, ERROR_STORAGE_FAILED, errno, "cannot write into the folder for the bus", "check TMPDIR");
    return serve_listen_unix(&run->listener, run->socket, err);
}

static void remove_folder(struct run *run)
{
    serve_listener_close(&run->listener);
    if (run->folder[0] == '\0')
        return;
    (void)unlink(run->link);
    (void)rmdir(run->folder);
}

static bool set_environment(struct run *run, struct error *err)
{
    const char *before = getenv("LD_PRELOAD");
    const bool more = before != NULL && before[0] != '\0';

    snprintf(run->setting, sizeof run->setting, "%llu:%d:%s", (unsigned long long)run->number, run->nack, run->socket);
    if ((more && strlen(before) + strlen(run->link) + 2 > sizeof run->preload) ||
        snprintf(run->preload, sizeof run->preload, "%s%s%s", more ? before : "", more ? ":" : "", run->link) < 0)
        return failed(err, ERROR_USAGE, 0, "LD_PRELOAD is too long", "shorten it");
    if (setenv("IMPRINT_RUN", run->setting, 1) != 0 || setenv("LD_PRELOAD", run->preload, 1) != 0)
        return failed(err, ERROR_UNEXPECTED, errno, "the environment cannot be set", NULL);
    return true;
}

/* Says what keeps the program from being served. False if it is not to be started. */
static bool check_program(struct cli *cli, const char *program, struct error *err)
{
    const enum program_file_kind kind = program_file_look(program);

    for (size_t i = 0; i < sizeof unservable / sizeof unservable[0]; i++) {
        if (unservable[i].kind != kind)
            continue;
        if (!unservable[i].refused) {
            output_warn(&cli->output, "%s: %s", program, unservable[i].cause);
            return true;
        }
        error_with_subject(err, program);
        return failed(err, ERROR_INPUT_FILE, 0, unservable[i].cause, unservable[i].next);
    }
    return true;
}

/* AddressSanitizer refuses to start behind another library, unless it is told that this is meant. */
static bool allow_sanitizer(const char *program, struct error *err)
{
    static const char option[] = "verify_asan_link_order=0";
    const char *before = getenv("ASAN_OPTIONS");
    char value[1024];

    if (program_file_look(program) != PROGRAM_FILE_SANITIZED)
        return true;
    if (before != NULL && before[0] != '\0' &&
        snprintf(value, sizeof value, "%s:%s", before, option) >= (int)sizeof value)
        return failed(err, ERROR_USAGE, 0, "ASAN_OPTIONS is too long", "shorten it");
    if (before == NULL || before[0] == '\0')
        snprintf(value, sizeof value, "%s", option);
    return setenv("ASAN_OPTIONS", value, 1) == 0 ||
           failed(err, ERROR_UNEXPECTED, errno, "the environment cannot be set", NULL);
}

static void say_unused(const struct cli *cli, const struct run *run)
{
    if (cli->output.talk != OUTPUT_QUIET)
        output_warn(&cli->output,
                    "the program did not open /dev/i2c-%llu, where the virtual chips are (--bus N chooses the number)",
                    (unsigned long long)run->number);
}

/* In the child. Comes back only when that fails. */
static void become(char **program, int report)
{
    sigset_t none;
    int number;

    (void)sigemptyset(&none);
    (void)signal(SIGPIPE, SIG_DFL);
    (void)signal(SIGXFSZ, SIG_DFL);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)execvp(program[0], program);
    number = errno;
    (void)!write(report, &number, sizeof number);
    _exit(127);
}

/* Starts the program; its process id, or -1 with a reason. */
static pid_t start_program(char **program, struct error *err)
{
    int report[2], number = 0;
    pid_t child;

    if (pipe2(report, O_CLOEXEC) != 0) {
        failed(err, ERROR_UNEXPECTED, errno, "cannot create a pipe", NULL);
        return -1;
    }
    child = fork();
    if (child == 0) {
        become(program, report[1]);
    }
    (void)close(report[1]);
    if (child < 0) {
        failed(err, ERROR_UNEXPECTED, errno, "cannot create a process", NULL);
    } else if (read(report[0], &number, sizeof number) == (ssize_t)sizeof number) {
        (void)waitpid(child, NULL, 0);
        failed(err, ERROR_INPUT_FILE, number, "the program cannot be started", NULL);
        error_with_subject(err, program[0]);
        child = -1;
    }
    (void)close(report[0]);
    return child;
}

/*
 * Reads the signals that have come. Those sent to us alone go on to the program; an interrupt from the keyboard has
 * reached it as well. True when it has ended, with how in `*status`.
 */
static bool program_ended(const struct run *run, pid_t child, int *status)
{
    struct signalfd_siginfo info;

    while (read(run->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo != SIGCHLD && info.ssi_code <= 0)
            (void)kill(child, (int)info.ssi_signo);
    }
    return waitpid(child, status, WNOHANG) == child;
}

static void say_refused(void *context, const char *cause)
{
    const struct cli *cli = context;

    output_detail(&cli->output, "imprint: a client of the bus was closed: %s", cause);
}

/* Serves until the program has ended. */
static bool serve_program(struct cli *cli, struct run *run, char **program, int *status, struct error *err)
{
    struct serve_server server = {.bus = &run->bus.bus,
                                  .listen_fd = run->listener.fd,
                                  .stop_fd = run->signals,
                                  .callbacks = {.refused = say_refused, .context = cli}};
    pid_t child = start_program(program, err);
    bool served = child > 0;

    cli->output.objects_to_stderr = served; /* stdout is the program's */

    while (served && !program_ended(run, child, status)) {
        served = serve_run(&server);
        if (!served) {
            failed(err, ERROR_UNEXPECTED, errno, "the system does not let the bus be served", NULL);
            (void)kill(child, SIGTERM);
            (void)waitpid(child, status, 0);
        }
    }
    if (served && server.greeted == 0)
        say_unused(cli, run);
    serve_close(&server);
    return served;
}

static bool open_chips(struct cli *cli, struct run *run, int count, struct error *err)
{
    const struct virtual_bus_options how = {cli->values[OPTION_TYPICAL], cli->values[OPTION_MAXIMUM],
                                            cli->values[OPTION_MESSAGE_LIMIT]};
    struct virtual_bus_manner manner;
    char *only = run->in_state;

    if (!virtual_bus_read_manner(&manner, true, how, err))
        return false;
    if (count > 0)
        return virtual_bus_open(&run->bus, cli, cli->arguments, (size_t)count, manner, err);
    return folder_in_state(&cli->station.config, "chip.virtual", run->in_state, err) &&
           virtual_bus_open(&run->bus, cli, &only, 1, manner, err);
}

static bool read_options(const struct cli *cli, struct run *run, struct error *err)
{
    const char *number = cli->values[OPTION_BUS], *nack = cli->values[OPTION_NACK];

    if (number != NULL && number_parse(number, 0, BUS_HIGHEST, &run->number) != NUMBER_OK)
        return failed(err, ERROR_USAGE, 0, "--bus needs the number of an I2C bus, such as 1", NULL);
    for (size_t i = 0; nack != NULL && i < sizeof nacks / sizeof nacks[0]; i++) {
        if (strcmp(nack, nacks[i].name) == 0)
            run->nack = nacks[i].number;
    }
    if (nack == NULL || run->nack != 0)
        return true;
    error_with_subject(err, nack);
    return failed(err, ERROR_USAGE, 0, "--nack needs ENXIO, EREMOTEIO or EIO", "use --nack EREMOTEIO");
}

static enum cli_exit run_virtual_run(struct cli *cli)
{
    struct error err = ERROR_IN(cli->error_room);
    struct run run = {.listener = {.fd = -1}, .number = BUS_DEFAULT, .signals = -1};
    const int files = cli->argument_count - cli->behind_dashes;
    int status = 0;
    bool done;

    if (cli->behind_dashes == 0 || files > BUS_CHIPS_MAX)
        done = failed(&err, ERROR_USAGE, 0, "expected: imprint virtual run [FILE...] -- PROGRAM",
                      "imprint virtual run chip.virtual -- i2cdetect -y 1");
    else
        done = read_options(cli, &run, &err) && check_program(cli, cli->arguments[files], &err) &&
               open_chips(cli, &run, files, &err);
    if (done) {
        run.signals = virtual_bus_signals(true);
        done = (run.signals >= 0 || failed(&err, ERROR_UNEXPECTED, errno, "signals cannot be waited for", NULL)) &&
               find_library(&run, &err) && make_folder(&run, &err) && set_environment(&run, &err) &&
               allow_sanitizer(cli->arguments[files], &err) &&
               serve_program(cli, &run, cli->arguments + files, &status, &err);
        if (run.signals >= 0)
            (void)close(run.signals);
        remove_folder(&run);
    }
    virtual_bus_close(&run.bus);
    if (!done) {
        error_doing(&err, "run a program with virtual chips");
        return output_error(&cli->output, &err);
    }
    return (enum cli_exit)(WIFSIGNALED(status) ? ENDED_BY_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status));
}

const struct cli_verb cli_verb_virtual_run = {
    .name = "virtual run",
    .arguments = "[FILE...] -- PROGRAM [ARGUMENT...]",
    .summary = "Run a program with virtual chips on its I2C bus",
    .description = "Runs an unmodified Linux program that finds the virtual chips in these files, or\n"
                   "the one in the state folder, on /dev/i2c-N, each at its own address. Needs no\n"
                   "privilege and no kernel module. The program must load this system's C library:\n"
                   "programs that are static, in Go, for musl or another word size, or set-user-ID\n"
                   "cannot be served, which is said before they start. When the program has not\n"
                   "opened the bus, that is said afterwards.\n"
                   "The chips' time follows the wall clock; commands take their typical times, as\n"
                   "programs written for real parts expect, or the longest with --maximum.\n"
                   "\n"
                   "When the program gives up on a busy chip, a line names the command, how long the\n"
                   "program waited and how long the chip needed.\n"
                   "\n"
                   "Ends with the program and with its exit code; 128 plus the signal's number when\n"
                   "a signal ended the program.\n",
    .examples = "  imprint virtual run chip.virtual -- i2cdetect -y 1\n"
                "  imprint virtual run --bus 7 a.virtual b.virtual -- \\\n"
                "      imprint --device i2c:/dev/i2c-7@0x35 info\n",
    .options = options,
    .option_count = OPTION_COUNT,
    .most = INT_MAX,
    .run = run_virtual_run,
};
