# SPDX-License-Identifier: Apache-2.0
set(image_mbedtls primary)
set(image_sources firmware/primary/main.c firmware/primary/primary.c firmware/console.c firmware/platform.c firmware/watchdog.c)
set(image_needs imprint_link)
