# SPDX-License-Identifier: Apache-2.0
# The table of the profile comes from the host's `imprint compile PROFILE --c`.
set(IMPRINT_PROFILE_TABLE "" CACHE FILEPATH "The C source that imprint compile --c has made")
if(NOT EXISTS "${IMPRINT_PROFILE_TABLE}")
  message(FATAL_ERROR "no profile for the factory image: pass -DIMPRINT_PROFILE_TABLE=FILE, made by "
    "`imprint compile PROFILE --c -o FILE`")
endif()
# Room for the profile, and for what is observed and proven of it: 241 bytes of RAM and 230 of flash a key.
set(IMPRINT_PROFILE_KEYS 4 CACHE STRING "The most keys that the profile may have")
set(IMPRINT_PROFILE_CERTIFICATES 1 CACHE STRING "The most certificates that the profile may have: 1.5 KB of RAM each")
add_compile_definitions(PROFILE_KEYS_MAX=${IMPRINT_PROFILE_KEYS} DRIVER_SEEN_KEYS=${IMPRINT_PROFILE_KEYS}
  PROFILE_WRITE_KEYS_MAX=1 PROFILE_SOURCE_MAX=64 PROFILE_SUBJECT_MAX=64 PROFILE_CERTIFICATES_MAX=${IMPRINT_PROFILE_CERTIFICATES}
  PROFILE_DATA_MAX=1 PROFILE_HAS_CONTENTS=0)
# The code that makes, writes and proves an IO protection key: where the profile has one.
file(STRINGS "${IMPRINT_PROFILE_TABLE}" data REGEX "\\.data_count = ")
if(data)
  add_compile_definitions(PROFILE_HAS_DATA=1)
else()
  add_compile_definitions(PROFILE_HAS_DATA=0)
endif()
file(STRINGS "${IMPRINT_PROFILE_TABLE}" configuration_bytes REGEX "\\.bytes = {")
if(configuration_bytes)
  add_compile_definitions(PROFILE_HAS_BYTES=1)
else()
  add_compile_definitions(PROFILE_HAS_BYTES=0)
endif()
set(image_mbedtls factory)
# A certificate as PSA data is in Mbed TLS's memory three times: as read from the store, as a key, and as given out, which
# takes PROVISION_CERTIFICATE_MAX.
file(STRINGS "${IMPRINT_PROFILE_TABLE}" certificates REGEX "\\.certificate_count = ")
if(certificates)
  set(image_heap_bytes 5120)
endif()
set(image_sources firmware/factory/main.c firmware/factory/factory.c firmware/factory/certificates.c firmware/factory/data.c firmware/factory/handshake.c firmware/factory/image_digest.c firmware/factory/known.c firmware/factory/maker.c firmware/factory/report.c
  firmware/console.c
  firmware/platform.c firmware/watchdog.c ${IMPRINT_PROFILE_TABLE})
set(image_needs imprint_provision imprint_profile imprint_cert imprint_link)
