/* SPDX-License-Identifier: Apache-2.0 */
/* Commands, and which of their bytes may be secret: one row each. */
#include "virtual/trace/trace.h"

#include <inttypes.h>
#include <string.h>

#define READ_BIT 0x01u
#define HIDDEN 0x100u
#define ZONE_MASK 0x03u
#define ZONE_DATA 0x02u
#define NONCE_FIXED 0x03u
#define NONCE_TARGET 0xc0u
#define NONCE_MESSAGE_DIGEST 0x40u
#define SELF_TEST 0x77
#define SELF_TEST_BITS 0x3du
#define GROUP_MIN 7
#define DATA_AT 5
#define STATUS_COUNT 4

enum { WORD_RESET = 0x00, WORD_SLEEP = 0x01, WORD_IDLE = 0x02, WORD_COMMAND = 0x03 };
enum { FLAG_COMMAND = 0x77, FLAG_TRANSMIT = 0x88, FLAG_IDLE = 0xbb, FLAG_SLEEP = 0xcc };

enum hidden {
    SHOWN = 0,
    INPUT = 1,
    OUTPUT = 2,
    OF_DATA_ZONE = 4, /* only where the zone is the data zone */
    OF_KEYS = 8,      /* only where the mode loads a register that holds keys */
};

static const struct {
    uint8_t opcode, hidden;
    const char *name;
} commands[] = {
    {0x51, INPUT | OUTPUT, "AES"},
    {0x28, SHOWN, "CheckMac"},
    {0x24, SHOWN, "Counter"},
    {0x1c, SHOWN, "DeriveKey"},
    {0x43, OUTPUT, "ECDH"}, /* the shared secret */
    {0x15, SHOWN, "GenDig"},
    {0x40, SHOWN, "GenKey"},
    {0x11, SHOWN, "HMAC"},
    {0x30, SHOWN, "Info"},
    {0x56, INPUT | OUTPUT, "KDF"},
    {0x17, SHOWN, "Lock"},
    {0x08, SHOWN, "MAC"},
    {0x16, INPUT | OF_KEYS, "Nonce"}, /* AES, HMAC and KDF take keys from TempKey and the alternate key buffer */
    {0x01, SHOWN, "Pause"},
    {0x46, INPUT, "PrivWrite"}, /* a private key, in clear or under a key the trace may also show */
    {0x1b, OUTPUT, "Random"},   /* hosts make keys of it */
    {0x02, OUTPUT | OF_DATA_ZONE, "Read"},
    {0x80, SHOWN, "SecureBoot"},
    {0x77, SHOWN, "SelfTest"},
    {0x47, SHOWN, "SHA"}, /* messages, as those of Sign and Verify; HMAC contexts do not leave the chip */
    {0x41, SHOWN, "Sign"},
    {0x20, SHOWN, "UpdateExtra"},
    {0x45, SHOWN, "Verify"},
    {0x12, INPUT | OF_DATA_ZONE, "Write"},
};

static const struct {
    uint8_t status;
    const char *name;
} statuses[] = {
    {0x00, "success"},
    {0x01, "miscompare"},
    {0x03, "parse error"},
    {0x05, "ECC fault"},
    {0x07, "self-test error"},
    {0x08, "health-test error"},
    {0x0f, "execution error"},
    {0x11, "awake"},
    {0xee, "watchdog about to expire"},
    {0xff, "CRC or communication error"},
};

static size_t row_of(uint8_t opcode)
{
    size_t row = 0;

    while (row < sizeof commands / sizeof commands[0] && commands[row].opcode != opcode)
        row++;
    return row;
}

const char *trace_command_name(uint8_t opcode)
{
    const size_t row = row_of(opcode);

    return row < sizeof commands / sizeof commands[0] ? commands[row].name : "unknown command";
}

/* Does Nonce with bytes of the host (low bits 3) load a register that keys are taken from, not the message digest
 * buffer (40)? */
static bool loads_keys(uint8_t mode)
{
    return (mode & NONCE_FIXED) == NONCE_FIXED && (mode & NONCE_TARGET) != NONCE_MESSAGE_DIGEST;
}

/* May the input, or the output, of the current command be secret? Yes for a command without a row. */
static bool may_be_secret(const struct trace_chip *chip, unsigned which)
{
    size_t row = row_of(chip->opcode);

    if (row == sizeof commands / sizeof commands[0])
        return true;
    return (commands[row].hidden & which) != 0 &&
           ((commands[row].hidden & OF_DATA_ZONE) == 0 || (chip->param1 & ZONE_MASK) == ZONE_DATA) &&
           ((commands[row].hidden & OF_KEYS) == 0 || loads_keys(chip->param1));
}

/* Is the one byte of SelfTest's reply a set of tests? Not if the chip woke since, or if it has a bit of no test. */
static bool is_self_test_result(const struct trace_chip *chip)
{
    return chip->opcode == SELF_TEST && !chip->woken && (chip->reply_status & ~SELF_TEST_BITS) == 0;
}

void trace_init(struct trace *trace, FILE *file, bool secrets)
{
    *trace = (struct trace){.file = file, .secrets = secrets};
    fputs("# imprint trace 1\n", file);
    fflush(file);
}

static void print_time(const struct trace *trace, uint64_t now_ns)
{
    fprintf(trace->file, "%" PRIu64 ".%09" PRIu64 " ", now_ns / 1000000000, now_ns % 1000000000);
}

/* Prints the message. */
static void print_message(struct trace *trace, bool more)
{
    const bool reading = (trace->address_byte & READ_BIT) != 0;

    print_time(trace, trace->began_ns);
    if (trace->wire)
        fputs("swi", trace->file);
    else
        fprintf(trace->file, "%s%s %02x ", reading ? "read" : "write", more ? "+" : "", trace->address_byte >> 1);
    if (trace->wire)
        trace->wire = false;
    else if (!trace->acknowledged)
        fputs("nack", trace->file);
    else if (trace->refused_at != SIZE_MAX)
        fprintf(trace->file, "nack@%zu", trace->refused_at);
    else
        fputs("ack", trace->file);
    for (size_t i = 0; i < trace->len && i < TRACE_MESSAGE_MAX; i++) {
        if (trace->bytes[i] >= HIDDEN)
            fputs(" **", trace->file);
        else
            fprintf(trace->file, " %02x", (unsigned)trace->bytes[i]);
    }
    if (trace->len > TRACE_MESSAGE_MAX)
        fprintf(trace->file, " ... %zu", trace->len);
    if (trace->decoded[0] != '\0')
        fprintf(trace->file, " ; %s", trace->decoded);
    fputc('\n', trace->file);
    fflush(trace->file);
    memset(trace->bytes, 0, sizeof trace->bytes[0] * (trace->len < TRACE_MESSAGE_MAX ? trace->len : TRACE_MESSAGE_MAX));
    trace->decoded[0] = '\0';
    trace->open = false;
}

void trace_wake(struct trace *trace, uint64_t now_ns, uint32_t low_us)
{
    if (trace == NULL)
        return;
    print_time(trace, now_ns);
    fprintf(trace->file, "wake %" PRIu32 "\n", low_us);
    fflush(trace->file);
    for (size_t i = 0; i < sizeof trace->chips / sizeof trace->chips[0]; i++)
        trace->chips[i] =
            (struct trace_chip){.opcode = trace->chips[i].opcode, .param1 = trace->chips[i].param1, .woken = true};
}

void trace_start(struct trace *trace, uint64_t now_ns, uint8_t address_byte, bool acknowledged)
{
    if (trace == NULL)
        return;
    if (trace->open)
        print_message(trace, true);
    trace->open = true;
    trace->began_ns = now_ns;
    trace->address_byte = address_byte;
    trace->acknowledged = acknowledged;
    trace->len = 0;
    trace->refused_at = SIZE_MAX;
    /* A chip that is asleep has dropped an incomplete command: the next bytes begin a new one. */
    if (!acknowledged && (address_byte & READ_BIT) == 0)
        trace->chips[address_byte >> 1].at = 0;
}

static void keep(struct trace *trace, uint8_t byte, bool hide)
{
    if (trace->len < TRACE_MESSAGE_MAX)
        trace->bytes[trace->len] = (uint16_t)(hide && !trace->secrets ? HIDDEN : byte);
    trace->len++;
}

/* A byte of a command group, at its place in it. */
static void take_command_byte(struct trace *trace, struct trace_chip *chip, uint8_t byte)
{
    size_t row;

    if (chip->at == 0)
        *chip = (struct trace_chip){.count = byte};
    else if (chip->at == 1)
        chip->opcode = byte;
    else if (chip->at == 2)
        chip->param1 = byte;
    keep(trace, byte, chip->at >= DATA_AT && chip->count > GROUP_MIN && may_be_secret(chip, INPUT));
    chip->at++;
    if (chip->at < GROUP_MIN || chip->at != chip->count)
        return;
    row = row_of(chip->opcode);
    snprintf(trace->decoded, sizeof trace->decoded, "%s mode %02x, %u bytes of data",
             row < sizeof commands / sizeof commands[0] ? commands[row].name : "unknown command", chip->param1,
             chip->count - (unsigned)GROUP_MIN);
    chip->at = 0;
}

void trace_wire(struct trace *trace, uint64_t now_ns, uint8_t flag)
{
    struct trace_chip *chip;

    if (trace == NULL)
        return;
    trace_start(trace, now_ns, 0, true);
    trace->wire = true;
    chip = &trace->chips[0];
    chip->at = chip->reply_at = 0;
    keep(trace, flag, false);
    if (flag == FLAG_IDLE || flag == FLAG_SLEEP)
        snprintf(trace->decoded, sizeof trace->decoded, flag == FLAG_IDLE ? "idle" : "sleep");
    else if (flag == FLAG_TRANSMIT)
        snprintf(trace->decoded, sizeof trace->decoded, "no answer"); /* until there is one */
}

void trace_written(struct trace *trace, uint8_t byte, bool acknowledged)
{
    static const char *const words[] = {[WORD_RESET] = "reset", [WORD_SLEEP] = "sleep", [WORD_IDLE] = "idle"};
    struct trace_chip *chip;

    if (trace == NULL)
        return;
    chip = &trace->chips[trace->address_byte >> 1];
    if (!acknowledged && trace->refused_at == SIZE_MAX)
        trace->refused_at = trace->len;
    if (trace->len == 0) {
        keep(trace, byte, false);
        if (byte < WORD_COMMAND) {
            snprintf(trace->decoded, sizeof trace->decoded, "%s", words[byte]);
            chip->at = chip->reply_at = 0;
        }
        return;
    }
    if ((trace->bytes[0] & 0xff) == (trace->wire ? FLAG_COMMAND : WORD_COMMAND))
        take_command_byte(trace, chip, byte);
    else
        keep(trace, byte, trace->address_byte != 0);
    if (!acknowledged)
        chip->at = 0;
}

void trace_read(struct trace *trace, uint8_t byte)
{
    struct trace_chip *chip;
    const char *name = "unknown status";

    if (trace == NULL)
        return;
    chip = &trace->chips[trace->address_byte >> 1];
    trace->decoded[0] = '\0';
    if (chip->reply_at == 0)
        chip->reply_count = byte;
    else if (chip->reply_at == 1)
        chip->reply_status = byte;
    keep(trace, byte,
         chip->reply_at != 0 && chip->reply_count != STATUS_COUNT && chip->opcode != 0 && may_be_secret(chip, OUTPUT));
    if (chip->reply_at < UINT8_MAX)
        chip->reply_at++;
    if (chip->reply_at != chip->reply_count)
        return;
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
        name = statuses[i].status == chip->reply_status ? statuses[i].name : name;
    if (chip->reply_count == STATUS_COUNT && is_self_test_result(chip))
        snprintf(trace->decoded, sizeof trace->decoded, "failed tests %02x", chip->reply_status);
    else if (chip->reply_count == STATUS_COUNT)
        snprintf(trace->decoded, sizeof trace->decoded, "status %02x, %s", chip->reply_status, name);
    else
        snprintf(trace->decoded, sizeof trace->decoded, "%u bytes", chip->reply_count - 3u);
}

void trace_stop(struct trace *trace)
{
    if (trace != NULL && trace->open)
        print_message(trace, false);
}
