/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From reset to main(): memory, stack, the heap of Mbed TLS, and a fault handler that says what happened. The same on
 * every Cortex-M; where memory lies is the board's `memory.ld`. Nothing else of imprint calls it.
 */
#ifndef IMPRINT_FIRMWARE_START_H
#define IMPRINT_FIRMWARE_START_H

#include <stddef.h>

/* Where the processor begins: the vector table names it. Ends with imprint_board_end(), by what main() returns. */
_Noreturn void start_reset(void);

/* How much of the stack has been used since reset, and how much there is, in bytes: it is painted before main(). */
size_t start_stack_used(void);
size_t start_stack_size(void);

/* Gives Mbed TLS its memory. Nothing of ours takes any. */
void start_heap(void);

/* How far into that memory it has ever reached, in bytes: the memory it needs. */
size_t start_heap_used(void);

#endif
