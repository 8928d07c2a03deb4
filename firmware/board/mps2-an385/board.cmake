# SPDX-License-Identifier: Apache-2.0
set(board_cpu -mcpu=cortex-m3 -mthumb)
set(board_architecture v7m)
set(board_family mps2 mps2-swi)
