// SPDX-License-Identifier: Apache-2.0
//
// latchkey-native TYPE: performs one action (native.hpp). A program of its own, beside latchkey: what it links would
// cost every start of the other milliseconds.
#include "runner/native/native.hpp"

#include <iostream>

int main(int argc, char** argv) {
    return latchkey::native::main_of(argc == 2 ? argv[1] : "", std::cout);
}
