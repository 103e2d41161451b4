/* SPDX-License-Identifier: MIT */
/*
 * cxxthrow.cpp - C++ exceptions with the compiler's own run-time DLLs (libstdc++-6.dll, libgcc_s_seh-1.dll): within a program, out of a DLL, into
 * one, and through one; destructors on the way; rethrowing; threads of winpthreads with exceptions and locals of their own.
 */
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>
#include "../tap.h"

extern "C" __declspec(dllimport) int AliveInDll();
extern "C" __declspec(dllimport) void ThrowFromDll(int What);
extern "C" __declspec(dllimport) int CallFromDll(void (*Callback)(int), int Argument);

static int Destroyed;

struct Guard
{
    ~Guard() { Destroyed++; }
};

static int Recurse(int Depth)
{
    Guard One;
    if (Depth == 0)
        throw std::out_of_range("deep");
    return Recurse(Depth - 1) + 1;
}

static void Inside()
{
    int Caught = 0;
    try {
        Recurse(20);
    } catch (const std::out_of_range &Error) {
        Caught = std::string(Error.what()) == "deep";
    }
    Ok(Caught, "thrown through twenty frames");
    Is(Destroyed, 21, "each cleaned up");
    try {
        try {
            throw std::runtime_error("first");
        } catch (const std::exception &) {
            throw;
        }
    } catch (const std::runtime_error &Error) {
        Caught = std::string(Error.what()) == "first" ? 2 : 3;
    }
    Is(Caught, 2, "rethrown with its type");
    try {
        try {
            throw 1;
        } catch (int) {
            throw 2.5;
        }
    } catch (double Value) {
        Caught = Value == 2.5;
    }
    Is(Caught, 1, "another one thrown out of a handler");
}

static void ThrowInto(int What)
{
    if (What == 0)
        throw std::logic_error("caught in the DLL");
    if (What == 1)
        throw std::runtime_error("passes through the DLL");
}

static void Across()
{
    int Caught = 0;
    try {
        ThrowFromDll(0);
    } catch (int Value) {
        Caught = Value;
    }
    Is(Caught, 42, "an int out of a DLL");
    try {
        ThrowFromDll(1);
    } catch (const std::exception &Error) {
        Caught = std::string(Error.what()) == "from the DLL";
    }
    Is(Caught, 1, "a standard exception, caught by its base");
    try {
        ThrowFromDll(2);
    } catch (const std::string &Text) {
        Caught = Text == "text" ? 2 : 3;
    }
    Is(Caught, 2, "a string");
    Is(AliveInDll(), 0, "the DLL's objects are destroyed");
    Is(CallFromDll(ThrowInto, 0), 100, "caught in the DLL");
    try {
        CallFromDll(ThrowInto, 1);
        Caught = 0;
    } catch (const std::runtime_error &) {
        Caught = 5;
    }
    Is(Caught, 5, "through the DLL and back");
    Is(AliveInDll(), 0, "cleaned up on the way");
}

static thread_local int Mine = 7;

static void Threads()
{
    std::mutex Lock;
    std::condition_variable Signal;
    int Sum = 0, Done_ = 0;
    std::vector<std::thread> All;

    for (int Index = 0; Index < 8; Index++) {
        All.emplace_back([&, Index] {
            for (int Round = 0; Round < 50; Round++) {
                try {
                    Mine += Index;
                    throw Mine;
                } catch (int) {
                }
            }
            std::lock_guard<std::mutex> Hold(Lock);
            Sum += Mine;
            Done_++;
            Signal.notify_one();
        });
    }
    {
        std::unique_lock<std::mutex> Hold(Lock);
        Signal.wait(Hold, [&] { return Done_ == 8; });
    }
    for (auto &One : All)
        One.join();
    Is(Sum, 8 * 7 + 50 * 28, "eight threads that throw, with thread_local variables, a mutex and a condition");
    Is(Mine, 7, "ours is untouched");
}

int main()
{
    Inside();
    Across();
    Threads();
    return Done();
}
