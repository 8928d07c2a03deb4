# SPDX-License-Identifier: Apache-2.0
# Mbed TLS 3.6 LTS with the secure element interface, and with our storage under its PSA ITS. Its library and everything
# that sees its headers must share one configuration (attributes have another layout with SE_C).
#
# A target mbedcrypto or MbedTLS::mbedcrypto that is there already is taken as it is, once it is seen to have what imprint
# needs. Else Mbed TLS is built here, unmodified, from -DIMPRINT_MBEDTLS_SOURCE_DIR, from that variable of the
# environment, or from where scripts/get-mbedtls puts it.
#
# Afterwards there are the names mbedcrypto and, where there are such, mbedx509 and mbedtls, which the program needs, too;
# IMPRINT_MBEDCRYPTO is the target itself.

# The target's own name behind an alias.
function(imprint_real_target result target)
  get_target_property(aliased ${target} ALIASED_TARGET)
  if(aliased)
    set(target ${aliased})
  endif()
  set(${result} ${target} PARENT_SCOPE)
endfunction()

# imprint_use_mbedtls(NAME): the name NAME for a target MbedTLS::NAME that has only the long one.
function(imprint_use_mbedtls name)
  if(NOT TARGET ${name} AND TARGET MbedTLS::${name})
    imprint_real_target(real MbedTLS::${name})
    add_library(${name} ALIAS ${real})
  endif()
endfunction()

include(${CMAKE_CURRENT_LIST_DIR}/mbedtls_check.cmake)

imprint_use_mbedtls(mbedcrypto)
imprint_use_mbedtls(mbedx509)
imprint_use_mbedtls(mbedtls)
if(TARGET mbedcrypto)
  imprint_real_target(IMPRINT_MBEDCRYPTO mbedcrypto)
  imprint_check_mbedtls(problem ${IMPRINT_MBEDCRYPTO} ${imprint_SOURCE_DIR}/src/psa/include)
  if(problem)
    message(FATAL_ERROR "imprint cannot use the project's target ${IMPRINT_MBEDCRYPTO}: ${problem}. Set that in Mbed TLS's "
      "configuration, or let imprint build Mbed TLS: do not define ${IMPRINT_MBEDCRYPTO} before it")
  endif()
  if(IMPRINT_BUILD_PROGRAM AND NOT TARGET mbedtls)
    message(FATAL_ERROR "imprint's program needs all of Mbed TLS, and the project has no target mbedtls or "
      "MbedTLS::mbedtls beside ${IMPRINT_MBEDCRYPTO}: define it, or build without the program, "
      "-DIMPRINT_BUILD_PROGRAM=OFF")
  endif()
else()
  if(NOT IMPRINT_MBEDTLS_SOURCE_DIR)
    if(DEFINED ENV{IMPRINT_MBEDTLS_SOURCE_DIR})
      set(found $ENV{IMPRINT_MBEDTLS_SOURCE_DIR})
    elseif(DEFINED ENV{IMPRINT_CACHE})
      set(found $ENV{IMPRINT_CACHE}/mbedtls/source)
    else()
      set(found ${imprint_SOURCE_DIR}/.cache/mbedtls/source)
    endif()
    # Kept, so that a later run of CMake does not depend on the environment.
    set(IMPRINT_MBEDTLS_SOURCE_DIR ${found} CACHE PATH "Source tree of Mbed TLS 3.6 (scripts/get-mbedtls fetches one)"
      FORCE)
  endif()
  if(NOT EXISTS ${IMPRINT_MBEDTLS_SOURCE_DIR}/library/psa_crypto_se.c)
    message(FATAL_ERROR "no Mbed TLS 3.6 source in \"${IMPRINT_MBEDTLS_SOURCE_DIR}\": run scripts/get-mbedtls, or pass "
      "-DIMPRINT_MBEDTLS_SOURCE_DIR=DIRECTORY")
  endif()
  file(STRINGS ${IMPRINT_MBEDTLS_SOURCE_DIR}/include/mbedtls/build_info.h mbedtls_version
    REGEX "define MBEDTLS_VERSION_STRING ")
  if(NOT mbedtls_version MATCHES "\"3\\.6\\.[0-9]+\"")
    message(FATAL_ERROR "\"${IMPRINT_MBEDTLS_SOURCE_DIR}\" is not Mbed TLS 3.6 (${mbedtls_version}): imprint is built on "
      "its secure element interface, and later versions have none")
  endif()

  # Options of Mbed TLS, for it alone: in a function they are seen by its folder and by nothing else, and the two policies
  # have it heed them, in place of variables in the cache that all projects share.
  function(imprint_build_mbedtls)
    set(CMAKE_POLICY_DEFAULT_CMP0077 NEW)
    set(CMAKE_POLICY_DEFAULT_CMP0126 NEW)
    set(CMAKE_WARN_DEPRECATED OFF) # it is written for CMake 3.5 as well
    set(ENABLE_PROGRAMS OFF)
    set(ENABLE_TESTING OFF)
    set(GEN_FILES OFF)
    set(MBEDTLS_FATAL_WARNINGS OFF)
    set(USE_SHARED_MBEDTLS_LIBRARY OFF)
    set(USE_STATIC_MBEDTLS_LIBRARY ON)
    set(DISABLE_PACKAGE_CONFIG_AND_INSTALL ON)
    if(imprint_board_folder) # an image brings a whole configuration: cmake/firmware.cmake
      set(MBEDTLS_CONFIG_FILE ${image_mbedtls_config})
      set(MBEDTLS_USER_CONFIG_FILE "")
    else()
      set(MBEDTLS_CONFIG_FILE "")
      set(MBEDTLS_USER_CONFIG_FILE ${imprint_SOURCE_DIR}/cmake/mbedtls_user_config.h)
      if(IMPRINT_WITHOUT_SE_C)
        set(MBEDTLS_USER_CONFIG_FILE ${imprint_SOURCE_DIR}/cmake/opaque_user_config.h)
      endif()
    endif()
    if(PROJECT_IS_TOP_LEVEL)
      get_filename_component(directory ${IMPRINT_MBEDTLS_SOURCE_DIR} REALPATH)
      add_compile_options(-ffile-prefix-map=${directory}/=mbedtls/
        -ffile-prefix-map=${IMPRINT_MBEDTLS_SOURCE_DIR}/=mbedtls/)
    endif()
    add_subdirectory(${IMPRINT_MBEDTLS_SOURCE_DIR} ${imprint_BINARY_DIR}/mbedtls EXCLUDE_FROM_ALL SYSTEM)
  endfunction()
  imprint_build_mbedtls()
  set(IMPRINT_MBEDCRYPTO mbedcrypto)
endif()
# psa_its_*() and its two headers come from src/psa/.
get_target_property(imported ${IMPRINT_MBEDCRYPTO} IMPORTED)
if(imported)
  target_include_directories(${IMPRINT_MBEDCRYPTO} INTERFACE ${imprint_SOURCE_DIR}/src/psa/include)
else()
  target_include_directories(${IMPRINT_MBEDCRYPTO} PUBLIC $<BUILD_INTERFACE:${imprint_SOURCE_DIR}/src/psa/include>)
endif()

# The opaque shell is compiled with the core.
if(NOT imported)
  include(${CMAKE_CURRENT_LIST_DIR}/opaque_core.cmake)
  imprint_opaque_core(${IMPRINT_MBEDCRYPTO})
endif()
