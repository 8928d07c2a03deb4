# SPDX-License-Identifier: Apache-2.0
# Whose servers the image trusts: a C source that scripts/trust-table has made of a root's certificate.
set(IMPRINT_TRUST_TABLE "" CACHE FILEPATH "The C source that scripts/trust-table has made")
if(NOT EXISTS "${IMPRINT_TRUST_TABLE}")
  message(FATAL_ERROR "no root for the primary_tls image: pass -DIMPRINT_TRUST_TABLE=FILE, made by scripts/trust-table FILE.pem")
endif()
# What certificates in the chip's slots are put together from: of imprint compile --certificates; none unless told.
set(IMPRINT_CERTIFICATES_TABLE firmware/primary_tls/no_certificates.c CACHE FILEPATH
  "The C source that imprint compile --certificates --name primary_tls_certificates has made")
if(NOT IMPRINT_CERTIFICATES_TABLE MATCHES "no_certificates.c$")
  add_compile_definitions(IMPRINT_CERTIFICATES_FROM_CHIP)
endif()
set(image_mbedtls primary_tls)
add_compile_definitions(DRIVER_SEEN_KEYS=0) # it uses keys, and provisions nothing
set(image_sources firmware/primary_tls/main.c firmware/primary_tls/primary_tls.c firmware/primary_tls/connection.c firmware/console.c
  firmware/platform.c firmware/watchdog.c ${IMPRINT_TRUST_TABLE} ${IMPRINT_CERTIFICATES_TABLE})
set(image_needs imprint_link imprint_cert mbedtls mbedx509)
# A connection takes more than the other images: a record of 16 KiB, certificates of both sides, the handshake.
set(image_heap_bytes 49152)
set(image_memory code=256K ram=96K stack=12K)
