/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reports an unexpected exception on the console, with the addresses a developer needs, and calls imprint_board_end().
 */
#ifndef IMPRINT_FIRMWARE_START_FAULT_H
#define IMPRINT_FIRMWARE_START_FAULT_H

/* The handler of every exception. */
void start_fault(void);

/* imprint_board_end()'s status after a fault. */
#define START_FAULT_STATUS 70

#endif
