// Stage "symbol": from soft modules to codewords: format and version information, unmasking, placement.
#pragma once

#include "context.hpp"
#include "tunables.hpp"
#include "types.hpp"

namespace qrcore {

struct SymbolIn {
    const Modules& modules;
    const Layout& layout;
    const SymbologySpec& spec;
    int guess = 0;  // 0: the most likely format information (of both copies, mirrored or not), 1: the next, ...
};

// Status::function_pattern, Status::format (no such guess), Status::version (the version information clearly names
// another version: out.version_read says which), Status::ok.
Status read_symbol(const SymbolIn& in, const Tunables::Symbol& tunables, Context& context, Codewords& out);

}  // namespace qrcore
