/* SPDX-License-Identifier: MIT */
/*
 * crt.c - what a C program expects of its run-time library, and so of the system under it: children through _spawn, _popen and system, pipes and
 * handles they inherit, signals, exit handlers, jumps, threads, temporary files, times, searches.  The library is msvcrt.dll; nothing here
 * calls Win32 but to wait for threads.
 *
 * The program is its own child: the first argument says what the child does.
 */
#include <ctype.h>
#include <direct.h>
#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <locale.h>
#include <math.h>
#include <process.h>
#include <setjmp.h>
#include <share.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/locking.h>
#include <sys/stat.h>
#include <sys/utime.h>
#include <time.h>
#include <wchar.h>
#include <windows.h>
#include "tap.h"

static char Self[260];

/* ---- the children ------------------------------------------------------------------------------------------------------------------- */

static void First(void)
{
    printf("first\n");
}

static void Second(void)
{
    printf("second\n");
}

static int Child(int Count, char **Words)
{
    if (strcmp(Words[1], "count") == 0) {
        return Count * 10 + (int)strlen(Words[Count - 1]);
    }
    if (strcmp(Words[1], "echo") == 0) {
        for (int c; (c = getchar()) != EOF;) {
            putchar(c == 'a' ? 'A' : c);
        }
        return 0;
    }
    if (strcmp(Words[1], "exit") == 0) {
        atexit(First);
        atexit(Second);
        printf("main\n");
        exit(7);
    }
    if (strcmp(Words[1], "abort") == 0) {
        abort();
    }
    if (strcmp(Words[1], "env") == 0) {
        const char *Value = getenv("CRT_TEST");
        return Value != NULL ? atoi(Value) : 1;
    }
    if (strcmp(Words[1], "write") == 0) {
        return _write(atoi(Words[2]), "inherited", 9) == 9 ? 0 : errno;
    }
    return 99;
}

/* ---- children and pipes ----------------------------------------------------------------------------------------------------------------- */

static void TestSpawn(void)
{
    const char *Environment[] = {"CRT_TEST=23", "SystemRoot=C:\\Windows", NULL};
    const char *Words[] = {"crt", "count", "three", NULL};
    int Status = -1;

    Is((unsigned)_spawnl(_P_WAIT, Self, "crt", "count", "b", "last", NULL), 44, "_spawnl waits and gives the exit code");
    Is((unsigned)_spawnv(_P_WAIT, Self, Words), 35, "_spawnv");
    intptr_t Process = _spawnv(_P_NOWAIT, Self, Words);
    Ok(Process != -1 && _cwait(&Status, Process, 0) == Process, "_cwait gives the handle back");
    Is((unsigned)Status, 35, "_cwait's status");
    Is((unsigned)_spawnle(_P_WAIT, Self, "crt", "env", NULL, Environment), 23, "_spawnle hands an environment over");
    _putenv("CRT_TEST=42");
    Is((unsigned)_spawnl(_P_WAIT, Self, "crt", "env", NULL), 42, "_putenv is for children too");
    errno = 0;
    Ok(_spawnl(_P_WAIT, "C:\\nosuch.exe", "x", NULL) == -1 && errno == ENOENT, "a program that is not there is ENOENT");
    Is((unsigned)_spawnl(_P_WAIT, Self, "crt", "abort", NULL), 3, "abort exits with 3");
}

static void TestCommandProcessor(void)
{
    char Line[100] = "", Command[300];

    Ok(system(NULL) != 0, "there is a command processor");
    Is((unsigned)system("exit 5"), 5, "system gives the exit code");
    Is((unsigned)system("cd . > crt.tmp"), 0, "system with a redirection");
    Ok(_access("crt.tmp", 0) == 0 && remove("crt.tmp") == 0, "which made a file");
    FILE *Pipe = _popen("echo from a child& exit 9", "r");
    Ok(Pipe != NULL && fgets(Line, sizeof Line, Pipe) != NULL && strcmp(Line, "from a child\n") == 0, "_popen reads what a child writes");
    Is(Pipe != NULL ? (unsigned)_pclose(Pipe) : 0, 9, "_pclose gives the exit code");
    snprintf(Command, sizeof Command, "\"%s\" echo > crt.tmp", Self);
    Pipe = _popen(Command, "w");
    Ok(Pipe != NULL && fputs("banana\n", Pipe) >= 0, "_popen writes");
    Is(Pipe != NULL ? (unsigned)_pclose(Pipe) : 1, 0, "to a child that ends with its input");
    FILE *File = fopen("crt.tmp", "r");
    Ok(File != NULL && fgets(Line, sizeof Line, File) != NULL && strcmp(Line, "bAnAnA\n") == 0, "which has read it");
    fclose(File);
    remove("crt.tmp");
    snprintf(Command, sizeof Command, "\"%s\" exit", Self);
    Pipe = _popen(Command, "r");
    size_t Length = fread(Line, 1, sizeof Line - 1, Pipe);
    Line[Length] = 0;
    Ok(strcmp(Line, "main\nsecond\nfirst\n") == 0, "exit handlers run last to first, before the streams are flushed");
    Is((unsigned)_pclose(Pipe), 7, "exit's code");
}

static void TestPipe(void)
{
    int Ends[2], Kept;
    char Number[12], Buffer[32] = "";

    Ok(_pipe(Ends, 512, _O_BINARY | _O_NOINHERIT) == 0, "_pipe");
    Kept = _dup(Ends[1]); /* this one is inherited, under its number */
    snprintf(Number, sizeof Number, "%d", Kept);
    Is((unsigned)_spawnl(_P_WAIT, Self, "crt", "write", Number, NULL), 0, "a child writes to a descriptor it inherited");
    Ok(_read(Ends[0], Buffer, sizeof Buffer) == 9 && memcmp(Buffer, "inherited", 9) == 0, "and it arrives");
    Ok(_spawnl(_P_WAIT, Self, "crt", "write", "77", NULL) == EBADF, "one that nobody opened is EBADF there");
    _close(Kept);
    _close(Ends[1]);
    Is((unsigned)_read(Ends[0], Buffer, sizeof Buffer), 0, "no writer: end of file");
    _close(Ends[0]);
}

/* ---- control ---------------------------------------------------------------------------------------------------------------------------- */

static volatile int Raised;
static jmp_buf Back;

static void Note(int Signal)
{
    Raised = Signal;
}

static void Leave(int Signal)
{
    longjmp(Back, Signal);
}

static int Deeper(int Depth)
{
    if (Depth == 0) {
        longjmp(Back, 5);
    }
    return Deeper(Depth - 1) + 1;
}

static void TestControl(void)
{
    Ok(signal(SIGTERM, Note) == SIG_DFL && raise(SIGTERM) == 0 && Raised == SIGTERM, "a handler is called");
    Ok(signal(SIGTERM, Note) == SIG_DFL, "and was reset before");
    Ok(signal(SIGTERM, SIG_IGN) == Note && raise(SIGTERM) == 0, "a signal may be ignored");
    Ok(signal(99, Note) == SIG_ERR, "there is no signal 99");
    int Value = setjmp(Back);
    if (Value == 0) {
        Deeper(50);
    }
    Is((unsigned)Value, 5, "longjmp over fifty frames");
    signal(SIGSEGV, Leave);
    Value = setjmp(Back);
    if (Value == 0) {
        *(volatile int *)(intptr_t)(Raised - SIGTERM) = 1; /* address 0, which the compiler cannot know */
    }
    Is((unsigned)Value, SIGSEGV, "a handler leaves an access violation by longjmp");
}

static unsigned __stdcall Worker(void *Argument)
{
    int *Cell = Argument;

    errno = *Cell; /* a thread's own */
    if (errno == 3) {
        _endthreadex(33);
    }
    return (unsigned)errno;
}

static void TestThreads(void)
{
    int Cells[4] = {1, 2, 3, 4}, Sum = 0;
    uintptr_t Threads[4];

    errno = 55;
    for (int i = 0; i < 4; i++) {
        Threads[i] = _beginthreadex(NULL, 0, Worker, &Cells[i], 0, NULL);
    }
    for (int i = 0; i < 4; i++) {
        DWORD Code = 0;
        WaitForSingleObject((HANDLE)Threads[i], INFINITE);
        GetExitCodeThread((HANDLE)Threads[i], &Code);
        CloseHandle((HANDLE)Threads[i]);
        Sum += (int)Code;
    }
    Is((unsigned)Sum, 1 + 2 + 33 + 4, "four threads with an errno each");
    Ok(errno == 55, "which left ours alone");
}

/* ---- files ------------------------------------------------------------------------------------------------------------------------------ */

static void TestStreams(void)
{
    char Buffer[32];
    FILE *File = tmpfile();

    Ok(File != NULL && fputs("one\ntwo\n", File) >= 0, "tmpfile");
    rewind(File);
    Ok(fgets(Buffer, sizeof Buffer, File) != NULL && strcmp(Buffer, "one\n") == 0 && ftell(File) == 4, "it is binary");
    fclose(File);
    File = fopen("crt.txt", "w");
    fprintf(File, "%d %s %.3f\n%I64x", -5, "words", 2.5, 0x123456789abcLL);
    fclose(File);
    struct _stat64 Stat;
    Ok(_stat64("crt.txt", &Stat) == 0 && Stat.st_size == 16 + 12, "a line end of text is two bytes");
    Ok((Stat.st_mode & _S_IFMT) == _S_IFREG && (Stat.st_mode & _S_IWRITE), "_stat says a file, writable");
    Ok(llabs(Stat.st_mtime - time(NULL)) < 120, "written just now");
    File = fopen("crt.txt", "r+");
    int Number = 0;
    double Real = 0;
    Ok(fscanf(File, "%d %31s %lf", &Number, Buffer, &Real) == 3 && Number == -5 && fabs(Real - 2.5) < 1e-9, "fscanf reads it back");
    fseek(File, -3, SEEK_END);
    Ok(fread(Buffer, 1, 10, File) == 3 && memcmp(Buffer, "abc", 3) == 0 && feof(File), "the end");
    fclose(File);
    struct _utimbuf Times = {1000000000, 1000000000};
    Ok(_utime("crt.txt", &Times) == 0 && _stat64("crt.txt", &Stat) == 0 && Stat.st_mtime == 1000000000, "_utime");
    Ok(_chmod("crt.txt", _S_IREAD) == 0 && _access("crt.txt", 2) == -1 && errno == EACCES, "read-only");
    Ok(remove("crt.txt") == -1 && errno == EACCES, "is not removed");
    Ok(_chmod("crt.txt", _S_IREAD | _S_IWRITE) == 0 && remove("crt.txt") == 0, "but after _chmod");
    Ok(fopen("crt.txt", "r") == NULL && errno == ENOENT, "ENOENT");
}

static void TestDescriptors(void)
{
    char Buffer[16];
    int File = _open("crt.bin", _O_CREAT | _O_EXCL | _O_RDWR | _O_BINARY, _S_IREAD | _S_IWRITE);

    Ok(File >= 3, "_open");
    Ok(_open("crt.bin", _O_CREAT | _O_EXCL | _O_RDWR, _S_IREAD) == -1 && errno == EEXIST, "_O_EXCL");
    Ok(_write(File, "0123456789", 10) == 10 && _lseeki64(File, 2, SEEK_SET) == 2 && _read(File, Buffer, 3) == 3, "_read after _lseeki64");
    Ok(memcmp(Buffer, "234", 3) == 0 && _tell(File) == 5 && !_eof(File), "_tell, _eof");
    Ok(_chsize(File, 4096) == 0 && _filelengthi64(File) == 4096, "_chsize");
    Ok(_locking(File, _LK_NBLCK, 10) == 0, "_locking");
    int Other = _sopen("crt.bin", _O_RDWR | _O_BINARY, _SH_DENYNO, 0);
    _lseek(Other, 5, SEEK_SET);
    Ok(_read(Other, Buffer, 1) == -1 && errno == EACCES, "what is locked is EACCES for another handle");
    _lseek(File, 5, SEEK_SET);
    Ok(_locking(File, _LK_UNLCK, 10) == 0 && _read(Other, Buffer, 1) == 1 && Buffer[0] == '5', "until it is unlocked");
    _close(Other);
    _close(File);
    Ok(_unlink("crt.bin") == 0, "_unlink");
}

static void TestNames(void)
{
    struct _wfinddata64_t Data;
    wchar_t Path[300], Drive[4], Folder[260], Name[260], Extension[260];
    int Count = 0;

    Ok(_wmkdir(L"crt-\u03b1\u03b2") == 0 && _wchdir(L"crt-\u03b1\u03b2") == 0, "a directory with a Greek name");
    Ok(_wgetcwd(Path, 300) != NULL && wcsstr(Path, L"\\crt-\u03b1\u03b2") != NULL, "is the current one");
    for (int i = 0; i < 3; i++) {
        swprintf(Path, 300, L"file%d \u00e9.x%d", i, i % 2);
        fclose(_wfopen(Path, L"w"));
    }
    intptr_t Find = _wfindfirst64(L"*.x0", &Data);
    for (int More = Find != -1; More; More = _wfindnext64(Find, &Data) == 0) {
        Count += wcsncmp(Data.name, L"file", 4) == 0 && Data.size == 0;
    }
    Is((unsigned)Count, 2, "_wfindfirst and _wfindnext");
    Ok(errno == ENOENT && _findclose(Find) == 0, "end with ENOENT");
    Ok(_wrename(L"file1 \u00e9.x1", L"other") == 0 && _wremove(L"other") == 0, "_wrename");
    _wremove(L"file0 \u00e9.x0");
    Ok(_wchdir(L"..") == 0 && _wrmdir(L"crt-\u03b1\u03b2") == -1 && errno == ENOTEMPTY, "a directory that is not empty stays");
    _wremove(L"crt-\u03b1\u03b2\\file2 \u00e9.x0");
    Ok(_wrmdir(L"crt-\u03b1\u03b2") == 0, "_wrmdir");
    _wsplitpath(L"C:\\one\\two.three.four", Drive, Folder, Name, Extension);
    Ok(wcscmp(Folder, L"\\one\\") == 0 && wcscmp(Name, L"two.three") == 0 && wcscmp(Extension, L".four") == 0, "_wsplitpath");
    Ok(_wfullpath(Path, L"C:\\a\\..\\b\\.\\c", 300) != NULL && wcscmp(Path, L"C:\\b\\c") == 0, "_wfullpath");
}

/* ---- the rest --------------------------------------------------------------------------------------------------------------------------- */

static int Order(const void *Left, const void *Right)
{
    return *(const int *)Left - *(const int *)Right;
}

static void TestTimes(void)
{
    char Text[80];
    time_t Then = 86400 * 365; /* 1 January 1971 */
    struct tm Fields = {.tm_year = 126, .tm_mon = 1, .tm_mday = 31, .tm_hour = 25};

    _putenv("TZ=EST5EDT");
    _tzset();
    Ok(localtime(&Then)->tm_hour == 19 && localtime(&Then)->tm_mday == 31 && gmtime(&Then)->tm_hour == 0, "TZ: five hours behind");
    _putenv("TZ=UTC0");
    _tzset();
    Ok(mktime(&Fields) != -1 && Fields.tm_mon == 2 && Fields.tm_mday == 4 && Fields.tm_hour == 1 && Fields.tm_wday == 3, "mktime sets fields right");
    strftime(Text, sizeof Text, "%Y-%m-%d %H:%M:%S %a %B %j", gmtime(&Then));
    Ok(strcmp(Text, "1971-01-01 00:00:00 Fri January 001") == 0, "strftime");
    Ok(difftime(Then + 90, Then) == 90.0 && clock() >= 0, "difftime, clock");
}

static void TestRest(void)
{
    int Numbers[1000];
    unsigned Seed = 1;
    int Sorted = 1;

    for (int i = 0; i < 1000; i++) {
        Seed = Seed * 1103515245 + 12345;
        Numbers[i] = (int)(Seed >> 8) % 5000;
    }
    qsort(Numbers, 1000, sizeof Numbers[0], Order);
    for (int i = 1; i < 1000; i++) {
        Sorted &= Numbers[i - 1] <= Numbers[i];
    }
    Ok(Sorted && bsearch(&Numbers[700], Numbers, 1000, sizeof Numbers[0], Order) != NULL, "qsort, bsearch");
    Ok(strcmp(setlocale(LC_ALL, NULL), "C") == 0, "a program begins in the C locale");
    Ok(setlocale(LC_ALL, "") != NULL && strstr(setlocale(LC_CTYPE, NULL), "English") != NULL, "the user's locale");
    Ok(towupper(L'\u00e9') == L'\u00c9' && isalpha(0xE9), "knows letters beyond ASCII");
    setlocale(LC_ALL, "C");
    Ok(strtol("0x7fz", NULL, 16) == 127 && strtoul("99999999999", NULL, 10) == 0xFFFFFFFF && errno == ERANGE, "strtol, strtoul and ERANGE");
    Ok(sqrt(2) * sqrt(2) > 1.999 && floor(-1.5) == -2 && fmod(7, 4) == 3 && pow(2, 10) == 1024, "mathematics");
    Ok(_get_osfhandle(_fileno(stdout)) != -1 && _isatty(0) == _isatty(0), "the standard streams have handles");
}

int main(int Count, char **Words)
{
    if (Count > 1) {
        return Child(Count, Words);
    }
    setvbuf(stdout, NULL, _IONBF, 0); /* children write in between */
    strncpy(Self, _pgmptr, sizeof Self - 1);
    TestSpawn();
    TestCommandProcessor();
    TestPipe();
    TestControl();
    TestThreads();
    TestStreams();
    TestDescriptors();
    TestNames();
    TestTimes();
    TestRest();
    return Done();
}
