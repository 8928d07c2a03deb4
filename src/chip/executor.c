/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one engine that every command goes through. What became of a group is one `enum group_result`; the table
 * `result_rules` says what each means: how often the group may go out again, what becomes of the chip's registers, how
 * it ends.
 *
 * What always holds: a group that may have run is sent again only if its row says repeatable; a command that needs
 * registers is never sent once they may be lost; each call ends, whatever the bus does.
 */
#include "chip/chip.h"

#include "base/crc16.h"
#include "base/order.h"
#include "chip/command.h"
#include "chip/config_layout.h"
#include "chip/status.h"

#include <string.h>

/* count, opcode, param1, param2 (2) .. CRC (2); count, status, CRC (2). ATECC608B-TNGTLS data sheet, section 4. */
#define GROUP_OVERHEAD CHIP_SENT_BYTES(0)
#define GROUP_DATA_AT 5
#define REPLY_OVERHEAD CHIP_REPLY_BYTES(0)
#define REPLY_MIN 4

/* The shortest watchdog of any part, wake to forced sleep (ATECC608B-TNGTLS data sheet, section 7, tWATCHDOG). */
#define WATCHDOG_WINDOW_US 700000

/*
 * How long to wait for any reply, whatever the clock divider: Microchip allows the ATECC608B that much
 * (ATCA_POLLING_MAX_TIME_MSEC), and no row of the command table is longer.
 */
#define REPLY_LIMIT_US 2500000

/*
 * Wake pulses before giving up, and the pause between two: longer than the power-on self test (tWHIST, 20 ms), and all
 * together longer than the longest command in which an interrupted program may have left the chip, Verify with 1085 ms
 * at clock divider M2. Only a SelfTest at M2 may outlast them (2.3 s): run again then.
 */
#define WAKE_TRIES 32
#define WAKE_RETRY_US 35000

/*
 * Polls come 1/32 of the time already waited apart, so that the end of a command is noticed at most 3 % late on every
 * part and at every clock divider, and a long command is asked some 22 times for each doubling of its time. One poll
 * comes right at the worst case of the command's table row.
 */
#define POLL_MIN_US 100
#define POLL_FRACTION 32

/* A damaged reply is still in the chip's output buffer: read it again, after whatever disturbed the bus has passed. */
#define REREADS 3
#define REREAD_US 1000

#define STATUS_AFTER_WAKE 0x11

/* Byte 2 of the revision of every ATECC608, which has no seed in EEPROM (ATECC608A data sheet, Random). */
#define REVISION_608 0x60

/* What became of one group. */
enum group_result {
    ANSWERED,      /* executed or refused: the reply is in hand */
    DAMAGED,       /* 0xFF: the chip saw a bad CRC and did nothing */
    SHORT_OF_TIME, /* 0xEE: too near to the watchdog; the chip did nothing */
    RESTARTED,     /* 0x11 in place of a reply: its supply dipped, or it slept and a poll's zero bits woke it */
    ASLEEP,        /* not acknowledged: the chip saw nothing */
    SILENT,        /* sent, but no reply within the limit */
    UNREADABLE,    /* sent, but every reading of the reply was damaged */
    BROKEN_OFF,    /* the bus got stuck while the group was sent, or until the limit for its reply */
    BUS_BUSY,      /* another task has the bus: not sent */
    TOO_LONG,      /* the bus carries no group as long as this: not sent */
    REPLY_IS_LONG, /* sent, but the bus does not carry a reply as long as the chip's */
    BUS_GONE,
};

/* What the executor does with the chip then. */
enum chip_after { STAYS, GOES_IDLE, IS_LOST };

static const struct result_rule {
    uint8_t resends;
    bool may_have_run;
    bool restarted; /* registers are lost; only what is repeatable has resends */
    enum chip_after chip_after;
    enum chip_status status; /* when the resends are used up */
} result_rules[] = {
    [ANSWERED] = {.status = CHIP_OK},
    [DAMAGED] = {.resends = 3, .chip_after = STAYS, .status = CHIP_COMMAND_CRC},
    [SHORT_OF_TIME] = {.resends = 1, .chip_after = GOES_IDLE, .status = CHIP_WATCHDOG},
    [RESTARTED] = {.resends = 1, .restarted = true, .chip_after = IS_LOST, .status = CHIP_RESET},
    [ASLEEP] = {.resends = 1, .chip_after = IS_LOST, .status = CHIP_NO_ANSWER},
    [SILENT] = {.resends = 1, .may_have_run = true, .chip_after = IS_LOST, .status = CHIP_NO_ANSWER},
    [UNREADABLE] = {.resends = 1, .may_have_run = true, .chip_after = STAYS, .status = CHIP_GARBLED},
    [BROKEN_OFF] = {.resends = 1, .may_have_run = true, .chip_after = IS_LOST, .status = CHIP_BUS_STUCK},
    [BUS_BUSY] = {.resends = 0, .chip_after = IS_LOST, .status = CHIP_BUS_BUSY},
    [TOO_LONG] = {.resends = 0, .chip_after = STAYS, .status = CHIP_BUS_LIMIT},
    [REPLY_IS_LONG] = {.resends = 0, .may_have_run = true, .chip_after = STAYS, .status = CHIP_BUS_LIMIT},
    [BUS_GONE] = {.resends = 0, .chip_after = IS_LOST, .status = CHIP_GONE},
};
#define GROUP_RESULTS (sizeof(result_rules) / sizeof(result_rules[0]))

/* A command in hand. Its resends are counted over all tries. */
struct exchange {
    uint8_t resent[GROUP_RESULTS];
    const struct chip_command *command;
    uint32_t exec_max_us;    /* at the chip's clock divider */
    enum chip_effect effect; /* the row's, but for a use that is counted for good */
    bool repeatable;         /* the same */
    bool asks_identity;      /* its answer has the serial number */
    bool counted;            /* uses up one of the uses that its key has left */
    bool unconfirmed;        /* the chip must say its number before it gets this */
    bool has_status;
    uint8_t status;          /* the last status byte the chip answered with */
    struct bytes group;      /* what goes out */
    struct bytes_out answer; /* what comes back: a whole group */
    size_t payload_max;      /* the longest payload that the caller accepts, at least a status */
};

static void forget(struct chip *chip)
{
    chip->awake = false;
    chip->confirmed = false;
    chip->registers_lost = true;
}

static uint64_t now_us(struct chip *chip)
{
    return chip->transport.operations->now_us(chip->transport.context);
}

static void delay_us(struct chip *chip, uint32_t microseconds)
{
    chip->transport.operations->delay_us(chip->transport.context, microseconds);
}

/* Waits, then reads what the chip has to say. The first time after a command it is the bus that waits, if it can. */
static enum imprint_transport_status receive(struct chip *chip, struct exchange *exchange, uint32_t wait_us,
                                             bool is_first)
{
    const struct imprint_transport_operations *bus = chip->transport.operations;
    struct bytes_out *group = &exchange->answer;
    enum imprint_transport_status status;

    group->len = 0;
    if (is_first && bus->await != NULL) {
        status =
            bus->await(chip->transport.context, group->data, group->cap, &group->len, wait_us, exchange->exec_max_us);
    } else {
        if (wait_us != 0)
            delay_us(chip, wait_us);
        status = bus->receive(chip->transport.context, group->data, group->cap, &group->len);
    }
    if (status == IMPRINT_TRANSPORT_OK)
        chip->counters.bytes_received += (uint32_t)group->len;
    return status;
}

/* True when the answer is a whole group: its count is its length and its CRC is right. */
static bool is_whole(const struct exchange *exchange)
{
    const uint8_t *group = exchange->answer.data;
    size_t len = exchange->answer.len;

    return len >= REPLY_MIN && group[0] == len &&
           crc16_update(CRC16_START, bytes_of(group, len - 2)) == load16_le(group + len - 2);
}

/* To idle, which stops the watchdog and keeps the registers, unless the chip is asleep already. */
static enum imprint_transport_status idle(struct chip *chip)
{
    enum imprint_transport_status status = chip->transport.operations->idle(chip->transport.context);

    chip->awake = false;
    if (status != IMPRINT_TRANSPORT_OK)
        chip->registers_lost = true;
    return status;
}

/* The chip gave no answer, and a later try may get one. A busy bus ends a command only before anything is sent. */
static bool is_silence(enum imprint_transport_status status)
{
    return status == IMPRINT_TRANSPORT_NO_ANSWER || status == IMPRINT_TRANSPORT_STUCK ||
           status == IMPRINT_TRANSPORT_BUSY;
}

/* Nothing can be sent now, and waiting does not help: a busy bus has been waited for already. */
static bool is_closed(enum imprint_transport_status status)
{
    return status == IMPRINT_TRANSPORT_GONE || status == IMPRINT_TRANSPORT_BUSY || status == IMPRINT_TRANSPORT_TOO_LONG;
}

static enum chip_status closed(struct chip *chip, enum imprint_transport_status status)
{
    forget(chip);
    if (status == IMPRINT_TRANSPORT_TOO_LONG)
        return CHIP_BUS_LIMIT;
    return status == IMPRINT_TRANSPORT_BUSY ? CHIP_BUS_BUSY : CHIP_GONE;
}

/* A pulse, and what the chip answers to it. */
static enum imprint_transport_status pulse(struct chip *chip, struct exchange *exchange)
{
    enum imprint_transport_status status = chip->transport.operations->wake(chip->transport.context);

    if (status != IMPRINT_TRANSPORT_OK)
        return status;
    chip->counters.wakes++;
    return receive(chip, exchange, 0, false);
}

/*
 * Wakes the chip. An I2C chip that is awake already ignores the pulse and gives whatever its output buffer holds; its
 * watchdog has been running for an unknown time, so it is sent to idle and woken once more. Any whole group is accepted
 * then. A failed self test (0x07 in place of 0x11) is such a group too: the chip still reads its config zone, and
 * refuses by itself all else.
 */
static enum chip_status wake(struct chip *chip, struct exchange *exchange)
{
    bool was_awake = false;
    bool answered = false;
    enum imprint_transport_status status = IMPRINT_TRANSPORT_NO_ANSWER;

    for (unsigned tries = 0; tries < WAKE_TRIES; tries++) {
        uint64_t pulse_us = now_us(chip);

        status = pulse(chip, exchange);
        if (is_closed(status))
            return closed(chip, status);
        if (is_silence(status)) {
            chip->confirmed = false;
            delay_us(chip, WAKE_RETRY_US);
            continue;
        }
        answered = true;
        if (status == IMPRINT_TRANSPORT_OK && is_whole(exchange)) {
            bool is_fresh = exchange->answer.len == REPLY_MIN && exchange->answer.data[1] == STATUS_AFTER_WAKE;

            if (is_fresh || was_awake) {
                chip->awake = true;
                chip->woken_at_us = pulse_us;
                return CHIP_OK;
            }
            was_awake = true;
        }
        status = chip->transport.operations->idle(chip->transport.context);
        if (is_closed(status))
            return closed(chip, status);
        delay_us(chip, REREAD_US);
    }
    forget(chip);
    if (status == IMPRINT_TRANSPORT_STUCK)
        return CHIP_BUS_STUCK;
    return answered ? CHIP_GARBLED : CHIP_NO_ANSWER;
}

/*
 * Awake, and with time enough before the watchdog: else idle and wake first, which keeps the registers. Also where the
 * chip should be asleep: a pulse for another chip on the bus has woken this one as well, its watchdog runs since then,
 * and what it would answer to a pulse of ours looks as if it were fresh. A chip that does sleep does not acknowledge
 * the idle.
 */
static enum chip_status make_ready(struct chip *chip, struct exchange *exchange)
{
    enum imprint_transport_status status;

    if (chip->awake && now_us(chip) - chip->woken_at_us + exchange->exec_max_us <= WATCHDOG_WINDOW_US)
        return CHIP_OK;
    /* An idle that is acknowledged comes right before the pulse: too short a time to swap the chip. */
    chip->confirmed = chip->confirmed && chip->awake;
    status = chip->awake ? idle(chip) : chip->transport.operations->idle(chip->transport.context);
    chip->confirmed = chip->confirmed && status == IMPRINT_TRANSPORT_OK;
    if (is_closed(status))
        return closed(chip, status);
    return wake(chip, exchange);
}

/* True when the reply is a status byte: the shortest group. No command in the table answers with one byte of data. */
static bool is_status(const struct exchange *exchange)
{
    return exchange->answer.len == REPLY_MIN;
}

static enum group_result judge_reply(struct exchange *exchange)
{
    if (!is_status(exchange))
        return ANSWERED;
    exchange->has_status = true;
    exchange->status = exchange->answer.data[1];
    switch (chip_status_from_byte(exchange->status)) {
    case CHIP_COMMAND_CRC:
        return DAMAGED;
    case CHIP_WATCHDOG:
        return SHORT_OF_TIME;
    case CHIP_RESET:
        return RESTARTED;
    default:
        return ANSWERED;
    }
}

/* How long to wait before the next poll, `waited` microseconds after the command went out. */
static uint32_t poll_interval_us(uint32_t worst, uint32_t waited)
{
    uint32_t wait = waited / POLL_FRACTION;

    if (wait < POLL_MIN_US)
        wait = POLL_MIN_US;
    if (waited + POLL_MIN_US <= worst && waited + wait > worst)
        wait = worst - waited;
    return wait;
}

static enum group_result await_reply(struct chip *chip, struct exchange *exchange)
{
    const uint32_t start = (uint32_t)now_us(chip);
    enum imprint_transport_status status = receive(chip, exchange, exchange->command->first_poll_us, true);
    unsigned unreadable = 0;

    for (;;) {
        uint32_t waited;
        uint32_t wait;

        chip->counters.polls++;
        if (status == IMPRINT_TRANSPORT_GONE)
            return BUS_GONE;
        if (status == IMPRINT_TRANSPORT_TOO_LONG)
            return REPLY_IS_LONG;
        if (status == IMPRINT_TRANSPORT_OK && is_whole(exchange) &&
            exchange->answer.len - REPLY_OVERHEAD <= exchange->payload_max)
            return judge_reply(exchange);
        if (!is_silence(status) && ++unreadable > REREADS)
            return UNREADABLE;
        waited = (uint32_t)now_us(chip) - start;
        if (waited >= REPLY_LIMIT_US)
            return status == IMPRINT_TRANSPORT_STUCK || status == IMPRINT_TRANSPORT_BUSY ? BROKEN_OFF : SILENT;
        wait = poll_interval_us(exchange->exec_max_us, waited);
        if (unreadable > 0 && wait < REREAD_US)
            wait = REREAD_US;
        status = receive(chip, exchange, wait, false);
    }
}

static enum group_result transact(struct chip *chip, struct exchange *exchange)
{
    switch (chip->transport.operations->send(chip->transport.context, exchange->group.data, exchange->group.len)) {
    case IMPRINT_TRANSPORT_OK:
        break;
    case IMPRINT_TRANSPORT_GONE:
        return BUS_GONE;
    case IMPRINT_TRANSPORT_STUCK:
        return BROKEN_OFF;
    case IMPRINT_TRANSPORT_BUSY:
        return BUS_BUSY;
    case IMPRINT_TRANSPORT_TOO_LONG:
        return TOO_LONG;
    default:
        return ASLEEP;
    }
    chip->counters.commands++;
    chip->counters.bytes_sent += (uint32_t)exchange->group.len;
    if (exchange->effect != CHIP_READS)
        chip->counters.writing++;
    if (exchange->effect == CHIP_LOCKS)
        chip->counters.irreversible++;
    if (exchange->counted)
        chip->counters.counted++;
    return await_reply(chip, exchange);
}

/* Read of block 0 of the config zone, which has the serial number and the revision. */
#define IDENTITY_PARAM1 0x80
#define IDENTITY_BYTES 32

/* Learns which chip this is, or compares: the first one that answered is the one. */
static enum chip_status confirm(struct chip *chip, const struct exchange *exchange)
{
    const uint8_t *block = exchange->answer.data + 1;
    uint8_t serial[CHIP_SERIAL_BYTES];

    if (exchange->answer.len != IDENTITY_BYTES + REPLY_OVERHEAD)
        return CHIP_OK;
    memcpy(serial, block + CONFIG_SERIAL_FIRST_AT, CONFIG_SERIAL_FIRST_BYTES);
    memcpy(serial + CONFIG_SERIAL_FIRST_BYTES, block + CONFIG_SERIAL_SECOND_AT, CONFIG_SERIAL_SECOND_BYTES);
    if (chip->identified && memcmp(serial, chip->serial, sizeof(serial)) != 0)
        return CHIP_EXCHANGED;
    memcpy(chip->serial, serial, sizeof(serial));
    if (!chip->has_revision)
        memcpy(chip->revision, block + CONFIG_REVISION_AT, sizeof(chip->revision));
    chip->identified = true;
    chip->confirmed = true;
    return CHIP_OK;
}

/*
 * Where the chip must say its number first it returns CHIP_OK with `unconfirmed` set, and has sent nothing since. What
 * builds on registers needs no asking: no other chip has them. Nor can one take the place of a chip that is awake: it
 * would not acknowledge before it is woken.
 */
static enum chip_status run(struct chip *chip, struct exchange *exchange)
{
    const struct chip_command *command = exchange->command;

    exchange->unconfirmed = false;
    for (;;) {
        const struct result_rule *rule;
        enum group_result result;
        enum chip_status status = make_ready(chip, exchange);

        if (status != CHIP_OK)
            return status;
        if (command->registers == CHIP_REGISTERS_NEEDED && chip->registers_lost)
            return CHIP_RESET;
        exchange->unconfirmed = chip->identified && !chip->confirmed && command->registers != CHIP_REGISTERS_NEEDED &&
                                !exchange->asks_identity;
        if (exchange->unconfirmed)
            return CHIP_OK;
        result = transact(chip, exchange);
        if (result == ANSWERED && !is_status(exchange))
            return exchange->asks_identity ? confirm(chip, exchange) : CHIP_OK;
        if (result == ANSWERED)
            return chip_status_from_byte(exchange->status);
        rule = &result_rules[result];
        if (rule->chip_after == IS_LOST)
            forget(chip);
        else if (rule->chip_after == GOES_IDLE)
            (void)idle(chip);
        /* A sequence that starts again would meet the same limit. */
        if (result == REPLY_IS_LONG && exchange->repeatable)
            return rule->status;
        if (command->registers == CHIP_REGISTERS_NEEDED && (rule->may_have_run || rule->restarted)) {
            /* Its registers may be used up, or are lost; the sequence can start again if that does no harm. */
            chip->registers_lost = true;
            return exchange->repeatable || exchange->effect == CHIP_READS ? CHIP_RESET : CHIP_REPLY_LOST;
        }
        if (rule->may_have_run && !exchange->repeatable)
            return CHIP_REPLY_LOST;
        if (exchange->resent[result] == rule->resends || (rule->restarted && !exchange->repeatable))
            return rule->status;
        exchange->resent[result]++;
        chip->counters.resends++;
    }
}

/* Does each run with the key that Param2 names use up one of the uses it has left? */
static bool is_counted(const struct chip *chip, const struct chip_command *command, uint16_t param2)
{
    unsigned slot = param2 & 0xFFu;

    return command->uses_key && slot < CHIP_SLOTS && (chip->limited_use >> slot & 1) != 0;
}

/* What a command changes for good depends on the key that it uses, and on the part where that is known. */
static enum chip_effect effect_of(const struct chip *chip, const struct chip_command *command, bool counted)
{
    if (counted && command->effect == CHIP_READS)
        return CHIP_WRITES;
    if (command->effect == CHIP_SEEDS && chip->identified && chip->revision[2] == REVISION_608)
        return CHIP_READS;
    return command->effect;
}

/* Everything but the group to send and the room for its answer. */
static void begin(const struct chip *chip, struct exchange *exchange, const struct chip_command *command,
                  uint8_t param1, uint16_t param2)
{
    bool counted = is_counted(chip, command, param2);

    *exchange = (struct exchange){
        .command = command,
        .exec_max_us = command->exec_max_ms[chip->clock] * UINT32_C(1000),
        .effect = effect_of(chip, command, counted),
        .repeatable = command->repeatable && !counted,
        .asks_identity = command == &chip_command_read && param1 == IDENTITY_PARAM1 && param2 == 0,
        .counted = counted,
    };
}

static enum chip_status ask_identity(struct chip *chip)
{
    /* Read of 32 bytes at config address 0, CRC included. */
    static const uint8_t group[GROUP_OVERHEAD] = {GROUP_OVERHEAD, 0x02, IDENTITY_PARAM1, 0x00, 0x00, 0x09, 0xAD};
    uint8_t answer[IDENTITY_BYTES + REPLY_OVERHEAD];
    struct exchange exchange;

    begin(chip, &exchange, &chip_command_read, IDENTITY_PARAM1, 0);
    exchange.group = bytes_of(group, sizeof(group));
    exchange.answer = (struct bytes_out){.data = answer, .cap = sizeof(answer)};
    exchange.payload_max = IDENTITY_BYTES;
    return run(chip, &exchange);
}

/* Each asking follows a wake; a command that is resent, and a chip that falls asleep in between, need a few. */
#define CONFIRMATIONS 4

static enum chip_status run_confirmed(struct chip *chip, struct exchange *exchange)
{
    enum chip_status status = CHIP_OK;

    for (unsigned asked = 0; status == CHIP_OK && asked <= CONFIRMATIONS; asked++) {
        status = run(chip, exchange);
        if (!exchange->unconfirmed)
            return status;
        status = ask_identity(chip);
    }
    return status == CHIP_OK ? CHIP_RESET : status;
}

/* Once until chip_sleep(). */
static enum chip_status acquire(struct chip *chip)
{
    const struct imprint_transport_operations *bus = chip->transport.operations;

    if (bus->acquire == NULL || chip->acquired)
        return CHIP_OK;
    chip->acquired = bus->acquire(chip->transport.context);
    return chip->acquired ? CHIP_OK : CHIP_BUS_BUSY;
}

void chip_init(struct chip *chip, const struct imprint_transport *transport)
{
    *chip = (struct chip){.transport = *transport, .registers_lost = true};
}

static bool allow_nothing(void *context, const struct chip_command *command, uint8_t param1, uint16_t param2)
{
    (void)context;
    (void)command;
    (void)param1;
    (void)param2;
    return false;
}

void chip_forbid_changes(struct chip *chip)
{
    chip->guard = (struct chip_guard){.allow = allow_nothing};
}

/* Count, opcode, parameters, data and CRC. `data` fits: chip_execute() checked. */
static struct bytes build_group(uint8_t group[static IMPRINT_TRANSPORT_GROUP_MAX], const struct chip_command *command,
                                uint8_t param1, uint16_t param2, struct bytes data)
{
    size_t checked = GROUP_DATA_AT + data.len;

    group[0] = (uint8_t)(data.len + GROUP_OVERHEAD);
    group[1] = command->opcode;
    group[2] = param1;
    store16_le(group + 3, param2);
    if (data.len != 0)
        memcpy(group + GROUP_DATA_AT, data.data, data.len);
    store16_le(group + checked, crc16_update(CRC16_START, bytes_of(group, checked)));
    return bytes_of(group, group[0]);
}

static void explain_failure(const struct chip *chip, const struct exchange *exchange, enum chip_status status,
                            struct error *err)
{
    (void)chip_status_note(status, err);
    error_with_command(err, exchange->command->name);
    if (exchange->has_status)
        error_with_chip_status(err, exchange->status);
    if (chip->identified)
        error_with_serial(err, chip->serial);
}

enum chip_status chip_execute(struct chip *chip, const struct chip_command *command, uint8_t param1, uint16_t param2,
                              struct bytes data, struct bytes_out *reply, struct error *err)
{
    uint8_t group[IMPRINT_TRANSPORT_GROUP_MAX];
    uint8_t answer[IMPRINT_TRANSPORT_GROUP_MAX];
    const uint64_t began_us = now_us(chip);
    struct exchange exchange;
    enum chip_status status = CHIP_BAD_ARGUMENT;

    begin(chip, &exchange, command, param1, param2);
    exchange.payload_max = 1;
    if (reply != NULL) {
        reply->len = 0;
        if (reply->cap > 1)
            exchange.payload_max = reply->cap;
    }
    if (data.len > IMPRINT_TRANSPORT_GROUP_MAX - GROUP_OVERHEAD)
        goto out;
    if (exchange.effect != CHIP_READS && chip->guard.allow != NULL &&
        !chip->guard.allow(chip->guard.context, command, param1, param2)) {
        error_set(err, ERROR_NOT_ARMED, "nothing on the chip may be changed now", NULL);
        goto out;
    }
    exchange.group = build_group(group, command, param1, param2, data);
    exchange.answer = (struct bytes_out){.data = answer, .cap = sizeof(answer)};
    status = acquire(chip);
    if (status == CHIP_OK)
        status = run_confirmed(chip, &exchange);
    if (status == CHIP_OK) {
        if (command->registers == CHIP_REGISTERS_FILLED)
            chip->registers_lost = false;
        if (reply != NULL && !is_status(&exchange))
            (void)bytes_append(reply, bytes_of(answer + 1, exchange.answer.len - REPLY_OVERHEAD));
    }
    bytes_wipe(group, sizeof(group));
    bytes_wipe(answer, sizeof(answer));
out:
    chip->counters.busy_us += now_us(chip) - began_us;
    if (status != CHIP_OK)
        explain_failure(chip, &exchange, status, err);
    return status;
}

void chip_sleep(struct chip *chip)
{
    const struct imprint_transport_operations *bus = chip->transport.operations;

    /* A chip that is shared and not ours now may be at work for another task. */
    if (bus->acquire == NULL || chip->acquired)
        (void)bus->sleep(chip->transport.context);
    forget(chip);
    if (chip->acquired)
        bus->release(chip->transport.context);
    chip->acquired = false;
}

void chip_also_at(struct chip *chip, uint8_t address)
{
    if (chip->transport.operations->also_at != NULL)
        chip->transport.operations->also_at(chip->transport.context, address);
}

bool chip_address_is_taken(struct chip *chip, uint8_t address)
{
    return chip->transport.operations->is_taken != NULL &&
           chip->transport.operations->is_taken(chip->transport.context, address);
}

bool chip_bus_carries(struct chip *chip, size_t sent, size_t received)
{
    return chip->transport.operations->carries == NULL ||
           chip->transport.operations->carries(chip->transport.context, sent, received);
}
