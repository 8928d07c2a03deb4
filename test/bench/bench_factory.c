/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The factory application from power-up to "provisioned", on the virtual clock: it runs on this host as a board, with
 * the chip and the flash of its tests. The clock counts chip, bus and waiting; the processor's own work, which takes no
 * virtual time, is told apart by test/bench/run-firmware on a board in QEMU.
 */
#include <stdio.h>
#include <string.h>

#include "test/firmware/bench.h"
#include "virtual/chip/virtual_invasive.h"

extern const struct profile_compiled board_profile; /* profiles/board-factory.yaml */

#define NONCE "5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A"

static void print_row(const char *name, uint64_t nanoseconds, uint64_t of)
{
    printf("  %-42s %10.3f ms %7.2f %%\n", name, (double)nanoseconds / 1e6, 100.0 * (double)nanoseconds / (double)of);
}

static void boot(const char *title, const char *commands)
{
    struct virtual_counters before, after;
    uint64_t started_ns = virtual_now_ns(bench.part), total;
    unsigned long programs = bench.flash.programs;

    virtual_read_counters(bench.part, &before);
    bench_factory(&board_profile, commands);
    bench_expect("@ok run");
    virtual_read_counters(bench.part, &after);
    total = virtual_now_ns(bench.part) - started_ns;
    printf("%s\n  groups to the chip %u, flash programs %lu\n", title, bench.groups, bench.flash.programs - programs);
    print_row("power-up to provisioned", total, total);
    print_row("of it: the commands' own execution", after.execution_ns - before.execution_ns, total);
    print_row("of it: bus, waking, polling", total - (after.execution_ns - before.execution_ns), total);
}

int main(void)
{
    bench_make(VIRTUAL_TRUST_AND_GO, 1024);
    boot("profile board-factory on a virtual part, bus at 400 kHz, maximum execution times", "run\n");
    boot("the same again, which writes nothing", "run\n");
    boot("the same for a station, which verifies the proofs", "run 01230015D655592701 " NONCE "\n");
    bench_remove();
    return 0;
}
