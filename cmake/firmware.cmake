# SPDX-License-Identifier: Apache-2.0
# One image for one board: -DIMPRINT_BOARD=mps2-an385 -DIMPRINT_IMAGE=factory, with cmake/arm-none-eabi.cmake as the
# toolchain file; scripts/build-firmware does all that. The sources are those of the host, from the same lists: a module
# leaves out its own host parts where IMPRINT_HOSTED is off. What is compiled how is in one place, here.
#
# Each image has its own configuration of Mbed TLS, and so a build directory of its own: nothing compiled for one fits
# the other.
set(IMPRINT_IMAGE "" CACHE STRING "The image: a folder of firmware/")
set(IMPRINT_HEAP_BYTES 2048 CACHE STRING "Memory that Mbed TLS may take")
option(IMPRINT_MEASURE "Say at the end how much of stack and heap has been used" OFF)
option(IMPRINT_TEXTS "Keep causes and advice in the image; else it prints numbers, and scripts/firmware-texts has the words" ON)

set(board_folder ${imprint_SOURCE_DIR}/firmware/board/${IMPRINT_BOARD})
if(NOT EXISTS ${board_folder}/board.cmake)
  message(FATAL_ERROR "no board ${IMPRINT_BOARD} in firmware/board/")
endif()
if(NOT EXISTS ${imprint_SOURCE_DIR}/firmware/${IMPRINT_IMAGE}/image.cmake)
  message(FATAL_ERROR "no image ${IMPRINT_IMAGE} in firmware/")
endif()
include(${board_folder}/board.cmake)
include(${imprint_SOURCE_DIR}/firmware/${IMPRINT_IMAGE}/image.cmake)

add_compile_options(${board_cpu} -Os -g3 -ffunction-sections -fdata-sections -fno-common
  -ffile-prefix-map=${imprint_SOURCE_DIR}/= -ffile-prefix-map=${imprint_BINARY_DIR}=build)
add_compile_definitions(NDEBUG IMPRINT_HEAP_BYTES=${IMPRINT_HEAP_BYTES} $<$<BOOL:${IMPRINT_MEASURE}>:IMPRINT_MEASURE>)

set(image_mbedtls_config ${imprint_SOURCE_DIR}/firmware/mbedtls/${image_mbedtls}.h)
include_directories(${imprint_SOURCE_DIR} ${imprint_SOURCE_DIR}/src ${imprint_SOURCE_DIR}/include) # the configuration includes from the root
include(cmake/mbedtls.cmake)
include(cmake/version.cmake)

add_subdirectory(src)

set(family_sources)
foreach(family ${board_family})
  file(GLOB sources CONFIGURE_DEPENDS ${imprint_SOURCE_DIR}/firmware/board/${family}/*.c)
  list(APPEND family_sources ${sources})
endforeach()
file(GLOB board_sources CONFIGURE_DEPENDS ${board_folder}/*.c)
add_executable(image
  ${image_sources} ${board_sources} ${family_sources}
  firmware/start/reset.c firmware/start/fault.c firmware/start/heap.c firmware/start/texts.c
  firmware/start/guard_${board_architecture}.c firmware/entropy.c)
set_target_properties(image PROPERTIES OUTPUT_NAME ${IMPRINT_IMAGE} SUFFIX .elf)
target_link_libraries(image PRIVATE imprint_options imprint_version ${image_needs} imprint_psa imprint_storage
  imprint_chip imprint_transport imprint_crypto imprint_base mbedcrypto)
# The C library is there for memcpy() and its like. Nothing supplies what its files, printf() or malloc() would need, so
# that an image which calls them does not link.
target_link_options(image PRIVATE ${board_cpu} --specs=nano.specs -nostartfiles -Wl,--gc-sections
  -L${board_folder} -L${imprint_SOURCE_DIR}/firmware/start/$<IF:$<BOOL:${IMPRINT_TEXTS}>,strings-in-image,separate-strings> -T${imprint_SOURCE_DIR}/firmware/start/sections.ld -Wl,-Map=${imprint_BINARY_DIR}/${IMPRINT_IMAGE}.map
  -Wl,--fatal-warnings)
set_target_properties(image PROPERTIES LINK_DEPENDS
  "${imprint_SOURCE_DIR}/firmware/start/sections.ld;${board_folder}/memory.ld")
add_custom_command(TARGET image POST_BUILD
  COMMAND ${CMAKE_OBJCOPY} -O binary $<TARGET_FILE:image> ${IMPRINT_IMAGE}.bin VERBATIM)
if(NOT IMPRINT_TEXTS)
  add_custom_command(TARGET image POST_BUILD
    COMMAND ${imprint_SOURCE_DIR}/scripts/firmware-texts --check $<TARGET_FILE:image> VERBATIM)
endif()
