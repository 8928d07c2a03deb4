/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Startup from reset to main(): memory, stack, the heap of Mbed TLS, and a fault handler that reports what happened.
 * The same on every Cortex-M; the board's `memory.ld` has the memory regions. No other part of imprint calls it.
 */
#ifndef IMPRINT_FIRMWARE_START_H
#define IMPRINT_FIRMWARE_START_H

#include <stddef.h>
#include <stdint.h>

/* The reset handler in the vector table. After main() it calls imprint_board_end() with main()'s result. */
_Noreturn void start_reset(void);

/* The image, from its vectors to the last byte of the data that is copied to RAM (sections.ld). */
extern const uint8_t start_image_begin[], start_image_end[];

/*
 * Bytes of stack used since reset, and bytes there are. The stack is filled with a pattern before main() to measure
 * this.
 */
size_t start_stack_used(void);
size_t start_stack_size(void);

/* Gives Mbed TLS its heap. imprint's own code uses no heap. */
void start_heap(void);

/* The highest use of that heap since start, in bytes. */
size_t start_heap_used(void);

#endif
