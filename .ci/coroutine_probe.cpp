// SPDX-License-Identifier: Apache-2.0
//
// Coroutine patterns that GCC 11 and 12 miscompile. Each counts what it makes and destroys: a compiler that
// destroys a temporary twice, or not at all, fails. The configure step runs it and refuses such a compiler.
#include <coroutine>
#include <cstdlib>
#include <exception>
#include <string>
#include <utility>

namespace {

int alive = 0;

// Counts its live copies and owns memory, so that a second destruction shows.
struct counted {
    std::string text;
    explicit counted(const char* t) : text(t) { ++alive; }
    counted(const counted& o) : text(o.text) { ++alive; }
    counted(counted&& o) noexcept : text(std::move(o.text)) { ++alive; }
    counted& operator=(const counted&) = default;
    ~counted() { --alive; }
};

struct task {
    struct promise_type {
        int value = 0;
        std::coroutine_handle<> waiting;
        task get_return_object() { return task{std::coroutine_handle<promise_type>::from_promise(*this)}; }
        std::suspend_always initial_suspend() noexcept { return {}; }
        auto final_suspend() noexcept {
            struct resume_waiting {
                bool await_ready() noexcept { return false; }
                std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> h) noexcept {
                    return h.promise().waiting ? h.promise().waiting : std::noop_coroutine();
                }
                void await_resume() noexcept {}
            };
            return resume_waiting{};
        }
        void return_value(int v) { value = v; }
        void unhandled_exception() { std::terminate(); }
    };
    std::coroutine_handle<promise_type> handle;
    explicit task(std::coroutine_handle<promise_type> h) : handle(h) {}
    task(task&& o) noexcept : handle(std::exchange(o.handle, {})) {}
    ~task() {
        if (handle) handle.destroy();
    }
    bool await_ready() { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> w) {
        handle.promise().waiting = w;
        return handle;
    }
    int await_resume() { return handle.promise().value; }
};

struct aggregate {
    counted part;
    int number;
};

task length_of(aggregate a) {
    co_return static_cast<int>(a.part.text.size()) + a.number;
}
task length_of_text(counted c) {
    co_return static_cast<int>(c.text.size());
}

template <class F>
task call(F f) {
    co_return f();
}

task patterns(bool flag) {
    int sum = co_await length_of({.part = counted("a long enough text for the heap"), .number = 1});
    counted local("another text that needs the heap");
    sum += co_await call([local] { return static_cast<int>(local.text.size()); });
    sum += co_await length_of_text(flag ? counted("chosen by a condition, on the heap") : counted("or not"));
    co_return sum;
}

}  // namespace

int main() {
    int sum = 0;
    for (int i = 0; i < 100; ++i) {
        task t = patterns(i % 2 == 0);
        t.handle.resume();
        sum += t.handle.promise().value;
    }
    return alive == 0 && sum > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
