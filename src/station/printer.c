/* SPDX-License-Identifier: Apache-2.0 */
#include "station/printer.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error_format.h"
#include "station/file.h"
#include "station/net.h"

#define CUPS_NAME_MAX 127 /* lpadmin(8) */
#define SAID_SIZE 256

static const struct {
    const char *prefix, *format, *takes;
} kinds[] = {
    [PRINTER_FOLDER] = {"folder:", "png", "svg png zpl"},
    [PRINTER_CUPS] = {"cups:", "png", "svg png zpl"},
    [PRINTER_ZPL] = {"zpl:", "zpl", "zpl"},
};

/* --- what a text names --- */

/* lpadmin(8): printable characters but "/", "#" and spaces. One that begins with "-" would be an option of lp. */
static bool is_cups_name(const char *name)
{
    const size_t len = strlen(name);

    if (len == 0 || len > CUPS_NAME_MAX || name[0] == '-')
        return false;
    for (size_t i = 0; i < len; i++)
        if (!isgraph((unsigned char)name[i]) || name[i] == '/' || name[i] == '#')
            return false;
    return true;
}

static bool is_good(const struct printer *printer)
{
    struct error ignored = {.reason = ERROR_NONE};
    struct net_place place;

    if (printer->kind == PRINTER_FOLDER)
        return printer->name[0] != '\0';
    return printer->kind == PRINTER_CUPS ? is_cups_name(printer->name)
                                         : net_read_place(printer->name, &place, &ignored);
}

bool printer_read(const char *text, struct printer *printer, struct error *err)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const size_t len = strlen(kinds[i].prefix);

        if (strncmp(text, kinds[i].prefix, len) != 0)
            continue;
        *printer = (struct printer){.kind = (enum printer_kind)i, .name = text + len};
        if (is_good(printer))
            return true;
    }
    error_set(err, ERROR_USAGE, "not a place for labels",
              "name a folder (folder:DIR), a printer of CUPS (cups:NAME, see lpstat -a), or a label printer "
              "(zpl:HOST:9100)");
    error_with_subject(err, text);
    return false;
}

bool printer_takes(const struct printer *printer, const char *format)
{
    return strstr(kinds[printer->kind].takes, format) != NULL;
}

const char *printer_usual_format(const struct printer *printer)
{
    return kinds[printer->kind].format;
}

/* --- programs of CUPS --- */

/* The descriptor of a file without a name. -1 with errno. */
static int open_file(struct bytes content)
{
    const int fd = memfd_create("imprint-label", MFD_CLOEXEC);
    int reason;

    if (fd < 0 || (file_write_all(fd, content) && lseek(fd, 0, SEEK_SET) == 0))
        return fd;
    reason = errno;
    (void)close(fd);
    errno = reason;
    return -1;
}

/* 0, or errno. What imprint ignores and blocks, the program does not. */
static int spawn(char *const *arguments, int in, int said, pid_t *child)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, ignored;
    int failure;

    (void)sigemptyset(&none);
    (void)sigemptyset(&ignored);
    (void)sigaddset(&ignored, SIGPIPE);
    (void)sigaddset(&ignored, SIGXFSZ);
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    (void)posix_spawn_file_actions_adddup2(&actions, said, STDOUT_FILENO);
    (void)posix_spawn_file_actions_adddup2(&actions, said, STDERR_FILENO);
    (void)posix_spawnattr_init(&attributes);
    (void)posix_spawnattr_setsigmask(&attributes, &none);
    (void)posix_spawnattr_setsigdefault(&attributes, &ignored);
    (void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    failure = posix_spawnp(child, arguments[0], &actions, &attributes, arguments, environ);
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&actions);
    return failure;
}

/* Waits for its end, and kills it when its time is over. Its status; -1 for that. */
static int wait_for(pid_t child)
{
    const uint64_t deadline = net_now_us() + PRINTER_LIMIT_S * UINT64_C(1000000);
    const int pidfd = pidfd_open(child, 0);
    bool is_late = pidfd < 0;
    int status = 0;

    while (!is_late) {
        struct pollfd polled = {.fd = pidfd, .events = POLLIN};
        const uint64_t now = net_now_us();

        if (now < deadline && poll(&polled, 1, (int)((deadline - now) / 1000 + 1)) > 0)
            break;
        is_late = net_now_us() >= deadline;
    }
    if (is_late)
        (void)kill(child, SIGKILL);
    if (pidfd >= 0)
        (void)close(pidfd);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
        /* again */
    }
    return is_late ? -1 : status;
}

/* The first line that the program has said; "" for none. */
static void read_said(int fd, char said[static SAID_SIZE])
{
    const ssize_t len = pread(fd, said, SAID_SIZE - 1, 0);

    said[len > 0 ? len : 0] = '\0';
    said[strcspn(said, "\r\n")] = '\0';
}

static bool fail(const char *cause, int system_errno, const char *next, struct error *err)
{
    error_set(err, ERROR_SERVER_AWAY, cause, next);
    error_with_errno(err, system_errno);
    return false;
}

/* Runs lp or lpstat with this input. False with a reason, in the program's own words where it has some. */
static bool run(char *const *arguments, struct bytes input, struct error *err)
{
    const int in = open_file(input), out = open_file(BYTES_NONE);
    char said[SAID_SIZE] = "";
    int failure = in < 0 || out < 0 ? errno : 0, status = 0;
    pid_t child;

    if (failure == 0)
        failure = spawn(arguments, in, out, &child);
    if (failure == 0) {
        status = wait_for(child);
        read_said(out, said);
    }
    if (in >= 0)
        (void)close(in);
    if (out >= 0)
        (void)close(out);
    if (failure != 0)
        return fail(error_keep_format(err, "%s cannot be run", arguments[0]), failure,
                    "install the programs of CUPS: sudo apt install cups-client", err);
    if (status == 0)
        return true;
    return fail(status == -1      ? error_keep_format(err, "%s took longer than %u s", arguments[0], PRINTER_LIMIT_S)
                : said[0] != '\0' ? error_keep(err, said)
                                  : error_keep_format(err, "%s has failed and gave no reason", arguments[0]),
                0, "see which printers there are: lpstat -a", err);
}

/* posix_spawn() takes texts that it does not change as such that it could. */
static char *word(const char *text)
{
    char *same;

    memcpy((void *)&same, (const void *)&text, sizeof same);
    return same;
}

static bool ask_cups(const struct printer *printer, struct error *err)
{
    char *const arguments[] = {word("lpstat"), word("-a"), word(printer->name), NULL};

    return run(arguments, BYTES_NONE, err);
}

static bool send_to_cups(const struct printer *printer, const char *title, struct bytes label, struct error *err)
{
    char *const arguments[] = {word("lp"), word("-d"), word(printer->name), word("-t"), word(title), NULL};

    return run(arguments, label, err);
}

/* --- a port that takes ZPL --- */

static bool reach(const struct printer *printer, struct net_connection *connection, struct error *err)
{
    struct net_place place;

    return net_read_place(printer->name, &place, err) &&
           net_connect(connection, &place, net_now_us() + PRINTER_LIMIT_S * UINT64_C(1000000), err);
}

static bool send_to_port(const struct printer *printer, struct bytes label, struct error *err)
{
    struct net_connection connection;
    enum net_status status = NET_OK;
    size_t sent = 0, done = 0;

    if (!reach(printer, &connection, err))
        return false;
    while (sent < label.len && status == NET_OK) {
        status = net_send(&connection, label.data + sent, label.len - sent, &done);
        sent += done;
    }
    net_close(&connection);
    if (status == NET_OK)
        return true;
    return fail(status == NET_TIMEOUT ? "the printer does not take the label"
                                      : "the printer has broken the connection off",
                0, "see what the printer shows: paper, ribbon, an open cover", err);
}

/* --- both --- */

static bool check_folder(const char *path, struct error *err)
{
    struct stat found;

    if (stat(path, &found) == 0 && S_ISDIR(found.st_mode) && access(path, W_OK | X_OK) == 0)
        return true;
    error_set(err, ERROR_INPUT_FILE, "the folder for labels is not there or cannot be written",
              "make it, or correct its name");
    error_with_errno(err, errno);
    error_with_subject(err, path);
    return false;
}

bool printer_check(const struct printer *printer, struct error *err)
{
    struct net_connection connection;

    if (printer->kind == PRINTER_FOLDER)
        return check_folder(printer->name, err);
    if (printer->kind == PRINTER_CUPS)
        return ask_cups(printer, err);
    if (!reach(printer, &connection, err))
        return false;
    net_close(&connection);
    return true;
}

bool printer_send(const struct printer *printer, const char *title, struct bytes label, struct error *err)
{
    return printer->kind == PRINTER_CUPS ? send_to_cups(printer, title, label, err) : send_to_port(printer, label, err);
}
