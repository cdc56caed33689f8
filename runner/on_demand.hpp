// SPDX-License-Identifier: Apache-2.0
//
// A shared library that is loaded when the first of its functions is looked up, for what is linked in its place. One
// static object a library; any thread.
#pragma once

#include <dlfcn.h>

namespace latchkey {

class library_on_demand {
public:
    // Local: it must not find the functions that stand in for its own.
    explicit library_on_demand(const char* file) : loaded_(::dlopen(file, RTLD_NOW | RTLD_LOCAL)) {}

    // nullptr: the library, or the function in it, is not to be had.
    template <class Function>
    Function* look_up(const char* name) const {
        return loaded_ == nullptr ? nullptr : reinterpret_cast<Function*>(::dlsym(loaded_, name));
    }

private:
    void* const loaded_;  // for as long as the program runs
};

}  // namespace latchkey
