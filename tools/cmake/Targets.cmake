# portico_library(storage SOURCES a.cc b.cc DEPENDS portico::base PRIVATE portico_soci)
# makes the library portico::storage of one folder. DEPENDS are seen by whoever
# includes its headers, PRIVATE only by its own sources.
function(portico_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;PRIVATE" ${ARGN})
  add_library(portico_${name} STATIC ${ARG_SOURCES})
  add_library(portico::${name} ALIAS portico_${name})
  target_include_directories(portico_${name} PUBLIC ${CMAKE_SOURCE_DIR})
  target_compile_options(portico_${name} PRIVATE ${PORTICO_WARNINGS})
  target_link_libraries(portico_${name} PUBLIC ${ARG_DEPENDS} PRIVATE ${ARG_PRIVATE})
endfunction()

# portico_program(portico-account SOURCES main.cc DEPENDS portico::account)
function(portico_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_compile_options(${name} PRIVATE ${PORTICO_WARNINGS})
  target_link_libraries(${name} PRIVATE ${ARG_DEPENDS} portico_monotonic_wait)
  # glibc's allocator costs a tenth of the time of an RPC more. Sanitizers bring their own.
  if(NOT CMAKE_CXX_FLAGS_DEBUG MATCHES "-fsanitize")
    target_link_libraries(${name} PRIVATE PkgConfig::JEMALLOC)
  endif()
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
endfunction()

# portico_test(storage SOURCES a_test.cc DEPENDS portico::storage [LABELS no_grpc])
# makes one test program of a folder and one ctest entry.
function(portico_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;LABELS" ${ARGN})
  add_executable(${name}_test ${ARG_SOURCES})
  target_compile_options(${name}_test PRIVATE ${PORTICO_WARNINGS})
  target_link_libraries(${name}_test PRIVATE ${ARG_DEPENDS} portico_catch_main
    portico_monotonic_wait)
  if(CMAKE_CXX_FLAGS_DEBUG MATCHES "-fsanitize=thread")
    target_sources(${name}_test PRIVATE ${CMAKE_SOURCE_DIR}/libs/testing/tsan_abseil_mutex.cc)
  endif()
  add_test(NAME ${name} COMMAND ${name}_test)
  set_tests_properties(${name} PROPERTIES TIMEOUT 300 LABELS "${ARG_LABELS}")
endfunction()
