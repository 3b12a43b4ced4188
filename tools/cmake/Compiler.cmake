# One place for the compiler, its warnings and its accelerators.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# Our own code is built with these; generated code is not. GCC 12 is wrong about
# std::optional being uninitialized, and a designated initializer leaves out on purpose.
set(PORTICO_WARNINGS -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Werror
  -Wno-maybe-uninitialized -Wno-missing-field-initializers)
