# SPDX-License-Identifier: Apache-2.0
# The board of this template; all *.c files of this folder are compiled for it. Paths are from this folder.

# Processor, for compiler and linker. Cortex-M4F: -mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16.
# Cortex-M33: -mcpu=cortex-m33 -mthumb.
set(board_cpu -mcpu=cortex-m3 -mthumb)

# How a stack overflow is caught: v7m by the MPU (Cortex-M3, M4, M7), v8m by the stack limit register (M33, M55).
set(board_architecture v7m)

# Further sources, include folders and definitions, such as the vendor's:
#   set(board_sources ../vendor/stm32l4xx_ll_i2c.c ../vendor/system_stm32l4xx.c)
#   set(board_includes ../vendor)
#   set(board_definitions STM32L476xx USE_FULL_LL_DRIVER)
