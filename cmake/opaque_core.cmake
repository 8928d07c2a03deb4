# SPDX-License-Identifier: Apache-2.0
# The PSA core with the opaque driver in it: the core's two files that hold its driver wrappers, compiled anew from the
# core's own source with src/psa/opaque/core/ before them (imprint_wrappers.h there says how). The target
# imprint_opaque_core has their objects. A program that links it finds the functions there, before it comes to the core's
# library, and takes nothing of those two files from that. So no target and no file of the core is changed, and a program
# that does not link it contains nothing of this shell.

# The driver wrappers that imprint_wrappers.h's neighbours define anew. psa_crypto.c must use each of the first list.
set(opaque_wrappers init get_key_buffer_size_from_key_data generate_key import_key copy_key export_key sign_hash
  verify_hash mac_compute cipher_encrypt cipher_decrypt aead_encrypt aead_decrypt)
set(opaque_wrappers_no_static get_key_buffer_size export_public_key get_builtin_key)

# Fails where a core has moved the ground that src/psa/opaque/core/ stands on: what would compile, and not do what it should.
function(imprint_check_opaque_core folder)
  set(next "docs/decisions/0021-opaque-shell.md says what a new version of the core must be checked for")
  set(is_one_file "psa_crypto.c")
  file(GLOB sources ${folder}/*.c)
  foreach(source IN LISTS sources)
    file(STRINGS ${source} found REGEX "#include.*psa_crypto_driver_wrappers\\.h")
    get_filename_component(name ${source} NAME)
    if(found AND NOT name STREQUAL is_one_file)
      message(FATAL_ERROR "${source} includes the driver wrappers, which imprint expects of ${is_one_file} alone. ${next}")
    endif()
  endforeach()
  foreach(function IN LISTS opaque_wrappers opaque_wrappers_no_static)
    set(file ${folder}/psa_crypto.c)
    if(function STREQUAL "get_builtin_key")
      set(file ${folder}/psa_crypto_slot_management.c)
    endif()
    file(STRINGS ${file} found REGEX "psa_driver_wrapper_${function}\\(")
    if(NOT found)
      message(FATAL_ERROR "${file} does not call psa_driver_wrapper_${function}(), which imprint's opaque driver is "
        "called through. ${next}")
    endif()
  endforeach()
endfunction()

# imprint_opaque_core(CORE): makes the target imprint_opaque_core for the core's target CORE. Without the core's sources
# there is none, and no imprint_psa_opaque either.
function(imprint_opaque_core core)
  get_target_property(folder ${core} SOURCE_DIR)
  get_target_property(generated ${core} BINARY_DIR)
  if(NOT EXISTS ${folder}/psa_crypto.c)
    message(STATUS "imprint: no opaque driver, which is compiled with the core's sources: none beside the target ${core}")
    return()
  endif()
  set(wrappers ${folder})
  if(NOT EXISTS ${folder}/psa_crypto_driver_wrappers.h) # made by the core's own build
    set(wrappers ${generated})
  endif()
  imprint_check_opaque_core(${folder})
  # A copy, because a file includes with quotes what lies beside it before anything else.
  set(copy ${imprint_BINARY_DIR}/opaque_core/psa_crypto.c)
  configure_file(${folder}/psa_crypto.c ${copy} COPYONLY)
  add_library(imprint_opaque_core OBJECT EXCLUDE_FROM_ALL ${copy}
    ${imprint_SOURCE_DIR}/src/psa/opaque/core/psa_crypto_driver_wrappers_no_static.c)
  target_include_directories(imprint_opaque_core PRIVATE ${imprint_SOURCE_DIR}/src/psa/opaque/core
    ${imprint_SOURCE_DIR}/include $<TARGET_PROPERTY:${core},INCLUDE_DIRECTORIES> ${folder})
  target_compile_definitions(imprint_opaque_core PRIVATE $<TARGET_PROPERTY:${core},COMPILE_DEFINITIONS>
    IMPRINT_CORE_WRAPPERS="${wrappers}/psa_crypto_driver_wrappers.h"
    IMPRINT_CORE_WRAPPERS_NO_STATIC="${wrappers}/psa_crypto_driver_wrappers_no_static.c")
  add_dependencies(imprint_opaque_core ${core}) # for the files that the core's own build makes
  target_compile_options(imprint_opaque_core PRIVATE -Wall -Wextra -ffile-prefix-map=${folder}/=core/)
endfunction()
