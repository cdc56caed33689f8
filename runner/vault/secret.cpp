// SPDX-License-Identifier: Apache-2.0
#include "runner/vault/secret.hpp"

#include <sodium.h>

#include <cstring>
#include <new>
#include <sys/mman.h>
#include <utility>

namespace latchkey::vault {

namespace {

// Each secret has pages of its own, so that leaving them out of core dumps leaves out nothing else.
std::size_t pages_for(std::size_t size) {
    return (size + 4095) / 4096 * 4096;
}

}  // namespace

secret::secret(std::string&& plain) : size_(plain.size()) {
    if (size_ != 0) {
        void* pages = ::mmap(nullptr, pages_for(size_), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (pages == MAP_FAILED) {
            wipe(plain);
            throw std::bad_alloc();
        }
        ::madvise(pages, pages_for(size_), MADV_DONTDUMP);
        ::mlock(pages, pages_for(size_));  // best effort: the limit may be small
        data_ = static_cast<char*>(pages);
        std::memcpy(data_, plain.data(), size_);
    }
    wipe(plain);
}

secret::secret(secret&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

secret& secret::operator=(secret&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
}

secret::~secret() {
    if (data_ == nullptr) return;
    sodium_memzero(data_, size_);
    ::munmap(data_, pages_for(size_));
}

void wipe(std::string& text) {
    // Up to the capacity: what was there before a shorter text was put in is wiped too.
    text.resize(text.capacity());
    sodium_memzero(text.data(), text.size());
    text.clear();
}

}  // namespace latchkey::vault
