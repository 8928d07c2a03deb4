# SPDX-License-Identifier: Apache-2.0
set(board_cpu -mcpu=cortex-m33 -mthumb -mfloat-abi=soft)
set(board_architecture v8m)
set(board_family mps2 mps2-swi)
