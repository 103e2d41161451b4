@echo off
(echo b& echo a) | more
echo through | (more & echo behind)
dir /b C:\Windows\System32\ntdll.dll | more
echo to a file> C:\t1.txt
echo appended>> C:\t1.txt
type C:\t1.txt
more < C:\t1.txt
nosuchprogram 2> C:\t2.txt
echo level %errorlevel%
(type C:\nosuch.txt 2>&1) > C:\t2.txt
type C:\t2.txt
set /p LINE=< C:\t1.txt
echo [%LINE%]
exitcode 4 | exitcode 6
echo level %errorlevel%
del C:\t1.txt C:\t2.txt
if not exist C:\t?.txt echo deleted
