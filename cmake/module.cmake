# SPDX-License-Identifier: Apache-2.0
# imprint_module(NAME SOURCES... [NEEDS libraries...]): a static library of one folder, target imprint_NAME, imprint::NAME
# for other projects. Who links it finds <imprint/...>.
function(imprint_module name)
  cmake_parse_arguments(MODULE "" "" "SOURCES;NEEDS" ${ARGN})
  add_library(imprint_${name} STATIC ${MODULE_SOURCES})
  add_library(imprint::${name} ALIAS imprint_${name})
  target_link_libraries(imprint_${name} PRIVATE imprint_options PUBLIC ${MODULE_NEEDS})
  target_include_directories(imprint_${name} PUBLIC ${imprint_SOURCE_DIR}/include)
endfunction()

# Seconds after which a test is taken to hang. The longest, exhaustive faults under sanitizers, takes a small part of it.
set(IMPRINT_TEST_TIMEOUT 300)

# imprint_test(NAME SOURCES... [NEEDS libraries...]): a cmocka program, run by CTest as NAME.
function(imprint_test name)
  cmake_parse_arguments(UNIT "" "" "SOURCES;NEEDS" ${ARGN})
  add_executable(${name} ${UNIT_SOURCES})
  target_link_libraries(${name} PRIVATE imprint_options ${UNIT_NEEDS} PkgConfig::CMOCKA)
  target_compile_definitions(${name} PRIVATE IMPRINT_TEST_DATA="${imprint_SOURCE_DIR}/test/data")
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${IMPRINT_TEST_TIMEOUT})
endfunction()

# imprint_wrap(TARGET functions...): the linker sends calls of each function FUNCTION from other files to the target's
# __wrap_FUNCTION(), which reaches the function itself as __real_FUNCTION(). Where names.h gives the function another name
# for the linker, those two get it as well.
function(imprint_wrap target)
  set(names)
  if(EXISTS ${imprint_SOURCE_DIR}/src/base/names.h)
    file(STRINGS ${imprint_SOURCE_DIR}/src/base/names.h names REGEX "^#define")
  endif()
  foreach(function ${ARGN})
    if("#define ${function} imprint_${function}" IN_LIST names)
      target_link_options(${target} PRIVATE LINKER:--wrap=imprint_${function})
      target_compile_definitions(${target} PRIVATE
        __wrap_${function}=__wrap_imprint_${function} __real_${function}=__real_imprint_${function})
    else()
      target_link_options(${target} PRIVATE LINKER:--wrap=${function})
    endif()
  endforeach()
endfunction()

# imprint_long_test(NAME COMMAND program arguments... [TIMEOUT seconds]): a test that takes minutes. Plain `ctest` leaves it
# out; `./check --long` runs it, as does `ctest -C long -L long`. TIMEOUT: an hour unless told. What it needs beyond the
# packages of ./check goes into scripts/install-packages under `long`; where that is missing it fails, it does not skip.
function(imprint_long_test name)
  cmake_parse_arguments(LONG "" "TIMEOUT" "COMMAND" ${ARGN})
  if(NOT LONG_TIMEOUT)
    set(LONG_TIMEOUT 3600)
  endif()
  add_test(NAME ${name} COMMAND ${LONG_COMMAND} CONFIGURATIONS long)
  set_tests_properties(${name} PROPERTIES LABELS long TIMEOUT ${LONG_TIMEOUT})
endfunction()
