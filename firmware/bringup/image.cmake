# SPDX-License-Identifier: Apache-2.0
set(image_mbedtls primary)
set(image_sources firmware/bringup/main.c firmware/watchdog.c)
