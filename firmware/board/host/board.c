/* SPDX-License-Identifier: Apache-2.0 */
/*
 * This host as a board, so that both applications run as programs. The console is stdin and stdout (pipe or terminal),
 * the chip is virtual, and the flash is an image file with the geometry of the MPS2 boards. The environment names them:
 *
 *     IMPRINT_BOARD_CHIP   unix:PATH (imprint virtual serve), or the file of a virtual chip
 *     IMPRINT_BOARD_FLASH  the flash image; made, erased, if it does not exist
 *     IMPRINT_BOARD_CLOCK  how many times as fast as the host's the board's clock runs (default: 1)
 *     IMPRINT_BOARD_NETWORK  a TCP port of this host: where the network's UART leads, connected at the first byte sent
 *     IMPRINT_BOARD_FAULT  for rehearsals: a fault of the virtual chip (docs/internals/virtual-chip.md; only with a
 * file as IMPRINT_BOARD_CHIP), or flash@N: power fails before the Nth program or erase of the flash, or flash@N.torn:
 * in the middle of it
 *
 *     IMPRINT_BOARD_MCU    the microcontroller's unique number: 32 hex digits; without it there is none
 *
 * Closing the other end of the console means pulling the board: the program ends when it next waits for a command. A
 * run that has started continues without a reader.
 */
#include <imprint/board.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/number.h"
#include "storage/flash_file.h"
#include "transport/socket.h"
#include "transport/virtual.h"
#include "virtual/chip/virtual.h"

#define EXIT_USAGE 2

/* The board. A process has one, like real hardware. */
static struct {
    struct virtual_chip *chip;
    struct transport_virtual virtual_bus;
    struct imprint_transport transport;
    struct flash_file image;
    struct imprint_flash_device flash; /* in front of it */
    unsigned flash_left;               /* changes until power fails; 0: never */
    bool flash_torn;
    uint64_t clock_rate;
    int network;            /* one more than the socket; 0: not connected */
    const uint8_t *program; /* this program's file; NULL: not asked for yet */
    size_t program_len;
} board;

static _Noreturn void cannot(const char *what, const char *subject, const char *why)
{
    fprintf(stderr, "board: cannot %s (%s): %s\n", what, subject, why);
    exit(EXIT_USAGE);
}

static const char *setting(const char *name)
{
    const char *value = getenv(name);

    if (value == NULL || value[0] == '\0')
        cannot("start", name, "the variable is not set; firmware/board/host/board.c explains it");
    return value;
}

/* A fault of the flash; false for one of the chip's. */
static bool arm_flash(const char *fault)
{
    static const char flash[] = "flash@";
    const char *end = fault + sizeof flash - 1;
    uint64_t changes;

    if (strncmp(fault, flash, sizeof flash - 1) != 0)
        return false;
    if (number_read(&end, 1, UINT_MAX, &changes) != NUMBER_OK || (*end != '\0' && strcmp(end, ".torn") != 0))
        cannot("arm the fault", fault, "expected: flash@N or flash@N.torn, N from 1");
    board.flash_left = (unsigned)changes;
    board.flash_torn = *end != '\0';
    return true;
}

static void open_chip(const char *name)
{
    struct error err = {.reason = ERROR_NONE};
    struct virtual_problem problem = {.cause = NULL};
    const char *fault = getenv("IMPRINT_BOARD_FAULT");

    if (fault != NULL && arm_flash(fault))
        fault = NULL;

    if (strncmp(name, "unix:", 5) == 0) {
        if (!transport_socket_open_unix(name + 5, 0, &board.transport, &err))
            cannot("reach the chip", name, err.cause);
        return;
    }
    if (virtual_open(name, &board.chip, &problem) != VIRTUAL_OK)
        cannot("open the chip", name, problem.cause);
    if (fault != NULL && !virtual_arm_fault(board.chip, fault))
        cannot("arm the fault", fault, "no such fault; docs/internals/virtual-chip.md lists them");
    board.transport = transport_virtual_init(&board.virtual_bus, board.chip);
}

static void set_clock(const char *rate)
{
    board.clock_rate = 1;
    if (rate != NULL && (number_read(&rate, 1, 1000, &board.clock_rate) != NUMBER_OK || *rate != '\0'))
        cannot("set the clock", rate, "expected: a rate from 1 to 1000");
}

static bool read_flash(void *context, uint32_t at, uint8_t *data, size_t len)
{
    const struct imprint_flash_device *image = context;

    return image->read(image->context, at, data, len);
}

/* Counts a change of the flash. True if power fails at this one. */
static bool power_fails(void)
{
    if (board.flash_left == 0)
        return false;
    board.flash_left--;
    return board.flash_left == 0;
}

static _Noreturn void cut_power(void)
{
    (void)kill(getpid(), SIGKILL);
    abort();
}

static bool program_flash(void *context, uint32_t at, const uint8_t *data, size_t len)
{
    const struct imprint_flash_device *image = context;

    if (power_fails()) {
        if (board.flash_torn)
            (void)image->program(image->context, at, data, len / 2 / image->unit * image->unit);
        cut_power();
    }
    return image->program(image->context, at, data, len);
}

/* An erase of the file cannot be torn: it is completed, then power fails. */
static bool erase_flash(void *context, uint32_t block)
{
    const struct imprint_flash_device *image = context;
    bool fails = power_fails();

    if (fails && !board.flash_torn)
        cut_power();
    if (image->erase(image->context, block) && !fails)
        return true;
    if (fails)
        cut_power();
    return false;
}

static void open_flash(const char *path)
{
    static const struct imprint_flash_device geometry = {
        .block_size = 4096,
        .block_count = 8,
        .unit = 4,
        .spare_blocks = 1,
        .blank_is_erased = true,
    };
    struct error err = {.reason = ERROR_NONE};

    if (!flash_file_open(&board.image, path, 0, &geometry, true, &err))
        cannot("open the flash", path, err.cause);
    board.flash = board.image.device;
    board.flash.context = &board.image.device;
    board.flash.read = read_flash;
    board.flash.program = program_flash;
    board.flash.erase = erase_flash;
}

/* Sets a terminal to deliver bytes at once and not to echo them. */
static void set_terminal(void)
{
    struct termios settings;

    if (tcgetattr(STDIN_FILENO, &settings) != 0)
        return;
    cfmakeraw(&settings);
    (void)tcsetattr(STDIN_FILENO, TCSANOW, &settings);
}

void imprint_board_start(void)
{
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    open_chip(setting("IMPRINT_BOARD_CHIP"));
    open_flash(setting("IMPRINT_BOARD_FLASH"));
    set_clock(getenv("IMPRINT_BOARD_CLOCK"));
    set_terminal();
}

const char *imprint_board_name(void)
{
    return "host";
}

size_t imprint_board_unique_id(uint8_t id[IMPRINT_BOARD_ID_MAX])
{
    const char *digits = getenv("IMPRINT_BOARD_MCU");
    struct bytes_out out = {.data = id, .cap = IMPRINT_BOARD_ID_MAX};

    if (digits == NULL)
        return 0;
    if (!hex_decode(digits, strlen(digits), &out, NULL) || out.len != IMPRINT_BOARD_ID_MAX)
        cannot("read the microcontroller's number", digits, "expected: 32 hex digits");
    return out.len;
}

/* The program's file: mapped when it is first asked for. */
size_t imprint_board_image(const uint8_t **begin)
{
    const int fd = board.program == NULL ? open("/proc/self/exe", O_RDONLY | O_CLOEXEC) : -1;
    struct stat found;
    void *image = MAP_FAILED;

    if (fd >= 0) {
        if (fstat(fd, &found) == 0)
            image = mmap(NULL, (size_t)found.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        (void)close(fd);
        if (image != MAP_FAILED) {
            board.program = image;
            board.program_len = (size_t)found.st_size;
        }
    }
    if (board.program == NULL)
        cannot("read the program itself", "/proc/self/exe", strerror(errno));
    *begin = board.program;
    return board.program_len;
}

void imprint_board_console_write(const uint8_t *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(STDOUT_FILENO, data, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return; /* no reader: drop the output */
        data += n;
        len -= (size_t)n;
    }
}

static void connect_network(const char *port)
{
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    uint64_t number;
    int fd;

    if (number_parse(port, 1, UINT16_MAX, &number) != NUMBER_OK)
        cannot("connect the network", port, "not a port");
    place.sin_port = htons((uint16_t)number);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&place, sizeof place) == 0)
        board.network = fd + 1;
    else if (fd >= 0)
        (void)close(fd);
}

/* Bytes for a network that is not there, or not any more, are lost, as at a UART. */
void imprint_board_network_write(const uint8_t *data, size_t len)
{
    if (board.network == 0)
        connect_network(setting("IMPRINT_BOARD_NETWORK"));
    while (board.network != 0 && len > 0) {
        const ssize_t n = write(board.network - 1, data, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        data += n;
        len -= (size_t)n;
    }
}

int imprint_board_network_read(uint32_t timeout_us)
{
    struct pollfd network = {.fd = board.network - 1, .events = POLLIN};
    uint8_t byte;

    if (poll(&network, 1, (int)((timeout_us + 999) / 1000)) <= 0 || board.network == 0)
        return -1;
    if (read(board.network - 1, &byte, 1) == 1)
        return byte;
    (void)close(board.network - 1); /* the next connection is another */
    board.network = 0;
    return -1;
}

int imprint_board_console_read(uint32_t timeout_us)
{
    struct pollfd console = {.fd = STDIN_FILENO, .events = POLLIN};
    uint8_t byte;
    int ready = poll(&console, 1, (int)((timeout_us + 999) / 1000));

    if (ready <= 0)
        return -1;
    if (read(STDIN_FILENO, &byte, 1) == 1)
        return byte;
    if (timeout_us == 0)
        return -1;
    imprint_board_end(0);
}

const struct imprint_transport *imprint_board_chip(void)
{
    return &board.transport;
}

uint64_t imprint_board_now_us(void)
{
    struct timespec now = {.tv_sec = 0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return board.clock_rate * ((uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000);
}

const struct imprint_flash_device *imprint_board_flash(void)
{
    return &board.flash;
}

void imprint_board_end(int status)
{
    flash_file_close(&board.image);
    virtual_close(board.chip);
    exit(status);
}
