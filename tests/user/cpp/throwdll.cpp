/* SPDX-License-Identifier: MIT */
/* throwdll.dll - throws and catches on the other side of a DLL's border. */
#include <stdexcept>
#include <string>

struct Counted
{
    static int Alive;
    Counted() { Alive++; }
    ~Counted() { Alive--; }
};
int Counted::Alive = 0;

extern "C" __declspec(dllexport) int AliveInDll()
{
    return Counted::Alive;
}

extern "C" __declspec(dllexport) void ThrowFromDll(int What)
{
    Counted One, Two;
    if (What == 0)
        throw 42;
    if (What == 1)
        throw std::runtime_error("from the DLL");
    throw std::string("text");
}

/* Calls back; what comes out of the callback is caught here, or passes through and cleans up. */
extern "C" __declspec(dllexport) int CallFromDll(void (*Callback)(int), int Argument)
{
    Counted Three;
    try {
        Callback(Argument);
    } catch (const std::logic_error &) {
        return 100;
    }
    return 0;
}
