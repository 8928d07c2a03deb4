# SPDX-License-Identifier: Apache-2.0
# mps2-an385 with the chip on I2C in place of a single wire.
set(board_cpu -mcpu=cortex-m3 -mthumb)
set(board_architecture v7m)
set(board_family mps2 mps2-i2c)
