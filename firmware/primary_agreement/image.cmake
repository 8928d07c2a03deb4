# SPDX-License-Identifier: Apache-2.0
set(image_mbedtls primary)
add_compile_definitions(DRIVER_SEEN_KEYS=0) # it uses keys, and provisions nothing
set(image_sources firmware/primary_agreement/main.c firmware/console.c firmware/platform.c firmware/watchdog.c)
set(image_needs imprint_link)
