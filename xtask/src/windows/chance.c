// bcryptprimitives.dll for Wine before 9: the one function that Rust calls, by the one that Wine has. For tests only.
#include <windows.h>
#include <ntsecapi.h>

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length)
{
    return RtlGenRandom(data, (ULONG)length);
}
