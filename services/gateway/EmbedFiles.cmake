# Run as a script by embed_files: writes ${OUT}, which has the assembler include the
# bytes of ${FILES}.
set(assembler "")
set(declarations "")
set(entries "")
set(index 0)
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME)
  set(symbol portico_${FUNCTION}_${index})
  string(APPEND assembler "    \".global ${symbol}, ${symbol}_end\\n\"
    \"${symbol}: .incbin \\\"${file}\\\"\\n\"
    \"${symbol}_end: .byte 0\\n\"\n")
  string(APPEND declarations "extern \"C\" const char ${symbol}[], ${symbol}_end[];\n")
  string(APPEND entries "      {\"${name}\", {${symbol}, static_cast<size_t>(${symbol}_end - ${symbol})}},\n")
  math(EXPR index "${index} + 1")
endforeach()
file(WRITE ${OUT} "#include \"services/gateway/embedded_files.h\"
#include <cstddef>
asm(\".pushsection .rodata\\n\"
${assembler}    \".popsection\\n\");
${declarations}
namespace portico::gateway {
std::span<const EmbeddedFile> ${FUNCTION}() {
  static const EmbeddedFile files[] = {
${entries}  };
  return files;
}
}
")
