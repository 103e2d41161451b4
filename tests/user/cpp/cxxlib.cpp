/* SPDX-License-Identifier: MIT */
/*
 * cxxlib.cpp - what the C++ library makes of the system: threads, futures and condition variables, clocks, the file system library, streams with
 * wide names, locales, random numbers, big vectors, deep recursion, statics and thread-locals with destructors.
 */
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <future>
#include <locale>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <random>
#include <shared_mutex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>
#include "../tap.h"

namespace fs = std::filesystem;
using namespace std::chrono_literals;

static std::atomic<int> Alive, Gone;

struct PerThread
{
    PerThread() { Alive++; }
    ~PerThread() { Gone++; }
    int Value = 0;
};

static thread_local PerThread Mine;

static void Threads()
{
    std::vector<std::thread> All;
    std::mutex Lock;
    long Sum = 0;

    for (int i = 0; i < 8; i++)
        All.emplace_back([&, i] {
            for (int k = 0; k < 1000; k++) {
                std::lock_guard<std::mutex> Hold(Lock);
                Sum += i;
                Mine.Value++;
            }
        });
    for (auto &Thread : All)
        Thread.join();
    Is((unsigned long long)Sum, 28000, "eight threads under one mutex");
    Ok(Alive == 8 && Gone == 8, "thread-locals are made at first use, destroyed at each thread's end");

    std::condition_variable Ready;
    std::vector<int> Queue;
    bool Closed = false;
    std::thread Consumer([&] {
        std::unique_lock<std::mutex> Hold(Lock);
        while (!Closed || !Queue.empty()) {
            Ready.wait(Hold, [&] { return Closed || !Queue.empty(); });
            while (!Queue.empty()) {
                Sum += Queue.back();
                Queue.pop_back();
            }
        }
    });
    for (int i = 1; i <= 100; i++) {
        std::lock_guard<std::mutex> Hold(Lock);
        Queue.push_back(i);
        Ready.notify_one();
    }
    {
        std::lock_guard<std::mutex> Hold(Lock);
        Closed = true;
        Ready.notify_all();
    }
    Consumer.join();
    Is((unsigned long long)Sum, 28000 + 5050, "a condition variable");

    auto Future = std::async(std::launch::async, [](int n) { return n * n; }, 12);
    Is((unsigned long long)Future.get(), 144, "std::async");
    auto Fails = std::async(std::launch::async, []() -> int { throw std::runtime_error("over there"); });
    std::string What;
    try {
        Fails.get();
    } catch (const std::runtime_error &Error) {
        What = Error.what();
    }
    Ok(What == "over there", "an exception comes through a future");
    std::shared_mutex Shared;
    std::shared_lock<std::shared_mutex> One(Shared), Two(Shared);
    Ok(!Shared.try_lock(), "a shared mutex");
    std::once_flag Once;
    int Times = 0;
    for (int i = 0; i < 3; i++)
        std::call_once(Once, [&] { Times++; });
    Is((unsigned long long)Times, 1, "std::call_once");
}

static void Clocks()
{
    auto Start = std::chrono::steady_clock::now();
    std::this_thread::sleep_for(20ms);
    Ok(std::chrono::steady_clock::now() - Start >= 19ms, "sleep_for sleeps");
    auto Now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    Ok(std::llabs((long long)Now - (long long)time(nullptr)) <= 1, "the system clock is time()");
    std::timed_mutex Timed;
    Timed.lock();
    std::thread Other([&] { Ok(!Timed.try_lock_for(10ms), "a timed mutex gives up"); });
    Other.join();
}

static void Write(const fs::path &Path, const std::string &Text)
{
    std::ofstream(Path, std::ios::binary) << Text;
}

static void Files()
{
    fs::path Root = fs::temp_directory_path() / L"cxx-\u03b4";
    fs::remove_all(Root);
    Ok(fs::create_directories(Root / "a" / "b" / "c"), "create_directories, a Greek name");
    Write(Root / "a" / "one.txt", "1");
    Write(Root / "a" / "b" / L"zwei \u00fc.txt", "22");
    Write(Root / "a" / "b" / "c" / "three.txt", std::string(100000, '3'));
    std::map<std::wstring, std::uintmax_t> Found;
    for (const auto &Entry : fs::recursive_directory_iterator(Root))
        if (Entry.is_regular_file())
            Found[Entry.path().filename().wstring()] = Entry.file_size();
    Ok(Found.size() == 3 && Found[L"zwei \u00fc.txt"] == 2 && Found[L"three.txt"] == 100000, "recursive_directory_iterator");
    Ok(fs::copy_file(Root / "a" / "one.txt", Root / "copy.txt") && fs::file_size(Root / "copy.txt") == 1, "copy_file");
    std::error_code Error;
    Ok(!fs::copy_file(Root / "a" / "one.txt", Root / "copy.txt", Error) && Error, "not over what is there");
    fs::rename(Root / "copy.txt", Root / "moved.txt");
    Ok(fs::exists(Root / "moved.txt") && !fs::exists(Root / "copy.txt"), "rename");
    fs::resize_file(Root / "moved.txt", 5000);
    Ok(fs::file_size(Root / "moved.txt") == 5000, "resize_file");
    auto Time = fs::last_write_time(Root / "moved.txt");
    fs::last_write_time(Root / "moved.txt", Time - 1h);
    Ok(Time - fs::last_write_time(Root / "moved.txt") == 1h, "last_write_time");
    Ok(fs::equivalent(Root / "a", Root / "a" / "b" / ".."), "equivalent");
    Ok(fs::canonical(Root / "a" / "." / "b" / "..").filename() == "a", "canonical");
    Ok(fs::space(Root).free > 0, "space");
    fs::current_path(Root);
    Ok(fs::exists("moved.txt") && fs::absolute("moved.txt") == Root / "moved.txt", "current_path");
    fs::current_path(fs::temp_directory_path());
    Ok(!fs::remove(Root / "nothing") && fs::remove_all(Root) == 8, "remove_all counts");
    Ok(!fs::exists(Root), "and all is gone");
}

static void Streams()
{
    std::stringstream Text;
    Text << std::hex << 255 << ' ' << std::fixed << 3.14159 << ' ' << std::boolalpha << true;
    Ok(Text.str() == "ff 3.141590 true", "formatted output");
    double Real;
    std::istringstream("2.5e3") >> Real;
    Ok(Real == 2500, "formatted input");
    std::ofstream File("cxx.txt");
    for (int i = 0; i < 20000; i++)
        File << "line " << i << '\n';
    File.close();
    std::ifstream Back("cxx.txt");
    std::string Line, Last;
    int Lines = 0;
    while (std::getline(Back, Line)) {
        Last = Line;
        Lines++;
    }
    Back.close();
    Ok(Lines == 20000 && Last == "line 19999", "twenty thousand lines");
    std::remove("cxx.txt");
    std::ifstream Missing("cxx.txt");
    Ok(!Missing, "a file that is not there");
    Ok(std::locale::classic().name() == "C", "the classic locale");
}

static int Depth(int n)
{
    volatile char Frame[512];
    Frame[n % 512] = (char)n;
    return n == 0 ? Frame[0] : Depth(n - 1) + 1;
}

static void Memory()
{
    std::vector<std::unique_ptr<std::string>> Strings;
    for (int i = 0; i < 100000; i++)
        Strings.push_back(std::make_unique<std::string>(i % 100, 'x'));
    size_t Total = 0;
    for (const auto &String : Strings)
        Total += String->size();
    Is(Total, 4950000, "a hundred thousand strings");
    Strings.clear();
    std::vector<int> Numbers(3000000);
    std::iota(Numbers.begin(), Numbers.end(), 0);
    std::shuffle(Numbers.begin(), Numbers.end(), std::mt19937(42));
    std::sort(Numbers.begin(), Numbers.end());
    Ok(Numbers[1234567] == 1234567, "three million numbers sorted");
    Is((unsigned long long)Depth(2500), 2500, "a stack of more than a megabyte");
    bool Thrown = false;
    try {
        std::vector<char> TooLarge(SIZE_MAX / 4);
    } catch (const std::bad_alloc &) {
        Thrown = true;
    } catch (const std::length_error &) {
        Thrown = true;
    }
    Ok(Thrown, "memory that is not there is an exception");
    std::random_device Device;
    Ok(Device() != Device() || Device() != Device(), "random_device");
}

int main()
{
    Threads();
    Clocks();
    Files();
    Streams();
    Memory();
    return Done();
}
