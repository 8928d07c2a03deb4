/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command table, and the one place that runs a command: CRC, opcode, length, watchdog, handler, file, time. The
 * order of status codes: FF, then 03 for opcode or length, 07, EE, and then what the handler says (03, then 0F, then 01
 * and 05). All changes of one command are written to the file at once. A command that changes nothing writes nothing.
 */
#include "virtual/chip/commands.h"
#include "virtual/chip/crypto.h"
#include "virtual/chip/group.h"
#include "virtual/chip/image.h"
#include "virtual/chip/policy.h"
#include "virtual/chip/power.h"

#include <signal.h>
#include <string.h>

#define QUICK_NS 1000000u /* a group that is refused before its handler runs: 1 ms, as no number is public */

#define OPCODE_READ 0x02
#define OPCODE_SELF_TEST 0x77

/* Data lengths as a list, or any up to `longest`. */
struct command {
    uint8_t opcode;
    uint8_t lengths[4];
    uint8_t length_count; /* 0: any length up to `longest` */
    uint8_t longest;
    enum { ON_ALL, ON_508, ON_608 } on;
    uint16_t max_ms[4];  /* ATECC508A; ATECC608 at clock divider M0, M1, M2 */
    uint16_t typical[2]; /* tenths of a millisecond: ATECC508A; ATECC608 at M0 */
    VIRTUAL_HANDLER((*run));
};

/*
 * Maximum execution times are those published for hosts that wait instead of polling. Typical times of the ATECC508A
 * are the vendor's. Of the ATECC608, Nonce, CheckMac and SHA were measured by others; the rest are estimates, as no
 * number is public.
 */
static const struct command commands[] = {
    {.opcode = 0x01,
     .lengths = {0},
     .length_count = 1,
     .on = ON_508,
     .max_ms = {3},
     .typical = {1, 0},
     .run = virtual_command_pause},
    {.opcode = OPCODE_READ,
     .lengths = {0},
     .length_count = 1,
     .max_ms = {5, 5, 5, 5},
     .typical = {1, 10},
     .run = virtual_command_read},
    {.opcode = 0x08,
     .lengths = {0, 32},
     .length_count = 2,
     .max_ms = {14, 55, 55, 55},
     .typical = {50, 110},
     .run = virtual_command_mac},
    {.opcode = 0x11,
     .lengths = {0},
     .length_count = 1,
     .on = ON_508,
     .max_ms = {23},
     .typical = {130, 0},
     .run = virtual_command_hmac},
    {.opcode = 0x12,
     .lengths = {4, 32, 64},
     .length_count = 3,
     .max_ms = {26, 45, 45, 45},
     .typical = {70, 80},
     .run = virtual_command_write},
    {.opcode = 0x15,
     .lengths = {0, 4, 32},
     .length_count = 3,
     .max_ms = {11, 25, 35, 35},
     .typical = {50, 110},
     .run = virtual_command_gendig},
    {.opcode = 0x16,
     .lengths = {20, 32, 64},
     .length_count = 3,
     .max_ms = {29, 20, 20, 20},
     .typical = {1, 80},
     .run = virtual_command_nonce},
    {.opcode = 0x17,
     .lengths = {0},
     .length_count = 1,
     .max_ms = {32, 35, 35, 35},
     .typical = {80, 100},
     .run = virtual_command_lock},
    {.opcode = 0x1b,
     .lengths = {0},
     .length_count = 1,
     .max_ms = {23, 23, 23, 23},
     .typical = {10, 10},
     .run = virtual_command_random},
    {.opcode = 0x1c,
     .lengths = {0, 32},
     .length_count = 2,
     .max_ms = {50, 50, 50, 50},
     .typical = {20, 150},
     .run = virtual_command_derivekey},
    {.opcode = 0x20,
     .lengths = {0},
     .length_count = 1,
     .max_ms = {10, 10, 10, 10},
     .typical = {80, 80},
     .run = virtual_command_update_extra},
    {.opcode = 0x24,
     .lengths = {0},
     .length_count = 1,
     .max_ms = {20, 25, 25, 25},
     .typical = {50, 80},
     .run = virtual_command_counter},
    {.opcode = 0x28,
     .lengths = {77},
     .length_count = 1,
     .max_ms = {13, 40, 40, 40},
     .typical = {50, 110},
     .run = virtual_command_checkmac},
    {.opcode = 0x30,
     .lengths = {0},
     .length_count = 1,
     .max_ms = {2, 5, 5, 5},
     .typical = {1, 10},
     .run = virtual_command_info},
    {.opcode = 0x40,
     .lengths = {0, 3},
     .length_count = 2,
     .max_ms = {115, 115, 215, 653},
     .typical = {110, 600},
     .run = virtual_command_genkey},
    {.opcode = 0x41,
     .lengths = {0},
     .length_count = 1,
     .max_ms = {60, 115, 220, 665},
     .typical = {420, 600},
     .run = virtual_command_sign},
    {.opcode = 0x43,
     .lengths = {64},
     .length_count = 1,
     .max_ms = {58, 75, 172, 531},
     .typical = {380, 400},
     .run = virtual_command_ecdh},
    {.opcode = 0x45,
     .lengths = {64, 83, 128},
     .length_count = 3,
     .max_ms = {72, 105, 295, 1085},
     .typical = {380, 550},
     .run = virtual_command_verify},
    {.opcode = 0x46,
     .lengths = {36, 68},
     .length_count = 2,
     .max_ms = {48, 50, 50, 50},
     .typical = {8, 100},
     .run = virtual_command_privwrite},
    {.opcode = 0x47, .longest = 99, .max_ms = {9, 36, 42, 75}, .typical = {70, 10}, .run = virtual_command_sha},
    {.opcode = 0x51,
     .lengths = {16, 32},
     .length_count = 2,
     .on = ON_608,
     .max_ms = {0, 27, 27, 27},
     .typical = {0, 10},
     .run = virtual_command_aes},
    {.opcode = 0x56,
     .longest = 132,
     .on = ON_608,
     .max_ms = {0, 165, 165, 165},
     .typical = {0, 50},
     .run = virtual_command_kdf},
    {.opcode = OPCODE_SELF_TEST,
     .lengths = {0},
     .length_count = 1,
     .on = ON_608,
     .max_ms = {0, 250, 625, 2324},
     .typical = {0, 1300},
     .run = virtual_command_selftest},
    {.opcode = 0x80,
     .lengths = {32, 96},
     .length_count = 2,
     .on = ON_608,
     .max_ms = {0, 80, 160, 480},
     .typical = {0, 450},
     .run = virtual_command_secureboot},
};

/* NULL: this part has no such command. */
static const struct command *find_command(const struct virtual_chip *chip, uint8_t opcode)
{
    const bool is_608 = virtual_is_608(chip);

    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (commands[i].opcode == opcode)
            return commands[i].on == (is_608 ? ON_508 : ON_608) ? NULL : &commands[i];
    return NULL;
}

static bool length_is_legal(const struct command *command, size_t len)
{
    if (command->length_count == 0)
        return len <= command->longest;
    for (unsigned i = 0; i < command->length_count; i++)
        if (command->lengths[i] == len)
            return true;
    return false;
}

/* Column of max_ms. ChipMode bits 7 to 3; an unpublished divider counts as the slowest. */
static unsigned speed_of(const struct virtual_chip *chip)
{
    unsigned column = 0;

    if (virtual_is_608(chip)) {
        switch (chip->memory.config[VIRTUAL_AT_CHIP_MODE] & 0xf8) {
        case 0x00:
            column = 1;
            break;
        case 0x28:
            column = 2;
            break;
        default:
            column = 3;
            break;
        }
    }
    return column;
}

static uint64_t longest_ns(const struct virtual_chip *chip, const struct command *command)
{
    return (uint64_t)command->max_ms[speed_of(chip)] * 1000000u;
}

static uint64_t execution_ns(const struct virtual_chip *chip, const struct command *command)
{
    const unsigned column = speed_of(chip);

    if (chip->times != VIRTUAL_TIMES_TYPICAL)
        return longest_ns(chip, command);
    if (column == 0)
        return command->typical[0] * UINT64_C(100000);
    /* Slower clocks: typical times grow as the maximum does. */
    return command->typical[1] * UINT64_C(100000) * command->max_ms[column] / command->max_ms[1];
}

/* Writes the command's changes to the file. False: the file could not be written, and memory is as before. */
static bool commit(struct virtual_chip *chip)
{
    int system_errno = 0;

    if (memcmp(&chip->memory, &chip->committed, sizeof chip->memory) == 0)
        return true;
    virtual_fault_write(chip);
    if (chip->swapped) /* the file is another part's */
        chip->image.sequence++;
    else
        system_errno = virtual_image_commit(&chip->image, &chip->memory);
    if (system_errno != 0) {
        chip->memory = chip->committed;
        chip->file_problem.system_errno = system_errno;
        chip->file_problem.cause = "the virtual chip's file could not be written";
        return false;
    }
    chip->committed = chip->memory;
    chip->counters.nonvolatile_writes++;
    return true;
}

/* After a failed self test only SelfTest and Read of the config zone are served. */
static bool self_test_lets_pass(const struct virtual_chip *chip, const struct virtual_call *call)
{
    return chip->failed_tests == 0 || call->opcode == OPCODE_SELF_TEST ||
           (call->opcode == OPCODE_READ && (call->param1 & 3) == 0);
}

/* Checks the group and runs its command. Returns the time it takes. */
static uint64_t run_group(struct virtual_chip *chip)
{
    struct virtual_call call = {.opcode = chip->input[1],
                                .param1 = chip->input[2],
                                .param2 = (uint16_t)(chip->input[3] | chip->input[4] << 8),
                                .data = chip->input + 5};
    struct virtual_reply reply = {.len = 0};
    const struct command *command = NULL;
    enum virtual_answer answer = VIRTUAL_ANSWER_PARSE;
    uint64_t duration_ns = QUICK_NS;

    if (!virtual_group_is_whole(chip)) {
        answer = VIRTUAL_ANSWER_CRC;
        goto out;
    }
    call.data_len = chip->input_len - VIRTUAL_GROUP_MIN;
    chip->counters.commands++;
    command = find_command(chip, call.opcode);
    if (command == NULL || !length_is_legal(command, call.data_len))
        goto out;
    if (!self_test_lets_pass(chip, &call)) {
        answer = VIRTUAL_ANSWER_SELF_TEST;
        goto out;
    }
    if (chip->watchdog_ns - chip->now_ns < longest_ns(chip, command)) {
        answer = VIRTUAL_ANSWER_WATCHDOG;
        goto out;
    }
    duration_ns = execution_ns(chip, command);
    answer = command->run(chip, &call, &reply);
    if (virtual_crypto_take_failure(chip->crypto)) {
        chip->memory = chip->committed;
        answer = VIRTUAL_ANSWER_HEALTH;
    }
    if (!commit(chip))
        answer = VIRTUAL_ANSWER_EXECUTION;
out:
    if (answer != VIRTUAL_ANSWER_OK || reply.len == 0) {
        reply.bytes[0] = (uint8_t)answer;
        reply.len = 1;
    }
    virtual_set_output(chip, reply.bytes, reply.len);
    virtual_wipe(&reply, sizeof reply);
    return duration_ns;
}

/* The supply fails for `duration_ns`. Then the chip answers as if it had just woken. */
static void reset_for(struct virtual_chip *chip, uint64_t duration_ns)
{
    virtual_power_up(chip);
    virtual_be_awake(chip);
    virtual_be_busy(chip, duration_ns);
}

/* Faults that execute the command and lose its reply. True: there is nothing more to do for the group. */
static bool fail_after(struct virtual_chip *chip, uint64_t duration_ns)
{
    const uint64_t group = chip->counters.groups;

    if (virtual_fault_armed(chip, VIRTUAL_FAULT_KILL, group))
        raise(SIGKILL);
    if (virtual_fault_armed(chip, VIRTUAL_FAULT_CUT_AFTER, group) ||
        virtual_fault_armed(chip, VIRTUAL_FAULT_TEAR, group)) {
        virtual_cut_power(chip);
        return true;
    }
    if (virtual_fault_armed(chip, VIRTUAL_FAULT_BROWNOUT, group)) {
        reset_for(chip, duration_ns);
        return true;
    }
    return false;
}

bool virtual_refuse_group(struct virtual_chip *chip)
{
    const uint64_t group = chip->counters.groups + 1;

    if (virtual_fault_armed(chip, VIRTUAL_FAULT_SILENT, group))
        chip->silent = true;
    if (virtual_fault_swap(chip, group))
        virtual_power_up(chip);
    else if (!chip->silent && !virtual_fault_armed(chip, VIRTUAL_FAULT_NACK, group))
        return false;
    chip->counters.groups = group;
    return true;
}

void virtual_execute(struct virtual_chip *chip)
{
    const uint64_t group = ++chip->counters.groups;
    uint64_t duration_ns = 0;

    if (virtual_fault_armed(chip, VIRTUAL_FAULT_CUT_BEFORE, group)) {
        virtual_cut_power(chip);
        return;
    }
    if (virtual_fault_armed(chip, VIRTUAL_FAULT_RESET, group)) {
        const struct command *command = find_command(chip, chip->input[1]);

        duration_ns = command == NULL ? QUICK_NS : execution_ns(chip, command);
        chip->counters.execution_ns += duration_ns;
        reset_for(chip, duration_ns);
        return;
    }
    virtual_fault_input(chip);
    duration_ns = run_group(chip);
    if (virtual_fault_armed(chip, VIRTUAL_FAULT_SLOW, group))
        duration_ns *= 5;
    virtual_wipe(chip->input, sizeof chip->input);
    chip->input_len = 0;
    chip->counters.execution_ns += duration_ns;
    if (fail_after(chip, duration_ns))
        return;
    virtual_be_busy(chip, duration_ns);
    if (virtual_fault_armed(chip, VIRTUAL_FAULT_WATCHDOG, group))
        chip->watchdog_ns = chip->now_ns + (chip->answers_from_ns - chip->now_ns) / 2;
    virtual_fault_output(chip);
    if (virtual_fault_armed(chip, VIRTUAL_FAULT_LOST, group))
        virtual_enter_sleep(chip);
}
